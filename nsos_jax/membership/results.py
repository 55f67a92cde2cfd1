"""What `certify` takes and returns: options, statuses, results."""

import enum
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from html import escape
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import numpy as np
from jaxtyping import Int

from nsos_jax.certificates import Certificate, NegativePointCertificate, SosCertificate, count_text
from nsos_jax.exports import export
from nsos_jax.memory_sizes import MemoryLimit
from nsos_jax.polynomials import (
    Polynomial,
    bracket_text,
    card,
    distinct_rows,
    facts_html,
    polynomial_html,
    squares_html,
)

if TYPE_CHECKING:
    from nsos_jax.proofs import Compacted  # which loads JAX

REFERENCES = ("clarabel", "scs", "mosek")
"""Solvers that can solve a decided program once more."""
COMPACT_SECONDS = 10.0
"""For which shorter certificates are looked for, unless it is said for how long."""
MOST_SHOWN = 60
"""Monomials of a basis whose squares notebooks show without being asked."""
LAST_RESORTS = ("auto", "clarabel", "mosek", "none")


class Status(enum.StrEnum):
    """The answer for one polynomial p."""

    SOS = "SOS"
    """p is a sum of squares: rational Gram blocks, proven positive semidefinite."""
    NEGATIVE = "NEGATIVE"
    """p takes a negative value: a rational point."""
    NONNEGATIVE = "NONNEGATIVE"
    """p takes no negative value: for some sum of squares sigma, not zero, sigma p is one; p itself was not proven to be
    one. Only with `CertifyOptions.nonnegative`."""
    NOT_SOS = "NOT_SOS"
    """p is not a sum of squares (it may still be nonnegative): a rational functional and a complete basis."""
    NEAR_SOS = "NEAR_SOS"
    """Neither was proven; p + epsilon z'z is a sum of squares, with a tiny epsilon."""
    UNDECIDED = "UNDECIDED"
    """A limit was reached; only the margin bracket is known."""


@dataclass(frozen=True)
class CertifyOptions:
    """How hard to try.

    Attributes:
      proposers: whose bases are tried: names of `nsos_jax.proposers.PROPOSERS`, or paths of exported weights.
      ratio: growth of the expansion schedule between a proposal and the complete basis (above 1).
      max_iterations: solver iterations per candidate basis.
      time_limit: seconds per polynomial; what a batch takes to solve and to compile is divided evenly. It is checked
        between steps, so a single long step (a large half Newton polytope, an exact test) can overrun it.
      memory_limit: working memory per polynomial, as estimated from the sizes of bases, in bytes or as text such as
        "4GiB"; larger ones are not tried.
      seed: of the random sample points and starts.
      nonnegative: whether multipliers are sought for what is not proven to be a sum of squares and takes no negative
        value that was found: they prove that it takes none at all.
      reference: a solver of `REFERENCES` that solves each decided program on its final basis once more, or None. What
        it says stands beside the proof and changes no answer.
      last_resort: whose interior-point solutions help where the batched solver finds no proof: "auto" (our own, else
        MOSEK where a licence is found, else Clarabel), "clarabel", "mosek", or "none" to give up instead.
      close_margins: whether both ends of the margin of each `SOS` are closed to a millionth of it, by solving for it
        once more, so that margins can be compared and plotted; else they are left where the proof was found.
      compact: whether shorter certificates are looked for after each proof that is a sum of squares, for
        `COMPACT_SECONDS`, or for how many seconds per polynomial, beyond `time_limit`.
    """

    proposers: tuple[str, ...] = ("peel", "gram_graph", "even_support")
    ratio: float = 1.5
    max_iterations: int = 2000
    time_limit: float = 60.0
    memory_limit: MemoryLimit = MemoryLimit(2 << 30)  # noqa: RUF009, it is a descriptor
    seed: int = 0
    nonnegative: bool = False
    reference: str | None = None
    last_resort: str = "auto"
    close_margins: bool = False
    compact: bool | float = False

    def __post_init__(self) -> None:
        if isinstance(self.proposers, str):
            raise ValueError(f"proposers must be a sequence of names, got the text {self.proposers!r}")
        if not self.proposers:
            raise ValueError("proposers must name at least one proposer, got none")
        if self.reference is not None and self.reference not in REFERENCES:
            raise ValueError(f"reference must be one of {', '.join(REFERENCES)} or None, got {self.reference!r}")
        if not isinstance(self.ratio, Real) or not 1 < self.ratio < np.inf:
            raise ValueError(f"ratio must be a finite number above 1, got {self.ratio!r}")
        if not isinstance(self.max_iterations, Integral) or self.max_iterations < 1:
            raise ValueError(f"max_iterations must be an integer of at least 1, got {self.max_iterations!r}")
        if not isinstance(self.time_limit, Real) or not self.time_limit > 0:
            raise ValueError(f"time_limit must be a positive number of seconds, got {self.time_limit!r}")
        if not isinstance(self.seed, Integral) or self.seed < 0:
            raise ValueError(f"seed must be an integer of at least 0, got {self.seed!r}")
        if not isinstance(self.close_margins, bool | np.bool_):
            raise ValueError(f"close_margins must be True or False, got {self.close_margins!r}")
        if not isinstance(self.compact, bool | np.bool_ | Real) or not 0 <= self.compact < np.inf:
            raise ValueError(f"compact must be True, False or a positive number of seconds, got {self.compact!r}")
        if self.last_resort not in LAST_RESORTS:
            raise ValueError(f"last_resort must be one of {', '.join(LAST_RESORTS)}, got {self.last_resort!r}")

    @property
    def compact_seconds(self) -> float:
        """Seconds per polynomial for shorter certificates, 0 where none are looked for."""
        return COMPACT_SECONDS if self.compact is True else float(self.compact)


