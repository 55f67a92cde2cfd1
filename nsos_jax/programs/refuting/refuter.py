"""Refutations and bounds of one program: a functional deep inside the dual cone, rounded, lifted, checked.

The idea is that of strict feasibility on the dual side: near the functional that a solver found there is one whose
moment matrices are positive definite, or as definite as equalities allow; it bears rounding, and the checker decides.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np
from flint import fmpq
from jaxtyping import Float

from nsos_jax.certificates import (
    Certificate,
    InfeasibleProgramCertificate,
    InvalidCertificate,
    ProgramBoundCertificate,
    ProgramStatement,
)
from nsos_jax.programs.backends import interior_functional
from nsos_jax.programs.equations import ConicForm, Contradiction, Presolved, ProgramSystem, as_double
from nsos_jax.programs.refuting.approach import Approach
from nsos_jax.programs.refuting.evidence import Evidence
from nsos_jax.programs.refuting.faces import THRESHOLDS, Inside, insides, kernels, on_face
from nsos_jax.programs.refuting.lifting import Lifting
from nsos_jax.programs.refuting.rounding import ExactFunctionals, simple_functional
from nsos_jax.proofs import Inconsistent

RESERVES = (2.0**2, 2.0**10, 2.0**30)
"""By how much the values at vanishing diagonals exceed what floating point asks for."""
SHARES = (0.01, 0.1, 0.5, 0.9)
"""Of the room between the optimum and the bound that is wanted, how much is given up for an interior."""

Kind = TypeVar("Kind", bound=Certificate)


class Refuter:
    """What finds functionals for a program."""

    def __init__(self, statement: ProgramStatement, system: ProgramSystem, deadline: float = np.inf) -> None:
        self.system, self.deadline = system, deadline
        self.evidence = Evidence(statement, system)

    def contradicted(self, contradiction: Contradiction) -> InfeasibleProgramCertificate | None:
        """A certificate for what presolve found: the row that nothing cancels, with the other rows that it takes to
        cancel the unknowns in it, and, where monomials were dropped before, a functional inside the dual cone."""
        presolved = without_objective(contradiction.presolved)
        lifting = Lifting(self.system, presolved)
        sign = fmpq(-1 if contradiction.constant > 0 else 1)
        found = self._refuted(lifting, {contradiction.row: sign})
        if found is not None or not presolved.steps:
            return found
        for functional in self._inside(presolved, None):
            given = dict(zip(presolved.rows.tolist(), functional, strict=True))
            others, size = _applied(functional, presolved), fmpq(1)
            while size * abs(contradiction.constant) <= others:
                size *= 2
            given[contradiction.row] = given.get(contradiction.row, fmpq(0)) + sign * size
            found = self._refuted(lifting, given)
            if found is not None:
                return found
        return None

    def infeasible(self, presolved: Presolved, margin: float) -> InfeasibleProgramCertificate | None:
        """A certificate where the largest t with Q - t I positive semidefinite is negative."""
        presolved = without_objective(presolved)
        lifting = Lifting(self.system, presolved)
        for functional in self._inside(presolved, margin / 2):
            if _applied(functional, presolved) < 0:
                found = self._refuted(lifting, dict(zip(presolved.rows.tolist(), functional, strict=True)))
                if found is not None:
                    return found
        return None

    def _inside(self, presolved: Presolved, most: float | None) -> Iterator[list[fmpq]]:
        """Functionals with B'L = 0 and a'L below a number that are as definite as possible."""
        central = partial(interior_functional, homogeneous=True, most=most, deadline=self.deadline)
        for inside in insides(presolved, ConicForm.of(presolved), central):
            yield from _roundings(inside)

    def approach(self, presolved: Presolved, form: ConicForm, moments: Float[np.ndarray, " R"]) -> Approach:
        """Ways to the optimum of the dual, from the moments of an optimal point."""
        return Approach(presolved, form, moments, self.deadline)

    def bound(self, approach: Approach, most: fmpq, exactly: fmpq | None) -> ProgramBoundCertificate | None:
        """A bound on the objective c'y, which is to be maximised, without its constant.

        Args:
          approach: of the program.
          most: the largest bound that is wanted; worse ones are given where there is none below it.
          exactly: a bound that is tried first, as the value of an optimal functional; or None.
        """
        constant = approach.presolved.cost_constant
        lifting = Lifting(self.system, approach.presolved)
        if exactly is not None:
            for functional in self._optimal(approach, exactly - constant):
                found = self._bounded(lifting, functional, exact=True)
                if found is not None:
                    return found
        for functional in _near_optimal(approach, most - constant):
            found = self._bounded(lifting, functional, exact=False)
            if found is not None:
                return found
        return None

    def _optimal(self, approach: Approach, value: fmpq) -> Iterator[list[fmpq]]:
        """Functionals with exactly this value, near an optimal one: with simple values, or inside the face of the dual
        cone that it lies on."""
        presolved, form, moments = approach.presolved, approach.form, approach.moments
        none = [np.zeros((block.side, 0), dtype=object) for block in form.blocks]
        central = partial(interior_functional, homogeneous=False, deadline=self.deadline)
        try:
            plain = ExactFunctionals(on_face(presolved, form, none, value), form)
        except Inconsistent:
            return
        simple = simple_functional(form.unscaled_moments(moments))
        if plain.hold(simple):
            yield simple
        for threshold in THRESHOLDS:
            vectors = kernels(form, moments, threshold)
            if vectors is not None:
                try:
                    face = on_face(presolved, form, vectors, value)
                except Inconsistent:
                    continue
                for inside in insides(face, ConicForm.of(face), central):
                    yield from _roundings(inside)

    def _refuted(self, lifting: Lifting, given: dict[int, fmpq]) -> InfeasibleProgramCertificate | None:
        return _accepted(self.evidence.refutation(lifting.lift(given, {}, reserve)) for reserve in _reserves(lifting))

    def _bounded(self, lifting: Lifting, functional: Sequence[fmpq], exact: bool) -> ProgramBoundCertificate | None:
        given = dict(zip(lifting.presolved.rows.tolist(), functional, strict=True))
        lifted = (lifting.lift(given, self.system.cost, reserve) for reserve in _reserves(lifting))
        return _accepted(self.evidence.bound(one, exact) for one in lifted)


def _reserves(lifting: Lifting) -> Sequence[float]:
    return RESERVES if lifting.directions else RESERVES[:1]


def _accepted(certificates: Iterator[Kind]) -> Kind | None:
    """The first that the checker accepts; None also where the numbers are too large for floating point."""
    try:
        for certificate in certificates:
            try:
                certificate.verify()
            except InvalidCertificate:
                continue
            return certificate
    except OverflowError:
        return None
    return None


def without_objective(presolved: Presolved) -> Presolved:
    """The same with the objective 0."""
    rows = presolved.system.linear
    free = list(dict.fromkeys(unknown for row in rows for unknown in row))
    return replace(presolved, system=replace(presolved.system, cost={}), free=free, cost_constant=fmpq(0))


def _applied(functional: Sequence[fmpq], presolved: Presolved) -> fmpq:
    """a'L."""
    return sum((x * a for x, a in zip(functional, presolved.system.constants, strict=True)), fmpq(0))


