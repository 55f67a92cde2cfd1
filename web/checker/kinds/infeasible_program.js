nsos.define("checker/kinds/infeasible_program", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { Program, STATEMENT_KEYS } = use("checker/program");
  const { shortNumber } = use("checker/context");
  const { checkFunctionals, showProgram } = use("checker/kinds/functionals");

  /** Functionals in which the unknowns cancel, and whose sum over all targets is negative. */
  function check(context, unknowns, constraints, objective, bases, functionals) {
    const program = new Program(context.variables, [unknowns, constraints, objective]);
    showProgram(context, program);
    const { rest, sums } = checkFunctionals(context, program, bases, functionals);
    demand(
      [...sums.values()].every((value) => value.isZero),
      "functionals: the unknowns do not cancel",
    );
    demand(rest.sign < 0, "functionals: expected a negative sum over all targets");
    context.pass(`functionals: the unknowns cancel, and the sum over all targets is ${shortNumber(rest)}`);
    return {
      sentence: "infeasible_program: no values satisfy the constraints with these bases",
      theorem:
        "No values of the unknowns satisfy the constraints of the program with these bases. " +
        "Larger bases or other products are another question.",
    };
  }

  return {
    kind: "infeasible_program",
    keys: [...STATEMENT_KEYS, "bases", "functionals"],
    statuses: ["INFEASIBLE"],
    check,
  };
});
