"""The answers of `SosProgram.solve`."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from html import escape
from typing import Generic, NoReturn, TypeVar

from nsos_jax.certificates import Certificate, ProgramCertificate
from nsos_jax.polynomials import Polynomial, Rounding, bound_html, card, facts_html


class ProgramStatus(StrEnum):
    """What was proven about a program; no status rests on a solver's word."""

    OPTIMAL = "OPTIMAL"
    """Values that satisfy the constraints, and a bound on all others that is as good up to the tolerance."""
    FEASIBLE = "FEASIBLE"
    """Values that satisfy the constraints; there is no objective, or no bound as good as its value was proven."""
    INFEASIBLE = "INFEASIBLE"
    """No values satisfy the constraints with the Gram bases of the statement."""
    NEAR_FEASIBLE = "NEAR_FEASIBLE"
    """A solver found values that nearly satisfy the constraints; nothing was proven."""
    UNDECIDED = "UNDECIDED"
    """Nothing was proven; `error` says what was tried."""


Key = TypeVar("Key")
Value = TypeVar("Value")


class Deferred(Mapping[Key, Value], Generic[Key, Value]):
    """A mapping that is made when it is first looked at."""

    def __init__(self, make: Callable[[], Mapping[Key, Value]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Mapping[Key, Value]:
        return self._make()

    def __getitem__(self, key: Key) -> Value:
        return self._made[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)

    def __repr__(self) -> str:
        return repr(self._made)


@dataclass(frozen=True)
class ProgramResult:
    """What is known about a program.

    Attributes:
      status: see `ProgramStatus`.
      value: the objective at `values`, or the bound where only that is known, in float64; None without an objective.
      lower, upper: proven bounds on the optimal value, exact; None where nothing was proven. Of a maximisation `lower`
        is the objective at `values`, and `upper` holds for all values that satisfy the constraints with these bases.
      values: exact, by name: a polynomial, or a fraction for a scalar.
      certificate: of the kind `program` or `infeasible_program`; None where there is no proof.
      bound_certificate: of the kind `program_bound`.
      margin: the largest t <= 1 with all Gram matrices - t I positive semidefinite, as a solver found it; not proven.
      moments: by constraint, the values of the optimal functional at monomials, floating point; not proven.
      seconds: in all.
      backend: whose solver was used.
      notes: what was noticed: constraints on sets without an interior, unknowns that are all 0.
      reason: why no values satisfy the constraints, in words, where that is proven.
      error: why there is no proof, or no best value, in words.
    """

    status: ProgramStatus
    value: float | None = None
    lower: Fraction | None = None
    upper: Fraction | None = None
    values: Mapping[str, Polynomial | Fraction] = field(default_factory=dict)
    certificate: Certificate | None = None
    bound_certificate: Certificate | None = None
    margin: float | None = None
    moments: Mapping[str, Mapping[tuple[int, ...], float]] = field(default_factory=dict)
    seconds: float = 0.0
    backend: str | None = None
    notes: tuple[str, ...] = ()
    reason: str | None = None
    error: str | None = None

    def __bool__(self) -> NoReturn:
        raise TypeError(f"a result is neither true nor false: ask result.status, here {self.status!r}")

    def __repr__(self) -> str:
        shown = [str(self.status)]
        if self.lower is not None or self.upper is not None:
            shown.append(f"value {self.value:.9g}" if self.value is not None else "value unknown")
        if self.values:
            shown.append(f"values of {', '.join(self.values)}")
        if reason := self.reason or self.error:
            shown.append(reason)
        return f"<ProgramResult: {', '.join(shown)}>"

    def _repr_html_(self) -> str:
        """What notebooks show: what was proven, and the values."""
        facts = [
            ("lower bound", "" if self.lower is None else bound_html(self.lower, Rounding.DOWN)),
            ("upper bound", "" if self.upper is None else bound_html(self.upper, Rounding.UP)),
            *facts_html(self.values),
            ("reason", escape(self.reason or "")),
            ("error", escape(self.error or "")),
            ("notes", escape("; ".join(self.notes))),
        ]
        return card(str(self.status), facts)

    @property
    def multipliers(self) -> dict[str, list[tuple[Polynomial, Polynomial]]]:
        """By constraint, the summands of its proof: pairs of 1 or a product of inequalities and the sum of squares that
        it is multiplied by, then pairs of an equality and its cofactor. Empty without values."""
        if not isinstance(self.certificate, ProgramCertificate):
            return {}
        stated = self.certificate.statement.constraints
        return {
            constraint.name: identity.summands(constraint, self.certificate.variables)
            for constraint, identity in zip(stated, self.certificate.identities, strict=True)
        }
