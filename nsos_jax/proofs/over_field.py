"""Proofs that p is no sum of squares over Q, from a real zero of p in a number field.

Rational squares in p vanish at the zero and hence at all its conjugates, which may leave too few of them (Laplagne,
"Facial reduction for exact polynomial sum of squares decomposition", 2020); `NotSosOverQCertificate` has the argument.
The field and the coordinates are guessed from digits by lattice reduction; that p vanishes there is computed exactly.
"""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from flint import fmpq, fmpq_mat, fmpq_poly, fmpz_mat, fmpz_poly
from jaxtyping import Int

from nsos_jax.certificates import InvalidCertificate, NotSosOverQCertificate, RealField, as_fraction, vanishing
from nsos_jax.polynomials import Polynomial
from nsos_jax.proofs.evidence import CompleteBasis

DIGITS = (60, 150, 400)
MAX_DEGREE = 16
CERTAIN = 0.75
"""A relation counts if it holds to this share of the digits, and its numbers use up at most this share."""
MAX_INTERVAL_DIGITS = 30
DIRECTION_BITS = (0, 1, 2, 3, 5, 8, 12, 20, 40)
MAX_PRODUCTS = 2_000
"""Pairs of polynomials that vanish at the zero: unknowns of an exact linear system."""

Digits = Callable[[int], Sequence[int] | None]
"""The coordinates of a real zero of p, times 10^digits and rounded; None where they cannot be had."""


class AlgebraicPoint(NamedTuple):
    """A point with coordinates in a real number field, as polynomials in theta."""

    field: RealField
    coordinates: tuple[fmpq_poly, ...]


def not_sos_over_q(polynomial: Polynomial, complete: CompleteBasis, zero: Digits) -> NotSosOverQCertificate | None:
    """The certificate that p has no rational Gram matrix, where this zero shows it; None where it does not.

    It does where no polynomial over the complete basis vanishes at the zero and its conjugates, where p is no
    combination of products of those that do, or where it is one in one way only and that is not positive semidefinite.
    """
    for point in recognised_points(zero):
        values = point.field.values(point.coordinates, polynomial.exponents)
        addends = zip(values, polynomial.coefficients, strict=True)
        if sum((value * fmpq(c.numerator, c.denominator) for value, c in addends), fmpq_poly([0])) != 0:
            continue
        kernel = vanishing(point.field, point.coordinates, complete.basis)
        functional = None
        if kernel.ncols():
            functional = _functional(polynomial, complete.basis, kernel)
            if functional is None:
                return None
        return NotSosOverQCertificate.create(
            polynomial,
            point.field.minimal_polynomial,
            point.field.interval,
            [[as_fraction(value) for value in coordinate.coeffs()] for coordinate in point.coordinates],
            complete.basis,
            complete.halfspaces,
            functional,
        )
    return None


def recognised_points(zero: Digits) -> Iterator[AlgebraicPoint]:
    """Number fields that may hold the coordinates, from more and more digits."""
    for digits in DIGITS:
        coordinates = zero(digits)
        if coordinates is None:
            return
        for weights in _combinations(len(coordinates)):
            theta = sum(weight * x for weight, x in zip(weights, coordinates, strict=True))
            minimal = _minimal_polynomial(theta, digits)
            if minimal is None:
                continue
            elements = [_in_field(x, theta, minimal.degree(), digits) for x in coordinates]
            field = _field(minimal, theta, digits)
            if field is not None and None not in elements:
                yield AlgebraicPoint(field, tuple(element for element in elements if element is not None))
                break


def _combinations(variables: int) -> Iterator[list[int]]:
    """Weights of coordinates whose sum may be a primitive element: each of them alone, then all together."""
    yield from np.eye(variables, dtype=int).tolist()
    yield from ([1 + i * step for i in range(variables)] for step in (0, 1, 2, -3))


def _relation(numbers: Sequence[int], digits: int) -> list[int] | None:
    """Short integers c with sum c_i x_i near 0, for numbers x_i over 10^digits; None where none is short enough."""
    size = len(numbers)
    rows = [[int(i == j) for j in range(size)] + [x] for i, x in enumerate(numbers)]
    shortest = [int(entry) for entry in fmpz_mat(rows).lll().tolist()[0]]
    longest = max(map(abs, shortest[:-1]))
    fits = longest**size < 10 ** int(CERTAIN * digits) and abs(shortest[-1]) < 10 ** int((1 - CERTAIN) * digits)
    return shortest[:-1] if fits else None


