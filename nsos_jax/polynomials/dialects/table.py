"""The notations, by name."""

import re
from functools import cache

from nsos_jax.polynomials.dialects.dialect import Dialect

OWN = "nsos"
_LETTER = "[^\\W\\d_⁰¹²³⁴⁵⁶⁷⁸⁹₀-₉₋]"
_WORD = "[A-Za-z][A-Za-z0-9_]*"
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₋", "0123456789,")
_INDEXED = re.compile(r"(?P<base>\w*?\w)(?P<index>[₀-₉]+(?:₋[₀-₉]+)*|[\[({][^\])}]*[\])}])?")


def _indexed_name(word: str) -> str:
    """x1 for x[1], x(1) and x₁; x1_2 for two indices; a name that ends in a digit takes no index."""
    base, index = _parts(word)
    if index and base[-1:].isdigit():
        raise ValueError(f"{word} has an index behind a digit, and would look like another variable")
    return base + index


def _parts(word: str) -> tuple[str, str]:
    match = _INDEXED.fullmatch(word)
    assert match is not None
    index = (match["index"] or "").translate(_SUBSCRIPTS).strip("[](){}")
    return match["base"], "_".join(number.strip() for number in index.split(",")) if index else ""


def _macaulay_name(word: str) -> str:
    """x_1 for x_1, x_(1) and x_{1}; x_1_2 for two indices."""
    base, underscore, index = word.partition("_")
    return base + underscore + "_".join(number.strip() for number in index.strip("(){}").split(","))


def _mathematica_name(word: str) -> str:
    if word.startswith("Subscript"):
        base, *numbers = (part.strip() for part in word[word.index("[") + 1 : -1].split(","))
        return _indexed_name(f"{base}[{','.join(numbers)}]")
    if "[" in word and word[0].isupper():
        raise ValueError(f"{word} is a function in Mathematica")
    return _indexed_name(word)


def _split_in_julia(word: str, known: frozenset[str] | None) -> list[tuple[str, int]]:
    """Julia prints x*y as xy, which may be a name too: unless the variables say what it is, it is refused."""
    base, index = _parts(word)
    if known is None:
        if len(base) > 1:
            raise ValueError(f"{word} may be a product or one variable: say which variables there are, or print(p)")
        return [(base + index, 1)]
    ways = _ways(base, index, known)
    if len(ways) != 1:
        problem = "is no product of the given variables" if not ways else "is a product of them in several ways"
        raise ValueError(f"{word} {problem}")
    return [(name, 1) for name in ways[0]]


def _ways(base: str, index: str, known: frozenset[str]) -> list[tuple[str, ...]]:
    """At most two ways to cut a word into known names, the index belonging to the last."""
    ways: list[list[tuple[str, ...]]] = [[()]]
    for end in range(1, len(base) + 1):
        found = [
            (*before, name)
            for start in range(end)
            if (name := base[start:end] + index * (end == len(base))) in known
            for before in ways[start]
        ]
        ways.append(found[:2])
    return ways[-1]


def _split_in_singular(word: str, known: frozenset[str] | None) -> list[tuple[str, int]]:
    """Singular prints x^2*y as x2y if all variables of the ring are letters, x(1) and x2 otherwise."""
    if len(word) == 1:
        return [(word, 1)]
    if known is None:
        raise ValueError(f"{word} may be a product or one variable: say which variables there are, or set short=0")
    if any(len(name) > 1 for name in known):
        return [(_indexed_name(word), 1)]
    pieces = re.findall(r"([A-Za-z])([0-9]*)", word)
    if "".join(letter + digits for letter, digits in pieces) != word or any(digits == "0" for _, digits in pieces):
        raise ValueError(f"{word} is no product of the given variables")
    return [(letter, int(digits or 1)) for letter, digits in pieces]


def _products(text: str) -> frozenset[tuple[str, str]]:
    words = {"n": "number", "x": "name", "(": "(", ")": ")"}
    return frozenset((words[one], words[two]) for one, two in map(tuple, text.split()))


NOTATIONS: dict[str, Dialect | None] = {
    OWN: None,
    "julia": Dialect(
        "Julia",
        rf"{_LETTER}(?:{_LETTER}|[0-9_])*(?:[₀-₉]+(?:₋[₀-₉]+)*|\[\s*[0-9]+(?:\s*,\s*[0-9]+)*\s*\])?",
        _indexed_name,
        r"[^\W\d]\w*",
        reserved=frozenset({"im", "end", "true", "false", "Inf", "NaN"}),
        symbols={"//": "/"},
        slash="//",
        products=_products("nx n( )x"),
        split=_split_in_julia,
    ),
    "matlab": Dialect(
        "MATLAB",
        rf"{_WORD}(?:\([0-9]+(?:\s*,\s*[0-9]+)*\))?",
        _indexed_name,
        _WORD,
        reserved=frozenset({"end", "Inf", "NaN", "pi", "true", "false"}),
        symbols={".*": "*", ".^": "^", "./": "/", "...": ""},
    ),
    "macaulay2": Dialect(
        "Macaulay2",
        r"[A-Za-z][A-Za-z0-9]*(?:_(?:[0-9]+|[({][0-9]+(?:\s*,\s*[0-9]+)*[)}]))?",
        _macaulay_name,
        r"[A-Za-z][A-Za-z0-9]*(?:_[0-9]+)?",
        reserved=frozenset({"ii", "pi", "true", "false", "infinity"}),
    ),
    "singular": Dialect(
        "Singular",
        rf"{_WORD}(?:\([0-9]+(?:\s*,\s*[0-9]+)*\))?",
        _indexed_name,
        r"[A-Za-z][A-Za-z0-9]*",
        products=_products("nx"),
        split=_split_in_singular,
    ),
    "sage": Dialect("Sage", _WORD, str, _WORD, reserved=frozenset({"I", "pi"}), symbols={"**": "^"}),
    "mathematica": Dialect(
        "Mathematica",
        r"Subscript\[[A-Za-z][A-Za-z0-9]*(?:\s*,\s*[0-9]+)+\s*\]"
        r"|[A-Za-z][A-Za-z0-9]*(?:\[\s*[0-9]+(?:\s*,\s*[0-9]+)*\s*\])?",
        _mathematica_name,
        "[A-Za-z][A-Za-z0-9]*",
        reserved=frozenset({*"CDEIKNO", "Pi", "Infinity", "Degree", "Subscript"}),
        products=_products("nx n( nn xn xx x( )n )x )("),
    ),
}


@cache
def find_dialect(notation: str) -> Dialect | None:
    """By its name, in letters of any case; None is our own notation. ValueError names those that there are."""
    if str(notation).lower() not in NOTATIONS:
        raise ValueError(f"notation: got {notation!r}, wanted one of {', '.join(NOTATIONS)}")
    return NOTATIONS[notation.lower()]
