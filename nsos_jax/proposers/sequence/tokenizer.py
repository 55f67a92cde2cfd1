"""Polynomials and bases as text tokens (paper, section 3.1, after Kera et al. 2025).

The text is for people and tests: a term is its coefficient (prefix C) and the exponent of each variable (prefix E), a
basis its monomials between SEP tokens, then EOS. Both directions are exact: a coefficient is written as a decimal where
that is short, else as a fraction.
"""

import re
from collections.abc import Iterable
from fractions import Fraction

import numpy as np
from flint import fmpz
from jaxtyping import Int, Int32

from nsos_jax.polynomials import MAX_EXPONENT, Polynomial

SEP, EOS = "SEP", "EOS"
LONGEST_DECIMAL = 17
"""Digits after the point up to which a coefficient is written as a decimal."""
_NUMBER = re.compile(r"C(-?)([0-9]+)(?:\.([0-9]+)|/([0-9]+))?")
_EXPONENT = re.compile(r"E([0-9]{1,6})")


def write_polynomial(polynomial: Polynomial) -> str:
    """The terms in the order of the polynomial, as tokens with blanks between them.

    >>> write_polynomial(Polynomial.parse("4*x1^4 + 12*x1^2*x2^2 - x1/3 + 0.5"))
    'C4.0 E4 E0 C12.0 E2 E2 C-1/3 E1 E0 C0.5 E0 E0'
    """
    tokens = []
    for row, coefficient in zip(polynomial.exponents.tolist(), polynomial.coefficients, strict=True):
        tokens += [_write_number(coefficient), *(f"E{exponent}" for exponent in row)]
    return " ".join(tokens)


def read_polynomial(text: str, variables: Iterable[str] | None = None) -> Polynomial:
    """The polynomial that `write_polynomial` wrote; without `variables` they are x1, x2, ...

    >>> print(read_polynomial("C4.0 E4 E0 C12.0 E2 E2 C-1/3 E1 E0"))
    4*x1^4 + 12*x1^2*x2^2 - 1/3*x1

    Raises:
      ValueError: a token is neither C<number> nor E<exponent>, terms differ in their number of exponents or repeat.
    """
    names = None if variables is None else tuple(variables)
    coefficients: list[Fraction] = []
    rows: list[list[int]] = []
    for place, token in enumerate(text.split(), start=1):
        if token.startswith("C"):
            coefficients.append(_read_number(token, place))
            rows.append([])
        elif not rows:
            raise ValueError(f"token {place}: got {token[:40]!r}, wanted a coefficient such as C1.0 to begin a term")
        else:
            rows[-1].append(_read_exponent(token, place, "a coefficient such as C1.0 or an exponent such as E2"))
    width = len(names) if names is not None else len(rows[0]) if rows else 0
    _check_rows(rows, width, "term")
    return Polynomial.from_arrays(np.array(rows, np.int64).reshape(len(rows), width), coefficients, names)


def write_basis(basis: Int[np.ndarray, "k n"]) -> str:
    """The monomials between SEP tokens, then EOS.

    >>> write_basis(np.array([[2, 0], [0, 2]]))
    'E2 E0 SEP E0 E2 EOS'
    """
    monomials = [" ".join(f"E{exponent}" for exponent in row) for row in basis.tolist()]
    return f" {SEP} ".join(monomials) + (f" {EOS}" if monomials else EOS)


def read_basis(text: str, variables: int | None = None) -> Int32[np.ndarray, "k n"]:
    """The monomials that `write_basis` wrote; `variables` checks their number, and gives it where there are none.

    >>> read_basis("E2 E0 SEP E0 E2 EOS").tolist()
    [[2, 0], [0, 2]]

    Raises:
      ValueError: EOS is missing or not last, or monomials are malformed, of unequal lengths or repeated.
    """
    tokens = text.split()
    if not tokens or tokens[-1] != EOS:
        raise ValueError(f"token {len(tokens)}: got {(tokens or [''])[-1][:40]!r}, wanted {EOS} as the last token")
    rows: list[list[int]] = [[]] if len(tokens) > 1 else []
    for place, token in enumerate(tokens[:-1], start=1):
        if token == SEP:
            rows.append([])
        else:
            rows[-1].append(_read_exponent(token, place, f"an exponent such as E2 or {SEP}"))
    width = variables if variables is not None else len(rows[0]) if rows else 0
    _check_rows(rows, width, "monomial")
    return np.array(rows, np.int32).reshape(len(rows), width)


def _write_number(value: Fraction) -> str:
    sign, numerator, denominator = "-" if value < 0 else "", abs(value.numerator), value.denominator
    places = next((k for k in range(1, LONGEST_DECIMAL + 1) if 10**k % denominator == 0), None)
    if places is None:
        # flint prints integers of any length; str() stops at 4,300 digits
        return f"C{sign}{fmpz(numerator).str()}/{fmpz(denominator).str()}"
    whole, part = divmod(numerator * (10**places // denominator), 10**places)
    return f"C{sign}{fmpz(whole).str()}.{part:0{places}d}"


def _read_number(token: str, place: int) -> Fraction:
    match = _NUMBER.fullmatch(token)
    if match is None or (match[4] and not match[4].strip("0")):
        raise ValueError(f"token {place}: got {token[:40]!r}, wanted a coefficient such as C1.0, C-12.5 or C1/3")
    sign, whole, decimals, denominator = match.groups()
    value = Fraction(int(fmpz(whole + (decimals or ""))), int(fmpz(denominator or 1)) * 10 ** len(decimals or ""))
    return -value if sign else value


def _read_exponent(token: str, place: int, wanted: str) -> int:
    match = _EXPONENT.fullmatch(token)
    if match is None or int(match[1]) > MAX_EXPONENT:
        raise ValueError(f"token {place}: got {token[:40]!r}, wanted {wanted}, up to E{MAX_EXPONENT}")
    return int(match[1])


def _check_rows(rows: list[list[int]], width: int, what: str) -> None:
    first: dict[tuple[int, ...], int] = {}
    for number, row in enumerate(rows, start=1):
        if len(row) != width:
            raise ValueError(f"{what} {number}: got {len(row)} exponents, wanted {width}, one for each variable")
        if first.setdefault(tuple(row), number) != number:
            raise ValueError(f"{what} {number}: got the same exponents as {what} {first[tuple(row)]}")
