nsos.define("checker/kinds/not_sos", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { Rational } = use("checker/rational");
  const { productOf } = use("checker/polynomial");
  const { readList, readInteger, readMonomials, readFunctional } = use("checker/reader");
  const { checkComplete } = use("checker/completeness");

  /** The basis, proven complete for p. */
  function readCompleteBasis(context, p, rows, halfspaces) {
    const basis = readMonomials(rows, context.variables, "basis");
    const weights = readList(halfspaces, "halfspaces").map((row) =>
      readList(row, "halfspaces", context.variables).map((weight) => readInteger(weight, "halfspaces")),
    );
    demand(!p.isZero, "polynomial: it is 0");
    checkComplete(context, p, basis, weights);
    return basis;
  }

  /** A functional that is negative on p. */
  function readRefuting(context, p, value) {
    const functional = readFunctional(value, context.variables, "functional");
    demand(pairing(functional, p).sign < 0, "functional: not negative on the polynomial");
    context.pass("functional: it is negative on p");
    return functional;
  }

  /** L(p), L being the polynomial with its values as coefficients. */
  function pairing(functional, p) {
    let total = 0n;
    for (const { powers, numerator } of p.terms.values()) total += numerator * functional.coefficientNumerator(powers);
    return new Rational(total, p.denominator * functional.denominator);
  }

  /** A positive multiple of the matrix of L(b b') for all b, b' of a basis, in integers. */
  function momentMatrix(functional, basis) {
    return basis.map((one) => basis.map((other) => functional.coefficientNumerator(productOf(one, other))));
  }

  /** p is no sum of squares: L(p) < 0, and L is nonnegative on squares over a complete basis. */
  function check(context, p, rows, halfspaces, value) {
    context.show("polynomial", p, "p");
    const basis = readCompleteBasis(context, p, rows, halfspaces);
    const functional = readRefuting(context, p, value);
    const matrix = momentMatrix(functional, basis);
    context.demandPsd(matrix, "functional", "not nonnegative on squares");
    context.grams.push({
      title: "moment matrix of the functional",
      basis,
      matrix,
      denominator: functional.denominator,
      range: null,
      isMoment: true,
    });
    context.pass(
      `functional: nonnegative on all squares, its moment matrix of side ${basis.length} is positive semidefinite`,
    );
    return {
      sentence: "not_sos: p is no sum of squares",
      theorem: "p is no sum of squares of real polynomials. It may be nonnegative all the same.",
    };
  }

  return {
    kind: "not_sos",
    keys: ["polynomial", "basis", "halfspaces", "functional"],
    statuses: ["NOT_SOS over R", "NOT_SOS over Q"],
    check,
    readCompleteBasis,
    readRefuting,
    momentMatrix,
  };
});
