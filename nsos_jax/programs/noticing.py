"""What is noticed beside the answer: sets without an interior, and values that are all 0."""

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache

from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.modelling import SemialgebraicSet
from nsos_jax.proofs import Scaling, quick_negative_point, square_factor


@lru_cache(maxsize=256)
def flat_notes(on: SemialgebraicSet) -> tuple[str, ...]:
    """For each inequality g >= 0 that can hold only where g = 0, or nowhere at all, a sentence that says so.

    Proven where -g is a constant times a square.
    """
    notes = []
    for index, g in enumerate(on.inequalities):
        root = _negative_square(g)
        if root is not None:
            where = "nowhere" if root.degree == 0 else f"only where {root} = 0"
            notes.append(f"inequality {index + 1}, {_short(g)} >= 0, holds {where}: the set has no interior")
    return tuple(notes)


def zero_notes(values: Mapping[str, Polynomial | Fraction]) -> tuple[str, ...]:
    """A sentence where every unknown is 0, which is hardly what was meant."""
    if values and all(value == 0 for value in values.values()):
        return ("all unknowns are 0: demand more, such as V - |x|^2 in place of V",)
    return ()


def _negative_square(g: Polynomial) -> Polynomial | None:
    """q with g = -c q^2, c > 0, if there is one."""
    negated = -g
    if negated.is_zero or quick_negative_point(negated, Scaling.of(negated)) is not None:
        return None
    if negated.degree == 0:
        return Polynomial.constant(1)
    parts = square_factor(negated)
    return parts.root if parts is not None and parts.rest.degree == 0 else None


def _short(polynomial: Polynomial) -> str:
    text = str(polynomial)
    return text if len(text) <= 60 else text[:57] + "..."
