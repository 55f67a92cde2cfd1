nsos.define("checker/decimals", (use) => {
  "use strict";
  const { absolute } = use("checker/rational");

  const NEAREST = "nearest";
  /** For lower bounds. */
  const DOWN = "down";
  /** For upper bounds. */
  const UP = "up";

  /** The first `count` digits of a number that is not 0, rounded once: {digits, exponent}, digits[0].digits[1]... 10^exponent. */
  function significant({ numerator, denominator }, count, rounding) {
    const top = absolute(numerator);
    let exponent = top.toString().length - denominator.toString().length;
    if (top * power(-exponent) < denominator * power(exponent)) exponent -= 1;
    const lift = count - 1 - exponent;
    const [dividend, divisor] = [top * power(lift), denominator * power(-lift)];
    const floor = dividend / divisor;
    const digits = floor + (isRoundedUp(2n * (dividend % divisor), divisor, rounding, numerator < 0n) ? 1n : 0n);
    const text = digits.toString();
    return { digits: text.slice(0, count), exponent: exponent + text.length - count };
  }

  /** 10^exponent, 1 if that is negative. */
  function power(exponent) {
    return 10n ** BigInt(Math.max(exponent, 0));
  }

  /** Whether the absolute value grows; `twice` is twice the remainder. */
  function isRoundedUp(twice, divisor, rounding, isNegative) {
    if (rounding === NEAREST) return twice >= divisor;
    return twice > 0n && isNegative === (rounding === DOWN);
  }

  /** At most `count` digits of a number of any size. */
  function decimalText(value, count, rounding = NEAREST) {
    if (value.isZero) return "0";
    const { digits, exponent } = significant(value, count, rounding);
    const [sign, kept] = [value.sign < 0 ? "-" : "", digits.replace(/0+$/, "")];
    if (exponent < -5 || exponent >= count) return `${sign}${pointed(kept, 1)}e${exponent}`;
    if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${kept}`;
    return `${sign}${pointed(kept.padEnd(exponent + 1, "0"), exponent + 1)}`;
  }

  function pointed(digits, whole) {
    return digits.length > whole ? `${digits.slice(0, whole)}.${digits.slice(whole)}` : digits;
  }

  return { NEAREST, DOWN, UP, decimalText, significant };
});
