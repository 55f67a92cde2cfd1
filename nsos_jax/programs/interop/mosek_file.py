"""Programs as MOSEK tasks, which are built and written without a licence."""

from pathlib import Path

import mosek
import numpy as np

from nsos_jax.programs.backends import mosek_task
from nsos_jax.programs.interop.plain import objective_constant, plain_problem, unknown_names
from nsos_jax.programs.modelling import SosProgram

SUFFIXES = (".cbf", ".ptf", ".task", ".jtask")


def to_mosek_task(program: SosProgram, path: str | Path | None = None) -> mosek.Task:
    """The task, written to a file if a path is given; its first variables are the unknowns, by name.

    Raises:
      ValueError: another ending than those of `SUFFIXES`, or a folder that does not exist.
    """
    problem = plain_problem(program)
    target = None if path is None else Path(path)
    if target is not None and target.suffix not in SUFFIXES:
        raise ValueError(f"path: got {str(target)!r}, wanted one that ends in {', '.join(SUFFIXES)}")
    if target is not None and not target.parent.is_dir():
        raise ValueError(f"path: got {str(target)!r}, wanted one in a folder that exists")
    task = mosek_task(problem)
    for index, name in enumerate(unknown_names(program, problem)):
        task.putvarname(index, name)
    task.putcfix(objective_constant(program))
    if program.objective.sense == "minimize":
        costs = -np.array(task.getc())
        task.putclist(np.arange(len(costs), dtype=np.int32), costs)
        task.putobjsense(mosek.objsense.minimize)
    if target is not None:
        task.writedata(str(target))
    return task
