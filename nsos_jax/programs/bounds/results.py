"""The answers of `lower_bound`."""

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from html import escape
from typing import NoReturn

from nsos_jax.certificates import Certificate
from nsos_jax.polynomials import Rounding, bound_html, card, decimal_text, facts_html, nearest_float
from nsos_jax.programs.bounds.atoms import MomentMatrix
from nsos_jax.programs.bounds.falling import FallingCurve
from nsos_jax.programs.equations import Moments

MOST_CHARACTERS = 9
"""Of a fraction that is shown as it is."""


class BoundStatus(StrEnum):
    """What was proven about the minimum of a polynomial p on a set."""

    OPTIMAL = "OPTIMAL"
    """A lower bound and a point of the set whose value is as good up to the tolerance."""
    BOUNDED = "BOUNDED"
    """A lower bound; no point of the set was found whose value is as good."""
    NO_BOUND = "NO_BOUND"
    """p - gamma has a certificate of this order for no gamma; p may still be bounded below."""
    UNBOUNDED = "UNBOUNDED"
    """p takes values below every bound."""
    EMPTY = "EMPTY"
    """The set is empty."""
    UNDECIDED = "UNDECIDED"
    """Nothing was proven; `error` says what was tried."""


@dataclass(frozen=True)
class Minimiser:
    """Where p comes near its lower bound on the set.

    Attributes:
      atom: in floating point, by variable; not proven.
      point: a rational point of the set near by, by variable, or None where none was found.
      value: of p there, exact.
    """

    atom: dict[str, float]
    point: dict[str, Fraction] | None = None
    value: Fraction | None = None


@dataclass(frozen=True)
class Attempt:
    """One relaxation that was tried: its order, None on the whole space; on which bases; the bound it proved."""

    order: int | None
    sparsity: str
    lower: Fraction | None
    seconds: float
    outcome: str


@dataclass(frozen=True, eq=False, repr=False)
class BoundResult:
    """What is known about the minimum of p on a set: it lies in [lower, upper].

    Attributes:
      status: see `BoundStatus`.
      variables: of p and the set.
      lower: proven, exact; None where there is no proof.
      upper: the value of p at a rational point of the set, exact; None where no such point was found.
      point: that point, by variable.
      minimisers: where p comes near `lower`, in floating point, with rational points where they were found.
      flat: whether the minimisers are the atoms of a flat moment matrix: then there are no others that the relaxation
        knows of.
      order: of the relaxation that proved `lower`, or that was tried last; None on the whole space.
      sparsity: on which Gram bases `lower` was proven, as in `SosProgram.sos`; cliques may bound less than complete
        ones. None where no relaxation proved it.
      certificate: of the kind `lower_bound`, `lower_bound_on_set`, `empty_set` or `infeasible_program`.
      moments: the values of the optimal functional at monomials, by exponents; floating point, not proven.
      attempts: all relaxations that were tried.
      falling: the curve along which p falls below every bound, where the status is `UNBOUNDED`.
      notes: what was noticed about the set, for example that it has no interior.
      seconds: in all.
      error: why the bracket is not closed, in words.
    """

    status: BoundStatus
    variables: tuple[str, ...]
    lower: Fraction | None = None
    upper: Fraction | None = None
    point: dict[str, Fraction] | None = None
    minimisers: tuple[Minimiser, ...] = ()
    flat: bool = False
    order: int | None = None
    sparsity: str | None = None
    certificate: Certificate | None = None
    moments: Moments = field(default_factory=dict)
    attempts: tuple[Attempt, ...] = ()
    falling: FallingCurve | None = None
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    error: str | None = None

    def moment_matrix(self, degree: int | None = None) -> MomentMatrix:
        """[L(b_i b_j)] over the monomials b, up to a degree, of which all products have known moments."""
        return MomentMatrix.of(self.moments, len(self.variables), degree)

    def __bool__(self) -> NoReturn:
        raise TypeError(f"a result is neither true nor false: ask result.status, here {self.status!r}")

    def __repr__(self) -> str:
        ends = [
            "-inf" if self.lower is None else _short(self.lower, Rounding.DOWN),
            "inf" if self.upper is None else _short(self.upper, Rounding.UP),
        ]
        return f"<BoundResult: {self.status}, [{ends[0]}, {ends[1]}]>"

    def _repr_html_(self) -> str:
        """What notebooks show: the bracket and the point of its upper end."""
        point = ", ".join(f"<i>{escape(name)}</i> = {value}" for name, value in facts_html(self.point or {}))
        lower = "−∞" if self.lower is None else bound_html(self.lower, Rounding.DOWN)
        upper = "∞" if self.upper is None else bound_html(self.upper, Rounding.UP)
        facts = [
            ("minimum", f"from {lower} to {upper}"),
            ("upper end at", point),
            ("error", escape(self.error or "")),
            ("notes", escape("; ".join(self.notes))),
        ]
        return card(str(self.status), facts)


def _short(value: Fraction, rounding: Rounding) -> str:
    """A fraction that shows its size, else decimals."""
    is_long = value.numerator.bit_length() + value.denominator.bit_length() > 4 * MOST_CHARACTERS
    return decimal_text(value, 9, rounding) if is_long or len(str(value)) > MOST_CHARACTERS else str(value)


def as_float(value: Fraction) -> float:
    """Rounded; infinite beyond the range of float64."""
    return nearest_float(value.numerator, value.denominator)
