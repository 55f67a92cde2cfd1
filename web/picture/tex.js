nsos.define("picture/tex", (use) => {
  "use strict";
  const { NEAREST, significant } = use("checker/decimals");

  const GREEK = new Set(
    (
      "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega " +
      "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
    ).split(" "),
  );
  const SPECIAL = new Map(
    Object.entries({
      "\\": "\\textbackslash{}",
      "{": "\\{",
      "}": "\\}",
      $: "\\$",
      "&": "\\&",
      "#": "\\#",
      "%": "\\%",
      _: "\\_",
      "^": "\\textasciicircum{}",
      "~": "\\textasciitilde{}",
      "<": "\\textless{}",
      ">": "\\textgreater{}",
      " ": "\\ ",
    }),
  );
  const LONG_INTEGER = 24;
  const LONG_FRACTION = 12;
  const ROUNDED_DIGITS = 5;

  /** A variable: x_{12} for x12, Greek letters by their names, anything else letter by letter, escaped. */
  function nameTex(name) {
    const found = /^([A-Za-z]+?)_?([0-9]{0,6})$/.exec(name);
    if (found === null) return `\\text{${Array.from(name, (letter) => SPECIAL.get(letter) ?? letter).join("")}}`;
    const [, word, index] = found;
    const letters = word.length === 1 ? word : GREEK.has(word) ? `\\${word}` : `\\mathit{${word}}`;
    return index === "" ? letters : `${letters}_{${index}}`;
  }

  /** The absolute value of a rational number: exact if it is short, else rounded. */
  function sizeTex(value) {
    const top = (value.numerator < 0n ? -value.numerator : value.numerator).toString();
    const bottom = value.denominator.toString();
    if (bottom === "1" && top.length <= LONG_INTEGER) return { tex: top, isExact: true };
    if (Math.max(top.length, bottom.length) <= LONG_FRACTION)
      return { tex: `\\tfrac{${top}}{${bottom}}`, isExact: true };
    const { digits, exponent } = significant(value, ROUNDED_DIGITS, NEAREST);
    const mantissa = `${digits[0]}.${digits.slice(1)}`;
    if (exponent >= -3 && exponent <= 5) return { tex: String(Number(`${mantissa}e${exponent}`)), isExact: false };
    return { tex: `${mantissa}{\\cdot}10^{${exponent}}`, isExact: false };
  }

  function numberTex(value) {
    const { tex, isExact } = sizeTex(value);
    return { tex: value.numerator < 0n ? `-${tex}` : tex, isExact };
  }

  function monomialTex(powers, names) {
    const factors = [];
    powers.forEach((power, i) => {
      if (power > 0) factors.push(power === 1 ? nameTex(names[i]) : `${nameTex(names[i])}^{${power}}`);
    });
    return factors.join("\\,");
  }

  const total = (powers) => powers.reduce((a, b) => a + b, 0);

  /** Descending degrees; within one, descending exponents of the first variables. */
  function byDegree([one], [other]) {
    const difference = total(other) - total(one);
    if (difference !== 0) return difference;
    for (let i = 0; i < one.length; i += 1) if (one[i] !== other[i]) return other[i] - one[i];
    return 0;
  }

  /** A sum from pairs of exponents and Rational, cut after `most` terms: {tex, isExact, hidden}. */
  function sumTex(pairs, names, most) {
    const terms = pairs.filter(([, value]) => !value.isZero).sort(byDegree);
    if (terms.length === 0) return { tex: "0", isExact: true, hidden: 0 };
    let isExact = true;
    const parts = terms.slice(0, most).map(([powers, value], k) => {
      const size = sizeTex(value);
      isExact = isExact && size.isExact;
      const monomial = monomialTex(powers, names);
      const number = size.tex === "1" && monomial !== "" ? "" : size.tex;
      const sign = value.numerator < 0n ? "-" : k > 0 ? "+" : "";
      return `${sign} ${number}${number !== "" && monomial !== "" ? "\\," : ""}${monomial}`;
    });
    const hidden = Math.max(terms.length - most, 0);
    return { tex: parts.join(" ") + (hidden > 0 ? " + \\cdots" : ""), isExact, hidden };
  }

  return { nameTex, numberTex, monomialTex, sumTex };
});
