nsos.define("picture/view", (use) => {
  "use strict";
  const { sumTex, numberTex, nameTex, monomialTex } = use("picture/tex");
  const { floatMatrix, eigenvalues, correlations } = use("picture/spectrum");
  const { squaresOf, squareTex } = use("picture/squares");

  const MOST_TERMS = 60;
  const MOST_POLYNOMIALS = 40;
  const MOST_BLOCKS = 24;
  const MOST_SQUARES = 60;
  const MOST_ROWS = 400;
  const MOST_POINTS = 20_000;
  const WITH_BASIS_OF_P = new Set(["sos", "near_sos", "sos_over_field", "lower_bound", "not_sos"]);

  const SUMS = new Map([
    ["sos", "p is the sum of"],
    ["near_sos", "p + epsilon z'z is the sum of"],
    ["lower_bound", "p - bound is the sum of"],
  ]);

  /** What the page shows of a proof, as plain values that can be posted: texts, TeX, arrays of numbers. */
  function viewOf({ kind, sentence, theorem, tex, context }) {
    const largest = [...context.grams].sort((a, b) => b.matrix.length - a.matrix.length).slice(0, MOST_BLOCKS);
    const shown = context.grams.filter((gram) => largest.includes(gram));
    return {
      kind,
      sentence,
      theorem,
      tex,
      names: context.names,
      passed: context.passed,
      facts: context.facts,
      points: context.points.map((point) => pointView(point)),
      polynomials: context.polynomials.slice(0, MOST_POLYNOMIALS).map((shown) => polynomialView(shown, context)),
      morePolynomials: Math.max(context.polynomials.length - MOST_POLYNOMIALS, 0),
      squares: squaresView(kind, context),
      blocks: shown.filter(({ matrix }) => matrix.length > 0).map((gram) => blockView(gram, context)),
      moreBlocks: context.grams.length - shown.length,
      newton: newtonView(kind, context),
    };
  }

  /** The same without pictures, for a proof whose pictures this browser cannot make. */
  function bareView({ kind, sentence, theorem, tex, context }) {
    const nothing = {
      facts: [],
      points: [],
      polynomials: [],
      morePolynomials: 0,
      squares: null,
      blocks: [],
      moreBlocks: 0,
      newton: null,
    };
    return { kind, sentence, theorem, tex, names: context.names, passed: context.passed, ...nothing };
  }

  function pointView({ title, names, numbers }) {
    const parts = numbers.slice(0, 40).map((value, i) => `${nameTex(names[i])} = ${numberTex(value).tex}`);
    return {
      title,
      tex: parts.join(",\\ \\ ") + (numbers.length > 40 ? ",\\ \\cdots" : ""),
      isExact: numbers.every((value) => numberTex(value).isExact),
    };
  }

  function polynomialView({ title, polynomial, left }, context) {
    const pairs = [...polynomial.entries()];
    const sum = sumTex(pairs, context.names, MOST_TERMS);
    const tex = left === null ? sum.tex : `${leftTex(left, context.names)} = ${sum.tex}`;
    return { title, ...sum, tex, terms: pairs.length, degree: polynomial.degree };
  }

  function leftTex(left, names) {
    if (typeof left === "string") return left;
    if (left.name !== undefined) return nameTex(left.name);
    return left.dot !== undefined ? `\\dot{${nameTex(names[left.dot])}}` : `${nameTex(names[left.next])}^{+}`;
  }

  function squaresView(kind, context) {
    const list = [];
    let isComplete = true;
    for (const gram of context.grams) {
      if (gram.isMoment || gram.field !== undefined) continue;
      const squares = list.length < MOST_SQUARES ? squaresOf(gram) : null;
      if (squares === null) isComplete = false;
      else
        list.push(
          ...squares.map((square) => ({
            of: sumName(kind, gram.title),
            hasFactor: (gram.multiplier ?? -1) >= 0,
            ...squareTex(square, context.names, factorTex(gram.multiplier)),
          })),
        );
    }
    return { list: list.slice(0, MOST_SQUARES), isComplete: isComplete && list.length <= MOST_SQUARES };
  }

  /** What the squares of a block are a part of. */
  function sumName(kind, title) {
    return SUMS.get(kind) ?? title.replace(/\.?blocks\[[0-9]+\]$/, "");
  }

  /** The product of inequalities before the square, in the order of the file. */
  function factorTex(multiplier = -1) {
    return multiplier < 0 ? "" : `G_{${multiplier + 1}}\\,`;
  }

  function blockView(gram, context) {
    const { title, matrix, basis } = gram;
    const size = {
      title,
      side: matrix.length,
      rank: gram.range ? matrix.length : null,
      basisSize: basis.length,
      isMoment: gram.isMoment === true,
    };
    const basisTex =
      basis.length <= 40 ? basis.map((powers) => monomialTex(powers, context.names) || "1").join(",\\ ") : null;
    if (matrix.length > MOST_ROWS) return { ...size, basisTex, eigenvalues: null, correlations: null };
    const floats = gram.field === undefined ? floatMatrix(matrix, gram.denominator) : fieldMatrix(matrix, gram.field);
    return { ...size, basisTex, eigenvalues: eigenvalues(floats), correlations: correlations(floats) };
  }

  function fieldMatrix(matrix, field) {
    const theta = field.approximate();
    return matrix.map((row) =>
      Float64Array.from(row, (entry) => entry.reduceRight((total, value) => total * theta + value.toFloat(), 0)),
    );
  }

  function newtonView(kind, context) {
    if (context.polynomials.length === 0 || context.variables === 0) return null;
    const { polynomial, left } = context.polynomials[0];
    const bases = WITH_BASIS_OF_P.has(kind) ? context.grams.map(({ basis }) => basis) : [];
    const basis = [...new Map(bases.flat().map((powers) => [powers.join(), powers])).values()];
    return {
      tex: left === null ? null : leftTex(left, context.names),
      support: polynomial.support().slice(0, MOST_POINTS),
      basis: basis.slice(0, MOST_POINTS),
    };
  }

  return { viewOf, bareView };
});
