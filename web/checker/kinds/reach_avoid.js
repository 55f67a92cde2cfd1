nsos.define("checker/kinds/reach_avoid", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { Rational, ONE } = use("checker/rational");
  const { Polynomial } = use("checker/polynomial");
  const { readKeys, readList, readNumber, readPolynomial } = use("checker/reader");
  const { showSet } = use("checker/sets");
  const { System } = use("checker/system");
  const { countText, shortNumber } = use("checker/context");
  const limits = use("checker/limits");

  const MINUS_ONE = new Rational(-1n);
  const IDENTITIES = ["inside", "initial", "unsafe", "edge", "decrease", "lower", "bounded", "denominators"];

  /** Where V <= 0 in the domain and outside of the target, V falls; it is positive on unsafe sets and at the edge. */
  function check(
    context,
    systemValue,
    functionValue,
    initialValue,
    targetValue,
    unsafeValue,
    domainValue,
    epsilonValue,
    speedValue,
    lowerValue,
    radiusValue,
    members,
    bounds,
    identities,
  ) {
    const system = new System(context, systemValue, bounds);
    const V = readPolynomial(functionValue, context.variables, "V");
    const [epsilon, speed, lower] = [
      [epsilonValue, "epsilon"],
      [speedValue, "speed"],
      [lowerValue, "lower"],
    ].map(([value, place]) => readNumber(value, place));
    demand(epsilon.sign > 0 && speed.sign > 0, "epsilon, speed: expected positive numbers");
    demand(lower.sign <= 0, "lower: expected a number of at most 0");
    demand(
      (radiusValue === null) !== system.isContinuous,
      "radius_squared: expected a number for continuous time alone",
    );
    const radius = radiusValue === null ? null : readNumber(radiusValue, "radius_squared");
    const initial = system.readSet(initialValue, "initial");
    const unsafe = readList(unsafeValue, "unsafe", null, limits.modes).map((value, i) =>
      system.readSet(value, `unsafe[${i}]`),
    );
    const target = system.readSet(targetValue, "target");
    const domain = system.readOptionalSet(domainValue, "domain");
    demand(
      target.inequalities.length > 0 && target.equalities.length === 0,
      "target: expected inequalities, and no equalities",
    );
    demand(domain === null || domain.equalities.length === 0, "domain: expected no equalities");
    showAll(context, system, { V, initial, target, unsafe, domain });
    const areAllKnown = system.readMembers(members, [initial, ...unsafe], domain);
    prove(
      system,
      { V, initial, target, unsafe, domain, epsilon, speed, lower, radius },
      readKeys(identities, IDENTITIES, "identities"),
    );
    const stays = [...(domain === null ? [] : [domain]), system.sublevel(V, new Rational(0n))];
    return {
      sentence: "reach_avoid: trajectories from the initial set reach the target and meet no unsafe set before",
      theorem: conclusion(system, { V, unsafe, domain, speed, lower }, areAllKnown),
      system,
      stays,
      staysText: " until the target is reached",
    };
  }

  function showAll(context, system, { V, initial, target, unsafe, domain }) {
    context.show("function", V, "V");
    system.show();
    showSet(context, initial, "initial set, ");
    showSet(context, target, "target, ");
    unsafe.forEach((set, i) => showSet(context, set, `unsafe set ${i + 1}, `));
    if (domain !== null) showSet(context, domain, "domain, ");
  }

  /** The identities in the order of their keys, as the table of docs/control-certificates.md has them. */
  function prove(system, { V, initial, target, unsafe, domain, epsilon, speed, lower, radius }, proofs) {
    const around = domain === null ? [] : [domain];
    const sides = domain === null ? [] : domain.inequalities;
    const within = system.isContinuous ? around : [];
    const above = V.plus(system.constant(epsilon), MINUS_ONE);
    const outside = target.inequalities.map((t) => system.sublevel(t, new Rational(0n)));
    const falling = outside.map((set) => [...around, system.sublevel(V, new Rational(0n)), set]);
    const edges = sides.flatMap((g) => outside.map((set) => [...within, edge(system, g), set]));
    const falls = system.modes.map((field, m) =>
      system.decrease(V, field).plus(system.denominators[m], speed.negated()),
    );
    const claims = [
      sides.map((g) => [g, [initial]]),
      [[V.plus(V, new Rational(-2n)), [initial]]],
      unsafe.map((set) => [above, [set, ...within]]),
      edges.map((sets) => [above, sets]),
      falls.flatMap((fall) => falling.map((sets) => [fall, sets])),
      falling.map((sets) => [V.plus(system.constant(lower), MINUS_ONE), sets]),
      system.isContinuous ? [[room(system, radius), around]] : [],
      system.floors.map((floor) => [floor, around]),
    ];
    claims.forEach((pairs, k) => {
      readList(proofs[k], `identities.${IDENTITIES[k]}`, pairs.length).forEach((identity, i) => {
        const [polynomial, sets] = pairs[i];
        system.prove(IDENTITIES[k], [identity], [polynomial], sets, i);
      });
    });
  }

  /** Where a trajectory that leaves {g >= 0} first is: at g = 0, or beyond it if time is discrete. */
  function edge(system, g) {
    if (!system.isContinuous) return system.sublevel(g, new Rational(0n));
    return { multipliers: [system.constant(ONE)], inequalities: [], equalities: [g] };
  }

  /** radius_squared - |x|^2. */
  function room(system, radius) {
    const squares = Array.from({ length: system.states }, (_, i) => [
      MINUS_ONE,
      system.variable(i).times(system.variable(i)),
    ]);
    return Polynomial.sum(system.variables, [[ONE, system.constant(radius)], ...squares]);
  }

  function conclusion(system, { V, unsafe, domain, speed, lower }, areAllKnown) {
    const time = lower.negated().over(speed);
    const duration = system.isContinuous
      ? `time ${shortNumber(time)}`
      : countText(time.numerator / time.denominator + 1n, "step");
    const until = [
      ...(unsafe.length > 0 ? ["meets no unsafe set"] : []),
      ...(domain === null ? [] : ["stays in the domain"]),
    ];
    const avoided = until.length > 0 ? `, and ${until.join(" and ")} until then` : "";
    const shown = unsafe.length > 0 ? system.membersText(domain) : "the initial set is not empty";
    const known = areAllKnown ? `; ${shown}` : "";
    return `every trajectory from the initial set reaches the target within ${duration}${avoided}${system.quantifiers(system.heldBy([V]))}${known}`;
  }

  const keys = [
    "system",
    "V",
    "initial",
    "target",
    "unsafe",
    "domain",
    "epsilon",
    "speed",
    "lower",
    "radius_squared",
    "members",
    "denominator_bounds",
    "identities",
  ];
  return { kind: "reach_avoid", keys, statuses: ["FEASIBLE"], check };
});
