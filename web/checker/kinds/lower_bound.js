nsos.define("checker/kinds/lower_bound", (use) => {
  "use strict";
  const { Rational } = use("checker/rational");
  const { Polynomial } = use("checker/polynomial");
  const { readNumber, readNumbers } = use("checker/reader");
  const { readBlocks, sumOfSquares, psdText } = use("checker/blocks");
  const { countText, readableNumber } = use("checker/context");
  const { DOWN, UP } = use("checker/decimals");

  /** p - bound. */
  function remainder(p, bound) {
    return p.plus(Polynomial.constant(bound, p.variables), new Rational(-1n));
  }

  /** What a point that may be null says about the least value of p, `where` on a set. */
  function upperText(context, p, bound, point, where) {
    if (point === null) return "";
    const value = p.at(point);
    context.point("point", context.names, point);
    const text = readableNumber(value, value.equals(bound) ? DOWN : UP);
    context.fact("p at the point", text);
    if (value.equals(bound)) return ` The bound is the minimum${where}: p is ${text} at the point.`;
    return ` The infimum${where} lies between the bound and p at the point, ${text}.`;
  }

  /** p - bound is a sum of squares. */
  function check(context, p, given, list, pointValue) {
    context.show("polynomial", p, "p");
    const point = pointValue === null ? null : readNumbers(pointValue, context.variables, "point");
    const bound = readNumber(given, "bound");
    const blocks = readBlocks(list, context.variables, "blocks");
    const rest = remainder(p, bound);
    context.demandSame(sumOfSquares(context, blocks, "blocks"), rest, "blocks: their sum is not p - bound");
    context.pass(
      `${psdText(blocks, "blocks")}; they add up to p - bound (${countText(rest.support().length, "monomial")})`,
    );
    const text = readableNumber(bound, DOWN);
    context.fact("bound", text);
    return {
      sentence: "lower_bound: p is nowhere below the bound",
      theorem: `p(x) ≥ ${text} for all real x.${upperText(context, p, bound, point, "")}`,
    };
  }

  return {
    kind: "lower_bound",
    keys: ["polynomial", "bound", "blocks", "point"],
    statuses: ["BOUNDED"],
    check,
    remainder,
    upperText,
  };
});
