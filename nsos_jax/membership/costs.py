"""What bases and models cost, from counts that take microseconds: whether asking a model pays, and for how long to wait
before the next basis.

The constants of the solver and the models are those of docs/benchmarks/learning.md, "Whether to ask a model".
"""

from collections.abc import Sequence
from typing import NamedTuple

from nsos_jax.membership.tasks import Candidate

SOLVE_SECONDS = 3e-8
"""Of the solver, for the cube of the size of a block: forty iterations, each with a projection, and brackets."""
ENTRY_SECONDS, MONOMIAL_SECONDS = 4e-3, 1e-4
"""Of a basis that is entered, and of each of its monomials, before the solver begins."""
CALL_SECONDS = 4e-4
"""Of an iteration on no blocks: its share of a call of the device and of bounds."""
ASK_SECONDS, PAIR_SECONDS, CANDIDATE_SECONDS = 5e-3, 2e-6, 1.3e-3
"""Of a model that is ready: for a polynomial, for a pair of its candidates, and for a candidate where there are so many
that not all pairs are looked at."""
ASK_SHARE = 0.05
"""Of what can be won, at most, that asking may take: so much slower is an answer where the model is no help."""
LEARNING_SECONDS = 20.0
"""What loading and compiling may take."""
WAIT_SHARE = 0.2
"""Of what comes next, for how long a basis runs alone."""
HEAD_START, LONGEST_HEAD_START = 40, 120
"""Iterations for which a basis runs alone, at least and at most."""


def padded(sizes: Sequence[int]) -> float:
    """The work of a projection on blocks, as cubes of sides: the solver lays small blocks together into one as large as
    the largest.

    >>> padded((10,)), padded((10, 5, 5))
    (1000.0, 2000.0)
    """
    return float(sum(sizes)) * max(sizes, default=0) ** 2


def trying(sizes: Sequence[int]) -> float:
    """Seconds of entering a basis with blocks of these sizes and forty iterations."""
    return ENTRY_SECONDS + MONOMIAL_SECONDS * sum(sizes) + SOLVE_SECONDS * padded(sizes)


def iteration(sizes: Sequence[int]) -> float:
    """Seconds of one iteration."""
    return CALL_SECONDS + SOLVE_SECONDS * padded(sizes) / 40


def head_start(candidate: Candidate, ahead: float = 0.0) -> float:
    """Iterations of a candidate before something else is begun for its polynomial.

    Args:
      ahead: seconds of what another proposer would begin, if it is one.
    """
    return min(max(HEAD_START, WAIT_SHARE * ahead / iteration(candidate.sizes)), LONGEST_HEAD_START)


class Sizes(NamedTuple):
    """What is known of a polynomial before anything is computed for it.

    Attributes:
      classes: how many monomials m with m^2 in the support there are, by sign classes; what may be tried without a
        model is a basis of them all.
      tried: sizes of the blocks of the smallest basis that was tried; empty if none was.
    """

    classes: tuple[int, ...]
    tried: tuple[int, ...] = ()

    @property
    def to_win(self) -> float:
        """Seconds that a model can save at most: those of all candidates, if they fall into blocks as the basis does
        that was tried, and no larger ones than their signs allow, less those of that basis. The rule `peel` stops only
        where every monomial left is the last that covers some term, so that what works is no smaller, up to ties."""
        spent, whole = padded(self.tried), float(sum(self.tried)) ** 3
        share = spent / whole if whole else 1.0
        return SOLVE_SECONDS * max(min(share * float(sum(self.classes)) ** 3, padded(self.classes)) - spent, 0.0)

    @property
    def to_ask(self) -> float:
        """Seconds that a model takes that is loaded and compiled."""
        candidates = sum(self.classes)
        return ASK_SECONDS + min(PAIR_SECONDS * float(candidates) ** 2, CANDIDATE_SECONDS * candidates)


def asking_pays(sizes: Sequence[Sizes], ready: bool) -> list[bool]:
    """For which of some polynomials a model should be asked; microseconds, from counts alone.

    Args:
      ready: whether the model is loaded and compiled; if not, that has to be won too, by all together.

    >>> asking_pays([Sizes((60,), (30,)), Sizes((1000,), (100,)), Sizes((1000,), (5,) * 20)], ready=True)
    [False, True, False]
    >>> asking_pays([Sizes((60,), (30,)), Sizes((500,), (100,)), Sizes((50,) * 20, (100,))], ready=False)
    [False, False, False]
    """
    each = [own.to_ask <= ASK_SHARE * own.to_win for own in sizes]
    won = sum(own.to_win - own.to_ask for own, pays in zip(sizes, each, strict=True) if pays)
    return each if ready or won > LEARNING_SECONDS else [False] * len(each)
