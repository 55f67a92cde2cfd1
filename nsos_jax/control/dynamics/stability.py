"""Exact stability of linear systems: whether all eigenvalues of a rational matrix lie in the open left half plane, or
inside the unit circle."""

from collections.abc import Sequence
from enum import Enum
from fractions import Fraction
from itertools import pairwise

from flint import fmpq, fmpq_mat, fmpq_poly

Matrix = Sequence[Sequence[Fraction]]


class Stability(Enum):
    """Of the linearisation at an equilibrium."""

    STABLE = "stable"
    """All eigenvalues are strictly inside: the equilibrium is asymptotically stable."""
    UNSTABLE = "unstable"
    """Some eigenvalue is strictly outside: the equilibrium is unstable."""
    CRITICAL = "critical"
    """Some lie on the boundary, none outside: the linearisation does not decide."""


def linear_stability(matrix: Matrix, discrete: bool = False) -> Stability:
    """By the numbers of roots of the characteristic polynomial on each side, exactly.

    >>> linear_stability([[Fraction(0), Fraction(1)], [Fraction(-1), Fraction(-1)]])
    <Stability.STABLE: 'stable'>
    """
    size = len(matrix)
    exact = fmpq_mat(size, size, [_exact(x) for row in matrix for x in row])
    polynomial = exact.charpoly()
    if discrete:
        polynomial = _moebius(polynomial, size)
    inside, outside = _half_planes(polynomial)
    if outside:
        return Stability.UNSTABLE
    return Stability.STABLE if inside == size else Stability.CRITICAL


def restricted(matrix: Matrix, normals: Sequence[Sequence[Fraction]]) -> list[list[Fraction]]:
    """A matrix on the invariant subspace that is orthogonal to some vectors, in a basis of it."""
    size = len(matrix)
    basis = _orthogonal(normals, size)
    columns = fmpq_mat(size, len(basis), [_exact(row[k]) for k in range(size) for row in basis])
    moved = fmpq_mat(size, size, [_exact(x) for row in matrix for x in row]) * columns
    gram = columns.transpose() * columns
    return _listed(gram.solve(columns.transpose() * moved)) if basis else []


def lyapunov_equation(matrix: Matrix, discrete: bool = False) -> list[list[Fraction]] | None:
    """The symmetric P with A'P + PA = -I, or A'PA - P = -I for discrete time; None where it is not unique.

    >>> lyapunov_equation([[Fraction(-1), Fraction(0)], [Fraction(0), Fraction(-2)]])
    [[Fraction(1, 2), Fraction(0, 1)], [Fraction(0, 1), Fraction(1, 4)]]
    """
    size = len(matrix)
    pairs = [(i, j) for i in range(size) for j in range(i, size)]
    place = {pair: index for index, pair in enumerate(pairs)}
    rows = fmpq_mat(len(pairs), len(pairs))
    right = fmpq_mat(len(pairs), 1)
    for equation, (i, j) in enumerate(pairs):
        right[equation, 0] = -1 if i == j else 0
        for k in range(size):
            if not discrete:
                rows[equation, place[min(k, j), max(k, j)]] += _exact(matrix[k][i])
                rows[equation, place[min(i, k), max(i, k)]] += _exact(matrix[k][j])
            for m in range(size if discrete else 0):
                rows[equation, place[min(k, m), max(k, m)]] += _exact(matrix[k][i] * matrix[m][j])
        if discrete:
            rows[equation, equation] -= 1
    try:
        found = _listed(rows.solve(right))
    except ZeroDivisionError:
        return None
    return [[found[place[min(i, j), max(i, j)]][0] for j in range(size)] for i in range(size)]


def _orthogonal(normals: Sequence[Sequence[Fraction]], size: int) -> list[list[Fraction]]:
    """A basis of the vectors that are orthogonal to the normals."""
    if not normals:
        return [[Fraction(i == j) for j in range(size)] for i in range(size)]
    reduced, rank = fmpq_mat(len(normals), size, [_exact(x) for row in normals for x in row]).rref()
    rows = _listed(reduced)[:rank]
    pivots = [next(j for j, value in enumerate(row) if value) for row in rows]
    basis = []
    for free in (j for j in range(size) if j not in pivots):
        vector = [Fraction(j == free) for j in range(size)]
        for pivot, row in zip(pivots, rows, strict=True):
            vector[pivot] = -row[free]
        basis.append(vector)
    return basis


