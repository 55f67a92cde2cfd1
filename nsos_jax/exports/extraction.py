"""Statements from certificates that hold: the squares, the point or the functional, in the terms of `statements`."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from math import lcm

import numpy as np
from flint import fmpq, fmpq_mat, fmpz, fmpz_mat

from nsos_jax.certificates import (
    Block,
    Certificate,
    IndexedSquare,
    LowerBoundCertificate,
    NearSosCertificate,
    NegativePointCertificate,
    NonnegCertificate,
    NotSosCertificate,
    SosCertificate,
    Terms,
    as_fraction,
    as_rational,
    evaluate,
    few_digit_squares,
    ldl,
    pairing,
    primitive_square,
)
from nsos_jax.exports.statements import (
    BoundedBelow,
    Monomial,
    NegativeValue,
    Nonnegative,
    NoSumOfSquares,
    Square,
    Statement,
    Sum,
    SumOfSquares,
    Term,
)

TERM_BITS = 20
"""What a monomial counts beside the bits of its coefficient when texts are compared: about six characters."""


def statement_of(certificate: Certificate, whole: bool) -> Statement | None:
    """The statement of a certificate that holds; None for a kind that no format knows.

    Args:
        certificate: what is proven.
        whole: choose squares that are short where all weights are written over one denominator.
    """
    match certificate:
        case SosCertificate():
            return _sum_of_squares(certificate, whole)
        case NearSosCertificate():
            return _near_sum_of_squares(certificate, whole)
        case LowerBoundCertificate():
            return _bounded_below(certificate, whole)
        case NonnegCertificate():
            return _nonnegative(certificate, whole)
        case NegativePointCertificate():
            return _negative_value(certificate)
        case NotSosCertificate():
            return _no_sum_of_squares(certificate)
    return None


def _sum_of_squares(certificate: SosCertificate, whole: bool) -> SumOfSquares:
    squares = tuple(_block_squares(certificate.blocks, whole))
    return SumOfSquares(certificate.variables, sum_of(certificate.polynomial), squares)


def _near_sum_of_squares(certificate: NearSosCertificate, whole: bool) -> SumOfSquares:
    squares = tuple(_block_squares(certificate.blocks, whole))
    monomials = tuple(dict.fromkeys(m for block in certificate.blocks for m in map(monomial, block.basis.tolist())))
    return SumOfSquares(certificate.variables, sum_of(certificate.of), squares, certificate.epsilon, monomials)


def _bounded_below(certificate: LowerBoundCertificate, whole: bool) -> BoundedBelow:
    squares = tuple(_block_squares(certificate.blocks, whole))
    return BoundedBelow(certificate.variables, sum_of(certificate.polynomial), certificate.bound, squares)


def _nonnegative(certificate: NonnegCertificate, whole: bool) -> Statement:
    polynomial = sum_of(certificate.polynomial)
    if not polynomial:
        return SumOfSquares(certificate.variables, (), ())
    multiplier = tuple(square for block in certificate.multiplier for square in _constant_last(block))
    squares = tuple(_block_squares(certificate.product, whole))
    return Nonnegative(certificate.variables, polynomial, sum_of(certificate.sigma()), multiplier, squares)


def _negative_value(certificate: NegativePointCertificate) -> NegativeValue:
    value = as_fraction(evaluate(certificate.polynomial, tuple(map(as_rational, certificate.point))))
    return NegativeValue(certificate.variables, sum_of(certificate.polynomial), certificate.point, value)


def _no_sum_of_squares(certificate: NotSosCertificate) -> NoSumOfSquares:
    moments = certificate.functional.by_monomial()
    rows = certificate.basis.astype(np.int32)
    zero = fmpq(0)
    matrix = fmpq_mat([[moments.get((left + right).tobytes(), zero) for right in rows] for left in rows])
    return NoSumOfSquares(
        certificate.variables,
        sum_of(certificate.polynomial),
        sum_of(certificate.functional),
        as_fraction(pairing(certificate.polynomial, certificate.functional)),
        tuple(map(tuple, certificate.basis.tolist())),
        certificate.halfspaces,
        tuple(primitive_square(weight, row) for weight, row in ldl(matrix)),
    )


def sum_of(terms: Terms) -> Sum:
    """The terms that are not zero, by descending degree and then as in the polynomial x^2 + x*y + y^2."""
    pairs = zip(terms.exponents.tolist(), terms.values, strict=True)
    ordered = sorted(pairs, key=lambda pair: (sum(pair[0]), pair[0]), reverse=True)
    return tuple(Term(value, monomial(row)) for row, value in ordered if value != 0)


def monomial(exponents: Sequence[int]) -> Monomial:
    """The exponents that are not 0."""
    return tuple((i, power) for i, power in enumerate(exponents) if power)


def _block_squares(blocks: Iterable[Block], whole: bool) -> Iterator[Square]:
    """Per block the shorter of LDL' and squares of few digits, of S where the block is V S V'."""
    for block in blocks:
        squares = _ldl_squares(block.core, block.denominator)
        short = few_digit_squares(block.core, block.denominator)
        if short is not None:
            squares = min(squares, short, key=partial(_length, whole=whole))
        rows = block.basis.tolist()
        for weight, root in squares:
            if block.range is not None:
                weight, root = _on_range(weight, root, block.range)
            if root:
                yield _square(weight, root, rows)


def _constant_last(block: Block) -> Iterator[Square]:
    """The squares of LDL' with the constant eliminated last: if any sum of squares shows a constant, this one does."""
    order = np.argsort(~block.basis.any(axis=1), kind="stable")
    rows = block.basis[order].tolist()
    for weight, root in _ldl_squares(block.gram[np.ix_(order, order)], block.denominator):
        yield _square(weight, root, rows)


def _ldl_squares(gram: np.ndarray, denominator: int) -> list[IndexedSquare]:
    matrix = fmpq_mat(fmpz_mat(gram.tolist())) / fmpz(denominator)
    return [primitive_square(weight, row) for weight, row in ldl(matrix)]


def _on_range(weight: Fraction, root: dict[int, int], columns: np.ndarray) -> IndexedSquare:
    """The square of (root'V'z), for V = `columns`; without a root where V root is 0."""
    sums = columns[:, list(root)].astype(object) @ np.array(list(root.values()), dtype=object)
    moved = {i: Fraction(total) for i, total in enumerate(sums.tolist()) if total}
    return primitive_square(weight, moved) if moved else (weight, {})


def _square(weight: Fraction, root: dict[int, int], rows: list[list[int]]) -> Square:
    """The square with the monomials of these exponents, in the order of `sum_of`."""
    ordered = sorted(root.items(), key=lambda item: (sum(rows[item[0]]), rows[item[0]]), reverse=True)
    return Square(weight, tuple(Term(Fraction(value), monomial(rows[i])) for i, value in ordered))


def _length(squares: Sequence[IndexedSquare], whole: bool) -> int:
    """About the length of the text of these squares, in bits; all weights over one denominator if they are `whole`."""
    common = lcm(*[weight.denominator for weight, _ in squares])
    weights = [
        weight.numerator * (common // weight.denominator if whole else weight.denominator) for weight, _ in squares
    ]
    numbers = [*weights, *(value for _, root in squares for value in root.values())]
    return sum(number.bit_length() + TERM_BITS for number in numbers)
