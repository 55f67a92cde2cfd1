nsos.define("checker/kinds/program_bound", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { Rational, ZERO } = use("checker/rational");
  const { readNumber } = use("checker/reader");
  const { Program, STATEMENT_KEYS } = use("checker/program");
  const { readableNumber } = use("checker/context");
  const { DOWN, UP } = use("checker/decimals");
  const { checkFunctionals, showProgram } = use("checker/kinds/functionals");

  /** Functionals that add up to the objective at the unknowns. */
  function check(context, unknowns, constraints, given, bases, functionals, boundValue) {
    const program = new Program(context.variables, [unknowns, constraints, given]);
    showProgram(context, program);
    const { rest, sums } = checkFunctionals(context, program, bases, functionals);
    const { objective } = program;
    demand(objective !== null, "objective: expected one");
    const sign = new Rational(BigInt(objective.sign));
    for (const { number, unknown } of objective.terms) {
      sums.set(unknown, (sums.get(unknown) ?? ZERO).plus(sign.times(number)));
    }
    demand(
      [...sums.values()].every((value) => value.isZero),
      "functionals: the unknowns do not add up to the objective",
    );
    const bound = readNumber(boundValue, "bound");
    const gap = sign.times(bound.minus(objective.constant)).minus(rest);
    demand(gap.sign >= 0, "bound: the functionals prove less");
    context.pass("functionals: with the objective the unknowns cancel, and what is left proves the bound");
    const [beyond, rounding] = objective.sign > 0 ? ["above", UP] : ["below", DOWN];
    const text = readableNumber(bound, rounding);
    context.fact("bound", text);
    return {
      sentence: "program_bound: no objective beyond the bound with these bases",
      theorem:
        "No values of the unknowns that satisfy the constraints with these bases have an objective " +
        `${beyond} ${text}.`,
    };
  }

  return {
    kind: "program_bound",
    keys: [...STATEMENT_KEYS, "bases", "functionals", "bound"],
    statuses: ["BOUNDED"],
    check,
  };
});
