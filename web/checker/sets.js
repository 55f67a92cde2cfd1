nsos.define("checker/sets", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { ONE } = use("checker/rational");
  const { Polynomial } = use("checker/polynomial");
  const { readList, readPolynomials, isIndex } = use("checker/reader");
  const limits = use("checker/limits");

  const SET_KEYS = ["inequalities", "products", "equalities"];

  /**
   * A set {g_i >= 0, h_j = 0} from the values of its keys: `multipliers` holds what may stand before sums of squares, 1
   * and then the products.
   */
  function readSet([given, indices, zeros], variables, place = "") {
    const inequalities = readPolynomials(given, variables, `${place}inequalities`, null, limits.products);
    const equalities = readPolynomials(zeros, variables, `${place}equalities`, null, limits.products);
    const multipliers = [Polynomial.constant(ONE, variables)];
    for (const factors of readList(indices, `${place}products`, null, limits.products)) {
      const known = readList(factors, `${place}products`, null, limits.factors);
      const right = known.length > 0 && known.every((i) => isIndex(i, 0, inequalities.length));
      demand(right, `${place}products: expected indices of inequalities, one or more`);
      multipliers.push(known.map((i) => inequalities[i]).reduce((one, other) => one.times(other)));
    }
    return { multipliers, inequalities, equalities };
  }

  /** Whether a point satisfies all inequalities, strictly if `strict`, and all equalities. */
  function isInside({ inequalities, equalities }, point, strict = false) {
    const enough = strict ? 1 : 0;
    return inequalities.every((g) => g.at(point).sign >= enough) && equalities.every((h) => h.at(point).isZero);
  }

  function showSet(context, { inequalities, equalities }, title = "") {
    inequalities.forEach((g, i) => context.show(`${title}nonnegative`, g, `g_{${i + 1}}`));
    equalities.forEach((h, j) => context.show(`${title}zero`, h, `h_{${j + 1}}`));
  }

  return { SET_KEYS, readSet, isInside, showSet };
});
