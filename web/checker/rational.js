nsos.define("checker/rational", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");

  const absolute = (a) => (a < 0n ? -a : a);

  function gcd(a, b) {
    a = absolute(a);
    b = absolute(b);
    while (b !== 0n) [a, b] = [b, a % b];
    return a;
  }

  const lcm = (a, b) => (a === b ? a : (a / gcd(a, b)) * b);

  /** The number of binary digits of |a|. */
  function bitLength(a) {
    if (a === 0n) return 0;
    const digits = absolute(a).toString(16);
    return 4 * (digits.length - 1) + (32 - Math.clz32(parseInt(digits[0], 16)));
  }

  /** a / 2^exponent in floating point. */
  function scaledFloat(a, exponent) {
    const excess = Math.max(bitLength(a) - 60, 0);
    return Number(a >> BigInt(excess)) * 2 ** (excess - exponent);
  }

  /** numerator / denominator in lowest terms, the denominator positive. */
  class Rational {
    constructor(numerator, denominator = 1n) {
      demand(denominator !== 0n, "a denominator is 0");
      const common = denominator === 1n ? 1n : gcd(numerator, denominator);
      const divisor = denominator < 0n ? -common : common;
      this.numerator = divisor === 1n ? numerator : numerator / divisor;
      this.denominator = divisor === 1n ? denominator : denominator / divisor;
    }

    get sign() {
      return this.numerator > 0n ? 1 : this.numerator < 0n ? -1 : 0;
    }

    get isZero() {
      return this.numerator === 0n;
    }

    negated() {
      return new Rational(-this.numerator, this.denominator);
    }

    plus(other) {
      const { numerator: a, denominator: b } = this;
      const { numerator: c, denominator: d } = other;
      return b === d ? new Rational(a + c, b) : new Rational(a * d + c * b, b * d);
    }

    minus(other) {
      return this.plus(other.negated());
    }

    times(other) {
      return new Rational(this.numerator * other.numerator, this.denominator * other.denominator);
    }

    over(other) {
      return new Rational(this.numerator * other.denominator, this.denominator * other.numerator);
    }

    equals(other) {
      return this.numerator === other.numerator && this.denominator === other.denominator;
    }

    power(exponent) {
      return new Rational(this.numerator ** BigInt(exponent), this.denominator ** BigInt(exponent));
    }

    toString() {
      return this.denominator === 1n ? `${this.numerator}` : `${this.numerator}/${this.denominator}`;
    }

    /** The nearest number in floating point, or one of the nearest. */
    toFloat() {
      const lift = Math.max(0, 80 + bitLength(this.denominator) - bitLength(this.numerator));
      return scaledFloat((this.numerator << BigInt(lift)) / this.denominator, lift);
    }
  }

  const ZERO = new Rational(0n);
  const ONE = new Rational(1n);

  return { Rational, ZERO, ONE, absolute, gcd, lcm, bitLength, scaledFloat };
});
