"""Refutations and bounds of one program: a functional deep inside the dual cone, rounded, lifted, checked.

The idea is that of strict feasibility on the dual side: near the functional that a solver found there is one whose
moment matrices are positive definite, or as definite as equalities allow; it bears rounding, and the checker decides.
"""

from collections.abc import Iterator, Sequence
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
from nsos_jax.programs.conic import ConicForm
from nsos_jax.programs.presolve import Contradiction, Presolved
from nsos_jax.programs.refuting.evidence import Evidence
from nsos_jax.programs.refuting.lifting import Lifting
from nsos_jax.programs.refuting.rounding import ExactFunctionals, Kernels, kernels, simple_functional
from nsos_jax.programs.system import ProgramSystem, Row
from nsos_jax.proofs import Inconsistent

THRESHOLDS = (1e-8, 1e-6, 1e-4)
"""Eigenvalues of moment matrices that are taken for 0, relative to the largest one."""
RESERVES = (2.0**2, 2.0**10, 2.0**30)
"""By how much the values at vanishing diagonals exceed what floating point asks for."""
SHARES = (0.01, 0.1, 0.5, 0.9)
"""Of the room between the optimum and the bound that is wanted, how much is given up for an interior."""

Kind = TypeVar("Kind", bound=Certificate)


class Refuter:
    """What finds functionals for a program."""

    def __init__(self, statement: ProgramStatement, system: ProgramSystem, time_limit: float = np.inf) -> None:
        self.system, self.time_limit = system, time_limit
        self.evidence = Evidence(statement, system)

    def contradicted(self, contradiction: Contradiction) -> InfeasibleProgramCertificate | None:
        """A certificate for what presolve found: the row that nothing cancels, with the other rows that it takes to
        cancel the unknowns in it, and, where monomials were dropped before, a functional inside the dual cone."""
        presolved = contradiction.presolved
        lifting = Lifting(self.system, presolved)
        sign = fmpq(-1 if contradiction.constant > 0 else 1)
        found = self._refuted(lifting, {contradiction.row: sign})
        if found is not None or not presolved.steps:
            return found
        form = ConicForm.of(presolved)
        inside = interior_functional(form, homogeneous=True, time_limit=self.time_limit)
        for functional in () if inside is None else _roundings(presolved, form, {}, inside):
            given = dict(zip(presolved.rows.tolist(), functional, strict=True))
            own = abs(contradiction.constant)
            others = sum((x * a for x, a in zip(functional, presolved.system.constants, strict=True)), fmpq(0))
            size = fmpq(1)
            while size * own <= others:
                size *= 2
            given[contradiction.row] = given.get(contradiction.row, fmpq(0)) + sign * size
            found = self._refuted(lifting, given)
            if found is not None:
                return found
        return None

    def infeasible(self, presolved: Presolved, form: ConicForm, margin: float) -> InfeasibleProgramCertificate | None:
        """A certificate where the largest t with Q - t I positive semidefinite is negative."""
        inside = interior_functional(form, homogeneous=True, most=margin / 2, time_limit=self.time_limit)
        if inside is None:
            return None
        lifting = Lifting(self.system, presolved)
        constants = presolved.system.constants
        for functional in _roundings(presolved, form, {}, inside):
            if sum((x * a for x, a in zip(functional, constants, strict=True)), fmpq(0)) < 0:
                found = self._refuted(lifting, dict(zip(presolved.rows.tolist(), functional, strict=True)))
                if found is not None:
                    return found
        return None

    def bound(
        self, presolved: Presolved, form: ConicForm, moments: Float[np.ndarray, " R"], most: fmpq, exactly: fmpq | None
    ) -> ProgramBoundCertificate | None:
        """A bound on the objective c'y, which is to be maximised, without its constant.

        Args:
          presolved: the program.
          form: the same in floating point.
          moments: of an optimal point.
          most: the largest bound that is wanted.
          exactly: a bound that is tried first, as the value of an optimal functional; or None.
        """
        lifting, cost = Lifting(self.system, presolved), presolved.system.cost
        if exactly is not None:
            value = exactly - presolved.cost_constant
            for functional in _optimal(presolved, form, moments, value):
                found = self._bounded(lifting, presolved, functional, exact=True)
                if found is not None:
                    return found
        limit, constants = most - presolved.cost_constant, presolved.system.constants
        for functional in self._near_optimal(presolved, form, moments, _nearest(limit), cost):
            if sum((x * a for x, a in zip(functional, constants, strict=True)), fmpq(0)) <= limit:
                found = self._bounded(lifting, presolved, functional, exact=False)
                if found is not None:
                    return found
        return None

    def _near_optimal(
        self, presolved: Presolved, form: ConicForm, moments: np.ndarray, limit: float, cost: Row
    ) -> Iterator[list[fmpq]]:
        """Functionals with a'L between the optimum and the limit: between an optimal one and one deep inside, or deep
        inside under that limit."""
        value = float(form.rhs @ moments)
        room = limit - value
        if not room > 0:
            return
        size = 1.0 + abs(value)
        deep = interior_functional(form, homogeneous=False, most=value + size, time_limit=self.time_limit)
        if deep is not None:
            distance = max(float(form.rhs @ deep) - value, 0.0)
            for kernel in _kernels(form, deep):
                exact = _exact(presolved, form, cost, kernel)
                for share in SHARES if exact is not None else ():
                    part = min(share * room / distance, 1.0) if distance > 0 else 1.0
                    yield from exact.candidates((1 - part) * moments + part * deep, part * kernel.smallest)
        inside = interior_functional(form, homogeneous=False, most=value + room / 2, time_limit=self.time_limit)
        if inside is not None:
            yield from _roundings(presolved, form, cost, inside)

    def _refuted(self, lifting: Lifting, given: dict[int, fmpq]) -> InfeasibleProgramCertificate | None:
        return _accepted(self.evidence.refutation(lifting.lift(given, {}, reserve)) for reserve in _reserves(lifting))

    def _bounded(
        self, lifting: Lifting, presolved: Presolved, functional: Sequence[fmpq], exact: bool
    ) -> ProgramBoundCertificate | None:
        given = dict(zip(presolved.rows.tolist(), functional, strict=True))
        cost = self.system.cost
        return _accepted(
            self.evidence.bound(lifting.lift(given, cost, reserve), exact) for reserve in _reserves(lifting)
        )


