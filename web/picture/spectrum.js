nsos.define("picture/spectrum", (use) => {
  "use strict";
  const { bitLength, scaledFloat } = use("checker/rational");

  const SWEEPS = 30;

  /** A matrix of BigInt over one denominator in floating point. */
  function floatMatrix(matrix, denominator) {
    const bits = bitLength(denominator);
    const bottom = scaledFloat(denominator, bits);
    return matrix.map((row) => Float64Array.from(row, (entry) => scaledFloat(entry, bits) / bottom));
  }

  /** The eigenvalues of a symmetric matrix in floating point, ascending (Jacobi's method). For the eye, not for proofs. */
  function eigenvalues(matrix) {
    const rows = matrix.map((row) => Float64Array.from(row));
    const size = rows.length;
    for (let sweep = 0; sweep < SWEEPS && offDiagonal(rows) > 1e-30 * diagonal(rows); sweep += 1) {
      for (let p = 0; p < size; p += 1) for (let q = p + 1; q < size; q += 1) rotate(rows, p, q);
    }
    return Float64Array.from(rows, (row, i) => row[i]).sort();
  }

  const diagonal = (rows) => rows.reduce((sum, row, i) => sum + row[i] ** 2, 0);

  function offDiagonal(rows) {
    let sum = 0;
    rows.forEach((row, i) => {
      for (let j = 0; j < i; j += 1) sum += row[j] ** 2;
    });
    return sum;
  }

  function rotate(rows, p, q) {
    const entry = rows[p][q];
    if (Math.abs(entry) <= 1e-17 * Math.sqrt(Math.abs(rows[p][p] * rows[q][q]))) return;
    const ratio = (rows[q][q] - rows[p][p]) / (2 * entry);
    const tangent = (ratio < 0 ? -1 : 1) / (Math.abs(ratio) + Math.hypot(1, ratio));
    const cosine = 1 / Math.hypot(1, tangent);
    const sine = tangent * cosine;
    const [first, second] = [rows[p], rows[q]];
    for (let k = 0; k < rows.length; k += 1) {
      if (k === p || k === q) continue;
      const [a, b] = [first[k], second[k]];
      rows[k][p] = first[k] = cosine * a - sine * b;
      rows[k][q] = second[k] = sine * a + cosine * b;
    }
    first[p] -= tangent * entry;
    second[q] += tangent * entry;
    first[q] = second[p] = 0;
  }

  /** Entries divided by the roots of both diagonal entries, as bytes: 127 stands for 1. */
  function correlations(matrix) {
    const scale = matrix.map((row, i) => (row[i] > 0 ? 1 / Math.sqrt(row[i]) : 0));
    const size = matrix.length;
    const bytes = new Int8Array(size * size);
    matrix.forEach((row, i) =>
      row.forEach((entry, j) => {
        bytes[i * size + j] = Math.round(127 * entry * scale[i] * scale[j]);
      }),
    );
    return bytes;
  }

  return { floatMatrix, eigenvalues, correlations };
});
