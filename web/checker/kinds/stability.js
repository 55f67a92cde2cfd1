nsos.define("checker/kinds/stability", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { ONE } = use("checker/rational");
  const { readNumber, readPolynomial } = use("checker/reader");
  const { System } = use("checker/system");
  const { shortNumber } = use("checker/context");

  const STABLE_KEYS = ["system", "equilibrium", "V", "positive", "decrease", "rate"];

  /** What `lyapunov` and `region_of_attraction` have in common: the system, V, both definite functions and the rate. */
  function readStability(context, systemValue, equilibrium, functionValue, positive, decrease, rateValue, bounds) {
    const system = new System(context, systemValue, bounds);
    const V = readPolynomial(functionValue, context.variables, "V");
    demand(!V.isZero, "V: it is 0");
    context.show("function", V, "V");
    system.show();
    const point = system.readEquilibrium(equilibrium, V);
    const phi = system.readPowers(positive, point, "positive");
    demand(phi.hasAll, "positive: expected all states");
    const fall = system.readPowers(decrease, point, "decrease");
    const rate = rateValue === null ? null : readNumber(rateValue, "rate");
    const isRate = rate === null || (rate.sign > 0 && (system.isContinuous || rate.minus(ONE).sign <= 0));
    demand(isRate, "rate: expected a positive number, up to 1 for discrete time");
    context.show("V is at least", phi.polynomial, "\\varphi_1");
    if (fall.hasSome) context.show("V falls by at least (decrease)", fall.polynomial, "\\varphi_2");
    return { system, V, point, phi, fall, rate, isAsymptotic: fall.hasAll || rate !== null };
  }

  /** V - phi1. */
  function positiveTarget({ V, phi }) {
    return V.minus(phi.polynomial);
  }

  /** For each mode -grad V . n - rate d V - phi2, or (1 - rate) V - V(f) - phi2; phi2 is `fall`. */
  function decreaseTargets({ system, V, rate }, fall) {
    return system.modes.map((field, m) => {
      const drop = system.decrease(V, field).minus(fall);
      return rate === null ? drop : drop.plus(system.denominators[m].times(V), rate.negated());
    });
  }

  function held({ system, V }) {
    return system.heldBy([V, ...system.denominators]);
  }

  function rateText({ system, rate }) {
    if (rate === null) return "";
    if (system.isContinuous) return `, and V(x(t)) <= exp(-${shortNumber(rate)} t) V(x(0))`;
    return `, and V falls to at most ${shortNumber(ONE.minus(rate))} V in each step`;
  }

  return { STABLE_KEYS, readStability, positiveTarget, decreaseTargets, held, rateText };
});