@dataclass(frozen=True)
class Attempt:
    """One candidate basis that was tried, and how it ended."""

    proposer: str
    basis_size: int
    block_sizes: tuple[int, ...] = field(repr=False)
    outcome: str
    iterations: int
    cover: str = "blocks"
    """The rule that made the blocks: "blocks" lose nothing, others (`nsos_jax.bases.covers`) may overlap."""


@dataclass(frozen=True)
class SecondOpinion:
    """What another solver says of the final basis, to its own tolerances.

    Attributes:
      solver: its name.
      status: its verdict in CVXPY's words, such as "optimal".
      margin: t of the margin problem of the scaled polynomial (`GramSystem.problem`), None without a solution; its
        sign is that of the margin of p.
      seconds: of building and solving the problem.
      agrees: whether that is compatible with what was proven; None without a solution.
    """

    solver: str
    status: str
    margin: float | None
    seconds: float
    agrees: bool | None

    def to_dict(self) -> dict[str, Any]:
        """As in a record."""
        return asdict(self)


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """The answer for one polynomial. It has no truth value, because `if certify(p):` says nothing: ask `status`.

    Attributes:
      polynomial: p.
      status: the answer; everything but `UNDECIDED` comes with a certificate.
      certificate: the exact evidence, or None.
      margin: (lower, upper) bounds on max t with p = z'Qz, Q - t I psd, on `basis`; infinite where unknown.
      basis: int [k, n], the monomials of the decisive basis, block after block.
      blocks: int [k_b, n] per block.
      proposer: who proposed that basis; "" where no basis was needed.
      attempts: all candidate bases in the order in which they were tried.
      seconds: by stage; shared work is divided evenly over those of the batch that need it. The stage `compile` holds
        what JAX took to trace and compile, or to load what it had compiled before: most of it in the first batch.
      error: why the answer is `UNDECIDED`, or None.
      reference: what the solver `CertifyOptions.reference` says of the same program, or None.
      compacted: what looking for a shorter certificate gave, which `certificate` then is, or why that does not apply;
        None where it was not asked for (`CertifyOptions.compact`).
    """

    polynomial: Polynomial
    status: Status
    certificate: Certificate | None = None
    margin: tuple[float, float] = (-np.inf, np.inf)
    blocks: tuple[Int[np.ndarray, "k n"], ...] = ()
    proposer: str = ""
    attempts: tuple[Attempt, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    error: str | None = None
    reference: SecondOpinion | None = None
    compacted: "Compacted | str | None" = None

    def __bool__(self) -> NoReturn:
        raise TypeError(f"a result is neither true nor false: ask result.status, here {self.status!r}")

    def __repr__(self) -> str:
        terms, variables = self.polynomial.num_terms, self.polynomial.num_variables
        size = f", basis of {count_text(len(self.basis), 'monomial')}" if self.blocks else ""
        return f"<Result: {self.status}, {count_text(terms, 'term')}, {count_text(variables, 'variable')}{size}>"

    def _repr_html_(self) -> str:
        """What notebooks show: the answer, its evidence where it is short, the margin and the basis."""
        squares, point = "", ""
        if isinstance(self.certificate, SosCertificate) and len(self.basis) <= MOST_SHOWN:
            squares = f"= {squares_html(self.squares())}"
        if isinstance(self.certificate, NegativePointCertificate):
            values = dict(zip(self.polynomial.variables, self.certificate.point, strict=True))
            point = ", ".join(f"<i>{escape(name)}</i> = {value}" for name, value in facts_html(values))
        known = np.isfinite(self.margin).any()
        margin = bracket_text(*self.margin, 6) if known else ""
        basis = f"{count_text(len(self.basis), 'monomial')}, proposed by {escape(self.proposer)}" if self.blocks else ""
        facts = [
            ("p", polynomial_html(self.polynomial)),
            ("", squares),
            ("negative at", point),
            ("over", escape(self.over or "")),
            ("margin", margin),
            ("basis", basis),
            ("error", escape(self.error or "")),
        ]
        return card(str(self.status), facts)

    @property
    def over(self) -> Literal["Q", "R"] | None:
        """For `SOS` and `NOT_SOS` the numbers that the squares are or are not made of: rational or real ones.

        `SOS` over Q is `SOS` over R too, `NOT_SOS` over R is `NOT_SOS` over Q too.
        """
        return None if self.certificate is None else self.certificate.over

    @property
    def basis(self) -> Int[np.ndarray, "k n"]:
        """The monomials of all blocks, each once; block after block where these do not overlap."""
        if not self.blocks:
            return np.zeros((0, self.polynomial.num_variables), np.int32)
        together = np.concatenate(self.blocks)
        distinct = distinct_rows(together) if len(self.blocks) > 1 else together
        return together if len(distinct) == len(together) else distinct

    @property
    def cover(self) -> str:
        """The rule that made the blocks, see `Attempt.cover`."""
        proven = (attempt.cover for attempt in reversed(self.attempts) if attempt.outcome == "proven")
        return next(proven, "blocks")

    @property
    def compile_seconds(self) -> float:
        """The stage `compile`."""
        return self.seconds.get("compile", 0.0)

    @property
    def work_seconds(self) -> float:
        """All stages but `compile`."""
        return sum(seconds for stage, seconds in self.seconds.items() if stage != "compile")

    def squares(self) -> list[tuple[Fraction, Polynomial]]:
        """p as a sum of weight * square ** 2, exactly, with positive weights.

        Raises:
          ValueError: the status is not `SOS`.
        """
        if not isinstance(self.certificate, SosCertificate):
            raise ValueError(f"squares needs a polynomial with status SOS, this one is {self.status}")
        return self.certificate.squares()

    def latex(self) -> str:
        r"""The proof as a display for LaTeX with amsmath, split over lines: for `SOS` p and its weighted squares, for
        `NEAR_SOS` those of p + epsilon z'z, for the other statuses their evidence.

        Raises:
          ValueError: there is no certificate, or no text for one of its kind.

        >>> from nsos_jax import certify
        >>> print(certify(Polynomial.parse("x^2 + 2*x + 2")).latex())
        % A display for amsmath; \allowdisplaybreaks lets it run over pages.
        % p is a sum of squares, hence nonnegative.
        \begin{align*}
        p &= x^{2} + 2 x + 2 \\
         &= \tfrac{1}{2} (x + 2)^{2} + \tfrac{1}{2} (x)^{2}
        \end{align*}
        <BLANKLINE>
        """
        if self.certificate is None:
            raise ValueError(f"latex needs a certificate, which the status {self.status} does not have")
        return export(self.certificate, "latex")

    def to_record(self) -> dict[str, Any]:
        """The result as JSON data, one line of `nsos certify -o`."""
        lower, upper = (float(bound) if np.isfinite(bound) else None for bound in self.margin)
        return {
            "status": str(self.status),
            "over": self.over,
            "proof": "exact" if self.certificate is not None else None,
            "margin": [lower, upper],
            "basis_size": len(self.basis),
            "proposer": self.proposer,
            "seconds": round(self.work_seconds, 6),
            "compile_seconds": round(self.compile_seconds, 6),
            "reference": self.reference.to_dict() if self.reference is not None else None,
            "certificate": self.certificate.to_dict() if self.certificate is not None else None,
            "error": self.error,
        }
