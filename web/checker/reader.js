nsos.define("checker/reader", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { Rational } = use("checker/rational");
  const { Polynomial, keyOf } = use("checker/polynomial");
  const limits = use("checker/limits");

  const NUMBER = /^-?[0-9]+(?:\/[0-9]+)?$/;
  const INTEGER = /^-?[0-9]+$/;
  const PRINTABLE = /^(?:[^\p{C}\p{Z}]| )+$/u;

  /** The values of an object that has exactly these keys, in their order. */
  function readKeys(value, keys, place) {
    const right = value instanceof Map && value.size === keys.length && keys.every((key) => value.has(key));
    demand(right, `${place}: expected an object with the keys ${keys.join(", ")}`);
    return keys.map((key) => value.get(key));
  }

  function readList(value, place, length = null, most = limits.items) {
    demand(Array.isArray(value), `${place}: expected a list`);
    demand(value.length <= most, `${place}: beyond the limits, expected at most ${most} items`);
    demand(length === null || value.length === length, `${place}: expected ${length} items, got ${value.length}`);
    return value;
  }

  function checkDigits(value, pattern, place) {
    demand(typeof value === "string" && pattern.test(value), `${place}: expected a number written as a string`);
    const parts = value.replace(/^-/, "").split("/");
    demand(
      parts.every((part) => part.length <= limits.digits),
      `${place}: beyond the limits, too many digits`,
    );
    return parts;
  }

  /** A rational number "p" or "p/q", not necessarily in lowest terms. */
  function readNumber(value, place) {
    const [numerator, denominator = "1"] = checkDigits(value, NUMBER, place);
    const divisor = BigInt(denominator);
    demand(divisor !== 0n, `${place}: the denominator is 0`);
    const whole = BigInt(numerator);
    return new Rational(value.startsWith("-") ? -whole : whole, divisor);
  }

  function readInteger(value, place) {
    const [digits] = checkDigits(value, INTEGER, place);
    return value.startsWith("-") ? -BigInt(digits) : BigInt(digits);
  }

  function readNumbers(value, length, place) {
    return readList(value, place, length).map((number) => readNumber(number, place));
  }

  /** A JSON integer between two others. */
  function isIndex(value, least, end) {
    return typeof value === "number" && value >= least && value < end;
  }

  function readPowers(row, variables, place) {
    const right = readList(row, place, variables).every((power) => isIndex(power, 0, limits.exponent + 1));
    demand(right, `${place}: expected exponents from 0 to ${limits.exponent}`);
    return row;
  }

  /** Distinct monomials, lists of exponents. */
  function readMonomials(value, variables, place, most = limits.basis) {
    const rows = readList(value, place, null, most).map((row) => readPowers(row, variables, place));
    demand(new Set(rows.map(keyOf)).size === rows.length, `${place}: a monomial appears twice`);
    return rows;
  }

  function readPairs(value, variables, place) {
    const pairs = readList(value, place).map((pair) => {
      const [number, powers] = readList(pair, place, 2);
      return [readNumber(number, place), powers];
    });
    readMonomials(
      pairs.map(([, powers]) => powers),
      variables,
      place,
      limits.items,
    );
    return pairs;
  }

  /** A polynomial from [[coefficient, exponents], ...]. */
  function readPolynomial(value, variables, place) {
    const pairs = readPairs(value, variables, place);
    demand(
      pairs.every(([number]) => !number.isZero),
      `${place}: a coefficient is 0`,
    );
    return Polynomial.of(variables, pairs);
  }

  function readPolynomials(value, variables, place, length = null, most = limits.modes) {
    return readList(value, place, length, most).map((terms) => readPolynomial(terms, variables, place));
  }

  /** A linear functional as the polynomial with its values in the place of coefficients, which may be 0. */
  function readFunctional(value, variables, place) {
    return Polynomial.of(variables, readPairs(value, variables, place));
  }

  function isName(name) {
    return typeof name === "string" && PRINTABLE.test(name) && [...name].length <= 100;
  }

  /** Distinct names. */
  function readNames(value, place, most = limits.items) {
    const names = readList(value, place, null, most);
    demand(names.every(isName), `${place}: expected names of 1 to 100 printable characters`);
    demand(new Set(names).size === names.length, `${place}: a name appears twice`);
    return names;
  }

  return {
    readKeys,
    readList,
    readNumber,
    readInteger,
    readNumbers,
    readPowers,
    readMonomials,
    readPolynomial,
    readPolynomials,
    readFunctional,
    readNames,
    isIndex,
  };
});
