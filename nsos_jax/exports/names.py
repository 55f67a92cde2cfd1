"""Names for variables that a language takes: simple ones stay, the others are replaced and listed in a comment."""

import re
from collections.abc import Callable, Sequence

LETTER = re.compile(r"[A-Za-z](_?[0-9]+)?")
WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*")
PREFIX = "v_"
"""Replacements begin with it, and no kept name does."""


def is_letter(name: str) -> bool:
    """A letter, perhaps with a number: `x`, `x1`, `x_1`. No language has such a keyword."""
    return LETTER.fullmatch(name) is not None


def is_word(name: str) -> bool:
    """ASCII letters and digits with single underscores between, that no replacement can be."""
    return WORD.fullmatch(name) is not None and not name.startswith(PREFIX)


def safe_names(variables: Sequence[str], keeps: Callable[[str], bool]) -> tuple[str, ...]:
    """One distinct name per variable: its own where `keeps` says so, else one that begins with `v_`.

    >>> safe_names(["x", "end", "\u03b2", "b c", "b-c"], is_letter)
    ('x', 'v_end', 'v_1', 'v_b_c', 'v_b_c_2')
    """
    taken = {name for name in variables if keeps(name)}
    names = []
    for variable in variables:
        name = variable
        if not keeps(variable):
            clean = PREFIX + ("_".join(re.findall(r"[A-Za-z0-9]+", variable)) or "1")
            name, number = clean, 2
            while name in taken:
                name, number = f"{clean}_{number}", number + 1
            taken.add(name)
        names.append(name)
    return tuple(names)


def mapping_lines(variables: Sequence[str], names: Sequence[str]) -> list[str]:
    """The list of what was replaced, for a comment; characters that could end one are written by their number."""
    replaced = [(name, variable) for name, variable in zip(names, variables, strict=True) if name != variable]
    return [f"The variable {name} stands for {_shown(variable)}." for name, variable in replaced]


def _shown(name: str) -> str:
    return "".join(char if char.isalnum() or char == "_" else f"\\u{ord(char):04x}" for char in name)
