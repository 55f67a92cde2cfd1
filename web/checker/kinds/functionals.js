nsos.define("checker/kinds/functionals", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { ZERO } = use("checker/rational");
  const { Polynomial, productOf } = use("checker/polynomial");
  const reader = use("checker/reader");
  const { countText } = use("checker/context");
  const limits = use("checker/limits");

  /** L(p times a monomial) times the denominators of both. */
  function applied(functional, p, powers) {
    let total = 0n;
    for (const term of p.terms.values())
      total += term.numerator * functional.coefficientNumerator(productOf(term.powers, powers));
    return total;
  }

  /** Refuses a functional that is negative on what the bases of a constraint can make. */
  function checkFunctional(context, functional, { set }, given, j) {
    const [place, variables] = [`bases[${j}]`, context.variables];
    const [squares, cofactors] = reader.readKeys(given, ["squares", "cofactors"], place);
    let entries = 0;
    reader.readList(squares, place, set.multipliers.length).forEach((rows, k) => {
      const basis = reader.readMonomials(rows, variables, place);
      entries += basis.length ** 2;
      demand(entries <= limits.basis ** 2, `${place}: beyond the limits, too large together`);
      const matrix = basis.map((one) =>
        basis.map((other) => applied(functional, set.multipliers[k], productOf(one, other))),
      );
      context.demandPsd(matrix, `functionals[${j}]`, "not nonnegative on squares");
      const denominator = functional.denominator * set.multipliers[k].denominator;
      const title = `moment matrix ${k + 1} of constraint ${j + 1}`;
      context.grams.push({ title, basis, matrix, denominator, range: null, isMoment: true });
    });
    reader.readList(cofactors, place, set.equalities.length).forEach((rows, k) => {
      const zeros = reader
        .readMonomials(rows, variables, place)
        .map((powers) => applied(functional, set.equalities[k], powers));
      demand(
        zeros.every((value) => value === 0n),
        `functionals[${j}]: not 0 on multiples of an equality`,
      );
    });
    context.pass(`functionals[${j}]: nonnegative on squares times multipliers, 0 on equalities, with the given bases`);
  }

  /**
   * The functionals of all constraints, checked, and what they add up to: `rest` is sum_j L_j(a_j), `sums` holds
   * sum_j L_j(b_ij) for the number i of an unknown coefficient.
   */
  function checkFunctionals(context, program, bases, functionals) {
    const count = program.constraints.length;
    reader.readList(bases, "bases", count);
    reader.readList(functionals, "functionals", count);
    const sums = new Map();
    program.constraints.forEach((constraint, j) => {
      const functional = reader.readFunctional(functionals[j], context.variables, `functionals[${j}]`);
      if (constraint.kind === "sos") checkFunctional(context, functional, constraint, bases[j], j);
      else demand(Array.isArray(bases[j]) && bases[j].length === 0, `bases[${j}]: expected none`);
      for (const { number, powers, unknown } of constraint.target) {
        sums.set(unknown, (sums.get(unknown) ?? ZERO).plus(number.times(functional.coefficient(powers))));
      }
    });
    const rest = sums.get(null) ?? ZERO;
    sums.delete(null);
    return { rest, sums };
  }

  function showProgram(context, program) {
    for (const { name, monomials } of program.unknowns) {
      context.fact(`unknown ${name}`, countText(monomials.length, "coefficient"));
    }
    program.constraints.forEach((constraint) => {
      const known = constraint.target.filter(({ unknown }) => unknown === null);
      const own = Polynomial.of(
        context.variables,
        known.map(({ number, powers }) => [number, powers]),
      );
      const left = countText(constraint.target.length - known.length, "term");
      context.show(`constraint ${constraint.name} (${constraint.kind}), without ${left} of unknowns`, own);
    });
  }

  return { checkFunctionals, showProgram };
});
