"""From somebody else's values of the unknowns to a proof.

The values are rounded to fractions, simple ones first, and fixed; the unknowns that equations determine are computed
from the others, exactly. Then each constraint is proven alone. Where no rounding is inside all constraints (a solver's
optimum lies a little outside), values are looked for that are, no further away than the tolerance.
"""

import time
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from flint import fmpq

from nsos_jax.certificates import (
    Identity,
    InvalidCertificate,
    ProgramCertificate,
    SosCertificate,
    as_fraction,
    as_rational,
)
from nsos_jax.membership import certify
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.equations import Contradiction, Presolved, ProgramSystem, presolve
from nsos_jax.programs.interop.given import Number, given_numbers, over
from nsos_jax.programs.modelling import (
    AffinePolynomial,
    Constraint,
    Objective,
    SosProgram,
    Unknowns,
    statement_of,
    unused_name,
)
from nsos_jax.programs.options import SolveOptions
from nsos_jax.programs.results import ProgramResult, ProgramStatus
from nsos_jax.programs.solutions import proven_values
from nsos_jax.programs.solve import solve_program
from nsos_jax.proofs import simplest_fraction

FINER = (1.0, 1e-3, 1e-6, 0.0)
"""Parts of the tolerance within which fractions are looked for; 0 takes floats by their binary value."""


@dataclass(frozen=True)
class _Failure:
    """Of one constraint: what is known of it, and the size of the violation if it is known."""

    message: str
    amount: float


def prove(program: SosProgram, values: Any, *, tolerance: float = 1e-6, time_limit: float = 60.0) -> ProgramResult:
    """See `SosProgram.prove`."""
    if not tolerance >= 0:
        raise ValueError(f"tolerance: got {tolerance}, wanted a number >= 0")
    return _Prove(program, given_numbers(program, values), tolerance, time_limit).run()


