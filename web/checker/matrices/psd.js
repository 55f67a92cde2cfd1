nsos.define("checker/matrices/psd", (use) => {
  "use strict";
  const { scaled, independentRows } = use("checker/matrices/floating");
  const { isProvenDefinite, isProvenNegative } = use("checker/matrices/definite");
  const { solve } = use("checker/matrices/dixon");

  const SMALL = 24;
  const LOW_RANK = 100; // up to it numbers stay short enough for elimination
  const TOLERANCES = [1e-11, 1e-7, 1e-4];

  /**
   * Whether a symmetric matrix of BigInt is positive semidefinite, decided exactly.
   *
   * Connected parts of the graph of its entries are looked at one by one: small ones by elimination, large ones by a
   * proof that they are positive definite, by an x with x'Qx < 0, or by both for a principal submatrix Q_II and its
   * Schur complement. `tick` is told the fraction done.
   */
  function isPsd(matrix, tick = () => {}) {
    return components(matrix).every((rows) => isPsdPart(submatrix(matrix, rows, rows), tick));
  }

  function isPsdPart(matrix, tick) {
    if (matrix.some((row, i) => row[i] < 0n)) return false;
    if (matrix.length > 1 && matrix.some((row, i) => row[i] === 0n)) return false; // connected: the row is not 0
    if (matrix.length <= SMALL) return isPsdByElimination(matrix, tick);
    if (isOfHighRank(matrix) && isProvenDefinite(matrix, tick)) return true;
    if (isProvenNegative(matrix)) return false;
    const rest = matrix.length <= LOW_RANK ? null : schurComplement(matrix, tick);
    return rest === null ? isPsdByElimination(matrix, tick) : isPsd(rest, tick);
  }

  /** Whether it may well be definite, as far as floating point can tell: else a proof of that is not tried. */
  function isOfHighRank(matrix) {
    return independentRows(scaled(matrix).floats, TOLERANCES[0]).length > 0.9 * matrix.length;
  }

  /** Elimination free of fractions (Bareiss): entries stay minors of the matrix, so divisions leave no remainder. */
  function isPsdByElimination(matrix, tick) {
    const rows = matrix.map((row) => row.slice());
    const size = rows.length;
    let previous = 1n;
    for (let k = 0; k < size; k += 1) {
      const row = rows[k];
      const pivot = row[k];
      if (pivot < 0n) return false;
      if (pivot === 0n) {
        for (let j = k + 1; j < size; j += 1) if (row[j] !== 0n) return false;
        continue;
      }
      for (let i = k + 1; i < size; i += 1) {
        const other = rows[i];
        for (let j = k + 1; j <= i; j += 1) {
          other[j] = (pivot * other[j] - row[i] * row[j]) / previous;
          rows[j][i] = other[j];
        }
      }
      previous = pivot;
      tick(1 - (1 - (k + 1) / size) ** 3);
    }
    return true;
  }

  /**
   * d Q_JJ - Q_JI X with Q_II X = d Q_IJ, d > 0, for rows I whose submatrix is proven positive definite: Q is positive
   * semidefinite if and only if this is. Null where no such rows are found, or so few that elimination is faster.
   */
  function schurComplement(matrix, tick) {
    const { floats } = scaled(matrix);
    for (const tolerance of TOLERANCES) {
      const chosen = independentRows(floats, tolerance);
      if (chosen.length <= LOW_RANK) return null;
      if (chosen.length === matrix.length) continue;
      const kept = submatrix(matrix, chosen, chosen);
      if (!isProvenDefinite(kept, tick)) continue;
      const taken = new Set(chosen);
      const others = [...matrix.keys()].filter((i) => !taken.has(i));
      const solutions = solve(
        kept,
        others.map((j) => chosen.map((i) => matrix[i][j])),
        tick,
      );
      if (solutions === null) return null;
      return complement(matrix, chosen, others, solutions);
    }
    return null;
  }

  /** Entries times the denominators of both columns, which keeps the matrix symmetric and its sign. */
  function complement(matrix, chosen, others, solutions) {
    return others.map((row, a) =>
      others.map((column, b) => {
        const { numerators, denominator } = solutions[b];
        let value = matrix[row][column] * denominator;
        chosen.forEach((i, k) => {
          value -= matrix[row][i] * numerators[k];
        });
        return value * solutions[a].denominator;
      }),
    );
  }

  function submatrix(matrix, rows, columns) {
    return rows.map((i) => columns.map((j) => matrix[i][j]));
  }

  /** The connected parts of the graph of entries that are not 0, without rows that are 0. */
  function components(matrix) {
    const unseen = new Set(matrix.keys());
    const found = [];
    while (unseen.size > 0) {
      const [first] = unseen;
      unseen.delete(first);
      const part = [first];
      for (const i of part) {
        for (const j of unseen) {
          if (matrix[i][j] !== 0n) {
            unseen.delete(j);
            part.push(j);
          }
        }
      }
      if (part.length > 1 || matrix[first][first] !== 0n) found.push(part.sort((a, b) => a - b));
    }
    return found;
  }

  return { isPsd, isPsdByElimination };
});
