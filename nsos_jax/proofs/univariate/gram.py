"""Polynomials u in one variable over the integers: a Gram matrix where u >= 0, else an interval where u < 0.

u = c F^2 q with q squarefree, from the squarefree decomposition. So u >= 0 if and only if c q > 0 everywhere, which the
real roots of q tell exactly. Then q = |f|^2 for a complex polynomial f that has one root of every conjugate pair, and
f, rounded, gives a Gram matrix: V. Magron, M. Safey El Din and M. Schweighofer, Algorithms for weighted sum of squares
decomposition of non-negative univariate polynomials (2019), the method univsos2: a small multiple of a sum of even
powers is subtracted first, and pays for the rounding. Different here: the powers get weights from the Newton polygon
of q, so that the multiple depends on how near q comes to zero but not on the scale of x; the entries of the Gram
matrix are rounded, which halves their length; and there is one Gram matrix, so at most degree / 2 + 1 squares.
"""

import math
import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from flint import acb, acb_poly, arb, arb_poly, ctx, fmpz, fmpz_mat, fmpz_poly

from nsos_jax.bases import DeadlineExceeded
from nsos_jax.certificates import is_psd
from nsos_jax.proofs.univariate.complex_roots import LostRoots, newton, upper_roots
from nsos_jax.proofs.univariate.real_roots import approximate_real_roots, has_real_root

SHORT = 8
"""Bases up to this size get the shortest entries that do; longer ones those that are sure to do."""
GUARD_BITS = (128, 256, 512)
"""Digits beyond those that are needed, and how far (2^-bits, relatively) a polynomial nearby may be off."""


class Decomposition(NamedTuple):
    """u = square^2 core with core squarefree but for a constant factor, over the integers."""

    square: fmpz_poly
    core: fmpz_poly


class UnivariateGram(NamedTuple):
    """u = z'Qz with Q = numerators / 2^shift positive semidefinite and z = (1, t, ..., t^(degree / 2))."""

    numerators: fmpz_mat
    shift: int


