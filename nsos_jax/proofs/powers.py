"""Square factors: p = f^2 g, where g is smaller, and squares for g become squares for p.

Whether there is a square factor at all is first asked modulo a prime, on lines parallel to the axes: if p, restricted
to random ones, has no repeated factor, then p has none. That costs little, and spares almost every polynomial the
factorisation.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import count
from typing import NamedTuple

import numpy as np
from flint import fmpz_mat, fmpz_mpoly, fmpz_mpoly_ctx, nmod_poly

from nsos_jax.bases import TooLarge
from nsos_jax.certificates import MAX_BASIS, GramBlock, NegativePointCertificate, SosCertificate
from nsos_jax.polynomials import Polynomial, RowTable, distinct_rows, occurrences

PRIME = 2**31 - 1
MAX_TERMS = 50_000
"""Terms up to which polynomials are factored: nothing can interrupt it."""


class SquareFactor(NamedTuple):
    """p = root^2 rest, where `rest` has no square factor but constants, and the root is no constant."""

    root: Polynomial
    rest: Polynomial


def square_factor(polynomial: Polynomial) -> SquareFactor | None:
    """The largest square that divides a non-zero polynomial; None if only constants do, or if there are too many terms.

    >>> root, rest = square_factor(Polynomial.parse("2*(x + y)^3*(x*y + 1)^2"))
    >>> print(root, "and", rest)
    x^2*y + x*y^2 + x + y and 2*x + 2*y
    """
    if polynomial.num_terms > MAX_TERMS or not _may_have_square_factor(polynomial):
        return None
    context = fmpz_mpoly_ctx.get([f"x{i}" for i in range(polynomial.num_variables)], "degrevlex")
    rows = map(tuple, polynomial.exponents.tolist())
    whole = context.from_dict(dict(zip(rows, polynomial.numerators, strict=True)))
    content, factors = whole.factor_squarefree()
    root, rest = context.constant(1), context.constant(content)
    for factor, multiplicity in factors:
        root *= factor ** (multiplicity // 2)
        rest *= factor ** (multiplicity % 2)
    if root.is_constant():
        return None
    names = polynomial.variables
    return SquareFactor(_polynomial(root, names), _polynomial(rest, names) / polynomial.denominator)


def _polynomial(value: fmpz_mpoly, variables: Sequence[str]) -> Polynomial:
    return Polynomial.from_arrays(np.array(value.monoms(), np.int32), list(map(int, value.coeffs())), variables)


def _may_have_square_factor(polynomial: Polynomial) -> bool:
    """False proves that no polynomial but constants divides p twice; True proves nothing.

    If f^2 divides p and x_i occurs in f, then p(x_1, .., t, .., x_n) with numbers for all but x_i = t has a repeated
    factor, also modulo a prime, unless the leading coefficient of f in x_i vanishes there, which is unlikely. Should it
    happen, a square factor is overlooked and no harm is done.
    """
    exponents, n = polynomial.exponents, polynomial.num_variables
    at = np.random.default_rng(n).integers(1, PRIME, n).tolist()
    values = np.array([numerator % PRIME for numerator in polynomial.numerators], np.int64)
    columns = list(zip(occurrences(exponents), at, strict=True))
    for (rows, powers), number in columns:
        values[rows] = values[rows] * _powers(number, int(powers.max(initial=0)))[powers] % PRIME
    total = int(values.sum() % PRIME)
    for (rows, powers), number in columns:
        degree = int(powers.max(initial=0))
        if degree < 2:
            continue
        without = values[rows] * _powers(pow(number, -1, PRIME), degree)[powers] % PRIME
        coefficients = np.zeros(degree + 1, np.int64)
        np.add.at(coefficients, powers, without)
        coefficients[0] = total - int(values[rows].sum() % PRIME)
        line = nmod_poly((coefficients % PRIME).tolist(), PRIME)
        if line.gcd(line.derivative()).degree() > 0:
            return True
    return False


def _powers(number: int, most: int) -> np.ndarray:
    """1, number, ..., number^most modulo the prime, int64."""
    powers = [1]
    for _ in range(most):
        powers.append(powers[-1] * number % PRIME)
    return np.array(powers, np.int64)


def multiplied_squares(polynomial: Polynomial, root: Polynomial, rest: SosCertificate) -> SosCertificate:
    """The certificate of p = root^2 rest from one for the rest: every square times the root.

    Raises:
      TooLarge: a block would be.
    """
    return SosCertificate.create(
        polynomial, [_multiplied(root, block.basis, block.gram, int(block.denominator)) for block in rest.blocks]
    )


def _multiplied(root: Polynomial, basis: np.ndarray, gram: np.ndarray, denominator: int) -> GramBlock:
    """root^2 z'Qz = y'(T Q T')y, where column j of T holds the coefficients of root z_j."""
    products = (root.exponents[:, None] + basis[None]).reshape(-1, basis.shape[1])
    monomials = distinct_rows(products)
    if len(monomials) > MAX_BASIS:
        raise TooLarge(f"a basis of {len(monomials)} monomials is beyond what certificates may hold, {MAX_BASIS}")
    places = RowTable(monomials, monomials.max(axis=0)).find_products(root.exponents, basis)
    factor = fmpz_mat(len(monomials), len(basis))
    for row, numerator in zip(places.tolist(), root.numerators, strict=True):
        for column, place in enumerate(row):
            factor[place, column] = numerator
    matrix = factor * fmpz_mat(gram.tolist()) * factor.transpose()
    return monomials, matrix, denominator * root.denominator**2


def multiplied_point(
    polynomial: Polynomial, root: Polynomial, rest: NegativePointCertificate
) -> NegativePointCertificate:
    """The certificate of p = root^2 rest from one for the rest; where the root vanishes, from a point nearby."""
    point = [Fraction(int(x.numerator), int(x.denominator)) for x in rest.point]
    for step in count(0):
        nearby = [x + Fraction((step + 1) ** i, 2 ** (4 * step)) for i, x in enumerate(point)] if step else point
        if polynomial.evaluate(nearby) < 0:
            return NegativePointCertificate.create(polynomial, nearby)
    raise AssertionError("unreachable")
