nsos.define("checker/kinds/state_feedback", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { Polynomial } = use("checker/polynomial");
  const { readKeys, readList, readNames, readPolynomial, readPolynomials } = use("checker/reader");
  const { SET_KEYS, readSet, showSet } = use("checker/sets");
  const { demandOver, quoted } = use("checker/system");
  const { polynomialText } = use("checker/context");

  const SHOWN = 200; // characters of a controller in the theorem

  /** The closed loop, proven by another certificate, is the plant with u = k(x), and k(x) is in the input set. */
  function check(context, inputs, plant, controller, inputSet, closedLoop, identities) {
    const names = readList(inputs, "inputs");
    readNames([...context.names, ...names], "inputs");
    demand(names.length > 0, "inputs: expected one or more names");
    const proven = context.checkInner(closedLoop);
    const { system, stays, staysText } = proven;
    const laws = readPolynomials(controller, context.variables, "controller", names.length);
    demandOver(laws, (i) => system.isState(i), "controller");
    laws.forEach((law, j) => context.show("controller", law, { name: names[j] }));
    const many = context.variables + names.length;
    const images = [...context.names.map((_, i) => Polynomial.variable(i, context.variables)), ...laws];
    checkPlant(context, system, plant, many, images);
    const [proofs] = readKeys(identities, ["inputs"], "identities");
    const set = inputSet === null ? null : readInputSet(context, inputSet, many, images);
    system.prove("inputs", proofs, set ?? [], stays);
    const verb = names.length === 1 ? "is" : "are";
    const allowed = set === null ? "" : `, which ${verb} in the input set${staysText}`;
    return {
      sentence: `state_feedback: with the controller, ${proven.sentence}`,
      theorem: `with ${lawText(context, names, laws)}${allowed}: ${proven.theorem}`,
    };
  }

  /** With the controller the right-hand sides of the plant become those of the closed loop. */
  function checkPlant(context, system, plant, many, images) {
    readList(plant, "plant", system.modes.length).forEach((mode, m) => {
      const [tops, bottom] = readKeys(mode, ["numerators", "denominator"], `plant[${m}]`);
      const numerators = readPolynomials(tops, many, `plant[${m}].numerators`, system.states);
      const parts = [...numerators, readPolynomial(bottom, many, `plant[${m}].denominator`)];
      const known = [...system.modes[m], system.denominators[m]];
      const isClosed = parts.every((part, i) => part.compose(images).equals(known[i]));
      demand(isClosed, `plant[${m}]: with the controller it is not the closed loop`);
    });
    context.pass("plant: with the controller it is the closed loop, in every mode");
  }

  /** c(k(x)) for the inequalities c of the input set. */
  function readInputSet(context, value, many, images) {
    const set = readSet(readKeys(value, SET_KEYS, "input_set"), many, "input_set.");
    demandOver(set.inequalities, (i) => i >= context.variables, "input_set");
    demand(set.equalities.length === 0, "input_set: expected no equalities");
    const closed = set.inequalities.map((c) => c.compose(images));
    showSet(context, { inequalities: closed, equalities: [] }, "input set with the controller, ");
    return closed;
  }

  /** u = k(x), or that there is a polynomial k if it is long. */
  function lawText(context, names, laws) {
    return laws
      .map((law, j) => {
        const text = polynomialText(law, context.names);
        return `${quoted(names[j])} = ${text.length <= SHOWN ? text : `k(x) of degree ${law.degree}`}`;
      })
      .join(", ");
  }

  const keys = ["inputs", "plant", "controller", "input_set", "closed_loop", "identities"];
  return { kind: "state_feedback", keys, statuses: ["FEASIBLE"], check };
});
