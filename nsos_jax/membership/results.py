"""What `certify` takes and returns: options, statuses, results."""

import enum
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from jaxtyping import Int

from nsos_jax.certificates import Certificate, SosCertificate
from nsos_jax.polynomials import Polynomial

LAST_RESORTS = ("auto", "clarabel", "mosek", "none")


class Status(enum.StrEnum):
    """The answer for one polynomial p."""

    SOS = "SOS"
    """p is a sum of squares: rational Gram blocks, proven positive semidefinite."""
    NEGATIVE = "NEGATIVE"
    """p takes a negative value: a rational point."""
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
      proposers: names of the proposers whose bases are tried, see `nsos_jax.proposers.PROPOSERS`.
      ratio: growth of the expansion schedule between a proposal and the complete basis (above 1).
      max_iterations: solver iterations per candidate basis.
      time_limit: seconds per polynomial; solver time of a batch is divided evenly. It is checked between steps, so a
        single long step (a large half Newton polytope, an exact test) can overrun it.
      memory_limit: bytes of working memory per polynomial, as estimated from the sizes of bases; larger ones are not
        tried.
      seed: of the random sample points and starts.
      last_resort: whose interior-point solutions help where the batched solver finds no proof: "auto" (our own, else
        MOSEK where a licence is found, else Clarabel), "clarabel", "mosek", or "none" to give up instead.
    """

    proposers: tuple[str, ...] = ("peel", "gram_graph", "even_support")
    ratio: float = 1.5
    max_iterations: int = 2000
    time_limit: float = 60.0
    memory_limit: int = 2 << 30
    seed: int = 0
    last_resort: str = "auto"

    def __post_init__(self) -> None:
        if isinstance(self.proposers, str):
            raise ValueError(f"proposers must be a sequence of names, got the text {self.proposers!r}")
        if not self.proposers:
            raise ValueError("proposers must name at least one proposer, got none")
        if not 1 < self.ratio < np.inf:
            raise ValueError(f"ratio must be a finite number above 1, got {self.ratio}")
        if not isinstance(self.max_iterations, int) or self.max_iterations < 1:
            raise ValueError(f"max_iterations must be an integer of at least 1, got {self.max_iterations!r}")
        if not self.time_limit > 0:
            raise ValueError(f"time_limit must be a positive number of seconds, got {self.time_limit}")
        if not isinstance(self.seed, int) or self.seed < 0:
            raise ValueError(f"seed must be an integer of at least 0, got {self.seed!r}")
        if self.last_resort not in LAST_RESORTS:
            raise ValueError(f"last_resort must be one of {', '.join(LAST_RESORTS)}, got {self.last_resort!r}")
        if not isinstance(self.memory_limit, int) or self.memory_limit < 1:
            raise ValueError(f"memory_limit must be a positive integer of bytes, got {self.memory_limit!r}")


@dataclass(frozen=True)
class Attempt:
    """One candidate basis that was tried, and how it ended."""

    proposer: str
    basis_size: int
    block_sizes: tuple[int, ...]
    outcome: str
    iterations: int


@dataclass(frozen=True)
class Result:
    """The answer for one polynomial.

    Attributes:
      polynomial: p.
      status: the answer; everything but `UNDECIDED` comes with a certificate.
      certificate: the exact evidence, or None.
      margin: (lower, upper) bounds on max t with p = z'Qz, Q - t I psd, on `basis`; infinite where unknown.
      basis: int [k, n], the monomials of the decisive basis, block after block.
      blocks: int [k_b, n] per block.
      proposer: who proposed that basis; "" where no basis was needed.
      attempts: all candidate bases in the order in which they were tried.
      seconds: by stage; shared work is divided evenly over the batch.
      error: why the answer is `UNDECIDED`, or None.
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

    @property
    def basis(self) -> Int[np.ndarray, "k n"]:
        return np.concatenate(self.blocks) if self.blocks else np.zeros((0, self.polynomial.num_variables), np.int32)

    def squares(self) -> list[tuple[Fraction, Polynomial]]:
        """p as a sum of weight * square ** 2, exactly, with positive weights.

        Raises:
          ValueError: the status is not `SOS`.
        """
        if not isinstance(self.certificate, SosCertificate):
            raise ValueError(f"squares needs a polynomial with status SOS, this one is {self.status}")
        return self.certificate.squares()

    def to_record(self) -> dict[str, Any]:
        """The result as JSON data, one line of `nsos certify -o`."""
        lower, upper = (float(bound) if np.isfinite(bound) else None for bound in self.margin)
        return {
            "status": str(self.status),
            "proof": "exact" if self.certificate is not None else None,
            "margin": [lower, upper],
            "basis_size": len(self.basis),
            "proposer": self.proposer,
            "seconds": round(sum(self.seconds.values()), 6),
            "certificate": self.certificate.to_dict() if self.certificate is not None else None,
            "error": self.error,
        }