class _Prove:
    def __init__(self, program: SosProgram, given: dict[int, Number], tolerance: float, time_limit: float) -> None:
        self.program, self.given, self.tolerance = program, given, tolerance
        self.start = time.monotonic()
        self.deadline = self.start + time_limit
        self.statement = statement_of(program)

    def run(self) -> ProgramResult:
        try:
            presolved = presolve(ProgramSystem.of(self.program), signs=False)
        except Contradiction as contradiction:
            return self.unproven(_Failure(f"no values satisfy the program: {contradiction}", float("inf")))
        failure = self.moved(presolved)
        if failure is not None:
            return self.unproven(failure)
        if len(self.given) == len(self.program.unknowns.names):
            for numbers in self.roundings(presolved):
                identities, found = self.identities(numbers)
                if found is None:
                    return self.proven(numbers, identities)
                failure = failure or found
                if time.monotonic() > self.deadline:
                    break
        certificate = self.nearby()
        if certificate is not None:
            count = len(self.program.constraints)
            numbers = [number for row in certificate.values for number in row]
            return self.proven(numbers, list(certificate.identities[:count]))
        return self.unproven(failure or _Failure("no values of the unknowns that were not given were found", 0.0))

    def moved(self, presolved: Presolved) -> _Failure | None:
        """Whether equations among the unknowns ask for values that differ from the given ones by more than rounding."""
        exact = {unknown: as_rational(Fraction(value)) for unknown, value in self.given.items()}
        names = self.program.unknowns.names
        for unknown, (constant, others) in presolved.elimination.solved.items():
            if unknown not in exact or not others.keys() <= exact.keys():
                continue
            wanted = float(as_fraction(sum((value * exact[u] for u, value in others.items()), constant)))
            value = self.given[unknown]
            off = abs(wanted - float(value))
            if off > self.tolerance * max(1.0, abs(wanted)) or (isinstance(value, Fraction) and wanted != value):
                what = f"the equations of the constraints ask for {names[unknown]} = {wanted:.10g}"
                return _Failure(f"{what}, the given value {float(value):.10g} is off by {off:.3g}", off)
        return None

    def roundings(self, presolved: Presolved) -> Iterator[list[Fraction]]:
        """Exact values of all unknowns that satisfy the equations among them, simple ones first."""
        before = None
        for part in FINER:
            chosen: dict[int, fmpq] = {}
            for unknown, value in self.given.items():
                near = self.tolerance * part * max(1.0, abs(float(value)))
                chosen[unknown] = as_rational(_rounded(value, near))
            solved = presolved.elimination.values(chosen, presolved.system.unknowns)
            numbers = [as_fraction(value) for value in solved[: len(self.given)]]
            if numbers != before:
                yield numbers
            before = numbers

    def identities(self, numbers: list[Fraction]) -> tuple[list[Identity], _Failure | None]:
        """A proof of each constraint at these values, or what fails first."""
        result = []
        for constraint in self.program.constraints:
            proof = self.identity(constraint, constraint.target.value(numbers))
            if isinstance(proof, _Failure):
                return [], proof
            result.append(proof)
        return result, None

    def identity(self, constraint: Constraint, target: Polynomial) -> Identity | _Failure:
        if constraint.kind == "zero":
            worst = max(map(abs, target.coefficients), default=Fraction(0))
            if worst:
                return _Failure(f"{constraint.name}: a coefficient that must be 0 is {float(worst):.3g}", float(worst))
            return Identity((), (), ())
        left = max(self.deadline - time.monotonic(), 1.0)
        where = "no proof on its set was found at these values"
        if not constraint.on.inequalities and not constraint.on.equalities:
            decided = certify(over(target, self.program.all_variables), time_limit=left)
            if isinstance(decided.certificate, SosCertificate):
                return Identity((-1,) * len(decided.certificate.blocks), decided.certificate.blocks, ())
            where = f"at these values it is {decided.status}"
        result = self.alone(constraint, target, left)
        if isinstance(result.certificate, ProgramCertificate):
            return result.certificate.identities[0]
        margin, amount = result.margin, 0.0
        if margin is not None and margin < 0:
            where, amount = f"{where}, the largest margin of Gram matrices is {margin:.3g}", -margin
        elif reason := result.error or result.reason:
            where = f"{where}: {reason.removeprefix(f'{constraint.name}: ')}"
        return _Failure(f"{constraint.name}: {where}", amount)

    def alone(self, constraint: Constraint, target: Polynomial, time_limit: float) -> ProgramResult:
        """Of one constraint with a known target, as a program without unknowns."""
        alone = copy(self.program)
        alone.unknowns, alone.declared, alone.objective = Unknowns(self.program.variables), {}, Objective()
        known = AffinePolynomial(alone.unknowns, target, {})
        alone.constraints = [replace(constraint, target=known, cone="psd")]
        return solve_program(alone, SolveOptions(time_limit=time_limit))

    def nearby(self) -> ProgramCertificate | None:
        """A proof of the program with the unknowns within the tolerance of the given values, and no objective."""
        near = copy(self.program)
        near.constraints, near.objective = list(self.program.constraints), Objective()
        taken = [constraint.name for constraint in near.constraints]
        for unknown, value in self.given.items():
            number = AffinePolynomial(near.unknowns, Polynomial.constant(0), {unknown: Polynomial.constant(1)})
            reach = Fraction(self.tolerance * max(1.0, abs(float(value))))
            name = unused_name(f"given {unknown + 1}", taken)
            if isinstance(value, Fraction) or not reach:
                near.zero(number - Fraction(value), name=name)
            else:
                near.sos(number - (Fraction(value) - reach), name=name)
                near.sos(Fraction(value) + reach - number, name=unused_name(f"{name} from above", taken))
        left = max(self.deadline - time.monotonic(), 1.0)
        certificate = solve_program(near, SolveOptions(time_limit=left)).certificate
        return certificate if isinstance(certificate, ProgramCertificate) else None

    def proven(self, numbers: list[Fraction], identities: list[Identity]) -> ProgramResult:
        rows = [[numbers[index] for index in declared.indices] for declared in self.program.declared.values()]
        certificate = ProgramCertificate.create(self.statement, rows, identities)
        try:
            certificate.verify()
        except InvalidCertificate as error:  # of a part that the checker has already accepted
            return self.unproven(_Failure(f"the checker refused the whole: {error}", 0.0))
        known = proven_values(self.program, certificate)
        return ProgramResult(ProgramStatus.FEASIBLE, seconds=time.monotonic() - self.start, **known)

    def unproven(self, failure: _Failure) -> ProgramResult:
        near = 0 < failure.amount <= self.tolerance
        status = ProgramStatus.NEAR_FEASIBLE if near else ProgramStatus.UNDECIDED
        return ProgramResult(status, seconds=time.monotonic() - self.start, error=failure.message)


def _rounded(value: Number, tolerance: float) -> Fraction:
    if isinstance(value, Fraction) or not tolerance:
        return Fraction(value)
    return simplest_fraction(value, tolerance)
