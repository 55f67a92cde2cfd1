nsos.define("checker/kinds/barrier", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { Rational } = use("checker/rational");
  const { readKeys, readList, readNumber, readNumbers, readPolynomial } = use("checker/reader");
  const { isInside, showSet } = use("checker/sets");
  const { System } = use("checker/system");
  const { shortNumber } = use("checker/context");
  const limits = use("checker/limits");

  const MINUS_ONE = new Rational(-1n);

  /** B <= 0 on the initial set, B >= epsilon on each unsafe set, and B cannot rise above 0 on the domain. */
  function check(context, systemValue, functionValue, initialValue, unsafeValue, domainValue, epsilonValue, rateValue, members, bounds, identities) {
    const system = new System(context, systemValue, bounds);
    const B = readPolynomial(functionValue, context.variables, "B");
    const rate = readPolynomial(rateValue, context.variables, "rate");
    const epsilon = readNumber(epsilonValue, "epsilon");
    demand(system.isContinuous || rate.isZero, "rate: expected 0 for discrete time");
    demand(epsilon.sign > 0, "epsilon: expected a positive number");
    const initial = system.readSet(initialValue, "initial");
    const unsafe = readList(unsafeValue, "unsafe", null, limits.modes).map((value, i) => system.readSet(value, `unsafe[${i}]`));
    demand(unsafe.length > 0, "unsafe: expected one or more sets");
    const domain = system.readOptionalSet(domainValue, "domain");
    context.show("function", B, "B");
    system.show();
    showSet(context, initial, "initial set, ");
    unsafe.forEach((set, i) => showSet(context, set, `unsafe set ${i + 1}, `));
    if (domain !== null) showSet(context, domain, "domain, ");
    const areAllKnown = checkMembers(context, system, [initial, ...unsafe], domain, members);

    const [start, avoided, falls, floors] = readKeys(identities, ["initial", "unsafe", "decrease", "denominators"], "identities");
    const around = domain === null ? [] : [domain];
    system.prove("initial", start, [B.plus(B, new Rational(-2n))], [initial]);
    readList(avoided, "identities.unsafe", unsafe.length).forEach((identity, i) => {
      system.prove("unsafe", [identity], [B.plus(system.constant(epsilon), MINUS_ONE)], [unsafe[i]], i);
    });
    system.prove("decrease", falls, system.modes.map((field) => system.decrease(B, field).plus(rate.times(B))), around);
    system.prove("denominators", floors, system.floors, around);
    context.fact("epsilon", shortNumber(epsilon));
    return {
      sentence: "barrier: no trajectory from the initial set (that stays in the domain) reaches an unsafe set",
      theorem: conclusion(system, B, unsafe, domain, areAllKnown),
    };
  }

  /** Checks the points that show sets to be nonempty; whether all are given. */
  function checkMembers(context, system, sets, domain, members) {
    const points = readList(members, "members", sets.length);
    points.forEach((value, k) => {
      if (value === null) return;
      const states = readNumbers(value, system.states, "members");
      const point = system.full(states);
      demand(isInside(sets[k], point) && system.isOnIdeal(states), "members: not in the set");
      const hasToBe = domain !== null && (k === 0 || system.isContinuous);
      demand(!hasToBe || isInside(domain, point), "members: not in the domain");
      context.point(k === 0 ? "member of the initial set" : `member of unsafe set ${k}`, context.names.slice(0, system.states), states);
    });
    return points.every((value) => value !== null);
  }

  function conclusion(system, B, unsafe, domain, areAllKnown) {
    const staying = domain === null ? "" : " that stays in the domain";
    const goal = unsafe.length === 1 ? "the unsafe set" : "an unsafe set";
    const known = areAllKnown ? `; ${metText(system, domain)}` : "";
    return `no trajectory from the initial set${staying} reaches ${goal}${system.quantifiers(system.heldBy([B]))}${known}`;
  }

  function metText(system, domain) {
    if (domain === null) return "none of these sets is empty";
    if (system.isContinuous) return "the domain meets all these sets";
    return "none of these sets is empty, and the domain meets the initial set";
  }

  const keys = ["system", "B", "initial", "unsafe", "domain", "epsilon", "rate", "members", "denominator_bounds", "identities"];
  return { kind: "barrier", keys, statuses: ["FEASIBLE"], check };
});
