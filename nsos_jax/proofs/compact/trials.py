"""Gram matrices of smaller systems, and the shortest certificate among those that were proven on the way."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nsos_jax.certificates import InvalidCertificate, SosCertificate
from nsos_jax.polynomials import Polynomial
from nsos_jax.proofs.compact.forms import file_length, tidied
from nsos_jax.proofs.gram_system import GramSystem
from nsos_jax.proofs.rounding import ExactGram, interior_grams, short_gram, snapped_gram, unique_gram
from nsos_jax.solvers import SolverOptions, SolverStatus, SosSolver

MOST_ITERATIONS, PATIENCE, PROMISING = 100, 40, 1e-2
"""Iterations for a system, and after how many one whose margin is still further below 0 is given up."""
DECISIVE = 0.1
"""Width of the bracket of a margin, relative to it, at which it counts as found."""
SECONDS_PER_CUBE, ITERATIONS_AT_ONCE = 4e-9, 20
"""About what an iteration takes per cube of a side on one core, and how many nothing can stop."""
FAILURES = (InvalidCertificate, OverflowError, MemoryError, ArithmeticError, np.linalg.LinAlgError)


@dataclass(frozen=True)
class Point:
    """A proven Gram matrix of a system.

    Attributes:
      system: the equations.
      grams: float64 per block, of 2^-unit p (`GramSystem.unscale`).
    """

    system: GramSystem
    grams: tuple[np.ndarray, ...]


class Trials:
    """Looks for Gram matrices of one polynomial on ever smaller systems.

    Attributes:
      best: the shortest certificate so far.
      count: systems that were tried.
    """

    def __init__(self, polynomial: Polynomial, certificate: SosCertificate, deadline: float) -> None:
        self._polynomial = polynomial
        self._deadline = deadline
        self.best, self._length = certificate, file_length(certificate)
        self.count = 0

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._deadline

    def offer(self, certificate: SosCertificate) -> bool:
        """Keeps a certificate if it is shorter than all before; returns whether the checker accepts it."""
        try:
            certificate = tidied(certificate)
            certificate.verify()
        except FAILURES:
            return False
        length = file_length(certificate)
        if length < self._length:
            self.best, self._length = certificate, length
        return True

    def point(self, system: GramSystem | None, tight: bool = False) -> Point | None:
        """A Gram matrix on the system, proven; None where none was found, or time is up.

        Args:
          system: the equations; None gives None.
          tight: go on until the margin is nearly as large as it can be, for which fewer digits are needed.
        """
        if system is None or self.over or self._too_long(system):
            return None
        self.count += 1
        try:
            return self._unique(system) if system.unique else self._solved(system, tight)
        except FAILURES:
            return None

    def _too_long(self, system: GramSystem) -> bool:
        cost = sum(len(rows) ** 3 for rows in system.rows if len(rows) > 1)
        return time.monotonic() + ITERATIONS_AT_ONCE * SECONDS_PER_CUBE * cost > self._deadline

    def _unique(self, system: GramSystem) -> Point | None:
        exact = unique_gram(system)
        if exact.min_eigenvalue(system.scaling.unit) < -PROMISING or not self._proves(system, exact):
            return None
        return Point(system, _floats(system, exact))

    def _solved(self, system: GramSystem, tight: bool) -> Point | None:
        options = SolverOptions(MOST_ITERATIONS, close_margins=tight, tolerance=DECISIVE if tight else 1e-7)
        solver = SosSolver([system.problem()], options)
        solution = solver.solutions[0]
        while True:
            done = solution.status is not SolverStatus.RUNNING
            if (solution.lower > 0 and done) or (not tight and not done and solution.iterations):
                found = self._rounded(system, solver, solution.lower)
                if found:
                    return found
            hopeless = solution.iterations >= PATIENCE and solution.lower < -PROMISING
            if done or hopeless or self.over:
                return self._rounded(system, solver, solution.lower) if tight and solution.lower > 0 else None
            for _ in solver.advance():
                pass

    def _rounded(self, system: GramSystem, solver: SosSolver, lower: float) -> Point | None:
        grams = system.unscale(solver.gram(0))
        for exact in _short_grams(system, grams, lower):
            if self._proves(system, exact):
                return Point(system, grams)
        return None

    def _proves(self, system: GramSystem, exact: ExactGram) -> bool:
        return self.offer(SosCertificate.create(self._polynomial, exact.blocks(system)))


def _short_grams(system: GramSystem, grams: tuple[np.ndarray, ...], lower: float) -> Iterator[ExactGram]:
    """Roundings, on the coarsest grid that seems to do first; to small denominators where there is no interior."""
    if lower > 0:
        margin = system.unscaled_margin(lower)
        if (coarse := short_gram(system, grams, margin)) is not None:
            yield coarse
        yield from interior_grams(system, grams, margin)
    elif lower > -PROMISING and (snapped := snapped_gram(system, grams)) is not None:
        yield snapped


def _floats(system: GramSystem, exact: ExactGram) -> tuple[np.ndarray, ...]:
    """The exact matrix in the units of `Point.grams`, up to a common factor; only ratios are taken from it."""
    found = []
    for gram in exact.grams:
        largest = max(int(np.abs(gram).max(initial=0)), 1)
        found.append((gram / largest).astype(np.float64) * (largest / exact.denominator))
    return tuple(found)
