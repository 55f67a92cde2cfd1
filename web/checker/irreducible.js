nsos.define("checker/irreducible", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { absolute, gcd } = use("checker/rational");

  const WITNESSES = [2n, 3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n, 29n, 31n, 37n, 41n];
  const EXACT_BELOW = 3317044064679887385961981n;
  const TRIES = 198;

  /**
   * Whether a polynomial of integers, constant first, is proven irreducible over Q. All its roots lie below `reach` in
   * absolute value, so each factor g has |g(n)| > n - reach; if m(n) is a prime times less than n - reach, one of two
   * factors would be too small. Such an n is found soon unless m has factors; false where there is none.
   */
  function isProvenIrreducible(coefficients) {
    if (coefficients.length === 2) return true;
    const content = coefficients.reduce(gcd, 0n);
    const m = coefficients.map((value) => value / content);
    const reach = rootBound(m);
    for (let gap = 2n; gap < 2n + BigInt(TRIES); gap += 1n) {
      const [small, rest] = splitSmooth(absolute(valueAt(m, reach + gap)), gap);
      if (small < gap && isPrime(rest)) return true;
    }
    return false;
  }

  function valueAt(coefficients, n) {
    return coefficients.reduceRight((total, value) => total * n + value, 0n);
  }

  /** A power of 2 above the absolute values of all roots (Cauchy). */
  function rootBound(m) {
    const size = m.map(absolute);
    const top = size.pop();
    let reach = 1n;
    while (valueAt(size, reach) >= top * reach ** BigInt(size.length)) reach *= 2n;
    return reach;
  }

  /** value = small * rest, where small has the primes below `gap`, as long as it stays below `gap`. */
  function splitSmooth(value, gap) {
    let small = 1n;
    for (let prime = 2n; prime < gap && small < gap; prime += 1n) {
      while (value % prime === 0n && small < gap) {
        value /= prime;
        small *= prime;
      }
    }
    return [small, value];
  }

  /** Miller and Rabin's test, exact below 3.3e24 (Sorenson and Webster, "Strong pseudoprimes to twelve prime bases"). */
  function isPrime(n) {
    demand(n < EXACT_BELOW, "field.minimal_polynomial: its values are too large to prove it irreducible");
    if (n < 42n) return WITNESSES.includes(n);
    let odd = n - 1n;
    let twos = 0;
    while (odd % 2n === 0n) {
      odd /= 2n;
      twos += 1;
    }
    return WITNESSES.every((base) => {
      let power = powerModulo(base, odd, n);
      if (power === 1n || power === n - 1n) return true;
      for (let k = 1; k < twos; k += 1) {
        power = (power * power) % n;
        if (power === n - 1n) return true;
      }
      return false;
    });
  }

  function powerModulo(base, exponent, modulus) {
    let result = 1n;
    for (let square = base % modulus; exponent > 0n; exponent >>= 1n) {
      if (exponent & 1n) result = (result * square) % modulus;
      square = (square * square) % modulus;
    }
    return result;
  }

  return { isProvenIrreducible };
});
