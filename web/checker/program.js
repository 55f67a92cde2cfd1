nsos.define("checker/program", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { Polynomial, keyOf } = use("checker/polynomial");
  const reader = use("checker/reader");
  const { SET_KEYS, readSet } = use("checker/sets");
  const limits = use("checker/limits");

  const STATEMENT_KEYS = ["unknowns", "constraints", "objective"];

  /**
   * The statement of a program: `unknowns` with names and monomials, `constraints` with a target and a set, and the
   * objective, null or {sign, constant, terms}: sign 1 if it is maximized, -1 if it is minimized.
   *
   * A target is a list of {number, powers, unknown}; the unknown is null or the number of an unknown coefficient, in
   * which all coefficients of all unknowns are counted through.
   */
  class Program {
    constructor(variables, [unknowns, constraints, objective]) {
      this.variables = variables;
      this.unknowns = reader.readList(unknowns, "unknowns").map((item) => {
        const [name, monomials] = reader.readKeys(item, ["name", "monomials"], "unknowns");
        return { name, monomials: reader.readMonomials(monomials, variables, "unknowns", limits.items) };
      });
      reader.readNames(
        this.unknowns.map(({ name }) => name),
        "unknowns",
      );
      this.starts = [0];
      for (const { monomials } of this.unknowns)
        this.starts.push(this.starts[this.starts.length - 1] + monomials.length);
      this.constraints = reader
        .readList(constraints, "constraints", null, limits.products)
        .map((item, j) => this.readConstraint(item, `constraints[${j}]`));
      reader.readNames(
        this.constraints.map(({ name }) => name),
        "constraints",
      );
      this.objective = objective === null ? null : this.readObjective(objective);
    }

    /** How many unknown numbers there are. */
    get size() {
      return this.starts[this.starts.length - 1];
    }

    readConstraint(item, place) {
      const [name, kind, target, ...stated] = reader.readKeys(item, ["name", "kind", "target", ...SET_KEYS], place);
      const isFree = stated.every((part) => Array.isArray(part) && part.length === 0);
      demand(kind === "sos" || (kind === "zero" && isFree), `${place}: expected the kind sos, or zero without a set`);
      return {
        name,
        kind,
        target: this.readTarget(target, `${place}.target`),
        set: readSet(stated, this.variables, `${place}.`),
      };
    }

    readTarget(value, place) {
      const seen = new Set();
      return reader.readList(value, place).map((item) => {
        const [given, row, where] = reader.readList(item, place, 3);
        const [powers] = reader.readMonomials([row], this.variables, place);
        const unknown = where === null ? null : this.readUnknown(where, place);
        const number = reader.readNumber(given, place);
        const key = `${unknown} ${keyOf(powers)}`;
        demand(!number.isZero && !seen.has(key), `${place}: a term appears twice, or its number is 0`);
        seen.add(key);
        return { number, powers, unknown };
      });
    }

    readUnknown(value, place) {
      const [i, k] = reader.readList(value, place, 2);
      const right =
        reader.isIndex(i, 0, this.unknowns.length) && reader.isIndex(k, 0, this.unknowns[i].monomials.length);
      demand(right, `${place}: expected an unknown and one of its coefficients`);
      return this.starts[i] + k;
    }

    readObjective(value) {
      const [sense, listed, constant] = reader.readKeys(value, ["sense", "terms", "constant"], "objective");
      demand(sense === "maximize" || sense === "minimize", "objective: expected maximize or minimize");
      const seen = new Set();
      const terms = reader.readList(listed, "objective").map((pair) => {
        const [given, where] = reader.readList(pair, "objective", 2);
        demand(where !== null, "objective: expected unknowns");
        const [number, unknown] = [reader.readNumber(given, "objective"), this.readUnknown(where, "objective")];
        demand(!number.isZero && !seen.has(unknown), "objective: a term appears twice, or its number is 0");
        seen.add(unknown);
        return { number, unknown };
      });
      return { sign: sense === "maximize" ? 1 : -1, constant: reader.readNumber(constant, "objective"), terms };
    }

    /** The target of a constraint at values of the unknown numbers. */
    targetAt({ target }, values) {
      const pairs = target.map(({ number, powers, unknown }) => [
        unknown === null ? number : number.times(values[unknown]),
        powers,
      ]);
      return Polynomial.of(this.variables, pairs);
    }
  }

  return { Program, STATEMENT_KEYS };
});
