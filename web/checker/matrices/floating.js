nsos.define("checker/matrices/floating", (use) => {
  "use strict";
  const { bitLength, scaledFloat } = use("checker/rational");

  /**
   * Shifts e and the floating point matrix q_ij 2^(-e_i - e_j), whose diagonal lies between 1/2 and 4, for a symmetric
   * matrix Q of BigInt with a positive diagonal. All in this file are hints, from which nothing is concluded.
   */
  function scaled(matrix) {
    const shifts = matrix.map((row, i) => Math.floor((bitLength(row[i]) - 1) / 2));
    const floats = matrix.map((row, i) =>
      Float64Array.from(row, (entry, j) => scaledFloat(entry, shifts[i] + shifts[j])),
    );
    return { shifts, floats };
  }

  /**
   * The lower triangular factor L of a symmetric matrix with `lift` added to its diagonal, LL' = S + lift I. Where a
   * pivot is not positive, `failed` is its index, and L has the rows before it.
   */
  function cholesky(floats, lift = 0) {
    const rows = [];
    for (let k = 0; k < floats.length; k += 1) {
      const row = new Float64Array(floats.length);
      let pivot = floats[k][k] + lift;
      for (let j = 0; j < k; j += 1) {
        let value = floats[k][j];
        const other = rows[j];
        for (let i = 0; i < j; i += 1) value -= row[i] * other[i];
        row[j] = value / other[j];
        pivot -= row[j] * row[j];
      }
      if (!(pivot > 0)) return { rows, failed: k, row };
      row[k] = Math.sqrt(pivot);
      rows.push(row);
    }
    return { rows, failed: null };
  }

  /** The inverse of a lower triangular matrix, by rows. */
  function inverseOfTriangle(rows) {
    const size = rows.length;
    const inverse = rows.map(() => new Float64Array(size));
    for (let i = 0; i < size; i += 1) {
      const row = inverse[i];
      row[i] = 1;
      for (let k = 0; k < i; k += 1) {
        const factor = rows[i][k];
        const other = inverse[k];
        if (factor !== 0) for (let j = 0; j <= k; j += 1) row[j] -= factor * other[j];
      }
      for (let j = 0; j <= i; j += 1) row[j] /= rows[i][i];
    }
    return inverse;
  }

  /** x with x'Sx < 0, as far as floating point can tell, where `cholesky` failed: (-A^-1 b, 1) for S = [A b; b' c]. */
  function negativeDirection({ rows, failed, row }) {
    const x = new Float64Array(failed + 1);
    x[failed] = 1;
    for (let i = failed - 1; i >= 0; i -= 1) {
      let value = -row[i];
      for (let k = i + 1; k < failed; k += 1) value -= rows[k][i] * x[k];
      x[i] = value / rows[i][i];
    }
    return x;
  }

  /** The rows that a Cholesky factorisation with the largest pivot first takes before pivots are below a tolerance. */
  function independentRows(floats, tolerance) {
    const rest = floats.map((row) => Float64Array.from(row));
    const left = new Set(rest.keys());
    const chosen = [];
    for (;;) {
      let best = -1;
      for (const i of left) if (best < 0 || rest[i][i] > rest[best][best]) best = i;
      if (best < 0 || !(rest[best][best] > tolerance)) return chosen.sort((a, b) => a - b);
      left.delete(best);
      chosen.push(best);
      const pivotRow = rest[best];
      for (const i of left) {
        const factor = pivotRow[i] / pivotRow[best];
        if (factor !== 0) for (const j of left) rest[i][j] -= factor * pivotRow[j];
      }
    }
  }

  return { scaled, cholesky, inverseOfTriangle, negativeDirection, independentRows };
});
