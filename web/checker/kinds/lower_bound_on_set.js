nsos.define("checker/kinds/lower_bound_on_set", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { readNumber, readNumbers } = use("checker/reader");
  const { SET_KEYS, readSet, isInside, showSet } = use("checker/sets");
  const { checkIdentity } = use("checker/identity");
  const { readableNumber } = use("checker/context");
  const { DOWN } = use("checker/decimals");
  const { remainder, upperText } = use("checker/kinds/lower_bound");

  /** p - bound has an identity on the set; the point, if there is one, is in the set. */
  function check(context, p, given, inequalities, products, equalities, identity, pointValue) {
    context.show("polynomial", p, "p");
    const set = readSet([inequalities, products, equalities], context.variables);
    const point = pointValue === null ? null : readNumbers(pointValue, context.variables, "point");
    demand(point === null || isInside(set, point), "point: it is not in the set");
    if (point !== null) context.pass("point: it satisfies all inequalities and equalities");
    const bound = readNumber(given, "bound");
    showSet(context, set);
    checkIdentity(context, remainder(p, bound), set, identity);
    const text = readableNumber(bound, DOWN);
    context.fact("bound", text);
    const empty = point === null ? " The set may be empty." : upperText(context, p, bound, point, " on the set");
    return {
      sentence: "lower_bound_on_set: p is nowhere on the set below the bound",
      theorem: `p(x) ≥ ${text} for all x of the set.${empty}`,
    };
  }

  return {
    kind: "lower_bound_on_set",
    keys: ["polynomial", "bound", ...SET_KEYS, "identity", "point"],
    statuses: ["BOUNDED"],
    check,
  };
});
