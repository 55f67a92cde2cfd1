"""Sizes of memory: bytes as integers, or text with its unit, such as "4GiB"."""

import re
from fractions import Fraction
from numbers import Integral
from typing import Any

_BINARY, _DECIMAL = 1024, 1000
_PREFIXES = "kmgt"
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) *(?:([kmgt])(i?b)?|b)?")
WANTED = 'a positive integer of bytes or text with a unit such as "4GiB"'


def memory_size(size: int | str, alone: int | None = None) -> int:
    """Bytes of a size.

    Args:
      size: bytes, or text: a number and B, kB, MB, GB, TB (powers of 1000), KiB, MiB, GiB, TiB or K, M, G, T (of 1024).
      alone: bytes that a number without a unit counts in text; text without a unit is refused by default.

    Raises:
      ValueError: it is no such size, or less than a byte.

    >>> memory_size("4GiB"), memory_size("1.5 GB"), memory_size("512M"), memory_size(100)
    (4294967296, 1500000000, 536870912, 100)
    """
    found = None
    if isinstance(size, str):
        found = _read(size.strip().lower(), alone)
    elif isinstance(size, Integral) and not isinstance(size, bool):
        found = int(size)
    if found is None or found < 1:
        raise ValueError(f"expected {WANTED}, got {size!r:.40}")
    return found


def _read(text: str, alone: int | None) -> int | None:
    """The bytes of a size in small letters, None if it is none."""
    found = _SIZE.fullmatch(text)
    if found is None:
        return None
    if text == found[1]:
        unit = alone
    else:
        base = _DECIMAL if found[3] == "b" else _BINARY
        unit = base ** (_PREFIXES.index(found[2]) + 1) if found[2] else 1
    return None if unit is None else int(Fraction(found[1]) * unit)


def memory_text(size: float) -> str:
    """About the bytes, in a unit that shows their size.

    >>> memory_text(2 << 30), memory_text(40.4 * 2**20), memory_text(1000)
    ('2 GiB', '40.4 MiB', '1000 bytes')
    """
    for power, unit in ((4, "TiB"), (3, "GiB"), (2, "MiB"), (1, "KiB")):
        if size >= _BINARY**power:
            return f"{size / _BINARY**power:.4g} {unit}"
    return f"{size:.4g} byte{'s' * (size != 1)}"


class MemoryLimit:
    """A field of options: given as `memory_size` takes it, read as bytes.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Options:
    ...     memory_limit: MemoryLimit = MemoryLimit(1 << 30)
    >>> Options.memory_limit, Options("2GiB").memory_limit, Options("1GiB") == Options()
    (1073741824, 2147483648, True)
    """

    def __init__(self, default: int) -> None:
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, options: Any, owner: type | None = None) -> int:
        return self._default if options is None else options.__dict__[self._name]

    def __set__(self, options: Any, size: int | str) -> None:
        try:
            options.__dict__[self._name] = memory_size(size)
        except ValueError:
            raise ValueError(f"{self._name} must be {WANTED}, got {size!r:.40}") from None
