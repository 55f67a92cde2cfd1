"""Solves a fixed set of problems and prints status, bounds and iterations: run by `test_devices.py`. All is
compiled, as it is for several devices: NumPy rounds differently.

Arguments: nothing, or the address, number and index of the processes; these also solve fewer problems than they are,
shares that fail in one of them, and shares that fail in all.
"""

import sys
import warnings

import jax
import numpy as np
from gram_problems import CUBIC, PROBLEMS, gram_problem
from jax.sharding import Mesh

from nsos_jax.solvers import processes
from nsos_jax.solvers.options import SolverOptions
from nsos_jax.solvers.processes import solve_everywhere


def main() -> None:
    if len(sys.argv) > 1:
        jax.distributed.initialize(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    devices = jax.local_devices()
    mesh = Mesh(np.array(devices), ("problems",)) if len(devices) > 1 else None
    problems = [*PROBLEMS.values(), *(gram_problem([CUBIC], seed, rank=3) for seed in range(9))]
    options = SolverOptions(mesh=mesh, compile_after=0.0)
    tell("found", solve_everywhere(problems, options))
    if len(sys.argv) > 1:
        try_failures(problems, options)


def try_failures(problems, options) -> None:
    tell("few", solve_everywhere(problems[:1], options))
    tell("none", solve_everywhere([], options))
    solve, own = processes.solve_batch, jax.process_index()
    processes.solve_batch = lambda *arguments: fail() if own == 1 else solve(*arguments)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        tell("others", solve_everywhere(problems[:5], options))
    print("warned", said[0].message)
    processes.solve_batch = lambda *arguments: fail()
    for given in (problems, problems[own:]):
        try:
            solve_everywhere(given, options)
        except (RuntimeError, ValueError) as error:
            print("raised", error)


def fail():
    raise MemoryError(f"as process {jax.process_index()} was told")


def tell(name, solutions) -> None:
    for solution in solutions:
        print(name, solution.status.name, solution.lower.hex(), solution.upper.hex(), solution.iterations)


if __name__ == "__main__":
    main()
