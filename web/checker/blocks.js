nsos.define("checker/blocks", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { Rational } = use("checker/rational");
  const { Polynomial, productOf } = use("checker/polynomial");
  const { readKeys, readList, readInteger, readMonomials, isIndex } = use("checker/reader");
  const limits = use("checker/limits");

  /** A symmetric matrix of so many rows from [[i, j, entry], ...] with i <= j; `readEntry` reads an entry. */
  function readSymmetric(value, size, place, readEntry, zero) {
    const matrix = Array.from({ length: size }, () => new Array(size).fill(zero));
    const seen = new Set();
    for (const item of readList(value, place)) {
      const [i, j, entry] = readList(item, place, 3);
      demand(isIndex(j, 0, size) && isIndex(i, 0, j + 1), `${place}: expected indices 0 <= i <= j < ${size}`);
      demand(!seen.has(i * size + j), `${place}: the entry ${i}, ${j} appears twice`);
      seen.add(i * size + j);
      matrix[i][j] = matrix[j][i] = readEntry(entry);
    }
    return matrix;
  }

  /**
   * Blocks {basis, matrix, denominator, range}: z'Qz with Q = matrix / denominator, or V matrix V' / denominator where
   * `range` holds the rows of V and is not null.
   */
  function readBlocks(value, variables, place) {
    let entries = 0;
    return readList(value, place).map((item, k) => {
      const where = `${place}[${k}]`;
      const hasRange = item instanceof Map && item.has("range");
      const keys = ["basis", "denominator", "gram", ...(hasRange ? ["range"] : [])];
      const [rows, bottom, gram, given] = readKeys(item, keys, where);
      const basis = readMonomials(rows, variables, `${where}.basis`);
      const denominator = readInteger(bottom, `${where}.denominator`);
      demand(denominator > 0n, `${where}.denominator: expected a positive integer`);
      entries += basis.length ** 2;
      demand(entries <= limits.basis ** 2, `${place}: beyond the limits, too large together`);
      const range = hasRange ? readRange(given, basis.length, `${where}.range`) : null;
      const side = range === null ? basis.length : (range[0] ?? []).length;
      const read = (entry) => readInteger(entry, `${where}.gram`);
      return { basis, denominator, range, matrix: readSymmetric(gram, side, `${where}.gram`, read, 0n) };
    });
  }

  function readRange(value, size, place) {
    const rows = readList(value, place, size);
    const rank = rows.length === 0 ? 0 : readList(rows[0], place, null, size).length;
    return rows.map((row) => readList(row, place, rank).map((entry) => readInteger(entry, place)));
  }

  /** V S V' for the rows of V. */
  function congruent(rows, matrix) {
    const half = rows.map((row) => matrix.map((column) => dot(row, column)));
    return half.map((row) => rows.map((other) => dot(row, other)));
  }

  function dot(one, other) {
    let total = 0n;
    for (let k = 0; k < one.length; k += 1) if (one[k] !== 0n) total += one[k] * other[k];
    return total;
  }

  /** z'Qz of one block. */
  function expanded({ basis, matrix, denominator, range }, variables) {
    const gram = range === null ? matrix : congruent(range, matrix);
    const total = new Polynomial(variables);
    total.denominator = denominator;
    for (let i = 0; i < basis.length; i += 1) {
      for (let j = i; j < basis.length; j += 1) {
        const entry = gram[i][j];
        if (entry !== 0n) total.addTerm(productOf(basis[i], basis[j]), i === j ? entry : 2n * entry);
      }
    }
    return total;
  }

  /** The sum of all z'Qz, once all matrices are proven positive semidefinite; the first has the index `first`. */
  function sumOfSquares(context, blocks, place, first = 0) {
    const total = new Polynomial(context.variables);
    blocks.forEach((block, k) => {
      const where = `${place}[${first + k}]`;
      context.demandPsd(block.matrix, `${where}.gram`);
      context.grams.push({ title: where, ...block });
      total.add(expanded(block, context.variables), new Rational(1n));
    });
    return total;
  }

  /** What was proven of the matrices of some blocks, in words. */
  function psdText(blocks, place) {
    const sides = blocks.map(({ matrix }) => matrix.length);
    if (sides.length === 0) return `${place}: no matrices`;
    if (sides.length === 1) return `${place}: 1 matrix of side ${sides[0]}, positive semidefinite`;
    const largest = sides.reduce((most, side) => Math.max(most, side), 0);
    return `${place}: ${sides.length} matrices of side ${largest} at most, positive semidefinite`;
  }

  return { readBlocks, readSymmetric, sumOfSquares, congruent, expanded, psdText };
});
