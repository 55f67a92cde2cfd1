"""Polynomials on their way to an answer, and the bases that were entered for them."""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from math import inf

from nsos_jax.bases import even_support, sign_classes
from nsos_jax.certificates import SosCertificate
from nsos_jax.membership.results import Attempt
from nsos_jax.polynomials import Polynomial
from nsos_jax.proofs import FaceProof, GramSystem, NegativeMinor, Scaling, face_seconds
from nsos_jax.solvers import Solution

BLOCKS = "blocks"
"""What the cover that loses nothing is called."""
FACE_PATIENCE, COVER_PATIENCE = 400, 120
"""Iterations after which a basis, and a cover that is finer than its blocks, is given up on whose faces there was no
proof: more of them seldom help."""
UNIQUE_NOT_PSD = "unique Gram matrix is not psd"
MINOR_NEGATIVE = "a minor of the Gram matrix is negative"
HOPELESS = ("infeasible", "looks infeasible", UNIQUE_NOT_PSD, MINOR_NEGATIVE)
"""Outcomes of bases, on blocks that lose nothing, whose subsets need not be tried."""


@dataclass(eq=False)
class Task:
    """One polynomial on its way to an answer."""

    polynomial: Polynomial
    time_limit: float
    seconds: dict[str, float] = field(default_factory=dict)
    candidates: list["Candidate"] = field(default_factory=list)
    aside: list[Attempt] = field(default_factory=list)
    """Proposers that had no basis for the polynomial, and why."""
    proof: tuple["Candidate", SosCertificate] | None = None

    @cached_property
    def scaling(self) -> Scaling:
        return Scaling.of(self.polynomial)

    def charge(self, stage: str, seconds: float) -> None:
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds

    @cached_property
    def classes(self) -> tuple[int, ...]:
        """Sizes of the sign classes of all monomials whose squares are terms: blocks of them are no larger."""
        support = self.polynomial.exponents
        return sign_classes(even_support(support), support)

    @property
    def remaining(self) -> float:
        """Seconds left to this polynomial."""
        return self.time_limit - sum(self.seconds.values())


def charge_launch(tasks: Collection[Task], stage: str, seconds: float, compiling: float) -> None:
    """Charges shared work evenly, the part of it that went into compiling as a stage of its own.

    Args:
      seconds: of the work; JAX can report more for compiling, as it counts what it does within each other twice.
    """
    compiling = min(compiling, seconds)
    for task in tasks:
        task.charge(stage, (seconds - compiling) / len(tasks))
        if compiling:
            task.charge("compile", compiling / len(tasks))


@dataclass(eq=False)
class Candidate:
    """A cover of a basis of one polynomial; `index` is its place in the solver, None where it is settled without.

    Attributes:
      cover: the name of the rule that made its blocks.
      minor: what shows that there is no psd Gram matrix on it, where that is seen at once.
      blocks_seconds: about how long it takes to try the blocks that lose nothing instead.
    """

    task: Task
    proposer: str
    system: GramSystem
    cover: str = BLOCKS
    prunings: int = 0
    blocks_seconds: float = inf
    index: int | None = None
    solution: Solution = field(default_factory=Solution)
    outcome: str = "running"
    minor: NegativeMinor | None = None
    faces: FaceProof | None = None
    """What looking at faces gave, once that was done."""

    @property
    def running(self) -> bool:
        return self.outcome == "running"

    def __str__(self) -> str:
        on = "" if self.cover == BLOCKS else f" on {self.cover}"
        return f"{self.proposer} ({len(self.system.basis)}{on}): {self.outcome}"

    @property
    def face_patience(self) -> int:
        return FACE_PATIENCE if self.system.lossless else COVER_PATIENCE

    @property
    def hopeless(self) -> bool:
        """Whether its outcome says that subsets of its basis need not be tried."""
        return self.system.lossless and self.outcome in HOPELESS

    @cached_property
    def face_seconds(self) -> float:
        """About how long a look at faces takes."""
        return face_seconds(self.system)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Of its blocks."""
        return tuple(map(len, self.system.bases))

    def attempt(self) -> Attempt:
        return Attempt(
            self.proposer, len(self.system.basis), self.sizes, self.outcome, self.solution.iterations, self.cover
        )
