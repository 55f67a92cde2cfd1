nsos.define("checker/kinds/sos_over_field", (use) => {
  "use strict";
  const { demand } = use("checker/invalid");
  const { Polynomial, productOf } = use("checker/polynomial");
  const { Rational } = use("checker/rational");
  const { Field } = use("checker/field");
  const { readKeys, readList, readMonomials } = use("checker/reader");
  const { readSymmetric } = use("checker/blocks");
  const { countText } = use("checker/context");

  /** p = sum of z'Qz with Q over a real number field, positive semidefinite at its root. */
  function check(context, p, fieldValue, blocks) {
    const field = new Field(fieldValue);
    context.pass(`field: m has degree ${field.degree}, is irreducible, and has exactly one root θ in the interval`);
    context.fact("theta", field.describe());
    context.show("polynomial", p, "p");
    const parts = Array.from({ length: field.degree }, () => new Polynomial(context.variables));
    readList(blocks, "blocks").forEach((item, k) => {
      const place = `blocks[${k}]`;
      const [rows, gram] = readKeys(item, ["basis", "gram"], place);
      const basis = readMonomials(rows, context.variables, `${place}.basis`);
      const matrix = readSymmetric(
        gram,
        basis.length,
        `${place}.gram`,
        (entry) => field.readElement(entry, `${place}.gram`),
        field.zero,
      );
      const isPsd = field.isPsd(matrix, (fraction) =>
        context.report(`${place}: is it positive semidefinite?`, fraction),
      );
      demand(isPsd, `${place}.gram: not positive semidefinite`);
      context.pass(`${place}: its matrix of side ${basis.length} is positive semidefinite, by LDL' over the field`);
      context.grams.push({ title: place, basis, matrix, field });
      addParts(parts, basis, matrix);
    });
    parts.forEach((part, power) => {
      context.demandSame(
        part,
        power === 0 ? p : new Polynomial(context.variables),
        "blocks: their sum is not the polynomial",
      );
    });
    context.pass(
      `the blocks add up to p at θ⁰, and to 0 at the other powers of θ (${countText(p.support().length, "monomial")})`,
    );
    return {
      sentence: "sos_over_field: p is a sum of squares over the real numbers",
      theorem: "p is a sum of squares of real polynomials. So p(x) ≥ 0 for all real x.",
      tex: "p = \\textstyle\\sum_k c_k f_k^2,\\quad c_k > 0,\\quad c_k, f_k \\text{ over } \\mathbb{Q}(\\theta)",
    };
  }

  function addParts(parts, basis, matrix) {
    matrix.forEach((row, i) =>
      row.forEach((entry, j) =>
        entry.forEach((value, power) => {
          if (!value.isZero)
            parts[power].add(
              Polynomial.of(parts[power].variables, [[value, productOf(basis[i], basis[j])]]),
              new Rational(1n),
            );
        }),
      ),
    );
  }

  return { kind: "sos_over_field", keys: ["polynomial", "field", "blocks"], statuses: ["SOS over R"], check };
});
