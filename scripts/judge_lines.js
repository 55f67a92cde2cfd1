// Runs the checker of the proof page under Node.js. Each line of standard input is a task as JSON: {"text": ...} to judge
// a text (with "squares": true also to make its pictures), {"matrix": [["1", ...], ...]} to decide whether a matrix is
// positive semidefinite, or {"quotient": ["1", "3"], "digits": 9} to write a number as decimals; each line of the output
// is the answer, with the processor time of a check in seconds.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const web = path.join(__dirname, "..", "web");
require(path.join(web, "modules.js"));
const page = fs.readFileSync(path.join(web, "index.html"), "utf8");
for (const [, script] of page.matchAll(/src="((?:checker|picture)\/[^"]+\.js)"/g)) require(path.join(web, script));

const { judge } = nsos.use("checker/judge");
const { Rational } = nsos.use("checker/rational");
const { NEAREST, DOWN, UP, decimalText } = nsos.use("checker/decimals");
const { isPsd, isPsdByElimination } = nsos.use("checker/matrices/psd");
const { viewOf } = nsos.use("picture/view");
const { squaresOf } = nsos.use("picture/squares");
const { expanded } = nsos.use("checker/blocks");
const { Polynomial } = nsos.use("checker/polynomial");

/** Whether the squares that are shown of a block add up to what the checker expands. */
function addUp(gram, variables) {
  if (gram.field !== undefined || gram.isMoment) return true;
  const roots = squaresOf(gram).map(({ weight, root }) => [
    weight,
    Polynomial.of(
      variables,
      root.map(([powers, value]) => [value, powers]),
    ),
  ]);
  return Polynomial.sum(
    variables,
    roots.map(([weight, root]) => [weight, root.times(root)]),
  ).equals(expanded(gram, variables));
}

function answer({ text, matrix, squares, quotient, digits }) {
  if (quotient !== undefined) {
    const value = new Rational(...quotient.map(BigInt));
    return { decimals: [NEAREST, DOWN, UP].map((rounding) => decimalText(value, digits, rounding)) };
  }
  if (matrix !== undefined) {
    const rows = matrix.map((row) => row.map(BigInt));
    return { psd: isPsd(rows), byElimination: isPsdByElimination(rows, () => {}) };
  }
  const began = process.cpuUsage();
  const { verdict, reason, proven } = judge(text);
  const { user, system } = process.cpuUsage(began);
  const found = {
    verdict,
    reason,
    seconds: (user + system) / 1e6,
    theorems: proven.map(({ theorem }) => theorem),
    kinds: proven.map(({ kind }) => kind),
  };
  if (!squares) return found;
  const right = proven.every(({ context }) => context.grams.every((gram) => addUp(gram, context.variables)));
  return {
    ...found,
    addUp: right,
    views: proven.map(viewOf).map((view) => ({ squares: view.squares, polynomials: view.polynomials })),
  };
}

for (const line of fs.readFileSync(0, "utf8").split("\n")) {
  if (line !== "") process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
}
