"""Many different programs in one batch."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from nsos_jax.option_changes import changed
from nsos_jax.programs.batches.group import BACKEND, Group, Plans
from nsos_jax.programs.batches.shared import SharedProgram
from nsos_jax.programs.batches.structure import Numbers, ProgramStructure, Slots
from nsos_jax.programs.equations import Contradiction
from nsos_jax.programs.modelling import SosProgram
from nsos_jax.programs.moving import MovedProgram
from nsos_jax.programs.options import SolveOptions
from nsos_jax.programs.results import ProgramResult, ProgramStatus
from nsos_jax.programs.solve import solve_program
from nsos_jax.solvers import GramProgram, ProgramSolution, SolverOptions
from nsos_jax.solvers import solve_programs as solve_gram_programs

FEW = 4
"""Programs of one structure below which each is solved by itself."""
SHARPER = 0.125
"""Of the wanted gap between proven bounds: the gap at which the solver stops."""
SHARPEST = 1e-10
"""Below it float64 gives out."""
ROUGH = 0.01
"""The accuracy of margins, from which nothing but a point inside the cone is wanted."""
FINE = 1e-9
"""The same at nearly the best value, where margins are small."""


def solve_programs(
    programs: Sequence[SosProgram], options: SolveOptions | None = None, **changes: Any
) -> list[ProgramResult]:
    """Solves many programs and proves each answer as `SosProgram.solve` does, in order.

    Programs with the same supports, sets, bases and unknowns share their equations and are solved and rounded together
    by the batched interior-point method of `solvers`. What is not proven in this way, and structures of fewer than 4
    programs, go through `solve` one by one.

    Args:
      programs: any.
      options: the time limit is for each program that is solved by itself.
      **changes: fields of `SolveOptions`.

    >>> programs = []
    >>> for number in range(1, 6):
    ...     program = SosProgram("x")
    ...     (x,), g = program.indeterminates, program.scalar("g")
    ...     program.sos(x**4 - number * x**2 - g)
    ...     program.maximize(g)
    ...     programs.append(program)
    >>> [round(result.value, 4) for result in solve_programs(programs)]
    [-0.25, -1.0, -2.25, -4.0, -6.25]
    """
    if isinstance(programs, SosProgram):
        raise TypeError("programs must be a list of SosProgram, got one; put it in brackets")
    programs, options = list(programs), changed(options or SolveOptions(), changes)
    for index, program in enumerate(programs):
        if not isinstance(program, SosProgram):
            raise TypeError(f"programs[{index}]: got {type(program).__name__}, wanted an SosProgram")
    results: dict[int, ProgramResult] = {}
    if options.backend in ("auto", BACKEND):
        results = solve_groups(groups_of(programs, options), options)
    return [
        finished(program, results.get(index), options, partial(programs.__getitem__, index))
        for index, program in enumerate(programs)
    ]


def groups_of(programs: Sequence[SosProgram], options: SolveOptions) -> list[Group]:
    """The programs that share enough; others are in no group."""
    least = 1 if options.backend == BACKEND else FEW
    by_structure: defaultdict[ProgramStructure, list[int]] = defaultdict(list)
    for index, program in enumerate(programs):
        if all(constraint.cone == "psd" for constraint in program.constraints):
            by_structure[ProgramStructure.of(program)].append(index)
    groups = []
    for indices in by_structure.values():
        if len(indices) < least:
            continue
        first = programs[indices[0]]
        numbers, slots, rest = Numbers.of([programs[index] for index in indices]), Slots.of(first), np.array(indices)
        while len(rest) >= least:
            group, others = shared_group(programs[rest[0]], slots, numbers, rest, options)
            if group is not None and len(group.indices) >= least:
                groups.append(group)
            rest, numbers = rest[others], numbers.take(others)
    return groups


def shared_group(
    program: SosProgram, slots: Slots, numbers: Numbers, indices: np.ndarray, options: SolveOptions
) -> tuple[Group | None, np.ndarray]:
    """The programs that share their equations with the first, and which do not, bool [B]."""
    others = np.ones(len(indices), bool)
    others[0] = False
    if MovedProgram.of(program) is not None:
        return None, others
    steady = (
        numbers.numerators * numbers.denominators[0] == numbers.numerators[:1] * numbers.denominators[:, None]
    ).all(axis=0)
    try:
        shared = SharedProgram(program, slots, steady)
    except Contradiction:
        return None, others
    if not shared.blocks:
        return None, others
    same = numbers.agreeing(shared.fixed)
    return Group(Plans(shared), indices[same].tolist(), numbers.take(same), options), ~same


def solve_groups(groups: Sequence[Group], options: SolveOptions) -> dict[int, ProgramResult]:
    """What was proven, by index."""
    start = time.monotonic()
    find_points(groups, options)
    proven = [(group, group.proven()) for group in groups]
    seconds = (time.monotonic() - start) / max(1, sum(len(group.indices) for group in groups))
    return {
        index: replace(result, seconds=seconds)
        for group, results in proven
        for index, result in zip(group.indices, results, strict=True)
        if result is not None
    }


def find_points(groups: Sequence[Group], options: SolveOptions) -> None:
    """Solves all programs of all groups in floating point, in one batch for each accuracy."""
    for costly, tolerance in ((True, max(SHARPER * options.tolerance, SHARPEST)), (False, ROUGH)):
        chosen = [group for group in groups if group.shared.costly is costly]
        asked = [group.gram_programs() for group in chosen]
        for group, solutions in zip(chosen, _solutions(asked, tolerance), strict=True):
            group.take(solutions)
    levels = _solutions([group.level_programs() for group in groups], FINE)
    for group, solutions in zip(groups, levels, strict=True):
        group.take_levels(solutions)


def _solutions(asked: Sequence[Sequence[GramProgram]], tolerance: float) -> list[list[ProgramSolution]]:
    """In one batch."""
    solutions = iter(
        solve_gram_programs([program for part in asked for program in part], SolverOptions(tolerance=tolerance))
    )
    return [[next(solutions) for _ in part] for part in asked]


def finished(
    program: SosProgram, known: ProgramResult | None, options: SolveOptions, alone: Callable[[], SosProgram]
) -> ProgramResult:
    """The answer from the batch, or a better one of the program alone.

    Args:
      program: any of its structure.
      alone: makes it.
    """
    bounded = options.bounds and program.objective.expression is not None
    wanted = ProgramStatus.OPTIMAL if bounded else ProgramStatus.FEASIBLE
    if known is not None and known.status is wanted:
        return known
    other = solve_program(alone(), options)
    return other if known is None or other.certificate is not None else known