def _reserves(lifting: Lifting) -> Sequence[float]:
    return RESERVES if lifting.directions else RESERVES[:1]


def _accepted(certificates: Iterator[Kind]) -> Kind | None:
    """The first that the checker accepts."""
    for certificate in certificates:
        try:
            certificate.verify()
        except InvalidCertificate:
            continue
        return certificate
    return None


def _kernels(form: ConicForm, moments: Float[np.ndarray, " R"]) -> Iterator[Kernels]:
    """What may be the kernels of the moment matrices, each possibility once."""
    seen = set()
    for threshold in THRESHOLDS:
        found = kernels(form, moments, threshold)
        if found is not None and (key := tuple(vectors.shape[1] for vectors in found.vectors)) not in seen:
            seen.add(key)
            yield found


def _exact(
    presolved: Presolved, form: ConicForm, cost: Row, kernel: Kernels, value: fmpq | None = None
) -> ExactFunctionals | None:
    try:
        return ExactFunctionals(presolved, form, cost, kernel.vectors, value)
    except Inconsistent:
        return None


def _roundings(
    presolved: Presolved, form: ConicForm, cost: Row, moments: Float[np.ndarray, " R"]
) -> Iterator[list[fmpq]]:
    """Exact functionals near one whose moment matrices are as definite as possible."""
    for kernel in _kernels(form, moments):
        exact = _exact(presolved, form, cost, kernel)
        if exact is not None:
            yield from exact.candidates(moments, kernel.smallest)


def _optimal(
    presolved: Presolved, form: ConicForm, moments: Float[np.ndarray, " R"], value: fmpq
) -> Iterator[list[fmpq]]:
    """Functionals with exactly this value, near an optimal one: with simple values, or on the face of the dual cone
    that it lies on."""
    none = [np.zeros((block.side, 0), dtype=object) for block in form.blocks]
    plain = _exact(presolved, form, presolved.system.cost, Kernels(none, 0.0), value)
    if plain is None:
        return
    simple = simple_functional(form.unscaled_moments(moments))
    if plain.hold(simple):
        yield simple
    for kernel in _kernels(form, moments):
        exact = _exact(presolved, form, presolved.system.cost, kernel, value)
        if exact is not None:
            yield from exact.candidates(moments, kernel.smallest)


def _nearest(value: fmpq) -> float:
    return int(value.p) / int(value.q)