def _powers(theta: int, count: int, digits: int) -> list[int]:
    powers = [10**digits]
    while len(powers) < count:
        powers.append(powers[-1] * theta // 10**digits)
    return powers


def _minimal_polynomial(theta: int, digits: int) -> fmpz_poly | None:
    """The irreducible polynomial of least degree with the root theta / 10^digits, as far as the digits show."""
    relation = _relation(_powers(theta, MAX_DEGREE + 1, digits), digits)
    if relation is None:
        return None
    point = fmpq(theta, 10**digits)
    factors = [factor for factor, _ in fmpz_poly(relation).factor()[1]]
    return min(factors, key=lambda factor: abs(factor(point)))


def _in_field(number: int, theta: int, degree: int, digits: int) -> fmpq_poly | None:
    """The number as a polynomial in theta of lower degree than `degree`."""
    relation = _relation([*_powers(theta, degree, digits), number], digits)
    if relation is None or relation[-1] == 0:
        return None
    return fmpq_poly([fmpq(-c, relation[-1]) for c in relation[:-1]])


def _field(minimal: fmpz_poly, theta: int, digits: int) -> RealField | None:
    """The field with the shortest decimal interval around theta that holds no other root."""
    for shown in range(MAX_INTERVAL_DIGITS):
        lower = theta // 10 ** (digits - shown)
        field = RealField.create(
            map(int, minimal.coeffs()), (Fraction(lower, 10**shown), Fraction(lower + 1, 10**shown))
        )
        try:
            field.check()
        except InvalidCertificate:
            continue
        return field
    return None


def _functional(
    polynomial: Polynomial, basis: Int[np.ndarray, "m n"], kernel: fmpz_mat
) -> tuple[Int[np.ndarray, "moments n"], list[Fraction]] | None:
    """A functional that is negative on p and nonnegative on squares of combinations of the w_k, the kernel's columns.

    p = sum_ij S_ij w_i w_j is a linear system for a symmetric matrix S. If it has no solution then some functional is 0
    on all w_i w_j and -1 on p. If S is unique and v'Sv < 0 then L(w_i w_j) = v_i v_j makes L(p) = v'Sv.
    """
    vectors = np.array(kernel.transpose().tolist(), dtype=object).reshape(kernel.ncols(), len(basis))
    i, j = np.triu_indices(len(vectors))
    if len(i) > MAX_PRODUCTS:
        return None
    monomials, products, target = _product_rows(polynomial, basis, vectors[i], vectors[j])
    moments = _solution([*products, target], [fmpq(0)] * len(i) + [fmpq(-1)])
    if moments is None:
        direction = _negative_direction(products, target, len(vectors))
        if direction is None:
            return None
        moments = _solution(products, [fmpq(direction[a] * direction[b]) for a, b in zip(i, j, strict=True)])
        assert moments is not None, "the products are independent"
    kept = [k for k, value in enumerate(moments) if value != 0]
    return monomials[kept], [as_fraction(moments[k]) for k in kept]


def _product_rows(
    polynomial: Polynomial, basis: Int[np.ndarray, "m n"], left: np.ndarray, right: np.ndarray
) -> tuple[Int[np.ndarray, "rows n"], list[list[fmpq]], list[fmpq]]:
    """All monomials that occur, the coefficients of each product left[k] right[k] at them, and those of p."""
    a, b = np.triu_indices(len(basis))
    sums = np.concatenate([polynomial.exponents, basis[a] + basis[b]])
    monomials, places = np.unique(sums, axis=0, return_inverse=True)
    places = places.ravel()
    values = np.zeros((len(monomials), len(left)), dtype=object)
    terms = left[:, a] * right[:, b] + np.where(a == b, 0, 1) * left[:, b] * right[:, a]
    np.add.at(values, places[polynomial.num_terms :], terms.T)
    target = [fmpq(0)] * len(monomials)
    for place, value in zip(places.tolist(), polynomial.coefficients, strict=False):
        target[place] = fmpq(value.numerator, value.denominator)
    return monomials, [[fmpq(int(x)) for x in row] for row in values.T], target


def _solution(rows: Sequence[Sequence[fmpq]], right: Sequence[fmpq]) -> list[fmpq] | None:
    """Some x with rows x = right, its free entries 0; None where there is none."""
    width = len(rows[0])
    echelon, rank = fmpq_mat([[*row, value] for row, value in zip(rows, right, strict=True)]).rref()
    x = [fmpq(0)] * width
    for row in range(rank):
        pivot = next(column for column in range(width + 1) if echelon[row, column] != 0)
        if pivot == width:
            return None
        x[pivot] = echelon[row, width]
    return x


def _negative_direction(products: Sequence[Sequence[fmpq]], target: Sequence[fmpq], size: int) -> list[int] | None:
    """Integers v with v'Sv < 0 for the only S with p = sum_ij S_ij w_i w_j; None where S is psd or not the only one."""
    matrix = fmpq_mat([list(row) for row in products]).transpose()
    if matrix.rank() < len(products):
        return None
    entries = _solution(matrix.tolist(), target)
    assert entries is not None, "the equations have a solution"
    gram = fmpq_mat(size, size)
    for a, b, value in zip(*np.triu_indices(size), entries, strict=True):
        gram[int(a), int(b)] = gram[int(b), int(a)] = value if a == b else value / 2
    floats = np.array([[float(as_fraction(value)) for value in row] for row in gram.tolist()])
    spectrum, vectors = np.linalg.eigh(floats)
    for bits in DIRECTION_BITS:
        for vector in vectors.T[spectrum < 0]:
            rounded = [int(x) for x in np.rint(vector / np.abs(vector).max() * 2.0**bits)]
            v = fmpq_mat(size, 1, rounded)
            if (v.transpose() * gram * v)[0, 0] < 0:
                return rounded
    return None
