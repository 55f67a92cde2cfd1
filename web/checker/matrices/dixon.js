nsos.define("checker/matrices/dixon", (use) => {
  "use strict";
  const { absolute, bitLength } = use("checker/rational");

  const PRIMES = [33554393, 33554383, 33554371, 33554347, 33554341];

  /**
   * X and d > 0 with A X = d B, for a nonsingular square matrix A and columns B of BigInt, by p-adic expansion
   * (Dixon, "Exact solution of linear equations using p-adic expansions", 1982). Each column is checked by
   * multiplication. Null where A is singular modulo all primes that are tried.
   */
  function solve(matrix, columns, tick) {
    for (const prime of PRIMES) {
      const inverse = inverseModulo(matrix, prime);
      if (inverse === null) continue;
      return columns.map((column, k) => {
        const found = solveColumn(matrix, column, inverse, prime);
        tick((k + 1) / columns.length);
        return found;
      });
    }
    return null;
  }

  function residues(values, prime) {
    const modulus = BigInt(prime);
    return Float64Array.from(values, (value) => {
      const rest = Number(value % modulus);
      return rest < 0 ? rest + prime : rest;
    });
  }

  /** a^-1 modulo a prime below 2^25. */
  function reciprocal(a, prime) {
    let [r, s, x, y] = [prime, a, 0, 1];
    while (s !== 0) {
      const quotient = Math.floor(r / s);
      [r, s, x, y] = [s, r - quotient * s, y, x - quotient * y];
    }
    return x < 0 ? x + prime : x;
  }

  /** Gauss and Jordan; products of two residues stay below 2^50, where floating point is exact. */
  function inverseModulo(matrix, prime) {
    const size = matrix.length;
    const rows = matrix.map((row, i) => {
      const wide = new Float64Array(2 * size);
      wide.set(residues(row, prime));
      wide[size + i] = 1;
      return wide;
    });
    for (let k = 0; k < size; k += 1) {
      const pivot = rows.findIndex((row, i) => i >= k && row[k] !== 0);
      if (pivot < 0) return null;
      [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
      const factor = reciprocal(rows[k][k], prime);
      for (let j = k; j < 2 * size; j += 1) rows[k][j] = (rows[k][j] * factor) % prime;
      for (let i = 0; i < size; i += 1) {
        const other = rows[i][k];
        if (i === k || other === 0) continue;
        for (let j = k; j < 2 * size; j += 1) rows[i][j] = (rows[i][j] + (prime - rows[k][j]) * other) % prime;
      }
    }
    return rows.map((row) => row.subarray(size));
  }

  /** {numerators, denominator} of A^-1 b. */
  function solveColumn(matrix, column, inverse, prime) {
    const modulus = BigInt(prime);
    const enough = 2 * hadamardBits(matrix, column) + 2;
    let sum = column.map(() => 0n);
    let rest = column;
    let power = 1n;
    for (let step = 1, next = 4; ; step += 1) {
      const digits = timesModulo(inverse, residues(rest, prime), prime).map(BigInt);
      sum = sum.map((value, i) => value + power * digits[i]);
      rest = times(matrix, digits).map((value, i) => (rest[i] - value) / modulus);
      power *= modulus;
      const isLast = bitLength(power) > enough;
      if (step < next && !isLast) continue;
      const found = reconstructed(sum, power);
      if (found !== null && isSolution(matrix, column, found)) return found;
      if (isLast) throw new Error("no solution of linear equations was found");
      next = Math.ceil(1.6 * next);
    }
  }

  function timesModulo(rows, vector, prime) {
    return rows.map((row) => {
      let value = 0;
      for (let j = 0; j < row.length; j += 1) value = (value + row[j] * vector[j]) % prime;
      return value;
    });
  }

  function times(rows, vector) {
    return rows.map((row) => {
      let value = 0n;
      row.forEach((entry, j) => {
        value += entry * vector[j];
      });
      return value;
    });
  }

  /** A bound of the bits of numerators and denominator, by Hadamard's inequality. */
  function hadamardBits(matrix, column) {
    const longest = (values) => values.reduce((most, value) => Math.max(most, bitLength(value)), 0);
    const spread = Math.log2(matrix.length + 1);
    return matrix.reduce((total, row) => total + longest(row) + spread, longest(column) + spread);
  }

  /** Numerators and a common denominator of numbers that are known modulo m, if they are short. */
  function reconstructed(values, modulus) {
    const bound = 1n << BigInt(Math.floor((bitLength(modulus) - 2) / 2));
    let denominator = 1n;
    for (const value of values) {
      const lifted = symmetric(value * denominator, modulus);
      if (absolute(lifted) <= bound) continue;
      let [r, s, x, y] = [modulus, lifted < 0n ? lifted + modulus : lifted, 0n, 1n];
      while (s > bound) {
        const quotient = r / s;
        [r, s, x, y] = [s, r - quotient * s, y, x - quotient * y];
      }
      denominator *= absolute(y);
      if (denominator > bound) return null;
    }
    return { numerators: values.map((value) => symmetric(value * denominator, modulus)), denominator };
  }

  function symmetric(value, modulus) {
    const rest = ((value % modulus) + modulus) % modulus;
    return 2n * rest > modulus ? rest - modulus : rest;
  }

  function isSolution(matrix, column, { numerators, denominator }) {
    return denominator > 0n && times(matrix, numerators).every((value, i) => value === denominator * column[i]);
  }

  return { solve };
});