def _near_optimal(approach: Approach, limit: fmpq) -> Iterator[list[fmpq]]:
    """Functionals with a'L below the limit, between the solver's and one deep inside, or on the way to the optimum; at
    last others, where no way leads so far."""
    value, most = approach.value, as_double(limit)
    for path in approach:
        deep = path.points[0]
        for share in SHARES if deep.form is approach.form and most > value else ():
            part = min(share * (most - value) / max(deep.value - value, most - value), 1.0)
            yield from _below(limit, deep.moved((1 - part) * approach.moments + part * deep.moments))
        for inside in path:
            yield from _below(limit, inside)
        for inside in reversed(path.points):
            yield from _roundings(inside)


def _below(limit: fmpq, inside: Inside) -> Iterator[list[fmpq]]:
    if inside.value < as_double(limit):
        yield from (found for found in _roundings(inside) if _applied(found, inside.presolved) <= limit)


def _exact(inside: Inside) -> ExactFunctionals | None:
    try:
        return ExactFunctionals(inside.presolved, inside.form)
    except Inconsistent:
        return None


def _roundings(inside: Inside) -> Iterator[list[fmpq]]:
    exact = _exact(inside) if inside.smallest > 0 else None
    if exact is not None:
        yield from exact.candidates(inside.moments, inside.smallest)
