nsos.define("page/dom", () => {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";

  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === false) continue;
      if (name === "onclick" || name === "onchange") node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? "" : String(value));
    }
    node.append(...children.filter((child) => child !== null));
    return node;
  }

  /** An element with attributes and children, which are nodes or texts. Data become text nodes, never markup. */
  function el(tag, attributes = {}, ...children) {
    return fill(document.createElement(tag), attributes, children);
  }

  function svg(tag, attributes = {}, ...children) {
    return fill(document.createElementNS(SVG, tag), attributes, children);
  }

  /** A formula. The TeX is made by picture/tex.js, which escapes names; commands with side effects are not trusted. */
  function math(tex, isDisplay = false) {
    const node = el("span", { class: "math" });
    katex.render(tex, node, {
      displayMode: isDisplay,
      throwOnError: false,
      strict: "ignore",
      trust: false,
      maxExpand: 100_000,
    });
    return node;
  }

  const byId = (id) => document.getElementById(id);

  return { el, svg, math, byId };
});
