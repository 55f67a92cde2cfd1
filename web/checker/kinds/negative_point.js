nsos.define("checker/kinds/negative_point", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { readNumbers } = use("checker/reader");
  const { readableNumber, shortNumber } = use("checker/context");

  /** p is negative at a rational point. */
  function check(context, p, given) {
    context.show("polynomial", p, "p");
    const point = readNumbers(given, context.variables, "point");
    const value = p.at(point);
    context.point("point", context.names, point);
    demand(value.sign < 0, "point: p is not negative there");
    context.fact("p at the point", readableNumber(value));
    context.pass(`the value of p at the point is ${shortNumber(value)}`);
    return {
      sentence: "negative_point: p takes a negative value",
      theorem: `p takes a negative value: at the point it is ${readableNumber(value)}. So p is neither nonnegative nor a sum of squares.`,
    };
  }

  return { kind: "negative_point", keys: ["polynomial", "point"], statuses: ["NEGATIVE"], check };
});
