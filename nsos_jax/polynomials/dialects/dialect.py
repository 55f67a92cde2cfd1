"""What a notation is: how names, products and quotients are written, and what is a name at all."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

BEFORE, BEHIND = frozenset({"number", "name", ")"}), frozenset({"number", "name", "("})
"""Kinds of tokens that can end a factor, and that can begin one."""


@dataclass(frozen=True)
class Dialect:
    """A notation.

    Attributes:
      name: as people call it.
      variable: regular expression of a variable, with its index.
      read_name: our name for one; ValueError says why there is none.
      writes: regular expression of those of our names that are names there, too.
      reserved: names that mean something else there.
      symbols: ours, by those that are written otherwise.
      slash: of an exact quotient of two integers.
      products: (kind of the token before, kind of the token behind) between which a product needs no sign.
      split: how a word of several variables falls apart where products need no sign: into our names with exponents, by
        the word and the names that are known; None where names never touch.
    """

    name: str
    variable: str
    read_name: Callable[[str], str]
    writes: str
    reserved: frozenset[str] = frozenset()
    symbols: Mapping[str, str] = field(default_factory=dict)
    slash: str = "/"
    products: frozenset[tuple[str, str]] = frozenset()
    split: "Callable[[str, frozenset[str] | None], list[tuple[str, int]]] | None" = None

    @property
    def pattern(self) -> re.Pattern[str]:
        """Of all tokens; `re` keeps it."""
        symbols = "|".join(map(re.escape, sorted(self.symbols, key=len, reverse=True))) or "(?!)"
        return re.compile(
            rf"""(?P<space>\s+)
            | (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:(?:[eE]|\*\^)[+-]?[0-9]+)?)
            | (?P<name>{self.variable})
            | (?P<symbol>{symbols}|[-+*/^();])
            | (?P<superscript>[⁰¹²³⁴⁵⁶⁷⁸⁹]+)
            | (?P<bad>.)""",
            re.VERBOSE | re.DOTALL,
        )

    def write_name(self, name: str) -> str:
        """A variable there; ValueError where it is none."""
        if not re.fullmatch(self.writes, name) or name in self.reserved:
            raise ValueError(f"the variable {name!r} has no such name in {self.name}: rename it first, with substitute")
        return name
