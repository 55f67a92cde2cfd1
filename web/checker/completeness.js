nsos.define("checker/completeness", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { keyOf } = use("checker/polynomial");
  const limits = use("checker/limits");

  /**
   * Refuses unless, whatever squares add up to p, their monomials are in the basis: the rule of docs/certificates.md.
   * Half-spaces are lists of BigInt.
   */
  function checkComplete(context, p, basis, halfspaces) {
    context.report("basis: is it complete?", 0);
    const support = p.support();
    const left = new Map(uncut(support, context.variables, halfspaces).map((powers) => [keyOf(powers), powers]));
    const doubles = new Map([...left].map(([key, powers]) => [key, powers.map((power) => 2 * power)]));
    const isNeeded = (key) => p.coefficient(doubles.get(key)).sign > 0 || isProductOfOthers(key, left, doubles);
    for (;;) {
      const removed = [...left.keys()].filter((key) => !isNeeded(key));
      if (removed.length === 0) break;
      removed.forEach((key) => left.delete(key));
      context.report("basis: is it complete?", 0.5);
    }
    const known = new Set(basis.map(keyOf));
    const missing = [...left.keys()].filter((key) => !known.has(key)).length;
    demand(missing === 0, `basis: not proven complete, ${missing} monomials are missing`);
    context.pass(`basis: its ${basis.length} monomials are all that squares which add up to p can have`);
  }

  function isProductOfOthers(key, left, doubles) {
    const double = doubles.get(key);
    for (const [other, powers] of left) {
      if (other === key) continue;
      const partner = double.map((power, i) => power - powers[i]);
      if (partner.every((power) => power >= 0) && left.has(keyOf(partner))) return true;
    }
    return false;
  }

  /** The monomials m of the box 2 m_i <= max a_i over the support that no half-space cuts off. */
  function uncut(support, variables, halfspaces) {
    const tops = Array.from({ length: variables }, (_, i) =>
      Math.floor(support.reduce((most, a) => Math.max(most, a[i]), 0) / 2),
    );
    const dot = (w, powers) => powers.reduce((total, power, i) => total + w[i] * BigInt(power), 0n);
    const cuts = halfspaces.map((w) => ({ w, bound: support.map((a) => dot(w, a)).reduce((a, b) => (a > b ? a : b)) }));
    let points = [{ powers: [], sums: cuts.map(() => 0n) }];
    tops.forEach((top, i) => {
      demand(points.length * (top + 1) <= limits.candidates, "halfspaces: too many monomials are left to look at");
      const rooms = cuts.map(({ w, bound }) => bound - lowest(w, tops, i + 1));
      const next = [];
      for (const { powers, sums } of points) {
        for (let power = 0; power <= top; power += 1) {
          const more = sums.map((sum, k) => sum + 2n * cuts[k].w[i] * BigInt(power));
          if (more.every((sum, k) => sum <= rooms[k])) next.push({ powers: [...powers, power], sums: more });
        }
      }
      points = next;
    });
    return points.map(({ powers }) => powers);
  }

  /** The least value of 2 w.m over the variables from `first` on. */
  function lowest(w, tops, first) {
    let total = 0n;
    for (let i = first; i < tops.length; i += 1) if (w[i] < 0n) total += 2n * w[i] * BigInt(tops[i]);
    return total;
  }

  return { checkComplete };
});
