nsos.define("picture/squares", (use) => {
  "use strict";
  const { Rational, ZERO, ONE, bitLength, lcm, gcd } = use("checker/rational");
  const { numberTex, sumTex } = use("picture/tex");

  const MOST_ROWS = 24;
  const MOST_BITS = 6_000;
  const MOST_TERMS = 16;
  const SHORT = 1_000_000n;

  /** z'Qz of one block as weights and roots, from an exact LDL'; null if the block is too large to be read. */
  function squaresOf({ matrix, denominator, range, basis }) {
    const bits = matrix.reduce(
      (most, row) => row.reduce((longest, entry) => Math.max(longest, bitLength(entry)), most),
      0,
    );
    if (matrix.length > MOST_ROWS || bits * matrix.length > MOST_BITS) return null;
    const rows = matrix.map((row) => row.map((entry) => new Rational(entry, denominator)));
    const squares = [];
    rows.forEach((row, k) => {
      const weight = row[k];
      if (weight.isZero) return;
      const factors = row.map((entry, j) => (j < k ? ZERO : entry.over(weight)));
      for (let i = k + 1; i < rows.length; i += 1) {
        for (let j = k + 1; j < rows.length; j += 1) rows[i][j] = rows[i][j].minus(factors[i].times(row[j]));
      }
      const square = { weight, root: range === null ? factors : lifted(range, factors) };
      const whole = primitive(square);
      squares.push(whole.root.every(({ numerator }) => numerator < SHORT && numerator > -SHORT) ? whole : square);
    });
    return squares.map(({ weight, root }) => ({ weight, root: root.map((value, i) => [basis[i], value]) }));
  }

  /** V l for the rows of V. */
  function lifted(range, factors) {
    return range.map((row) => row.reduce((sum, entry, k) => sum.plus(factors[k].times(new Rational(entry))), ZERO));
  }

  /** The same square with coprime integers in the root. */
  function primitive({ weight, root }) {
    const common = root.reduce((total, value) => lcm(total, value.denominator), 1n);
    const divisor = root.reduce((total, value) => gcd(total, value.numerator * (common / value.denominator)), 0n);
    const scale = new Rational(divisor, common);
    return { weight: weight.times(scale).times(scale), root: root.map((value) => value.over(scale)) };
  }

  function squareTex({ weight, root }, names, factor) {
    const sum = sumTex(root, names, MOST_TERMS);
    const number = numberTex(weight);
    const isBare = weight.equals(ONE);
    const left = isBare ? "" : `${number.tex}\\,`;
    return {
      tex: `${left}${factor}\\bigl(${sum.tex}\\bigr)^2`,
      isExact: sum.isExact && number.isExact,
      hidden: sum.hidden,
    };
  }

  return { squaresOf, squareTex };
});
