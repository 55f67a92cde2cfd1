nsos.define("checker/limits", () => {
  "use strict";

  /** Beyond these a certificate is refused, never believed; docs/certificates.md says where they apply. */
  return {
    bytes: 256 * 2 ** 20,
    digits: 100_000,
    exponent: 10_000,
    variables: 10_000,
    basis: 3_000,
    fieldDegree: 64,
    items: 5_000_000,
    products: 100_000,
    factors: 100,
    states: 200,
    modes: 1_000,
    candidates: 4_000_000,
  };
});
