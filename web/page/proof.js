nsos.define("page/proof", (use) => {
  "use strict";
  const { el, math } = use("page/dom");
  const { newtonFigure } = use("page/newton");
  const { spectrumChart, matrixImage } = use("page/spectrum_chart");

  const VERDICTS = {
    holds: { mark: "✓", word: "Proven", tone: "good" },
    FAILS: { mark: "✗", word: "Not proven", tone: "bad" },
    missing: { mark: "–", word: "No certificate", tone: "none" },
    unreadable: { mark: "?", word: "Unreadable", tone: "bad" },
  };
  const INPUT = { mark: "–", word: "Inputs, no proofs", tone: "none" };
  const ROUNDED = "Long numbers are rounded here; the check used all of their digits.";
  let figures = 0;

  function card(title, ...children) {
    return el("section", { class: "card" }, el("h3", {}, title), ...children);
  }

  /** The sign, the words and the colour of a verdict. */
  function headline(row) {
    return row.isInput ? INPUT : VERDICTS[row.verdict];
  }

  /** All of one line: the verdict, and for each certificate that holds its theorem and its pictures. */
  function proofArticle(row, views, source) {
    const { mark, word, tone } = headline(row);
    const heading = el(
      "h2",
      { class: `verdict ${tone}`, tabindex: "-1", id: "verdict" },
      el("span", { class: "mark", "aria-hidden": "true" }, mark),
      word,
    );
    const where = el(
      "p",
      { class: "where quiet" },
      [source, row.id === null ? null : `id ${row.id}`].filter((part) => part).join(" · "),
    );
    const head = el(
      "header",
      { class: `card verdict-card ${tone}` },
      heading,
      where,
      row.verdict === "holds" ? null : failure(row),
      ...views.map(theorem),
    );
    return el("article", { "aria-labelledby": "verdict" }, head, ...views.map((view) => proofBody(view)));
  }

  function failure(row) {
    const note =
      row.verdict === "FAILS"
        ? "Nothing is proven by this certificate. That does not show its claim to be false."
        : null;
    return el(
      "div",
      {},
      el("p", { class: row.isInput ? null : "reason" }, row.reason),
      note === null ? null : el("p", { class: "quiet" }, note),
    );
  }

  /** Powers, products and signs of order as they are printed; names in quotes stay as they are. */
  function typeset(text) {
    return text.split(/("(?:[^"\\]|\\.)*")/).flatMap((part, k) => (k % 2 === 1 ? [part] : typesetFormulas(part)));
  }

  function typesetFormulas(text) {
    const signs = text.replaceAll("<=", "≤").replaceAll(">=", "≥").replace(/(\w|\))\*(?=[\w("])/g, "$1\u2009");
    return signs.split(/\^([0-9]+)/).map((part, k) => (k % 2 === 1 ? el("sup", {}, part) : part));
  }

  function theorem({ theorem: text, tex, sentence }) {
    const sentenceText = text.replace(/^[a-z](?=[a-z])/, (letter) => letter.toUpperCase());
    return el(
      "div",
      { class: "theorem" },
      el("p", {}, el("strong", {}, "Theorem. "), ...typeset(sentenceText.endsWith(".") ? sentenceText : `${sentenceText}.`)),
      tex === null ? null : el("div", { class: "formula" }, math(tex)),
      el("p", { class: "sentence quiet" }, "The command-line checker prints ", el("code", {}, sentence)),
    );
  }

  function proofBody(view) {
    const main = [polynomialsCard(view), squaresCard(view), pointsCard(view), checkedCard(view)];
    const side = [newtonCard(view), blocksCard(view)];
    return el("div", { class: "columns" }, column(main), column(side));
  }

  function column(cards) {
    return el("div", { class: "column" }, ...cards.filter((one) => one !== null));
  }

  function checkedCard({ passed }) {
    const shown = passed.slice(0, 60);
    const more =
      passed.length > shown.length
        ? el("p", { class: "quiet" }, `and ${passed.length - shown.length} more steps`)
        : null;
    return card("What was checked", el("ol", { class: "steps" }, ...shown.map((text) => el("li", {}, text))), more);
  }

  function polynomialsCard({ polynomials, morePolynomials, facts }) {
    if (polynomials.length === 0 && facts.length === 0) return null;
    const items = grouped(polynomials, ({ title }) => title).map(([title, group], k) =>
      el(
        "div",
        { class: "polynomial" },
        el("h4", {}, title),
        ...group.flatMap((p) => [el("div", { class: "formula" }, math(p.tex)), note(p, k === 0 && group.length === 1)]),
      ),
    );
    const list =
      facts.length === 0
        ? null
        : el(
            "dl",
            { class: "facts" },
            ...facts.flatMap(({ title, value }) => [el("dt", {}, title), el("dd", {}, value)]),
          );
    const more = morePolynomials > 0 ? el("p", { class: "quiet" }, `and ${morePolynomials} more polynomials`) : null;
    return card("What it is about", ...items, more, list);
  }

  /** Neighbours with the same name, as pairs of the name and a list. */
  function grouped(list, nameOf) {
    const groups = [];
    for (const item of list) {
      const last = groups[groups.length - 1];
      if (last !== undefined && last[0] === nameOf(item)) last[1].push(item);
      else groups.push([nameOf(item), [item]]);
    }
    return groups;
  }

  function note({ terms, degree, hidden, isExact }, isFirst) {
    const size = (isFirst && terms > 1) || terms > 8 ? `${terms} terms, degree ${degree}` : null;
    const parts = [size, hidden > 0 ? `${hidden} more terms are not shown` : null, isExact ? null : ROUNDED].filter(
      (part) => part !== null,
    );
    return parts.length === 0 ? "" : el("p", { class: "quiet" }, parts.join(" · "));
  }

  function squaresCard({ squares }) {
    if (squares === null || (squares.list.length === 0 && squares.isComplete)) return null;
    const items = grouped(squares.list, ({ of }) => of).map(([of, group]) =>
      el(
        "div",
        { class: "polynomial" },
        el("h4", {}, of),
        el("ul", { class: "squares" }, ...group.map(({ tex }) => el("li", { class: "formula" }, math(tex)))),
      ),
    );
    const parts = [
      squares.list.length === 0 ? "The matrices are too large for squares that one could read." : null,
      squares.list.length > 0 && !squares.isComplete
        ? "There are more squares; only those of small blocks are shown."
        : null,
      squares.list.some(({ isExact }) => !isExact) ? ROUNDED : null,
      squares.list.some(({ hasFactor }) => hasFactor)
        ? "G with an index is the product of inequalities that stands before the square."
        : null,
    ];
    return card("Squares", ...items, ...parts.filter((part) => part).map((text) => el("p", { class: "quiet" }, text)));
  }

  function pointsCard({ points }) {
    if (points.length === 0) return null;
    return card(
      "Points",
      ...points.map(({ title, tex }) =>
        el(
          "div",
          { class: "polynomial" },
          el("h4", {}, title),
          el("div", { class: "formula" }, math(tex || "\\text{no coordinates}")),
        ),
      ),
    );
  }

  function newtonCard({ newton, names }) {
    if (newton === null || newton.support.length === 0) return null;
    return card(
      "Newton polytope",
      newton.tex === null ? null : el("p", { class: "quiet" }, "of ", math(newton.tex)),
      newtonFigure(newton, names),
    );
  }

  /** Spectra and pictures of the matrices, one block at a time. */
  function blocksCard({ blocks, moreBlocks }) {
    if (blocks.length === 0) return null;
    const holder = el("div", {});
    const show = (k) => holder.replaceChildren(...blockFigure(blocks[k]));
    const first = blocks.reduce((best, { side }, k) => (side > blocks[best].side ? k : best), 0);
    show(first);
    figures += 1;
    const id = `block-${figures}`;
    const choice =
      blocks.length === 1
        ? null
        : el(
            "p",
            { class: "axes" },
            el("label", { for: id }, "Block "),
            el(
              "select",
              { id, onchange: (event) => show(Number(event.target.value)) },
              ...blocks.map((block, k) =>
                el("option", { value: k, selected: k === first }, `${block.title} (side ${block.side})`),
              ),
            ),
          );
    const more = moreBlocks > 0 ? el("p", { class: "quiet" }, `${moreBlocks} smaller blocks are not shown`) : null;
    return card(
      blocks.every(({ isMoment }) => isMoment) ? "Moment matrix and spectrum" : "Gram matrix and spectrum",
      choice,
      holder,
      more,
    );
  }

  function blockFigure(block) {
    const size =
      block.side === block.basisSize
        ? `side ${block.side}`
        : `side ${block.side}, for a basis of ${block.basisSize} monomials`;
    const head = el("p", { class: "quiet" }, `${block.title}: ${size}`);
    const basis =
      block.basisTex === null ? null : el("div", { class: "formula basis-formula" }, math(`z = (${block.basisTex})`));
    if (block.eigenvalues === null) return [head, el("p", { class: "quiet" }, "Too large to draw.")];
    const { chart, text } = spectrumChart(block.eigenvalues);
    return [
      head,
      basis,
      chart,
      el("p", { class: "quiet" }, `${text}. That none is negative was proven in exact arithmetic.`),
      block.side > 1
        ? el(
            "figure",
            {},
            matrixImage(block.correlations, block.side),
            el("figcaption", { class: "quiet" }, "Its entries: blue positive, orange negative, as correlations."),
          )
        : null,
    ].filter((node) => node !== null);
  }

  return { proofArticle, headline, VERDICTS };
});
