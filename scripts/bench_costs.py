"""What inputs of all commands were expected to cost when batches are made for workers, and what they took.

    OMP_NUM_THREADS=1 python scripts/bench_costs.py [--count 8]

Processor seconds of this process for one input each, after a first one that may compile, and with them what one unit of
`nsos_jax/command/sharing/costs.py` took. A batch may cost 64 x 40^3 units. nsos certify solves --count polynomials
together; planted sums of squares, systems of cubic dampers, and the certificates that are found.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from machine import describe_machine
from tables import count, make_console, make_table

import nsos_jax as nsos
from nsos_jax.command.sharing import cost_of_checking, cost_of_polynomial, cost_of_program, cost_of_question
from nsos_jax.control import Question
from nsos_jax.programs import SolveOptions, StatedProblem, answer_problem
from nsos_jax.sampling import plant

SIZES = ((2, 4, 6), (2, 8, 15), (3, 6, 20), (3, 8, 35), (4, 6, 35))
"""(n, degree, basis)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=count, default=8, help="of polynomials of a size (default 8)")
    given = parser.parse_args()
    console = make_console()
    console.print(describe_machine("nsos-jax", "jax", "numpy"), highlight=False)
    table = make_table("expected and taken", "input", "cost", "ms", "ns of a unit")
    for name, cost, seconds in (*polynomials(given.count), *questions()):
        table.add_row(name, f"{cost:,.0f}", f"{1e3 * seconds:.2f}", f"{1e9 * seconds / cost:.0f}")
    console.print(table)


def polynomials(total: int) -> Iterator[tuple[str, float, float]]:
    """Certified, bounded and verified: what it is, its cost, and seconds for each."""
    rng = np.random.default_rng(0)
    for n, degree, basis in SIZES:
        planted = [plant(rng, n, degree, basis, "dense").polynomial for _ in range(total)]
        name = f"n {n}, degree {degree}, basis {basis}"
        seconds, results = warm(lambda planted=planted: nsos.certify_batch(planted))
        yield f"certify, {name}", mean(cost_of_polynomial(str(p)) for p in planted), seconds / total
        certificates = [found.certificate for found in results if found.certificate is not None]
        seconds, _ = warm(lambda certificates=certificates: [found.verify() for found in certificates])
        yield f"verify, {name}", mean(cost_of_checking(c.to_dict()) for c in certificates), seconds / len(certificates)
        stated = {"variables": list(planted[0].variables), "minimize": str(planted[0])}
        problem = StatedProblem.read(stated).check()
        seconds, _ = warm(lambda problem=problem: answer_problem(problem, SolveOptions()))
        yield f"bound, {name}", cost_of_program(stated), seconds


def questions() -> Iterator[tuple[str, float, float]]:
    """The same of questions of control."""
    for n, degree in ((1, 2), (2, 2), (2, 4), (3, 2), (3, 4)):
        states = [f"x{i}" for i in range(n)]
        dynamics = [f"-{x}^3 - {x}" for x in states]
        yield question({"question": "lyapunov", "states": states, "dynamics": dynamics, "degree": degree})
    van_der_pol = {"states": ["x", "y"], "dynamics": ["-y", "x + x^2*y - y"]}
    for degree in (2, 4):
        yield question({"question": "region_of_attraction", **van_der_pol, "degree": degree})


def question(stated: dict[str, Any]) -> tuple[str, float, float]:
    asked = Question.read(stated)
    seconds, _ = warm(lambda: asked.ask(SolveOptions()))
    name = f"{stated['question']}, {len(stated['states'])} states, degree {stated['degree']}"
    return name, cost_of_question(stated), seconds


def warm(call: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds of the second call, and what it returns."""
    call()
    started = time.process_time()
    found = call()
    return time.process_time() - started, found


def mean(numbers: Iterator[float]) -> float:
    return float(np.mean(list(numbers)))


if __name__ == "__main__":
    main()
