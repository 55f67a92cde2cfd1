nsos.define("checker/field", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { Rational, ZERO, ONE, lcm } = use("checker/rational");
  const { isProvenIrreducible } = use("checker/irreducible");
  const { readKeys, readList, readNumber, readInteger } = use("checker/reader");
  const limits = use("checker/limits");

  const HALF = new Rational(1n, 2n);

  /**
   * Q(theta), theta the only root of an irreducible polynomial m in an interval. Elements are lists of as many Rational
   * coefficients as m has degrees, constant first; they are 0 only if all coefficients are.
   */
  class Field {
    constructor(value) {
      const place = "field.minimal_polynomial";
      const [polynomial, interval] = readKeys(value, ["minimal_polynomial", "interval"], "field");
      this.m = readList(polynomial, place).map((number) => readInteger(number, place));
      const ends = readList(interval, "field.interval", 2).map((end) => readNumber(end, "field.interval"));
      [this.lower, this.upper] = ends;
      this.degree = this.m.length - 1;
      const right = this.degree >= 1 && this.degree <= limits.fieldDegree && this.m[this.degree] !== 0n;
      demand(
        right,
        `${place}: expected a degree from 1 to ${limits.fieldDegree}, and a last coefficient that is not 0`,
      );
      demand(isProvenIrreducible(this.m), `${place}: it is not irreducible, or beyond the limits`);
      this.rationals = this.m.map((number) => new Rational(number));
      demand(this.upper.minus(this.lower).sign > 0, "field.interval: expected two ascending numbers");
      demand(
        ends.every((end) => !valueAt(this.rationals, end).isZero),
        "field.interval: an end is itself a root",
      );
      demand(countRoots(this.rationals, this.lower, this.upper) === 1, "field.interval: expected exactly one root");
      this.signAtLower = valueAt(this.rationals, this.lower).sign;
    }

    get zero() {
      return new Array(this.degree).fill(ZERO);
    }

    get one() {
      return this.padded([ONE]);
    }

    padded(coefficients) {
      return [...coefficients, ...new Array(this.degree - coefficients.length).fill(ZERO)];
    }

    readElement(value, place) {
      return this.padded(readList(value, place, null, this.degree).map((number) => readNumber(number, place)));
    }

    plus(a, b) {
      return a.map((value, i) => value.plus(b[i]));
    }

    minus(a, b) {
      return a.map((value, i) => value.minus(b[i]));
    }

    scaled(a, factor) {
      return a.map((value) => value.times(factor));
    }

    times(a, b) {
      const product = new Array(2 * this.degree - 1).fill(ZERO);
      a.forEach((one, i) => {
        if (!one.isZero)
          b.forEach((other, j) => {
            product[i + j] = product[i + j].plus(one.times(other));
          });
      });
      return this.padded(trimmed(remainder(product, this.rationals)));
    }

    /** Of an element that is not 0, by Euclid's algorithm for it and m. */
    inverse(a) {
      let [r, s] = [this.rationals, trimmed(a)];
      let [x, y] = [[], [ONE]];
      while (s.length > 1) {
        const [quotient, rest] = divided(r, s);
        [r, s, x, y] = [s, rest, y, difference(x, multiplied(quotient, y))];
      }
      const scaled = y.map((value) => value.over(s[0]));
      return this.padded(trimmed(remainder(scaled, this.rationals)));
    }

    isZero(a) {
      return a.every((value) => value.isZero);
    }

    /** The sign of the real number: the interval is halved until the values of a on it have one sign. */
    sign(a) {
      if (this.isZero(a)) return 0;
      for (;;) {
        const [least, most] = rangeOn(a, this.lower, this.upper);
        if (least.sign > 0) return 1;
        if (most.sign < 0) return -1;
        this.halve();
      }
    }

    halve() {
      const middle = this.lower.plus(this.upper).times(HALF);
      const sign = valueAt(this.rationals, middle).sign;
      if (sign === 0)
        this.lower = this.upper = middle; // of degree 1
      else if (sign === this.signAtLower) this.lower = middle;
      else this.upper = middle;
    }

    /** LDL' over the field: each pivot is positive, or 0 with the rest of its row. */
    isPsd(matrix, tick) {
      const rows = matrix.map((row) => row.slice());
      for (let k = 0; k < rows.length; k += 1) {
        const row = rows[k];
        const sign = this.sign(row[k]);
        if (sign < 0) return false;
        if (sign === 0) {
          if (row.slice(k + 1).some((entry) => !this.isZero(entry))) return false;
          continue;
        }
        const inverse = this.inverse(row[k]);
        for (let i = k + 1; i < rows.length; i += 1) {
          const factor = this.times(row[i], inverse);
          if (this.isZero(factor)) continue;
          for (let j = i; j < rows.length; j += 1)
            rows[i][j] = rows[j][i] = this.minus(rows[i][j], this.times(factor, row[j]));
        }
        tick((k + 1) / rows.length);
      }
      return true;
    }

    /** A monomial at a point of elements. */
    monomialAt(point, powers) {
      let value = this.one;
      powers.forEach((power, i) => {
        value = this.times(value, this.power(point[i], power));
      });
      return value;
    }

    power(a, exponent) {
      let result = this.one;
      for (let square = a; exponent > 0; exponent = Math.floor(exponent / 2)) {
        if (exponent % 2 === 1) result = this.times(result, square);
        if (exponent > 1) square = this.times(square, square);
      }
      return result;
    }

    /** theta in words. */
    describe() {
      const terms = this.m
        .map((value, i) => `${value}*t^${i}`)
        .filter((_, i) => this.m[i] !== 0n)
        .reverse();
      return `the root near ${Number(this.approximate().toPrecision(6))} of ${terms.join(" + ").replaceAll("+ -", "- ").slice(0, 400)}`;
    }

    /** theta in floating point. */
    approximate() {
      for (let k = 0; k < 64; k += 1) this.halve();
      return this.lower.toFloat();
    }
  }

  function valueAt(coefficients, x) {
    return coefficients.reduceRight((total, value) => total.times(x).plus(value), ZERO);
  }

  /** An interval that holds the values of a polynomial on [lower, upper], by Horner's rule. */
  function rangeOn(coefficients, lower, upper) {
    const ordered = (values) =>
      values.reduce(
        ([least, most], value) => [
          value.minus(least).sign < 0 ? value : least,
          value.minus(most).sign > 0 ? value : most,
        ],
        [values[0], values[0]],
      );
    return coefficients.reduceRight(
      ([least, most], value) => {
        const [a, b] = ordered([least.times(lower), least.times(upper), most.times(lower), most.times(upper)]);
        return [a.plus(value), b.plus(value)];
      },
      [ZERO, ZERO],
    );
  }

  function trimmed(coefficients) {
    let length = coefficients.length;
    while (length > 0 && coefficients[length - 1].isZero) length -= 1;
    return coefficients.slice(0, length);
  }

  /** Quotient and remainder of polynomials without leading zeros. */
  function divided(a, b) {
    const rest = a.slice();
    const quotient = new Array(Math.max(a.length - b.length + 1, 0)).fill(ZERO);
    for (let k = quotient.length - 1; k >= 0; k -= 1) {
      quotient[k] = rest[k + b.length - 1].over(b[b.length - 1]);
      if (!quotient[k].isZero)
        b.forEach((value, i) => {
          rest[k + i] = rest[k + i].minus(quotient[k].times(value));
        });
    }
    return [quotient, trimmed(rest)];
  }

  function remainder(a, b) {
    return divided(a, b)[1];
  }

  function multiplied(a, b) {
    if (a.length === 0 || b.length === 0) return [];
    const product = new Array(a.length + b.length - 1).fill(ZERO);
    a.forEach((one, i) =>
      b.forEach((other, j) => {
        product[i + j] = product[i + j].plus(one.times(other));
      }),
    );
    return product;
  }

  function difference(a, b) {
    return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? ZERO).minus(b[i] ?? ZERO));
  }

  /** The number of roots between two numbers that are none (Sturm). */
  function countRoots(m, lower, upper) {
    const derivative = m.slice(1).map((value, i) => value.times(new Rational(BigInt(i + 1))));
    const sequence = [m, derivative];
    for (;;) {
      const rest = remainder(sequence[sequence.length - 2], sequence[sequence.length - 1]);
      if (rest.length === 0) break;
      sequence.push(rest.map((value) => value.negated()));
    }
    return changes(sequence, lower) - changes(sequence, upper);
  }

  function changes(sequence, x) {
    const signs = sequence.map((member) => valueAt(member, x).sign).filter((sign) => sign !== 0);
    return signs.filter((sign, i) => i > 0 && sign !== signs[i - 1]).length;
  }

  /** A basis of all rational x with row . x = 0 for all rows, as vectors of integers. */
  function nullSpace(rows, size) {
    const reduced = []; // {column, row}: the row has 1 at its column, where the others have 0
    for (const given of rows) {
      let row = given;
      for (const { column, row: other } of reduced) row = eliminated(row, other, column);
      const column = row.findIndex((value) => !value.isZero);
      if (column < 0) continue;
      const unit = row.map((value) => value.over(row[column]));
      reduced.forEach((one) => {
        one.row = eliminated(one.row, unit, column);
      });
      reduced.push({ column, row: unit });
    }
    const pivots = new Map(reduced.map(({ column, row }) => [column, row]));
    const free = Array.from({ length: size }, (_, j) => j).filter((j) => !pivots.has(j));
    return free.map((j) =>
      integers(
        Array.from({ length: size }, (_, i) => {
          if (pivots.has(i)) return pivots.get(i)[j].negated();
          return i === j ? ONE : ZERO;
        }),
      ),
    );
  }

  function eliminated(row, other, column) {
    const factor = row[column];
    return factor.isZero ? row : row.map((value, j) => value.minus(factor.times(other[j])));
  }

  function integers(vector) {
    const common = vector.reduce((total, value) => lcm(total, value.denominator), 1n);
    return vector.map((value) => value.numerator * (common / value.denominator));
  }

  return { Field, nullSpace };
});