def decompose(polynomial: fmpz_poly) -> Decomposition:
    """The largest square that divides a non-zero polynomial, and the rest.

    >>> decompose(fmpz_poly([2, 0, 2]) * fmpz_poly([-1, 1]) ** 3)
    Decomposition(square=x + (-1), core=2*x^3 + (-2)*x^2 + 2*x + (-2))
    """
    content, factors = polynomial.factor_squarefree()
    square, core = fmpz_poly([1]), fmpz_poly([content])
    for factor, multiplicity in factors:
        square *= factor ** (multiplicity // 2)
        core *= factor ** (multiplicity % 2)
    return Decomposition(square, core)


def nonnegative(parts: Decomposition, deadline: float) -> bool:
    """Whether the polynomial takes no negative value.

    Raises:
      DeadlineExceeded: `time.monotonic()` is past the deadline.
    """
    return parts.core.leading_coefficient() > 0 and not has_real_root(parts.core, deadline)


def univariate_gram(parts: Decomposition, deadline: float) -> UnivariateGram:
    """The Gram matrix of a nonnegative polynomial.

    Raises:
      DeadlineExceeded: `time.monotonic()` is past the deadline.
    """
    numerators, shift = _positive_gram(parts.core, deadline)
    size, length = numerators.nrows(), parts.square.degree() + 1
    coefficients = parts.square.coeffs()
    band = fmpz_mat(size + length - 1, size)  # column j: the coefficients of t^j times the square
    for j in range(size):
        for i, value in enumerate(coefficients):
            band[i + j, j] = value
    return UnivariateGram(band * numerators * band.transpose(), shift)


def _positive_gram(q: fmpz_poly, deadline: float) -> UnivariateGram:
    """The Gram matrix of a polynomial that is positive everywhere."""
    weights = _weights(q)
    least = _affordable_loss(q, weights, deadline)
    for loss, guard in enumerate(GUARD_BITS, least):  # what is left of q may happen to have a double root
        safe = loss + 6 + len(weights).bit_length()
        _check(deadline)
        try:
            root = _complex_root(q, weights, loss + 1, safe, guard)
        except LostRoots:
            continue
        for bits in _precisions(safe) if len(weights) <= SHORT else (safe,):
            rounded = _rounded_gram(q, weights, root, bits)
            if is_psd(rounded.numerators):
                return rounded
    raise LostRoots(f"the complex roots of a polynomial of degree {q.degree()} lie too close together")


def _precisions(last: int) -> Iterator[int]:
    bits = 0
    while bits < last:
        yield bits
        bits += bits // 2 + 1
    yield last


def _weights(q: fmpz_poly) -> list[int]:
    """e_0, ..., e_k: the upper concave hull of m -> log2 |q_m| (within 1), at 0, 2, ..., 2k.

    By concavity 2^((e_i + e_j) / 2) is hardly more than the weights in the middle of the antidiagonal i + j, where what
    is rounded in the entry (i, j) of a Gram matrix is paid for.
    """
    hull: list[tuple[int, int]] = []
    for m, value in enumerate(q.coeffs()):
        if not value:
            continue
        point = m, int(value.bit_length())
        while len(hull) > 1 and _turns_left(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    corners, heights = zip(*hull, strict=True)
    return np.floor(np.interp(np.arange(0, q.degree() + 1, 2), corners, heights)).astype(int).tolist()


def _turns_left(first: tuple[int, int], second: tuple[int, int], third: tuple[int, int]) -> bool:
    (a, b), (c, d), (e, f) = first, second, third
    return (d - b) * (e - c) <= (f - d) * (c - a)


def _affordable_loss(q: fmpz_poly, weights: list[int], deadline: float) -> int:
    """A small b > 0 for which q - 2^-b sum_i 2^(e_i) t^(2i) is nonnegative."""
    least, step = max(_necessary_loss(q, weights, deadline), 1), 0
    while not nonnegative(decompose(_lowered(q, weights, least + step)[0]), deadline):
        step = 2 * step + 1
    return least + step


def _necessary_loss(q: fmpz_poly, weights: list[int], deadline: float) -> int:
    """About the smallest such b, from the values of q and of the sum at the local minima of q."""
    if not q.degree():
        return 0
    weighted, lift = fmpz_poly(), max(0, -min(weights))
    for i, weight in enumerate(weights):
        weighted[2 * i] = fmpz(1) << (weight + lift)
    slope = decompose(q.derivative()).core
    losses = [0]
    for place in approximate_real_roots(slope, 64, deadline):
        before = None
        for bits in (2**i for i in range(7, 15)):
            with ctx.workprec(bits):
                point = newton(acb_poly(slope), acb(place), bits).real.mid()
                quotient = arb_poly(weighted)(point) / arb_poly(q)(point) / (fmpz(1) << lift)
                loss = math.ceil(float((quotient.log() / arb(2).log()).mid())) if quotient > 0 else None
            if loss is not None and loss == before:  # more digits of the place change nothing
                losses.append(loss)
                break
            before = loss
        _check(deadline)
    return max(losses)


def _lowered(q: fmpz_poly, weights: list[int], loss: int, sign: int = 1) -> tuple[fmpz_poly, int]:
    """2^lift (q - sign 2^-loss sum_i 2^(e_i) t^(2i)) with the smallest lift that makes it integral, and the lift."""
    lift = max(loss - min(weights), 0)
    coefficients = [value << lift for value in q.coeffs()]
    for i, weight in enumerate(weights):
        coefficients[2 * i] -= fmpz(sign) << (weight - loss + lift)
    return fmpz_poly(coefficients), lift


class _ComplexRoot(NamedTuple):
    """f_i is about (real[i] + imaginary[i] sqrt(-1)) / 2^scales[i]; a matrix [k + 1, 2] and integers."""

    parts: fmpz_mat
    scales: list[int]


def _complex_root(q: fmpz_poly, weights: list[int], loss: int, bits: int, guard: int) -> _ComplexRoot:
    """f with |f|^2 = q - 2^-loss sum_i 2^(e_i) t^(2i) on the real line, f_i to about `bits` bits below 2^(e_i / 2)."""
    lowered, lift = _lowered(q, weights, loss)
    nearby = lowered if loss <= guard else _lowered(q, weights, guard, -1)[0]
    precision = bits + loss + guard + 2 * len(weights)
    upper = upper_roots(lowered, nearby, precision)
    with ctx.workprec(precision):
        upper.sort(key=lambda root: float(root.real.mid()))
        # one of each conjugate pair, in turn from above and from below the real line, which keeps f small
        chosen = [root.conjugate() if i % 2 else root for i, root in enumerate(upper)]
        size = (arb(lowered.leading_coefficient()) / arb(fmpz(1) << lift)).sqrt()
        coefficients = (acb_poly.from_roots(chosen) * acb(size)).coeffs()
        scales = [bits - weight // 2 for weight in weights]
        parts = [
            [_integer(part, scale) for part in (c.real, c.imag)] for c, scale in zip(coefficients, scales, strict=True)
        ]
    return _ComplexRoot(fmpz_mat(parts), scales)


def _integer(number: arb, shift: int) -> fmpz:
    """2^shift times the number, rounded down."""
    mantissa, exponent = number.mid().man_exp()
    exponent += shift
    return mantissa << exponent if exponent >= 0 else mantissa >> -exponent


def _rounded_gram(q: fmpz_poly, weights: list[int], root: _ComplexRoot, bits: int) -> UnivariateGram:
    """The Gram matrix of |f|^2 with entries rounded to multiples of 2^((e_i + e_j) / 2 - bits), corrected near the
    middle of each antidiagonal so that it is one of q exactly."""
    size = len(weights)
    products = root.parts * root.parts.transpose()
    shift = max(0, bits - min(weights)) + 1
    sums = [coefficient << shift for coefficient in q.coeffs()]
    numerators = fmpz_mat(size, size)
    for i in range(size):
        for j in range(i + 2, size):
            grid = (weights[i] + weights[j]) // 2 - bits
            entry = (products[i, j] >> (root.scales[i] + root.scales[j] + grid)) << (grid + shift)
            numerators[i, j] = numerators[j, i] = entry
            sums[i + j] -= 2 * entry
    for i in range(size):
        numerators[i, i] = sums[2 * i]
    for i in range(size - 1):
        numerators[i, i + 1] = numerators[i + 1, i] = sums[2 * i + 1] // 2
    return UnivariateGram(numerators, shift)


def _check(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise DeadlineExceeded("no Gram matrix of a polynomial in one variable was found in time")
