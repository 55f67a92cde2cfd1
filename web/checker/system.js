nsos.define("checker/system", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { Rational, ZERO, ONE } = use("checker/rational");
  const { Polynomial } = use("checker/polynomial");
  const reader = use("checker/reader");
  const { SET_KEYS, readSet, isInside, showSet } = use("checker/sets");
  const { checkIdentity } = use("checker/identity");
  const { shortNumber, countText } = use("checker/context");
  const limits = use("checker/limits");

  const SYSTEM_KEYS = ["time", "states", "modes", "denominators", "uncertain", "ideal", "tangency"];
  const MINUS_ONE = new Rational(-1n);

  function demandOver(polynomials, isAllowed, place) {
    const right = polynomials.every((p) => [...p.occurring()].every(isAllowed));
    demand(right, `${place}: a variable occurs that may not`);
  }

  /** The statement of a dynamical system, checked, and the polynomials that are built from it. */
  class System {
    constructor(context, value, bounds) {
      this.context = context;
      this.variables = context.variables;
      const [time, states, modes, bottoms, uncertain, ideal, tangency] = reader.readKeys(value, SYSTEM_KEYS, "system");
      const names = reader.readList(states, "system.states", null, limits.states);
      const areFirst = names.length > 0 && names.every((name, i) => name === context.names[i]);
      demand(areFirst, "system.states: expected one or more, the first of the variables in their order");
      demand(time === "continuous" || time === "discrete", "system.time: expected continuous or discrete");
      this.isContinuous = time === "continuous";
      this.states = names.length;
      this.readModes(modes, bottoms);
      this.readFloors(bounds);
      this.readUncertain(uncertain);
      this.readIdeal(ideal, tangency);
    }

    isState(i) {
      return i < this.states;
    }

    readModes(modes, bottoms) {
      const rows = reader.readList(modes, "system.modes", null, limits.modes);
      demand(rows.length > 0, "system.modes: expected one or more right-hand sides");
      this.modes = rows.map((row) => reader.readPolynomials(row, this.variables, "system.modes", this.states));
      this.denominators = reader.readPolynomials(bottoms, this.variables, "system.denominators", rows.length);
    }

    /** `floors`: denominator - bound for each denominator that is no number, which has to be nonnegative. */
    readFloors(value) {
      const bounds = reader.readNumbers(value, null, "denominator_bounds");
      const others = this.denominators.filter((denominator) => denominator.occurring().size > 0);
      for (const denominator of this.denominators) {
        if (others.includes(denominator)) {
          demand(this.isContinuous, "system.denominators: expected 1, for time is discrete");
          continue;
        }
        const number = denominator.coefficient(new Array(this.variables).fill(0));
        demand(this.isContinuous || number.equals(ONE), "system.denominators: expected 1, for time is discrete");
        demand(number.sign > 0, "system.denominators: expected a positive number");
      }
      demand(
        bounds.length === others.length,
        `denominator_bounds: expected ${others.length} numbers, got ${bounds.length}`,
      );
      demand(
        bounds.every((bound) => bound.sign > 0),
        "denominator_bounds: expected positive numbers",
      );
      this.floors = others.map((denominator, k) => denominator.minus(this.constant(bounds[k])));
    }

    readUncertain(value) {
      const [inequalities, products, equalities, member] = reader.readKeys(
        value,
        [...SET_KEYS, "member"],
        "system.uncertain",
      );
      this.uncertain = readSet([inequalities, products, equalities], this.variables, "system.uncertain.");
      demandOver(
        [...this.uncertain.inequalities, ...this.uncertain.equalities],
        (i) => !this.isState(i),
        "system.uncertain",
      );
      this.hasMember = member !== null;
      if (!this.hasMember) return;
      const numbers = reader.readNumbers(member, this.variables - this.states, "system.uncertain.member");
      const point = [...new Array(this.states).fill(ZERO), ...numbers];
      demand(isInside(this.uncertain, point), "system.uncertain.member: it is not in the set");
      this.context.pass("system.uncertain.member: a point of the uncertain set");
    }

    /** The zeros of the ideal are invariant: the derivative of each h, or h(f), is a multiple of h. */
    readIdeal(ideal, tangency) {
      this.ideal = reader.readPolynomials(ideal, this.variables, "system.ideal");
      demandOver(this.ideal, (i) => this.isState(i), "system.ideal");
      reader.readList(tangency, "system.tangency", this.modes.length).forEach((row, m) => {
        const factors = reader.readPolynomials(row, this.variables, "system.tangency", this.ideal.length);
        this.ideal.forEach((h, j) => {
          const right = this.moved(h, this.modes[m]).equals(factors[j].times(h));
          demand(right, `system.tangency[${m}][${j}]: the zeros of the ideal are not invariant`);
        });
      });
      if (this.ideal.length > 0)
        this.context.pass("system.tangency: the zeros of the ideal are invariant in each mode");
    }

    /** A set in the states from the values of its keys, or null. */
    readSet(value, place) {
      const known = readSet(reader.readKeys(value, SET_KEYS, place), this.variables, `${place}.`);
      demandOver([...known.inequalities, ...known.equalities], (i) => this.isState(i), place);
      return known;
    }

    readOptionalSet(value, place) {
      return value === null ? null : this.readSet(value, place);
    }

    /** {level - p >= 0} with one product, [0]. */
    sublevel(p, level) {
      const inequality = this.constant(level).minus(p);
      return { multipliers: [this.constant(ONE), inequality], inequalities: [inequality], equalities: [] };
    }

    /**
     * Checks points that show sets to be nonempty, the first of them the initial set, the others unsafe: in the domain
     * but for the last step of discrete time. Whether all are given.
     */
    readMembers(value, sets, domain) {
      const points = reader.readList(value, "members", sets.length);
      points.forEach((item, k) => {
        if (item === null) return;
        const states = reader.readNumbers(item, this.states, "members");
        const point = this.full(states);
        demand(isInside(sets[k], point) && this.isOnIdeal(states), "members: not in the set");
        const hasToBe = domain !== null && (k === 0 || this.isContinuous);
        demand(!hasToBe || isInside(domain, point), "members: not in the domain");
        const title = k === 0 ? "member of the initial set" : `member of unsafe set ${k}`;
        this.context.point(title, this.context.names.slice(0, this.states), states);
      });
      return points.every((item) => item !== null);
    }

    /** What the points of all sets show. */
    membersText(domain) {
      if (domain === null) return "none of these sets is empty";
      if (this.isContinuous) return "the domain meets all these sets";
      return "none of these sets is empty, and the domain meets the initial set";
    }

    constant(number) {
      return Polynomial.constant(number, this.variables);
    }

    variable(i) {
      return Polynomial.variable(i, this.variables);
    }

    /** grad p . field, or p(field). */
    moved(p, field) {
      if (this.isContinuous) return p.alongField(field);
      const others = Array.from({ length: this.variables - this.states }, (_, k) => this.variable(this.states + k));
      return p.compose([...field, ...others]);
    }

    /** -grad p . field, or p - p(field). */
    decrease(p, field) {
      const fall = this.moved(p, field);
      return Polynomial.sum(
        this.variables,
        this.isContinuous
          ? [[MINUS_ONE, fall]]
          : [
              [ONE, p],
              [MINUS_ONE, fall],
            ],
      );
    }

    /** p with the states at a point, and the other variables among `zeros` 0. */
    at(point, p, zeros = new Set()) {
      return p.compose(
        Array.from({ length: this.variables }, (_, i) => {
          if (this.isState(i)) return this.constant(point[i]);
          return zeros.has(i) ? this.constant(ZERO) : this.variable(i);
        }),
      );
    }

    /** The point in all variables, 0 but for the states. */
    full(point) {
      return [...point, ...new Array(this.variables - this.states).fill(ZERO)];
    }

    isOnIdeal(point) {
      return this.ideal.every((h) => this.at(point, h).isZero);
    }

    /** An equilibrium, for all values of variables that are not among `zeros`, at which a function is 0. */
    readEquilibrium(value, V, zeros = new Set()) {
      const point = reader.readNumbers(value, this.states, "equilibrium");
      this.modes.forEach((field, m) =>
        field.forEach((component, i) => {
          const still = this.constant(this.isContinuous ? ZERO : point[i]);
          demand(
            this.at(point, component, zeros).equals(still),
            `equilibrium: system.modes[${m}][${i}] does not rest there`,
          );
        }),
      );
      demand(this.isOnIdeal(point), "equilibrium: the ideal does not vanish there");
      demand(this.at(point, V).isZero, "V: it is not 0 at the equilibrium");
      this.context.pass("equilibrium: it rests in every mode, and the function is 0 there");
      this.context.point("equilibrium", this.context.names.slice(0, this.states), point);
      return point;
    }

    /** sum c (x_i - point_i)^e from [["c", i, e], ...], and whether all or some states occur. */
    readPowers(value, point, place) {
      const seen = new Set();
      const states = new Set();
      const polynomial = new Polynomial(this.variables);
      for (const item of reader.readList(value, place)) {
        const [given, i, exponent] = reader.readList(item, place, 3);
        demand(reader.isIndex(i, 0, this.states), `${place}: expected the index of a state`);
        const isEven = reader.isIndex(exponent, 2, limits.exponent + 1) && exponent % 2 === 0;
        demand(isEven && !seen.has(`${i} ${exponent}`), `${place}: expected distinct, even exponents from 2 on`);
        seen.add(`${i} ${exponent}`);
        states.add(i);
        const coefficient = reader.readNumber(given, place);
        demand(coefficient.sign > 0, `${place}: expected a positive coefficient`);
        polynomial.add(shiftedPower(i, exponent, point[i], this.variables), coefficient);
      }
      return { polynomial, hasAll: states.size === this.states, hasSome: states.size > 0 };
    }

    /**
     * Refuses unless all targets have identities on the ideal, these sets and the uncertain set, in this order; the
     * first of them has the index `first`.
     */
    prove(place, identities, targets, sets = [], first = 0) {
      const all = [...sets, this.uncertain];
      const on = {
        multipliers: [this.constant(ONE), ...all.flatMap(({ multipliers }) => multipliers.slice(1))],
        equalities: [...this.ideal, ...all.flatMap(({ equalities }) => equalities)],
      };
      reader.readList(identities, `identities.${place}`, targets.length).forEach((identity, k) => {
        checkIdentity(this.context, targets[k], on, identity, `identities.${place}[${first + k}]`);
      });
    }

    /** The variables other than states on which polynomials depend: those are constant in time. */
    heldBy(polynomials) {
      return new Set(polynomials.flatMap((p) => [...p.occurring()]).filter((i) => !this.isState(i)));
    }

    get outside() {
      return Array.from({ length: this.variables - this.states }, (_, k) => this.states + k);
    }

    /** For which states, switching and other variables something holds. */
    quantifiers(held) {
      const kept = this.outside.filter((i) => held.has(i)).map((i) => this.name(i));
      const moving = this.outside.filter((i) => !held.has(i)).map((i) => this.name(i));
      const parts = [];
      if (kept.length > 0) parts.push(`constant ${kept.join(", ")}`);
      if (moving.length > 0) parts.push(`signals ${moving.join(", ")}`);
      let text = parts.length > 0 ? `, for all ${parts.join(" and ")}` : "";
      const { inequalities, equalities } = this.uncertain;
      if (inequalities.length > 0 || equalities.length > 0) {
        text += ` in the uncertain set${this.hasMember ? "" : " (not shown to be nonempty)"}`;
      }
      if (this.modes.length > 1) text += `, under arbitrary switching between ${this.modes.length} modes`;
      return text + (this.ideal.length > 0 ? this.idealText() : "");
    }

    /** Of which states something is said: those with s^2 + c^2 = 1, or those where the ideal vanishes. */
    idealText() {
      const circles = this.ideal.map((h) => this.circleText(h));
      if (circles.includes(null)) return ", for states where the ideal vanishes";
      return `, for states with ${circles.join(" and ")}`;
    }

    /** s^2 + c^2 = 1 where a polynomial is s^2 + c^2 - 1 for two variables, else null. */
    circleText(h) {
      const terms = [...h.terms.values()].filter(({ numerator }) => numerator !== 0n);
      const squares = [];
      for (const { powers, numerator } of terms) {
        const used = powers.flatMap((power, i) => (power > 0 ? [i] : []));
        if (used.length > 1 || (used.length === 1 && powers[used[0]] !== 2)) return null;
        if (numerator !== (used.length === 1 ? h.denominator : -h.denominator)) return null;
        squares.push(...used);
      }
      if (terms.length !== 3 || squares.length !== 2) return null;
      squares.sort((a, b) => a - b);
      return `${squares.map((i) => `${this.name(i)}^2`).join(" + ")} = 1`;
    }

    name(i) {
      return quoted(this.context.names[i]);
    }

    pointText(point) {
      if (point.every((value) => value.isZero)) return "the origin";
      const names = point.map((_, i) => this.name(i)).join(", ");
      const values = point.map(shortNumber).join(", ");
      return point.length === 1 ? `${names} = ${values}` : `(${names}) = (${values})`;
    }

    show() {
      this.modes.forEach((field, m) => {
        const mode = this.modes.length > 1 ? ` of mode ${m + 1}` : "";
        const isDivided = !this.denominators[m].equals(this.constant(ONE));
        field.forEach((component, i) => {
          this.context.show(
            `${isDivided ? "numerators" : "dynamics"}${mode}`,
            component,
            this.isContinuous ? { dot: i } : { next: i },
          );
        });
        if (isDivided) this.context.show(`denominator${mode}`, this.denominators[m], "d");
      });
      this.ideal.forEach((h) => this.context.show("ideal: zero on all states that are meant", h));
      showSet(this.context, this.uncertain, "uncertain set, ");
      this.context.fact("time", this.isContinuous ? "continuous" : "discrete");
      if (this.modes.length > 1) this.context.fact("modes", countText(this.modes.length, "mode"));
    }
  }

  /** (x_i - value)^exponent, by the binomial theorem. */
  function shiftedPower(i, exponent, value, variables) {
    const pairs = [];
    let binomial = 1n;
    const step = value.negated();
    for (let k = exponent; k >= 0; k -= 1) {
      // x^k
      const power = step.power(exponent - k);
      const powers = new Array(variables).fill(0);
      powers[i] = k;
      if (!power.isZero) pairs.push([power.times(new Rational(binomial)), powers]);
      binomial = (binomial * BigInt(k)) / BigInt(exponent - k + 1);
    }
    return Polynomial.of(variables, pairs);
  }

  /** A name in a sentence: as it is if it is a word, else in quotation marks, since `x - y` is allowed as a name. */
  function quoted(name) {
    if (/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) return name;
    const ascii = Array.from(name.slice(0, 40), (letter) => escaped(letter)).join("");
    const mark = ascii.includes("'") && !ascii.includes('"') ? '"' : "'";
    const inner = mark === "'" ? ascii.replaceAll("'", "\\'") : ascii;
    return name.length <= 40 ? `${mark}${inner}${mark}` : `${mark}${inner}${mark}... (${[...name].length} characters)`;
  }

  function escaped(letter) {
    const code = letter.codePointAt(0);
    if (letter === "\\") return "\\\\";
    if (code < 128) return letter;
    const digits = code.toString(16);
    if (code < 256) return `\\x${digits.padStart(2, "0")}`;
    return code < 65536 ? `\\u${digits.padStart(4, "0")}` : `\\U${digits.padStart(8, "0")}`;
  }

  return { System, demandOver, quoted };
});
