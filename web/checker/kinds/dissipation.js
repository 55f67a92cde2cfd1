nsos.define("checker/kinds/dissipation", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { Rational } = use("checker/rational");
  const { Polynomial } = use("checker/polynomial");
  const { readKeys, readNames, readNumber, readPolynomial, readPolynomials } = use("checker/reader");
  const { isInside, showSet } = use("checker/sets");
  const { System, demandOver, quoted } = use("checker/system");
  const { shortNumber } = use("checker/context");
  const limits = use("checker/limits");

  const MINUS_ONE = new Rational(-1n);

  /** V stores at most what the supply rate w feeds in: d w - grad V . n, or w + V - V(f), is nonnegative. */
  function check(
    context,
    systemValue,
    inputs,
    equilibrium,
    functionValue,
    supply,
    outputsValue,
    gainValue,
    domainValue,
    bounds,
    identities,
  ) {
    const system = new System(context, systemValue, bounds);
    const names = readNames(inputs, "inputs", limits.variables);
    const entering = new Set(names.map((name) => context.names.indexOf(name)));
    demand(
      [...entering].every((i) => i >= system.states),
      "inputs: expected variables that are no states",
    );
    const V = readPolynomial(functionValue, context.variables, "V");
    demandOver([V], (i) => !entering.has(i), "V");
    context.show("storage function", V, "V");
    system.show();
    const point = system.readEquilibrium(equilibrium, V, entering);
    const { rate: w, gain } = readSupply(context, system, entering, supply, outputsValue, gainValue);
    const domain = system.readOptionalSet(domainValue, "domain");
    demand(domain === null || isInside(domain, system.full(point)), "domain: the equilibrium is not in it");
    if (domain !== null) showSet(context, domain, "domain, ");
    const [storage, fed, floors] = readKeys(identities, ["positive", "dissipation", "denominators"], "identities");
    const around = domain === null ? [] : [domain];
    system.prove("positive", storage, [V], around);
    const targets = system.modes.map((field, m) => system.denominators[m].times(w).plus(system.decrease(V, field)));
    system.prove("dissipation", fed, targets, around);
    system.prove("denominators", floors, system.floors, around);
    return {
      sentence: "dissipation: V stores at most what the supply rate feeds in",
      theorem: conclusion(system, V, names, point, gain, domain),
      system,
      stays: around,
      staysText: domain === null ? "" : " on the domain",
    };
  }

  /** The supply rate w, given or made of a gain; and the gain or null. */
  function readSupply(context, system, entering, supply, outputsValue, gainValue) {
    const outputs = readPolynomials(outputsValue, context.variables, "outputs");
    demand((supply === null) !== (gainValue === null), "supply, gain_squared: expected one of them");
    if (gainValue === null) {
      demand(outputs.length === 0, "outputs: expected none with a supply rate");
      const rate = readPolynomial(supply, context.variables, "supply");
      context.show("supply rate", rate, "w");
      return { rate, gain: null };
    }
    const gain = readNumber(gainValue, "gain_squared");
    const right = gain.sign > 0 && entering.size > 0 && outputs.length > 0;
    demand(right, "gain_squared: expected a positive number, inputs and outputs");
    const squares = [...entering].map((i) => [gain, system.variable(i).times(system.variable(i))]);
    const rate = Polynomial.sum(context.variables, [...squares, ...outputs.map((y) => [MINUS_ONE, y.times(y)])]);
    outputs.forEach((y, j) => context.show("outputs", y, `y_{${j + 1}}`));
    context.show("supply rate", rate, "w");
    return { rate, gain };
  }

  function conclusion(system, V, inputs, point, gain, domain) {
    const staying = domain === null ? "" : " while the state stays in the domain";
    const quantifiers = system.quantifiers(system.heldBy([V]));
    if (gain === null) {
      return `the system is dissipative with respect to the supply rate w, with the storage function V${staying}${quantifiers}`;
    }
    const text = `the L2 gain from ${inputs.map(quoted).join(", ")} to the outputs is at most ${rootText(gain)}`;
    const existing = domain === null && system.isContinuous ? ", as long as the state exists" : staying;
    return `${text} from rest at ${system.pointText(point)}${existing}${quantifiers}`;
  }

  /** The square root, as a number where it is rational. */
  function rootText(value) {
    const [top, bottom] = [integerRoot(value.numerator), integerRoot(value.denominator)];
    const isExact = top ** 2n === value.numerator && bottom ** 2n === value.denominator;
    return isExact ? shortNumber(new Rational(top, bottom)) : `sqrt(${shortNumber(value)})`;
  }

  /** The integer part of a square root, by Newton's method from above. */
  function integerRoot(value) {
    if (value < 2n) return value;
    let root = 1n << BigInt(Math.ceil(value.toString(2).length / 2));
    for (;;) {
      const next = (root + value / root) / 2n;
      if (next >= root) return root;
      root = next;
    }
  }

  const keys = [
    "system",
    "inputs",
    "equilibrium",
    "V",
    "supply",
    "outputs",
    "gain_squared",
    "domain",
    "denominator_bounds",
    "identities",
  ];
  return { kind: "dissipation", keys, statuses: ["FEASIBLE"], check };
});
