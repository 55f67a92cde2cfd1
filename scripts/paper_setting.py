"""What the experiments of the paper share: their setting, and who sees how many draws."""

from typing import NamedTuple

from rows import Rows

SEQUENCE_DRAWS = 20
"""The sequence model, whose decoding takes most of the time, sees no more draws of a family."""


class Setting(NamedTuple):
    """How to run an experiment."""

    draws: int
    """Per family."""
    quick: bool
    names: list[str]
    """Proposers."""
    rows: Rows


def draws_for(name: str, draws: int) -> int:
    """How many of the draws of a family a proposer sees."""
    return min(draws, SEQUENCE_DRAWS) if name == "sequence" else draws
