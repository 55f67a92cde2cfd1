nsos.define("checker/kinds/empty_set", (use) => {
  "use strict";
  const { Rational } = use("checker/rational");
  const { Polynomial } = use("checker/polynomial");
  const { SET_KEYS, readSet, showSet } = use("checker/sets");
  const { checkIdentity } = use("checker/identity");

  /** -1 has an identity on the set, where it would be nonnegative. */
  function check(context, inequalities, products, equalities, identity) {
    const set = readSet([inequalities, products, equalities], context.variables);
    showSet(context, set);
    checkIdentity(context, Polynomial.constant(new Rational(-1n), context.variables), set, identity);
    return {
      sentence: "empty_set: no point satisfies all",
      theorem: "No real point satisfies all inequalities and equalities.",
    };
  }

  return { kind: "empty_set", keys: [...SET_KEYS, "identity"], statuses: ["EMPTY"], check };
});
