nsos.define("checker/matrices/definite", (use) => {
  "use strict";
  const { absolute } = use("checker/rational");
  const { scaled, cholesky, inverseOfTriangle, negativeDirection } = use("checker/matrices/floating");

  const BITS = 26;
  const LIFTS = [0, 1e-13, 1e-9];
  const ROUNDS = 4;

  /**
   * Proves that a symmetric matrix Q of BigInt is positive definite: P Q P' is strictly diagonally dominant with a
   * positive diagonal for a nonsingular P of integers. Which P is tried, is a matter of floating point: the inverse of
   * a Cholesky factor of Q, or of Q + a little, rounded. Where P Q P' is better conditioned than Q but not dominant, it
   * is treated in the same way. False says nothing.
   */
  function isProvenDefinite(matrix, tick, rounds = ROUNDS) {
    if (isDominant(matrix)) return true;
    if (rounds === 0 || matrix.some((row, i) => row[i] <= 0n)) return false;
    const { shifts, floats } = scaled(matrix);
    for (const lift of LIFTS) {
      const factor = cholesky(floats, lift);
      if (factor.failed !== null) continue;
      const rows = roundedRows(inverseOfTriangle(factor.rows), shifts);
      if (rows === null) continue;
      return isProvenDefinite(congruent(rows, matrix, tick), tick, rounds - 1);
    }
    return false;
  }

  /** 2^BITS times the inverse factor, rounded, with the scaling of the matrix undone; its diagonal is not 0. */
  function roundedRows(inverse, shifts) {
    const top = shifts.reduce((most, shift) => Math.max(most, shift), 0);
    const rows = [];
    for (const [i, row] of inverse.entries()) {
      if (!row.every((value) => Math.abs(value) < 2 ** 500) || Math.round(row[i] * 2 ** BITS) === 0) return null;
      rows.push(
        Array.from(
          row.subarray(0, i + 1),
          (value, j) => BigInt(Math.round(value * 2 ** BITS)) << BigInt(top - shifts[j]),
        ),
      );
    }
    return rows;
  }

  function isDominant(matrix) {
    return matrix.every((row, i) => {
      let others = 0n;
      row.forEach((entry, j) => {
        if (j !== i) others += absolute(entry);
      });
      return row[i] > others;
    });
  }

  /** P Q P' for the rows of a lower triangular P, each up to its diagonal, and a symmetric Q. */
  function congruent(rows, matrix, tick) {
    const size = matrix.length;
    const result = matrix.map(() => new Array(size));
    for (let i = 0; i < size; i += 1) {
      const half = new Array(i + 1).fill(0n); // row i of P Q up to its diagonal, all that is needed for j <= i
      rows[i].forEach((factor, k) => {
        const row = matrix[k];
        if (factor !== 0n) for (let j = 0; j <= i; j += 1) half[j] += factor * row[j];
      });
      for (let j = 0; j <= i; j += 1) {
        let value = 0n;
        const other = rows[j];
        for (let k = 0; k <= j; k += 1) value += half[k] * other[k];
        result[i][j] = value;
        result[j][i] = value;
      }
      tick(((i + 1) / size) ** 3);
    }
    return result;
  }

  /** Whether some x with x'Qx < 0 was found: then Q is not positive semidefinite. */
  function isProvenNegative(matrix) {
    if (matrix.some((row, i) => row[i] < 0n)) return true;
    if (matrix.some((row, i) => row[i] === 0n)) return false;
    const { shifts, floats } = scaled(matrix);
    const factor = cholesky(floats);
    if (factor.failed === null) return false;
    const top = shifts.reduce((most, shift) => Math.max(most, shift), 0);
    const direction = negativeDirection(factor);
    if (!direction.every((value) => Math.abs(value) < 2 ** 500)) return false;
    const x = Array.from(direction, (value, i) => BigInt(Math.round(value * 2 ** 40)) << BigInt(top - shifts[i]));
    let value = 0n;
    x.forEach((one, i) =>
      x.forEach((other, j) => {
        value += one * other * matrix[i][j];
      }),
    );
    return value < 0n;
  }

  return { isProvenDefinite, isProvenNegative };
});
