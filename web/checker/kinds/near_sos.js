nsos.define("checker/kinds/near_sos", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { readNumber, readPolynomial } = use("checker/reader");
  const { keyOf, Polynomial } = use("checker/polynomial");
  const { readBlocks, sumOfSquares, psdText } = use("checker/blocks");
  const { shortNumber } = use("checker/context");

  /** p + epsilon z'z is a sum of squares; z is the union of all bases. In the file its kind is sos. */
  function check(context, p, given, epsilonText, of) {
    const blocks = readBlocks(given, context.variables, "blocks");
    const epsilon = readNumber(epsilonText, "epsilon");
    const original = readPolynomial(of, context.variables, "of");
    context.show("polynomial in question, about which nothing is proven", original, "p");
    context.show("what is proven to be a sum of squares", p, "p + \\varepsilon z'z");
    demand(epsilon.sign > 0, "epsilon: expected a positive number");
    context.fact("epsilon", shortNumber(epsilon));
    const shifted = original.plus(squaresOf(blocks, context.variables), epsilon);
    context.demandSame(shifted, p, "polynomial: expected `of` + epsilon z'z");
    context.pass("polynomial: it is `of` plus epsilon times the squares of all monomials of the bases");
    context.demandSame(sumOfSquares(context, blocks, "blocks"), p, "blocks: their sum is not the polynomial");
    context.pass(`${psdText(blocks, "blocks")}; they add up to the polynomial`);
    return {
      sentence: "near_sos: p + epsilon z'z is a sum of squares",
      theorem:
        `p + epsilon z'z is a sum of squares, with epsilon = ${shortNumber(epsilon)} and the vector z ` +
        "of all monomials of the bases. Nothing is proven about p itself.",
    };
  }

  function squaresOf(blocks, variables) {
    const monomials = new Map(blocks.flatMap(({ basis }) => basis.map((powers) => [keyOf(powers), powers])));
    const total = new Polynomial(variables);
    for (const powers of monomials.values())
      total.addTerm(
        powers.map((power) => 2 * power),
        1n,
      );
    return total;
  }

  return { kind: "near_sos", keys: ["polynomial", "blocks", "epsilon", "of"], statuses: ["NEAR_SOS"], check };
});
