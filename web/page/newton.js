nsos.define("page/newton", (use) => {
  "use strict";
  const { el, svg, math } = use("page/dom");
  const { nameTex } = use("picture/tex");

  const WIDTH = 360;
  const HEIGHT = 300;
  const MARGIN = 34;
  const MOST_DRAWN = 4_000;

  const cross = (o, a, b) => (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);

  /** The corners of the convex hull of points of the plane (Andrew's monotone chain). */
  function hull(points) {
    const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    if (sorted.length < 3) return sorted;
    const half = (list) => {
      const chain = [];
      for (const point of list) {
        while (chain.length >= 2 && cross(chain[chain.length - 2], chain[chain.length - 1], point) <= 0) chain.pop();
        chain.push(point);
      }
      return chain.slice(0, -1);
    };
    return [...half(sorted), ...half(sorted.reverse())];
  }

  function distinct(points) {
    return [...new Map(points.map((point) => [point.join(), point])).values()];
  }

  /** The axes that a picture starts with: the two variables that occur most. */
  function firstAxes(names, support) {
    const weight = names.map((_, i) => support.reduce((sum, powers) => sum + (powers[i] > 0 ? 1 : 0), 0));
    const order = names.map((_, i) => i).sort((a, b) => weight[b] - weight[a] || a - b);
    return order.length === 1 ? [order[0], null] : order.slice(0, 2).sort((a, b) => a - b);
  }

  function drawing({ support, basis }, [across, up], names) {
    const project = (powers) => [powers[across], up === null ? 0 : powers[up]];
    const points = distinct(support.map(project));
    const doubled = distinct(basis.map((powers) => project(powers).map((power) => 2 * power)));
    const all = [...points, ...doubled, [0, 0]];
    const most = [0, 1].map((k) => Math.max(1, ...all.map((point) => point[k])));
    const unit = Math.min((WIDTH - 2 * MARGIN) / most[0], (HEIGHT - 2 * MARGIN) / (up === null ? 1 : most[1]));
    const left = (WIDTH - most[0] * unit) / 2;
    const x = (point) => left + point[0] * unit;
    const height = up === null ? 90 : MARGIN * 2 + most[1] * unit;
    const y = (point) => height - MARGIN - point[1] * unit;
    const corners = hull(points);
    const title = `Newton polytope: ${corners.length} corners, ${points.length} points of the support`;
    const picture = svg("svg", {
      viewBox: `0 0 ${WIDTH} ${height}`,
      role: "img",
      class: "newton",
      "aria-label": title,
    });
    picture.append(...axes(most, unit, x, y, up));
    picture.append(
      svg("polygon", { class: "hull", points: corners.map((point) => `${x(point)},${y(point)}`).join(" ") }),
    );
    for (const point of doubled.slice(0, MOST_DRAWN))
      picture.append(svg("circle", { class: "basis", cx: x(point), cy: y(point), r: 7 }));
    for (const point of points.slice(0, MOST_DRAWN))
      picture.append(svg("circle", { class: "support", cx: x(point), cy: y(point), r: 3.6 }));
    return picture;
  }

  function axes(most, unit, x, y, up) {
    const lines = [svg("line", { class: "axis", x1: x([0, 0]), y1: y([0, 0]), x2: x([most[0], 0]), y2: y([0, 0]) })];
    const step = (top) => Math.max(1, Math.ceil(top / 8 / (top > 16 ? 5 : 1)) * (top > 16 ? 5 : 1));
    for (let k = 0; k <= most[0]; k += step(most[0]))
      lines.push(svg("text", { class: "tick", x: x([k, 0]), y: y([0, 0]) + 20, "text-anchor": "middle" }, String(k)));
    if (up === null) return lines;
    lines.push(svg("line", { class: "axis", x1: x([0, 0]), y1: y([0, 0]), x2: x([0, 0]), y2: y([0, most[1]]) }));
    for (let k = step(most[1]); k <= most[1]; k += step(most[1]))
      lines.push(svg("text", { class: "tick", x: x([0, 0]) - 12, y: y([0, k]) + 4, "text-anchor": "end" }, String(k)));
    return lines;
  }

  function axisSelect(names, chosen, label, redraw) {
    const options = names.map((name, i) => el("option", { value: i, selected: i === chosen }, name));
    return el(
      "label",
      {},
      `${label} `,
      el("select", { onchange: (event) => redraw(Number(event.target.value)) }, ...options),
    );
  }

  /** A picture of the Newton polytope, for more than two variables with a choice of the plane that it is projected to. */
  function newtonFigure(newton, names) {
    const chosen = firstAxes(names, newton.support);
    const holder = el("div", { class: "newton-holder" });
    const caption = el("div", { class: "axes-note quiet" });
    const redraw = () => {
      holder.replaceChildren(drawing(newton, chosen, names));
      const label = chosen
        .filter((i) => i !== null)
        .map((i) => nameTex(names[i]))
        .join(",\\ ");
      caption.replaceChildren(
        "Exponents of ",
        math(label),
        names.length > 2 ? ", the other variables projected away" : "",
      );
    };
    redraw();
    const selects =
      names.length <= 2
        ? null
        : el(
            "div",
            { class: "axes" },
            axisSelect(names, chosen[0], "across", (i) => {
              chosen[0] = i;
              redraw();
            }),
            axisSelect(names, chosen[1], "up", (i) => {
              chosen[1] = i;
              redraw();
            }),
          );
    const legend = el(
      "p",
      { class: "legend quiet" },
      el("span", { class: "dot support-dot" }),
      "terms ",
      ...(newton.basis.length > 0 ? [el("span", { class: "dot basis-dot" }), "squares of the basis"] : []),
    );
    return el("div", {}, selects, holder, caption, legend);
  }

  return { newtonFigure };
});
