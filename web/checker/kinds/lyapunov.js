nsos.define("checker/kinds/lyapunov", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { readKeys } = use("checker/reader");
  const { isInside, showSet } = use("checker/sets");
  const { STABLE_KEYS, readStability, positiveTarget, decreaseTargets, held, rateText } =
    use("checker/kinds/stability");

  /** V - phi1 and the decrease of V less phi2 are nonnegative, everywhere or around the equilibrium. */
  function check(context, system, equilibrium, V, positive, decrease, rate, domainValue, bounds, identities) {
    const known = readStability(context, system, equilibrium, V, positive, decrease, rate, bounds);
    const proofs = readKeys(identities, ["positive", "decrease", "denominators"], "identities");
    const domain = known.system.readOptionalSet(domainValue, "domain");
    if (domain !== null) {
      const isAround = domain.equalities.length === 0 && isInside(domain, known.system.full(known.point), true);
      demand(isAround, "domain: the equilibrium is not inside");
      context.pass("domain: the equilibrium is strictly inside");
      showSet(context, domain, "domain, ");
    }
    const sets = domain === null ? [] : [domain];
    known.system.prove("positive", proofs[0], [positiveTarget(known)], sets);
    known.system.prove("decrease", proofs[1], decreaseTargets(known, known.fall.polynomial), sets);
    known.system.prove("denominators", proofs[2], known.system.floors, sets);
    const where = domain === null ? "globally " : "locally ";
    return {
      sentence: `lyapunov: the equilibrium is ${known.isAsymptotic ? `${where}asymptotically ` : ""}stable`,
      theorem: conclusion(known, domain),
      system: known.system,
      stays: sets,
      staysText: domain === null ? "" : " on the domain",
    };
  }

  function conclusion(known, domain) {
    const { system, isAsymptotic, rate, fall } = known;
    const where = system.pointText(known.point);
    const constant = held(known);
    const quantifiers = system.quantifiers(constant);
    if (domain !== null) {
      const word = isAsymptotic ? "locally asymptotically stable" : "stable";
      const speed = rate === null ? "" : `${rateText(known)} while x stays in the domain`;
      return `${where} is ${word}${quantifiers}${speed}; it is not claimed that the domain is attracted`;
    }
    if (isAsymptotic) return `${where} is globally asymptotically stable${quantifiers}${rateText(known)}`;
    const text = `${where} is stable and all trajectories are bounded${quantifiers}`;
    const isAutonomous = system.modes.length === 1 && system.outside.every((i) => constant.has(i));
    return fall.hasSome && isAutonomous ? `${text}; they approach the largest invariant set in {decrease = 0}` : text;
  }

  return {
    kind: "lyapunov",
    keys: [...STABLE_KEYS, "domain", "denominator_bounds", "identities"],
    statuses: ["FEASIBLE"],
    check,
  };
});
