nsos.define("checker/kinds/program", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { Rational } = use("checker/rational");
  const { Polynomial } = use("checker/polynomial");
  const { readList, readNumbers } = use("checker/reader");
  const { Program, STATEMENT_KEYS } = use("checker/program");
  const { checkIdentity } = use("checker/identity");
  const { shortNumber, countText } = use("checker/context");

  /** With these values each target is the zero polynomial, or has an identity on its set. */
  function check(context, unknowns, constraints, objective, givenValues, identities) {
    const program = new Program(context.variables, [unknowns, constraints, objective]);
    const rows = readList(givenValues, "values", program.unknowns.length);
    const values = program.unknowns.flatMap(({ name, monomials }, i) => {
      const numbers = readNumbers(rows[i], monomials.length, "values");
      context.show(
        "values of the unknowns",
        Polynomial.of(
          context.variables,
          numbers.map((number, k) => [number, monomials[k]]),
        ),
        { name },
      );
      return numbers;
    });
    readList(identities, "identities", program.constraints.length).forEach((identity, j) => {
      const constraint = program.constraints[j];
      const target = program.targetAt(constraint, values);
      if (constraint.kind === "zero") checkZero(context, target, identity, j);
      else checkIdentity(context, target, constraint.set, identity, `identities[${j}]`);
    });
    const reached =
      program.objective === null ? "" : ` The objective is ${shortNumber(objectiveAt(program, values))} there.`;
    return {
      sentence: "program: the values satisfy all constraints",
      theorem: `These values of the unknowns satisfy the program's ${countText(program.constraints.length, "constraint")}.${reached}`,
    };
  }

  function checkZero(context, target, identity, j) {
    const parts =
      identity instanceof Map && identity.size === 2 ? [identity.get("blocks"), identity.get("cofactors")] : [];
    const isEmpty = parts.length === 2 && parts.every((part) => Array.isArray(part) && part.length === 0);
    demand(isEmpty, `identities[${j}]: expected an empty one`);
    demand(target.isZero, `constraints[${j}]: it is not zero`);
    context.pass(`constraints[${j}]: it is the zero polynomial`);
  }

  function objectiveAt({ objective }, values) {
    const parts = objective.terms.map(({ number, unknown }) => number.times(values[unknown]));
    return parts.reduce((total, part) => total.plus(part), objective.constant.plus(new Rational(0n)));
  }

  return { kind: "program", keys: [...STATEMENT_KEYS, "values", "identities"], statuses: ["FEASIBLE"], check };
});
