"""Would warm starts by a model pay? An oracle first: `python scripts/warm_starts.py [--draws 3]`.

The margin problem of planted polynomials on their planted basis is solved to its optimum; then it is solved again from
that Gram matrix and these moments, with Gaussian noise on each entry of the size of its block (or of the moments) times
a share. No model can predict more. The table has median iterations until the sign of the margin is known (or that it is
0), of 2,000 at most, and in how many draws it is; with 0 iterations the Gram matrix of minimum norm decides.
"""

import argparse
import statistics

import numpy as np
from learning_cells import Cell, draw
from tables import count, make_console, make_table

from nsos_jax.proofs import GramSystem
from nsos_jax.solvers import SolverOptions, SolverStatus, SosProblem, SosSolver, WarmStart

CELLS = (
    Cell("sparse", "crowded", 50),
    Cell("sparse", "even", 50),
    Cell("cliques", "crowded", 50),
    Cell("low rank", "crowded", 30),
    Cell("few squares", "crowded", 30),
    Cell("low rank", "even", 20),
    Cell("few squares", "even", 30),
)
NOISE = (0.0, 1e-4, 1e-2, 1e-1)
KNOWN = SolverStatus.FEASIBLE, SolverStatus.INFEASIBLE, SolverStatus.BOUNDARY


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=count, default=3, help="per cell (default 3)")
    options = parser.parse_args()
    headers = "cold", *(f"both, {noise:g}" for noise in NOISE), *(f"Gram, {noise:g}" for noise in NOISE)
    table = make_table("Iterations until the sign of the margin is known, and in how many draws", "cell", *headers)
    for cell in CELLS:
        problems = [_problem(cell, number) for number in range(options.draws)]
        best = [_optimum(problem) for problem in problems]
        rng = np.random.default_rng(0)
        cells = [_shown([iterations(problem, None) for problem in problems])]
        for moments in (True, False):
            for noise in NOISE:
                starts = [disturbed(start, noise, moments, rng) for start in best]
                cells.append(_shown([iterations(p, start) for p, start in zip(problems, starts, strict=True)]))
        table.add_row(cell.name, *cells)
    make_console().print(table)


def _problem(cell: Cell, number: int) -> SosProblem:
    planted = draw(cell, number)
    return GramSystem.build(planted.polynomial, planted.basis).problem()


def _optimum(problem: SosProblem) -> WarmStart:
    solver = SosSolver([problem], SolverOptions(close_margins=True, tolerance=1e-9))
    solver.run()
    return WarmStart(solver.gram(0), solver.moments(0))


def disturbed(start: WarmStart, noise: float, moments: bool, rng: np.random.Generator) -> WarmStart:
    """The start with noise, and without moments if these are not wanted."""
    grams = []
    for gram in start.grams:
        error = rng.standard_normal(gram.shape) * noise * float(np.sqrt((gram**2).mean()))
        grams.append(gram + (error + error.T) / np.sqrt(2))
    if not moments or start.moments is None:
        return WarmStart(tuple(grams))
    size = float(np.sqrt((start.moments**2).mean()))
    return WarmStart(tuple(grams), start.moments + noise * size * rng.standard_normal(start.moments.shape))


def iterations(problem: SosProblem, start: WarmStart | None) -> tuple[int, bool]:
    """Iterations of the solver, and whether the sign of the margin is known then."""
    solver = SosSolver()
    solver.add(problem, start)
    (solution,) = solver.run()
    return solution.iterations, solution.status in KNOWN


def _shown(found: list[tuple[int, bool]]) -> str:
    return f"{statistics.median(count for count, _ in found):.0f} ({sum(known for _, known in found)})"


if __name__ == "__main__":
    main()
