nsos.define("checker/kinds/joint_spectral_radius", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { Rational, ONE } = use("checker/rational");
  const { Polynomial } = use("checker/polynomial");
  const { readKeys, readList, readNumber, readNumbers, readPolynomial } = use("checker/reader");
  const { checkIdentity } = use("checker/identity");
  const { shortNumber } = use("checker/context");
  const limits = use("checker/limits");

  /** V - c sum x_i^2d and bound^2d V - V(A x) for each matrix A are sums of squares; V is a form of degree 2d. */
  function check(context, matricesValue, boundValue, functionValue, positiveValue, identities) {
    const n = context.variables;
    const V = readPolynomial(functionValue, n, "V");
    const matrices = readList(matricesValue, "matrices", null, limits.modes).map((matrix) =>
      readList(matrix, "matrices", n).map((row) => readNumbers(row, n, "matrices")),
    );
    demand(n > 0 && n <= limits.states && matrices.length > 0, "matrices: expected one or more, and not too large");
    const [bound, positive] = [readNumber(boundValue, "bound"), readNumber(positiveValue, "positive")];
    demand(bound.sign > 0 && positive.sign > 0, "bound, positive: expected positive numbers");
    const degree = formDegree(V);
    context.show("form", V, "V");
    matrices.forEach((matrix, k) =>
      context.fact(`matrix ${k + 1}`, `[${matrix.map((row) => row.map(shortNumber).join(", ")).join("; ")}]`),
    );
    const unit = (i, power) => Array.from({ length: n }, (_, j) => (i === j ? power : 0));
    const powers = Polynomial.of(
      n,
      Array.from({ length: n }, (_, i) => [positive, unit(i, degree)]),
    );
    const [first, rest] = readKeys(identities, ["positive", "decrease"], "identities");
    const whole = { multipliers: [Polynomial.constant(ONE, n)], equalities: [] };
    readList(first, "identities.positive", 1).forEach((identity) => {
      checkIdentity(context, V.minus(powers), whole, identity, "identities.positive[0]");
    });
    const larger = Polynomial.sum(n, [[bound.power(degree), V]]);
    readList(rest, "identities.decrease", matrices.length).forEach((identity, k) => {
      const images = matrices[k].map((row) =>
        Polynomial.of(
          n,
          row.map((value, j) => [value, unit(j, 1)]),
        ),
      );
      checkIdentity(
        context,
        larger.plus(V.compose(images), new Rational(-1n)),
        whole,
        identity,
        `identities.decrease[${k}]`,
      );
    });
    const count = matrices.length === 1 ? "the matrix" : `${matrices.length} matrices`;
    return {
      sentence: "joint_spectral_radius: it is at most the bound",
      theorem: `the joint spectral radius of ${count} is at most ${shortNumber(bound)}`,
    };
  }

  function formDegree(V) {
    const degrees = new Set(V.support().map((powers) => powers.reduce((a, b) => a + b, 0)));
    const [degree] = degrees;
    demand(degrees.size === 1 && degree > 0 && degree % 2 === 0, "V: expected a form of even, positive degree");
    return degree;
  }

  return {
    kind: "joint_spectral_radius",
    keys: ["matrices", "bound", "V", "positive", "identities"],
    statuses: ["BOUNDED"],
    check,
  };
});
