nsos.define("checker/kinds/region_of_attraction", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { readKeys, readNumber, readPolynomial } = use("checker/reader");
  const { demandOver } = use("checker/system");
  const { shortNumber } = use("checker/context");
  const stability = use("checker/kinds/stability");

  /** V - phi1 is nonnegative everywhere, and the decrease of V less phi2 where V <= level. */
  function check(
    context,
    system,
    equilibrium,
    V,
    positive,
    decrease,
    rate,
    levelValue,
    isOpen,
    shapeValue,
    shapeLevel,
    bounds,
    identities,
  ) {
    const known = stability.readStability(context, system, equilibrium, V, positive, decrease, rate, bounds);
    const proofs = readKeys(identities, ["positive", "decrease", "denominators", "inclusion"], "identities");
    const level = readNumber(levelValue, "level");
    demand(level.sign > 0, "level: expected a positive number");
    demand(known.isAsymptotic, "decrease: expected all states");
    demand(typeof isOpen === "boolean", "open: expected true or false");
    const region = known.system.sublevel(known.V, level);
    const shape = readShape(context, known.system, shapeValue, shapeLevel, isOpen);
    const [room] = region.inequalities;
    const fall = isOpen ? room.times(known.fall.polynomial) : known.fall.polynomial;
    known.system.prove("positive", proofs[0], [stability.positiveTarget(known)]);
    known.system.prove("decrease", proofs[1], stability.decreaseTargets(known, fall), [region]);
    known.system.prove("denominators", proofs[2], known.system.floors, [region]);
    if (shape === null) known.system.prove("inclusion", proofs[3], []);
    else known.system.prove("inclusion", proofs[3], [room], [shape.set]);
    context.fact("level", shortNumber(level));
    return {
      sentence: `region_of_attraction: {V ${isOpen ? "<" : "<="} level} is invariant and attracted to the equilibrium`,
      theorem: conclusion(known, level, isOpen, shape),
      system: known.system,
      stays: [region],
      staysText: "",
    };
  }

  function readShape(context, system, value, levelValue, isOpen) {
    if (value === null) {
      demand(levelValue === null, "shape_level: expected null, as shape is");
      return null;
    }
    demand(!isOpen, "shape: expected none of an open region");
    const p = readPolynomial(value, context.variables, "shape");
    const level = readNumber(levelValue, "shape_level");
    demandOver([p], (i) => system.isState(i), "shape");
    context.show(`shape, at most ${shortNumber(level)} on a set within the region`, p, "s");
    return { level, set: system.sublevel(p, level) };
  }

  function conclusion(known, level, isOpen, shape) {
    const [sign, bounded] = isOpen ? ["<", "bounded"] : ["<=", "compact"];
    const region = `{V ${sign} ${shortNumber(level)}} is ${bounded}, invariant and attracted to ${known.system.pointText(known.point)}`;
    const contains = shape === null ? "" : `; it contains {shape <= ${shortNumber(shape.level)}}`;
    return `${region}${known.system.quantifiers(stability.held(known))}${stability.rateText(known)}${contains}`;
  }

  const keys = [...stability.STABLE_KEYS, "level", "open", "shape", "shape_level", "denominator_bounds", "identities"];
  return { kind: "region_of_attraction", keys, statuses: ["FEASIBLE"], check };
});
