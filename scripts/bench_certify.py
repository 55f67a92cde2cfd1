"""Certification against peers on the same planted instances: `python scripts/bench_certify.py [--quick]`.

Peers, all measured in this run:
  Clarabel      margin problem on the same planted basis (CVXPY model, `nsos_jax.solvers.reference`)
  Drake         MathematicalProgram.AddSosConstraint with its own basis, solved by Clarabel (`pip install drake`)
  SumOfSquares  the PyPI package (PICOS, CVXOPT), `SOSProblem.add_sos_constraint` with its own basis
A peer that is not installed is left out; one that fails or reaches the limit is shown as 0 proven. Peers answer with
floating point statuses; ours includes the exact proof and its verification. Compilation is not counted.
"""

import argparse
import statistics
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec

import numpy as np
from machine import answers, describe_machine
from rich.table import Table
from tables import make_console, timed

import nsos_jax as nsos
from nsos_jax.proofs import GramSystem
from nsos_jax.sampling import Planted, plant
from nsos_jax.solvers import solve_reference

PACKAGES = "nsos-jax", "jax", "numpy", "clarabel", "scs", "drake", "SumOfSquares"
CELLS = ((4, 6, 20), (6, 12, 30), (8, 20, 30), (6, 20, 60))


def main() -> None:
    options = _options()
    console = make_console()
    console.print(describe_machine(*PACKAGES), highlight=False)
    table = Table("n, degree, basis", "who", "proven", "median s", "times ours, batch", "times ours, single")
    for cell in CELLS if not options.quick else CELLS[1:2]:
        draws = [plant(np.random.default_rng((*cell, i)), *cell, "dense") for i in range(options.batch)]
        rows = list(_ours(draws)) + list(_peers(draws, cell, options))
        batch, single = rows[0][2], rows[1][2]
        for who, proven, seconds in rows:
            ratios = f"{seconds / batch:.1f}", f"{seconds / single:.1f}"
            table.add_row(", ".join(map(str, cell)), who, proven, f"{seconds:.4f}", *ratios)
        table.add_section()
    console.print(table)
    console.print(_throughput((6, 12, 30), 256), highlight=False)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=32, help="instances per cell (default 32)")
    parser.add_argument("--peer-runs", type=int, default=3, help="instances per peer and cell (default 3, 0: no peers)")
    parser.add_argument("--peer-limit", type=float, default=120, help="seconds after which a peer is stopped")
    parser.add_argument("--quick", action="store_true", help="the (6, 12, 30) cell only")
    return parser.parse_args()


def _ours(draws: list[Planted]) -> Iterable[tuple[str, str, float]]:
    polynomials = [draw.polynomial for draw in draws]
    nsos.certify_batch(polynomials)
    times = []
    for _ in range(3):
        seconds, results = timed(lambda: nsos.certify_batch(polynomials))
        times.append(seconds / len(draws))
    proven = sum(result.status is nsos.Status.SOS for result in results)
    yield "ours, batch", f"{proven}/{len(draws)}", statistics.median(times)
    nsos.certify(polynomials[0])
    singles = [timed(lambda p=p: nsos.certify(p)) for p in polynomials[:16]]
    proven = sum(result.status is nsos.Status.SOS for _, result in singles)
    yield "ours, single", f"{proven}/{len(singles)}", statistics.median(seconds for seconds, _ in singles)


def _peers(draws: list[Planted], cell: tuple[int, int, int], options: argparse.Namespace):
    peers: dict[str, Callable[[Planted], bool]] = {"Clarabel, same basis": _clarabel}
    if find_spec("pydrake"):
        peers["Drake, own basis"] = _drake
    if find_spec("SumOfSquares"):
        peers["SumOfSquares, own basis"] = _sum_of_squares
    for name, solve in peers.items() if options.peer_runs else ():
        runs = []
        for draw in draws[: options.peer_runs]:
            runs.append(_limited(solve, draw, options.peer_limit))
            if not runs[-1][1]:
                break
        print(f"{cell}: {name}: {runs}", flush=True)
        yield name, f"{sum(ok for _, ok in runs)}/{len(runs)}", statistics.median(seconds for seconds, _ in runs)


def _limited(solve: Callable[[Planted], bool], draw: Planted, limit: float) -> tuple[float, bool]:
    """(seconds, proven) of a peer, which is stopped at the limit; imports are not counted."""
    try:
        return next(answers(limit, _answer, solve, draw), (limit, False))
    except TimeoutError:
        return limit, False


def _answer(solve: Callable[[Planted], bool], draw: Planted) -> Iterator[tuple[float, bool] | None]:
    solve(plant(np.random.default_rng(0), 2, 2, 2, "dense"))
    yield None
    yield timed(lambda: solve(draw))


def _clarabel(draw: Planted) -> bool:
    problem = GramSystem.build(draw.polynomial, draw.basis).problem()
    return solve_reference(problem, "CLARABEL").margin > 0


def _drake(draw: Planted) -> bool:
    from pydrake.solvers import ClarabelSolver, MathematicalProgram
    from pydrake.symbolic import Monomial, Polynomial, Variable, Variables

    x = [Variable(name) for name in draw.polynomial.variables]
    terms = zip(draw.polynomial.exponents.tolist(), draw.polynomial.float_coefficients.tolist(), strict=True)
    program = MathematicalProgram()
    program.AddIndeterminates(np.array(x))
    used = {Monomial({v: e for v, e in zip(x, row, strict=True) if e}): value for row, value in terms}
    expression = sum(value * monomial.ToExpression() for monomial, value in used.items())
    program.AddSosConstraint(Polynomial(expression, Variables(x)))
    return bool(ClarabelSolver().Solve(program, None, None).is_success())


def _sum_of_squares(draw: Planted) -> bool:
    from picos import SolutionFailure
    from SumOfSquares import SOSProblem

    expression = draw.polynomial.to_sympy()
    problem = SOSProblem()
    problem.add_sos_constraint(expression, sorted(expression.free_symbols, key=str))
    try:
        return problem.solve(solver="cvxopt").claimedStatus == "optimal"
    except SolutionFailure:
        return False


def _throughput(cell: tuple[int, int, int], size: int, rounds: int = 7) -> str:
    polynomials = [plant(np.random.default_rng((*cell, i, 1)), *cell, "dense").polynomial for i in range(size)]
    nsos.certify_batch(polynomials)
    rates = []
    for _ in range(rounds):
        seconds, results = timed(lambda: nsos.certify_batch(polynomials))
        rates.append(sum(result.status is nsos.Status.SOS for result in results) / seconds)
    stages = {name: sum(result.seconds.get(name, 0.0) for result in results) / size for name in results[0].seconds}
    by_stage = ", ".join(f"{name} {1000 * seconds:.1f}" for name, seconds in stages.items())
    spread = f"median {statistics.median(rates):.1f} of {rounds} ({min(rates):.1f} to {max(rates):.1f})"
    return f"batch of {size} at {cell}: {spread} proven polynomials per second; ms each by stage: {by_stage}"


if __name__ == "__main__":
    main()
