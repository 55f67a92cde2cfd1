nsos.define("checker/kinds/not_sos_over_q", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { Field, nullSpace } = use("checker/field");
  const { readList } = use("checker/reader");
  const { congruent } = use("checker/blocks");
  const { countText } = use("checker/context");
  const { readCompleteBasis, readRefuting, momentMatrix } = use("checker/kinds/not_sos");

  /** p has a zero in a real field, and rational squares that vanish there do not add up to p. */
  function check(context, p, rows, halfspaces, value, fieldValue, zero) {
    context.show("polynomial", p, "p");
    const basis = readCompleteBasis(context, p, rows, halfspaces);
    const field = new Field(fieldValue);
    context.pass(`field: m has degree ${field.degree}, is irreducible, and has exactly one root θ in the interval`);
    context.fact("theta", field.describe());
    const point = readList(zero, "zero", context.variables).map((element) => field.readElement(element, "zero"));
    let total = field.zero;
    for (const [powers, coefficient] of p.entries())
      total = field.plus(total, field.scaled(field.monomialAt(point, powers), coefficient));
    demand(field.isZero(total), "zero: the polynomial is not 0 there");
    context.pass("zero: p vanishes there, in the field");
    const values = basis.map((powers) => field.monomialAt(point, powers));
    const equations = Array.from({ length: field.degree }, (_, power) => values.map((element) => element[power]));
    const vanishing = nullSpace(equations, basis.length);
    context.pass(`${countText(vanishing.length, "independent rational polynomial")} over the basis vanish at the zero`);
    checkFunctional(context, p, basis, vanishing, value);
    return {
      sentence: "not_sos_over_q: p is no sum of rational squares",
      theorem:
        "p is no sum of positive rational numbers times squares of rational polynomials. " +
        "It may be a sum of squares of real ones.",
    };
  }

  function checkFunctional(context, p, basis, vanishing, value) {
    if (value === null) {
      demand(vanishing.length === 0, "functional: expected one, since there are polynomials that vanish at the zero");
      return;
    }
    const functional = readRefuting(context, p, value);
    const matrix = congruent(vanishing, momentMatrix(functional, basis));
    context.demandPsd(matrix, "functional", "not nonnegative on squares of what vanishes at the zero");
    context.pass("functional: nonnegative on squares of all that vanishes at the zero");
  }

  return {
    kind: "not_sos_over_q",
    keys: ["polynomial", "basis", "halfspaces", "functional", "field", "zero"],
    statuses: ["NOT_SOS over Q"],
    check,
  };
});
