nsos.define("checker/kinds/barrier", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { Rational } = use("checker/rational");
  const { readKeys, readList, readNumber, readPolynomial } = use("checker/reader");
  const { showSet } = use("checker/sets");
  const { System } = use("checker/system");
  const { shortNumber } = use("checker/context");
  const limits = use("checker/limits");

  const MINUS_ONE = new Rational(-1n);

  /** B <= 0 on the initial set, B >= epsilon on each unsafe set, and B cannot rise above 0 on the domain. */
  function check(
    context,
    systemValue,
    functionValue,
    initialValue,
    unsafeValue,
    domainValue,
    epsilonValue,
    rateValue,
    members,
    bounds,
    identities,
  ) {
    const system = new System(context, systemValue, bounds);
    const B = readPolynomial(functionValue, context.variables, "B");
    const rate = readPolynomial(rateValue, context.variables, "rate");
    const epsilon = readNumber(epsilonValue, "epsilon");
    demand(system.isContinuous || rate.isZero, "rate: expected 0 for discrete time");
    demand(epsilon.sign > 0, "epsilon: expected a positive number");
    const initial = system.readSet(initialValue, "initial");
    const unsafe = readList(unsafeValue, "unsafe", null, limits.modes).map((value, i) =>
      system.readSet(value, `unsafe[${i}]`),
    );
    demand(unsafe.length > 0, "unsafe: expected one or more sets");
    const domain = system.readOptionalSet(domainValue, "domain");
    context.show("function", B, "B");
    system.show();
    showSet(context, initial, "initial set, ");
    unsafe.forEach((set, i) => showSet(context, set, `unsafe set ${i + 1}, `));
    if (domain !== null) showSet(context, domain, "domain, ");
    const areAllKnown = system.readMembers(members, [initial, ...unsafe], domain);

    const [start, avoided, falls, floors] = readKeys(
      identities,
      ["initial", "unsafe", "decrease", "denominators"],
      "identities",
    );
    const around = domain === null ? [] : [domain];
    system.prove("initial", start, [B.plus(B, new Rational(-2n))], [initial]);
    readList(avoided, "identities.unsafe", unsafe.length).forEach((identity, i) => {
      system.prove("unsafe", [identity], [B.plus(system.constant(epsilon), MINUS_ONE)], [unsafe[i]], i);
    });
    system.prove(
      "decrease",
      falls,
      system.modes.map((field) => system.decrease(B, field).plus(rate.times(B))),
      around,
    );
    system.prove("denominators", floors, system.floors, around);
    context.fact("epsilon", shortNumber(epsilon));
    return {
      sentence: "barrier: no trajectory from the initial set (that stays in the domain) reaches an unsafe set",
      theorem: conclusion(system, B, unsafe, domain, areAllKnown),
      system,
      stays: [...around, system.sublevel(B, new Rational(0n))],
      staysText: ` along trajectories from the initial set${domain === null ? "" : " in the domain"}`,
    };
  }

  function conclusion(system, B, unsafe, domain, areAllKnown) {
    const staying = domain === null ? "" : " that stays in the domain";
    const goal = unsafe.length === 1 ? "the unsafe set" : "an unsafe set";
    const known = areAllKnown ? `; ${system.membersText(domain)}` : "";
    return `no trajectory from the initial set${staying} reaches ${goal}${system.quantifiers(system.heldBy([B]))}${known}`;
  }

  const keys = [
    "system",
    "B",
    "initial",
    "unsafe",
    "domain",
    "epsilon",
    "rate",
    "members",
    "denominator_bounds",
    "identities",
  ];
  return { kind: "barrier", keys, statuses: ["FEASIBLE"], check };
});
