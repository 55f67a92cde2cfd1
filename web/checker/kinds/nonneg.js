nsos.define("checker/kinds/nonneg", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { readKeys } = use("checker/reader");
  const { readBlocks, sumOfSquares, psdText } = use("checker/blocks");

  /** sigma p and sigma are sums of squares, and sigma is not 0. */
  function check(context, p, multiplier, product) {
    context.show("p", p);
    const [sigma, right] = [[multiplier, "sos_multiplier"], [product, "product"]].map(([part, place]) => {
      const blocks = readBlocks(readKeys(part, ["blocks"], place)[0], context.variables, `${place}.blocks`);
      const total = sumOfSquares(context, blocks, `${place}.blocks`);
      context.pass(psdText(blocks, `${place}.blocks`));
      return total;
    });
    demand(!sigma.isZero, "sos_multiplier: it is 0");
    context.show("sigma, the multiplier", sigma);
    context.demandSame(sigma.times(p), right, "product: it is not the multiplier times the polynomial");
    context.pass("the multiplier is not 0, and times p it is the product");
    return {
      sentence: "nonneg: p is nonnegative",
      theorem: "p(x) ≥ 0 for all real x: σ p and σ are sums of squares, and σ is not 0.",
    };
  }

  return { kind: "nonneg", keys: ["polynomial", "sos_multiplier", "product"], statuses: ["NONNEGATIVE"], check };
});
