nsos.define("checker/context", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { NEAREST, decimalText } = use("checker/decimals");
  const { isPsd } = use("checker/matrices/psd");

  /**
   * One check: what has passed, and what there is to show. `report(text, fraction)` hears what is being done;
   * `checkInner(record)` checks a certificate about a system in the same variables as a part of this one.
   *
   * Attributes: `passed`, the steps that held, as texts; `polynomials`, `grams`, `points` and `facts`, what a reader of
   * the proof may want to see, with titles.
   */
  class Context {
    constructor(names, report, checkInner) {
      this.names = names;
      this.variables = names.length;
      this.report = report;
      this.checkInner = (record) => checkInner(this, record);
      this.passed = [];
      this.polynomials = [];
      this.grams = [];
      this.points = [];
      this.facts = [];
    }

    pass(text) {
      this.passed.push(text);
    }

    /** `left` is what the polynomial is called in a formula: TeX, {name}, or {dot: i} or {next: i} of a state i. */
    show(title, polynomial, left = null) {
      this.polynomials.push({ title, polynomial, left });
    }

    fact(title, value) {
      this.facts.push({ title, value: String(value) });
    }

    point(title, names, numbers) {
      this.points.push({ title, names, numbers });
    }

    /** Refuses a symmetric matrix of BigInt that is not positive semidefinite. */
    demandPsd(matrix, place, failure = "not positive semidefinite") {
      const text = `${place}: is the ${matrix.length} × ${matrix.length} matrix positive semidefinite?`;
      this.report(text, 0);
      demand(
        isPsd(matrix, (fraction) => this.report(text, fraction)),
        `${place}: ${failure}`,
      );
    }

    /** Refuses two polynomials that differ; `failure` says what that means. */
    demandSame(left, right, failure) {
      const rest = left.minus(right);
      if (rest.isZero) return;
      const [[powers, value]] = rest.entries();
      const monomial = monomialText(powers, this.names);
      demand(false, `${failure}: at ${monomial} they differ by ${shortNumber(value)}`);
    }
  }

  function monomialText(powers, names) {
    const factors = [];
    powers.forEach((power, i) => {
      if (power > 0 && factors.length < 12) factors.push(power === 1 ? names[i] : `${names[i]}^${power}`);
    });
    return factors.length === 0 ? "1" : factors.join("*");
  }

  /** A number for messages; of a long one only the size, as nsos verify has it. */
  function shortNumber(value) {
    const bits =
      value.numerator.toString(2).replace("-", "").length +
      (value.denominator === 1n ? 0 : value.denominator.toString(2).length);
    return bits <= 128 ? value.toString() : `a ${value.sign < 0 ? "negative" : "positive"} number of ${bits} bits`;
  }

  /** A number for readers: a long one with, or as, nine of its digits; those of a bound are rounded to its side. */
  function readableNumber(value, rounding = NEAREST) {
    const text = shortNumber(value);
    if (text.length <= 9) return text;
    const decimals = decimalText(value, 9, rounding);
    if (text === value.toString()) return `${text} ≈ ${decimals}`;
    return rounding === NEAREST ? `about ${decimals}` : `${decimals} (rounded ${rounding})`;
  }

  /** A polynomial as nsos writes it, its terms in the order of the file. */
  function polynomialText(p, names) {
    const terms = [...p.entries()].map(([powers, value]) => {
      const factors = powers.flatMap((power, i) =>
        power === 0 ? [] : [power === 1 ? names[i] : `${names[i]}^${power}`],
      );
      const size = value.sign < 0 ? value.negated() : value;
      const isUnit = size.numerator === 1n && size.denominator === 1n && factors.length > 0;
      return { sign: value.sign, text: [...(isUnit ? [] : [size.toString()]), ...factors].join("*") };
    });
    if (terms.length === 0) return "0";
    return terms
      .map(({ sign, text }, k) => (k === 0 ? `${sign < 0 ? "-" : ""}${text}` : ` ${sign < 0 ? "-" : "+"} ${text}`))
      .join("");
  }

  function countText(number, noun) {
    return Number(number) === 1 ? `${number} ${noun}` : `${number} ${noun}s`;
  }

  return { Context, shortNumber, readableNumber, countText, polynomialText };
});
