nsos.define("page/spectrum_chart", (use) => {
  "use strict";
  const { el, svg } = use("page/dom");

  const WIDTH = 360;
  const HEIGHT = 200;
  const LEFT = 46;
  const BOTTOM = 26;
  const DECADES = 16; // below the largest eigenvalue; what is smaller is rounding

  function shortNumber(value) {
    const size = Math.abs(value);
    return size === 0 || (size >= 0.01 && size < 10_000)
      ? String(Number(value.toPrecision(3)))
      : value.toExponential(1).replace("e+", "e");
  }

  /** The least eigenvalue in words: what is within rounding of 0 is not told apart from it. */
  function leastText(values) {
    const least = values[values.length - 1];
    return Math.abs(least) < 1e-13 * values[0] ? "0 within rounding" : shortNumber(least);
  }

  /** The eigenvalues from the largest to the smallest on a logarithmic scale. */
  function spectrumChart(ascending) {
    const values = [...ascending].reverse();
    const top = Math.ceil(Math.log10(Math.max(values[0], 1e-300)));
    const logs = values.map((value) => Math.log10(Math.max(value, 0) || 1e-300));
    const least = logs.filter((value) => value > top - DECADES);
    const floor = Math.min(top - 2, Math.floor(Math.min(...least)));
    const x = (k) => LEFT + 8 + ((WIDTH - LEFT - 20) * (k + 0.5)) / values.length;
    const y = (log) => 10 + ((HEIGHT - BOTTOM - 10) * (top - log)) / (top - floor);
    const base = HEIGHT - BOTTOM;
    const text =
      values.length === 1
        ? `The eigenvalue is ${shortNumber(values[0])}, in floating point`
        : `Eigenvalues from ${shortNumber(values[0])} down to ${leastText(values)}, in floating point`;
    const chart = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", class: "spectrum", "aria-label": text });
    const step = Math.max(1, Math.ceil((top - floor) / 5));
    for (let log = top; log >= floor; log -= step) {
      chart.append(svg("line", { class: "rule", x1: LEFT, x2: WIDTH - 6, y1: y(log), y2: y(log) }));
      chart.append(
        svg(
          "text",
          { class: "tick", x: LEFT - 6, y: y(log) + 4, "text-anchor": "end" },
          Math.abs(log) <= 3 ? String(Number(`1e${log}`)) : `1e${log}`,
        ),
      );
    }
    const radius = Math.max(1.2, Math.min(5, (WIDTH - LEFT) / values.length / 2.4));
    const stem = Math.min(1.6, radius / 2);
    logs.forEach((log, k) => {
      const isZero = log <= top - DECADES;
      if (!isZero)
        chart.append(svg("line", { class: "stem", x1: x(k), x2: x(k), y1: y(log), y2: base, "stroke-width": stem }));
      chart.append(
        svg("circle", { class: isZero ? "zero" : "value", cx: x(k), cy: isZero ? base : y(log), r: radius }),
      );
    });
    chart.append(svg("line", { class: "axis", x1: LEFT, x2: WIDTH - 6, y1: base, y2: base }));
    chart.append(
      svg(
        "text",
        { class: "tick", x: (LEFT + WIDTH) / 2, y: HEIGHT - 6, "text-anchor": "middle" },
        values.length === 1 ? "one eigenvalue" : `${values.length} eigenvalues, descending`,
      ),
    );
    return { chart, text };
  }

  /** Entries over the roots of both diagonal entries: one colour for positive ones, another for negative ones. */
  function matrixImage(correlations, side) {
    const canvas = el("canvas", {
      width: side,
      height: side,
      class: "matrix",
      role: "img",
      "aria-label": `The matrix, ${side} by ${side}: a pixel for each entry, as a correlation`,
    });
    const context = canvas.getContext("2d");
    const image = context.createImageData(side, side);
    correlations.forEach((value, k) => {
      const colour = value >= 0 ? [14, 116, 144] : [194, 65, 12];
      image.data.set([...colour, Math.round(255 * Math.min(1, Math.sqrt(Math.abs(value) / 127)))], 4 * k);
    });
    context.putImageData(image, 0, 0);
    return canvas;
  }

  return { spectrumChart, matrixImage };
});
