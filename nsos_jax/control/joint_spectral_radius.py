"""The joint spectral radius: how fast products of several matrices, in any order, can grow.

gamma is an upper bound if V - sum_i x_i^2d and gamma^2d V - V(A x), for every matrix A, are sums of squares for some
form V of degree 2d. The spectral radius of a product of k of the matrices, to the power 1/k, is a lower bound.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from nsos_jax.certificates import InvalidCertificate, JointSpectralRadiusCertificate
from nsos_jax.control.answers import ControlResult, ControlStatus
from nsos_jax.control.arguments import even_degree
from nsos_jax.control.deadlines import for_question, with_time
from nsos_jax.control.dynamics import Stability, linear_stability
from nsos_jax.control.identities import Demand, Found, find
from nsos_jax.control.margins import power_sum
from nsos_jax.polynomials import Polynomial, Rounding, decimal_text
from nsos_jax.programs import SolveOptions, SosProgram, exact_number, whole_number

Matrix = list[list[Fraction]]
MOST_PRODUCTS = 2000
RELATIVE = 1e-6
"""Width of the bracket of upper bounds, relative to the bound."""
SMALLEST = 1e-3
"""The same relative to the largest norm, where the lower bound is 0: so may the radius be, without a least bound."""
LARGEST = 1e40
"""Of the numbers of matrices: products of them are computed in floating point."""
FALL = 1e-9
"""By how much a lower bound is less than the float that suggested it."""


@dataclass(frozen=True, repr=False)
class JointSpectralRadiusResult(ControlResult):
    """A bracket of the joint spectral radius.

    Attributes:
      lower, upper: exact bounds; `upper` is that of the certificate, None without one.
      product: the indices of the matrices whose product shows `lower`, the first applied last.
    """

    lower: Fraction = Fraction(0)
    upper: Fraction | None = None
    product: tuple[int, ...] = ()

    def facts(self) -> list[str]:
        least = decimal_text(self.lower, 9, Rounding.DOWN)
        return [f"it is at least {least}, as the product of the matrices {list(self.product)} shows"]


def joint_spectral_radius(
    matrices: Sequence[Any], degree: int = 2, *, length: int = 6, options: SolveOptions | None = None
) -> JointSpectralRadiusResult:
    """A proven bracket of the joint spectral radius.

    Args:
      matrices: square, of one size; floats by their binary value, text such as "1/3" exactly.
      degree: of V, even; the bounds get better with it.
      length: of the products that give lower bounds, at most.
      options: of the solver; the time limit is that of the whole question.

    Raises:
      ValueError: the matrices do not fit together; the degree is odd.

    >>> result = joint_spectral_radius([[[0, 1], [0, 0]], [[0, 0], [1, 0]]])
    >>> print(result.lower, result.upper)
    1 1
    """
    start, options = time.monotonic(), for_question(options)
    if isinstance(matrices, str) or not isinstance(matrices, Iterable):
        raise TypeError(f"matrices: got {matrices!r:.60}, wanted a list of square matrices")
    exact = [
        [[exact_number(value, f"matrices[{k}]") for value in row] for row in _rows(matrix, f"matrices[{k}]")]
        for k, matrix in enumerate(matrices)
    ]
    if any(abs(value) > LARGEST for matrix in exact for row in matrix for value in row):
        raise ValueError(
            f"matrices: a number is beyond {LARGEST:.0e}, so that products leave floating point: scale them"
        )
    sizes = {len(matrix) for matrix in exact} | {len(row) for matrix in exact for row in matrix}
    if len(sizes) != 1 or 0 in sizes:
        raise ValueError("matrices: wanted one or more square matrices of one size")
    degree = even_degree(degree, why="an odd form is not positive")
    whole_number(length, "length", 1)
    lower, factors = _lower_bound(exact, length)
    best = _upper_bound(exact, degree, lower, options)
    if best is None:
        return JointSpectralRadiusResult(
            ControlStatus.UNDECIDED,
            error=with_time("no upper bound was proven: try another degree", options),
            lower=lower,
            product=factors,
            seconds=time.monotonic() - start,
        )
    upper, certificate = best
    return JointSpectralRadiusResult(
        ControlStatus.PROVEN,
        certificate.conclusion,
        certificate.function,
        certificate,
        lower=lower,
        upper=upper,
        product=factors,
        seconds=time.monotonic() - start,
    )


def _rows(matrix: Any, where: str) -> list[list[Any]]:
    rows = np.atleast_1d(matrix).tolist() if isinstance(matrix, np.ndarray) else matrix
    for part in (rows, *(rows if isinstance(rows, Iterable) else ())):
        if isinstance(part, str) or not isinstance(part, Iterable):
            raise TypeError(f"{where}: got {matrix!r:.60}, wanted a square matrix, a list of rows")
    return [list(row) for row in rows]


def _lower_bound(matrices: Sequence[Matrix], length: int) -> tuple[Fraction, tuple[int, ...]]:
    """The largest (spectral radius)^(1/k) of products of k matrices, a little less, proven exactly."""
    floats = [np.array(matrix, dtype=float) for matrix in matrices]
    found: list[tuple[float, tuple[int, ...]]] = []
    for count in range(1, length + 1 if len(matrices) > 1 else 2):
        if len(matrices) ** count > MOST_PRODUCTS:
            break
        for indices in product(range(len(matrices)), repeat=count):
            if indices == min(indices[k:] + indices[:k] for k in range(count)):
                whole = np.linalg.multi_dot([floats[i] for i in indices]) if count > 1 else floats[indices[0]]
                found.append((float(np.abs(np.linalg.eigvals(whole)).max()) ** (1 / count), indices))
    best = max(value for value, _ in found)
    indices = min((one for value, one in found if value >= best * (1 - FALL)), key=len)
    for value in (Fraction(best).limit_denominator(1000), Fraction(best * (1 - FALL)).limit_denominator(10**9)):
        if value > 0 and product_grows(matrices, indices, value):
            return value, indices
    return Fraction(0), indices


def product_grows(matrices: Sequence[Matrix], indices: Sequence[int], bound: Fraction) -> bool:
    """Whether the spectral radius of the product of k of the matrices is at least bound^k, exactly.

    >>> product_grows([[[Fraction(2)]], [[Fraction(8)]]], [0, 1], Fraction(4))
    True
    """
    whole = matrices[indices[0]]
    for i in indices[1:]:
        whole = _times(whole, matrices[i])
    scale = bound ** len(indices)
    return linear_stability([[x / scale for x in row] for row in whole], True) is not Stability.STABLE


def _times(left: Matrix, right: Matrix) -> Matrix:
    columns = list(zip(*right, strict=True))
    return [[sum((a * b for a, b in zip(row, column, strict=True)), Fraction(0)) for column in columns] for row in left]


def _upper_bound(
    matrices: Sequence[Matrix], degree: int, lower: Fraction, options: SolveOptions | None
) -> tuple[Fraction, JointSpectralRadiusCertificate] | None:
    """The smallest bound that was proven, by bisection from the lower bound on."""
    size = float(max(np.linalg.norm(np.array(matrix, dtype=float), 2) for matrix in matrices))
    high = Fraction(max(size * 1.01, float(lower) * 2, 1e-2)).limit_denominator(1000)

    def attempt(bound: Fraction) -> JointSpectralRadiusCertificate | None:
        return _certificate(matrices, degree, bound, options)

    if lower > 0 and (at_once := attempt(lower)) is not None:
        return lower, at_once
    best = None
    low = lower
    for _ in range(4):
        certificate = attempt(high)
        if certificate is not None:
            best = high, certificate
            break
        high *= 2
    if best is None:
        return None
    while best[0] - low > (RELATIVE * best[0] if lower > 0 else SMALLEST * size):
        middle = Fraction(float((best[0] + low) / 2)).limit_denominator(10**8)
        if not low < middle < best[0]:
            break
        certificate = attempt(middle)
        if certificate is None:
            low = middle
        else:
            best = middle, certificate
    return best


def _certificate(
    matrices: Sequence[Matrix], degree: int, bound: Fraction, options: SolveOptions | None
) -> JointSpectralRadiusCertificate | None:
    """The proof of one bound, if there is one."""
    names = [f"x{i + 1}" for i in range(len(matrices[0]))]
    x = [Polynomial.parse(name) for name in names]

    def build(program: SosProgram) -> dict[str, Demand]:
        V = program.polynomial("V", degree=(degree, degree))
        demands = {"positive": Demand(V - power_sum(dict.fromkeys(names, degree // 2)))}
        for index, matrix in enumerate(matrices):
            images = [Polynomial.sum([value * one for value, one in zip(row, x, strict=True)]) for row in matrix]
            demands[f"decrease {index}"] = Demand(bound**degree * V - V.compose(images))
        return demands

    found: Found | None = find(names, build, None, options)
    if found is None:
        return None
    try:
        certificate = JointSpectralRadiusCertificate.create(
            matrices,
            bound,
            found.polynomial("V"),
            1,
            identities={name: found.numbered(name) for name in ("positive", "decrease")},
            variables=names,
        )
        certificate.verify()
    except InvalidCertificate:
        return None
    return certificate
