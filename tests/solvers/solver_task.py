"""Solves a fixed set of problems and prints status, bounds and iterations: run by `test_devices.py`. All is
compiled, as it is for several devices: NumPy rounds differently.

Arguments: nothing, or the address, number and index of the processes.
"""

import sys

import jax
import numpy as np
from gram_problems import CUBIC, PROBLEMS, gram_problem
from jax.sharding import Mesh

from nsos_jax.solvers.batch import SolverOptions
from nsos_jax.solvers.processes import solve_everywhere


def main() -> None:
    if len(sys.argv) > 1:
        jax.distributed.initialize(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    devices = jax.local_devices()
    mesh = Mesh(np.array(devices), ("problems",)) if len(devices) > 1 else None
    problems = [*PROBLEMS.values(), *(gram_problem([CUBIC], seed, rank=3) for seed in range(9))]
    for solution in solve_everywhere(problems, SolverOptions(mesh=mesh, compile_after=0.0)):
        print("found", solution.status.name, solution.lower.hex(), solution.upper.hex(), solution.iterations)


if __name__ == "__main__":
    main()
