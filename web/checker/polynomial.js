nsos.define("checker/polynomial", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { Rational, lcm, gcd } = use("checker/rational");

  const MOST_TERMS = 10_000_000;
  const FIRST_LONG = 0xffff;

  /** Exponents as a string: one character each, or with commas where one is too large for that. */
  function keyOf(powers) {
    for (const power of powers) if (power >= FIRST_LONG) return `\uffff${powers.join(",")}`;
    return powers.length < 5000
      ? String.fromCharCode(...powers)
      : powers.map((one) => String.fromCharCode(one)).join("");
  }

  function productOf(one, other) {
    const powers = new Array(one.length);
    for (let i = 0; i < one.length; i += 1) powers[i] = one[i] + other[i];
    return powers;
  }

  /** A polynomial over Q: integer numerators by monomial, over one common denominator. */
  class Polynomial {
    /** The zero polynomial. */
    constructor(variables) {
      this.variables = variables;
      this.denominator = 1n;
      this.terms = new Map(); // key -> {powers, numerator}; a numerator may be 0
    }

    /** From pairs of a rational number and exponents, which may repeat. */
    static of(variables, pairs) {
      const p = new Polynomial(variables);
      let common = 1n;
      for (const [number] of pairs) common = lcm(common, number.denominator);
      p.denominator = common;
      for (const [number, powers] of pairs) p.addTerm(powers, number.numerator * (common / number.denominator));
      return p;
    }

    static constant(number, variables) {
      return Polynomial.of(variables, [[number, new Array(variables).fill(0)]]);
    }

    static variable(index, variables) {
      const powers = new Array(variables).fill(0);
      powers[index] = 1;
      return Polynomial.of(variables, [[new Rational(1n), powers]]);
    }

    /** sum of factor * polynomial over pairs [factor, polynomial]; factors are Rational. */
    static sum(variables, parts) {
      const total = new Polynomial(variables);
      for (const [factor, p] of parts) total.add(p, factor);
      return total;
    }

    /** Adds numerator / denominator of this polynomial times a monomial, in place. */
    addTerm(powers, numerator) {
      const key = keyOf(powers);
      const found = this.terms.get(key);
      if (found === undefined) {
        demand(this.terms.size < MOST_TERMS, "beyond the limits of this page: too many terms");
        this.terms.set(key, { powers, numerator });
      } else {
        found.numerator += numerator;
      }
    }

    /** Adds factor * p in place. */
    add(p, factor = new Rational(1n)) {
      if (factor.isZero) return;
      const denominator = p.denominator * factor.denominator;
      const common = lcm(this.denominator, denominator);
      const lift = common / this.denominator;
      if (lift !== 1n) for (const term of this.terms.values()) term.numerator *= lift;
      this.denominator = common;
      const scale = (common / denominator) * factor.numerator;
      for (const { powers, numerator } of p.terms.values()) this.addTerm(powers, scale * numerator);
    }

    plus(p, factor) {
      const total = new Polynomial(this.variables);
      total.add(this);
      total.add(p, factor);
      return total;
    }

    minus(p) {
      return this.plus(p, new Rational(-1n));
    }

    times(p) {
      const product = new Polynomial(this.variables);
      product.denominator = this.denominator * p.denominator;
      for (const one of this.terms.values()) {
        if (one.numerator === 0n) continue;
        for (const other of p.terms.values()) {
          product.addTerm(productOf(one.powers, other.powers), one.numerator * other.numerator);
        }
      }
      return product.reduced();
    }

    /** Itself, with the least common denominator and without terms that are 0. */
    reduced() {
      let common = this.denominator;
      for (const [key, { numerator }] of this.terms) {
        if (numerator === 0n) this.terms.delete(key);
        else if (common !== 1n) common = gcd(common, numerator);
      }
      if (this.terms.size === 0) this.denominator = 1n;
      else if (common !== 1n) {
        this.denominator /= common;
        for (const term of this.terms.values()) term.numerator /= common;
      }
      return this;
    }

    get isZero() {
      for (const { numerator } of this.terms.values()) if (numerator !== 0n) return false;
      return true;
    }

    equals(p) {
      return this.minus(p).isZero;
    }

    /** The coefficient of a monomial times the common denominator. */
    coefficientNumerator(powers) {
      return this.terms.get(keyOf(powers))?.numerator ?? 0n;
    }

    /** The coefficient of a monomial. */
    coefficient(powers) {
      return new Rational(this.coefficientNumerator(powers), this.denominator);
    }

    /** Pairs of exponents and a coefficient that is not 0. */
    *entries() {
      for (const { powers, numerator } of this.terms.values()) {
        if (numerator !== 0n) yield [powers, new Rational(numerator, this.denominator)];
      }
    }

    /** The exponents of all terms. */
    support() {
      return [...this.terms.values()].filter(({ numerator }) => numerator !== 0n).map(({ powers }) => powers);
    }

    get degree() {
      return this.support().reduce(
        (most, powers) =>
          Math.max(
            most,
            powers.reduce((a, b) => a + b, 0),
          ),
        0,
      );
    }

    /** The indices of the variables that occur. */
    occurring() {
      const found = new Set();
      for (const powers of this.support()) powers.forEach((power, i) => power && found.add(i));
      return found;
    }

    /** The value at a point, one Rational for each variable. */
    at(point) {
      const powersOf = point.map(() => new Map());
      const power = (i, exponent) => {
        if (!powersOf[i].has(exponent)) powersOf[i].set(exponent, point[i].power(exponent));
        return powersOf[i].get(exponent);
      };
      let total = new Rational(0n);
      for (const [powers, coefficient] of this.entries()) {
        let value = coefficient;
        powers.forEach((exponent, i) => {
          if (exponent > 0) value = value.times(power(i, exponent));
        });
        total = total.plus(value);
      }
      return total;
    }

    derivative(index) {
      const pairs = [];
      for (const [powers, coefficient] of this.entries()) {
        if (powers[index] === 0) continue;
        const lower = powers.slice();
        lower[index] -= 1;
        pairs.push([coefficient.times(new Rational(BigInt(powers[index]))), lower]);
      }
      return Polynomial.of(this.variables, pairs);
    }

    /** This polynomial with a polynomial in the place of each variable, all in the same variables. */
    compose(images) {
      const variables = images.length > 0 ? images[0].variables : 0;
      const one = Polynomial.constant(new Rational(1n), variables);
      const tables = images.map(() => [one]);
      const power = (i, exponent) => {
        const table = tables[i];
        while (table.length <= exponent) table.push(table[table.length - 1].times(images[i]));
        return table[exponent];
      };
      const total = new Polynomial(variables);
      for (const [powers, coefficient] of this.entries()) {
        let product = one;
        powers.forEach((exponent, i) => {
          if (exponent > 0) product = product.times(power(i, exponent));
        });
        total.add(product, coefficient);
      }
      return total.reduced();
    }

    /** The sum over the variables of their derivatives times the components of a vector field. */
    alongField(field) {
      return Polynomial.sum(
        this.variables,
        field.map((component, i) => [new Rational(1n), this.derivative(i).times(component)]),
      );
    }
  }

  return { Polynomial, keyOf, productOf };
});
