nsos.define("checker/kinds/sos", (use) => {
  "use strict";
  const { readBlocks, sumOfSquares, psdText } = use("checker/blocks");
  const { countText } = use("checker/context");

  /** p = sum of z'Qz with all Q positive semidefinite. */
  function check(context, p, given) {
    context.show("polynomial", p, "p");
    const blocks = readBlocks(given, context.variables, "blocks");
    const total = sumOfSquares(context, blocks, "blocks");
    context.pass(psdText(blocks, "blocks"));
    context.demandSame(total, p, "blocks: their sum is not the polynomial");
    context.pass(`the blocks add up to p (${countText(p.support().length, "monomial")})`);
    return {
      sentence: "sos: p is a sum of squares",
      theorem:
        "p is a sum of positive rational numbers times squares of rational polynomials. So p(x) ≥ 0 for all real x.",
      tex: "p = \\textstyle\\sum_k c_k f_k^2,\\quad c_k > 0",
    };
  }

  return { kind: "sos", keys: ["polynomial", "blocks"], statuses: ["SOS over R", "SOS over Q"], check };
});
