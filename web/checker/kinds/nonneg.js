nsos.define("checker/kinds/nonneg", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { readKeys } = use("checker/reader");
  const { readBlocks, sumOfSquares, psdText } = use("checker/blocks");

  /** sigma p and sigma are sums of squares, and sigma is not 0. */
  function check(context, p, multiplier, product) {
    context.show("polynomial", p, "p");
    const [sigma, right] = [
      [multiplier, "sos_multiplier"],
      [product, "product"],
    ].map(([part, place]) => {
      const blocks = readBlocks(readKeys(part, ["blocks"], place)[0], context.variables, `${place}.blocks`);
      const total = sumOfSquares(context, blocks, `${place}.blocks`);
      context.pass(psdText(blocks, `${place}.blocks`));
      return total;
    });
    demand(!sigma.isZero, "sos_multiplier: it is 0");
    context.show("multiplier", sigma, "\\sigma");
    context.demandSame(sigma.times(p), right, "product: it is not the multiplier times the polynomial");
    context.pass("the multiplier is not 0, and times p it is the product");
    return {
      sentence: "nonneg: p is nonnegative",
      theorem: "p is nonnegative: p(x) ≥ 0 for all real x.",
      tex: "\\sigma\\,p = \\textstyle\\sum_k c_k f_k^2,\\quad \\sigma = \\sum_k d_k g_k^2 \\ne 0,\\quad c_k, d_k > 0",
    };
  }

  return { kind: "nonneg", keys: ["polynomial", "sos_multiplier", "product"], statuses: ["NONNEGATIVE"], check };
});