def _exact(number: Fraction | int) -> fmpq:
    value = Fraction(number)
    return fmpq(value.numerator, value.denominator)


def _listed(matrix: fmpq_mat) -> list[list[Fraction]]:
    return [
        [Fraction(int(matrix[i, j].p), int(matrix[i, j].q)) for j in range(matrix.ncols())]
        for i in range(matrix.nrows())
    ]


def _moebius(polynomial: fmpq_poly, degree: int) -> fmpq_poly:
    """(1 - s)^degree p((1 + s) / (1 - s)): the inside of the circle becomes the left half plane. A root at -1 is lost:
    the degree is lower then."""
    plus, minus = fmpq_poly([1, 1]), fmpq_poly([1, -1])
    total = fmpq_poly([0])
    for power in range(degree + 1):
        total += polynomial[power] * plus**power * minus ** (degree - power)
    return total


def _half_planes(polynomial: fmpq_poly) -> tuple[int, int]:
    """How many roots have a negative and a positive real part, with multiplicity.

    Each root is counted by the multiplicity it has: p is split into squarefree parts, and of each the common divisor
    of p(s) and p(-s), which holds what is symmetric to the imaginary axis, is taken apart; the rest is counted by
    Routh's scheme in the form of a Sturm sequence (Hermite and Biehler).
    """
    inside = outside = 0
    for part, multiplicity in polynomial.factor_squarefree()[1]:
        mirrored = part(fmpq_poly([0, -1]))
        symmetric = part.gcd(mirrored)
        rest = part // symmetric
        left, right = _counted(rest)
        on_axis = _imaginary_roots(symmetric)
        half = (symmetric.degree() - on_axis) // 2
        inside += multiplicity * (left + half)
        outside += multiplicity * (right + half)
    return inside, outside


def _counted(polynomial: fmpq_poly) -> tuple[int, int]:
    """Roots to the left and to the right of the imaginary axis, of a polynomial without roots symmetric to it: by the
    Cauchy index of its even and odd parts, Re and Im of p(i w)."""
    degree = polynomial.degree()
    if degree <= 0:
        return 0, 0
    real, imaginary = _along_axis(polynomial)
    top, bottom = (real, imaginary) if degree % 2 == 0 else (imaginary, real)
    index = _cauchy_index(bottom, top) * (1 if degree % 2 == 0 else -1)
    # the argument of p(i w) grows by pi (left - right) along the axis, and -index is that growth over pi
    difference = -index
    left = (degree + difference) // 2
    return left, degree - left


def _along_axis(polynomial: fmpq_poly) -> tuple[fmpq_poly, fmpq_poly]:
    """Real and imaginary part of p(i w), as polynomials in w."""
    real, imaginary = [fmpq(0)] * (polynomial.degree() + 1), [fmpq(0)] * (polynomial.degree() + 1)
    for power, value in enumerate(polynomial.coeffs()):
        sign = (1, 1, -1, -1)[power % 4]
        (real if power % 2 == 0 else imaginary)[power] = sign * value
    return fmpq_poly(real), fmpq_poly(imaginary)


def _cauchy_index(numerator: fmpq_poly, denominator: fmpq_poly) -> int:
    """The jumps of numerator / denominator from -infinity to +infinity less those the other way, on the whole line."""
    sequence = [denominator, numerator]
    while sequence[-1] != 0:
        sequence.append(-(sequence[-2] % sequence[-1]))
    sequence.pop()
    return _changes(sequence, -1) - _changes(sequence, 1)


def _changes(sequence: Sequence[fmpq_poly], side: int) -> int:
    """Sign changes at -infinity (side -1) or +infinity."""
    signs = []
    for member in sequence:
        lead = member[member.degree()] > 0
        signs.append(lead if side > 0 or member.degree() % 2 == 0 else not lead)
    return sum(one != other for one, other in pairwise(signs))


def _imaginary_roots(symmetric: fmpq_poly) -> int:
    """Roots on the imaginary axis of a squarefree polynomial that is even or odd."""
    if symmetric.degree() <= 0:
        return 0
    real, imaginary = _along_axis(symmetric)
    line = real if real != 0 else imaginary
    return _cauchy_index(line.derivative(), line)
