nsos.define("checker/identity", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { Polynomial } = use("checker/polynomial");
  const { readKeys, readList, readPolynomial, isIndex } = use("checker/reader");
  const { readBlocks, sumOfSquares, psdText } = use("checker/blocks");
  const { countText } = use("checker/context");

  /**
   * Refuses unless target = sum of multiplier * (sum of squares) + sum of cofactor * equality, with all matrices
   * positive semidefinite. Multiplier -1 of a block is the first one, 1; so the target is nonnegative on the set.
   */
  function checkIdentity(context, target, { multipliers, equalities }, value, place = "identity") {
    const [listed, factors] = readKeys(value, ["blocks", "cofactors"], place);
    const indices = readList(listed, `${place}.blocks`).map((block) => {
      const index = block instanceof Map ? block.get("multiplier") : undefined;
      demand(isIndex(index, -1, multipliers.length - 1), `${place}.blocks: expected a multiplier`);
      return index;
    });
    const rest = listed.map((block) => new Map([...block].filter(([key]) => key !== "multiplier")));
    const blocks = readBlocks(rest, context.variables, `${place}.blocks`);
    const total = new Polynomial(context.variables);
    indices.forEach((index, k) => {
      const squares = sumOfSquares(context, [{ ...blocks[k], multiplier: index }], `${place}.blocks`, k);
      total.add(index === -1 ? squares : multipliers[index + 1].times(squares));
    });
    readList(factors, `${place}.cofactors`, equalities.length).forEach((terms, j) => {
      total.add(readPolynomial(terms, context.variables, `${place}.cofactors`).times(equalities[j]));
    });
    context.demandSame(total, target, `${place}: the sum of its parts is not the polynomial that it stands for`);
    const monomials = target.support().length;
    const equal =
      monomials === 0
        ? "the polynomial is 0, and so is the sum"
        : `the identity holds (${countText(monomials, "monomial")})`;
    context.pass(`${psdText(blocks, place)}; ${equal}`);
  }

  return { checkIdentity };
});
