"""Multipliers: sums of squares sigma such that sigma p may be a sum of squares where p, though nonnegative, is none.

A form that is positive away from 0 becomes a sum of squares times a power of x_1^2 + ... + x_n^2 (Reznick, "Uniform
denominators in Hilbert's seventeenth problem", Math. Z. 1995); with zeros that often helps too, but at bad points
(Delzell) every such power fails, and sigma has to vanish there. Polynomials that are no forms have 1 for one more
variable.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations
from math import factorial, prod
from typing import NamedTuple

import numpy as np
from flint import fmpz_mat
from jaxtyping import Int

from nsos_jax.certificates import GramBlock
from nsos_jax.polynomials import Polynomial

MAX_POWER = 3
MAX_SUBSETS = 64
"""Subsets of the variables whose sum of squares is tried."""


class Multiplier(NamedTuple):
    """A sum of squares sigma = sum of weight * monomial^2 or of weight * (difference of two variables)^2.

    Attributes:
      name: sigma as text, for people.
      polynomial: sigma.
      block: its basis and Gram matrix.
    """

    name: str
    polynomial: Polynomial
    block: GramBlock


def multipliers(polynomial: Polynomial) -> Iterator[list[Multiplier]]:
    """Groups of multipliers for p, the likelier and cheaper ones first; those of a group are worth trying together.

    1. x_1^2 + ... + x_n^2, over the variables of p, and 1 + x_1^2 + ... + x_n^2 where p is no form;
    2. sums over subsets of these squares, (the same)^2, the sum of all x_i^2 x_j^2, for forms of all (x_i - x_j)^2;
    3. (the same)^3.

    >>> motzkin = Polynomial.parse("x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1")
    >>> [group[0].name for group in multipliers(motzkin)]
    ['1 + x^2 + y^2', '1 + x^2', '(1 + x^2 + y^2)^3']
    """
    variables, units = polynomial.variables, homogeneous_units(polynomial)
    if len(units) < 2:
        return
    yield [_power(variables, units, 1)]
    subsets = [
        _power(variables, units[list(chosen)], 1)
        for size in range(len(units) - 1, 1, -1)
        for chosen in combinations(range(len(units)), size)
        if len(units) <= MAX_SUBSETS.bit_length()
    ][:MAX_SUBSETS]
    second = [*subsets, _power(variables, units, 2)]
    if len(units) > 2:
        second.append(_pair_products(variables, units))
        if polynomial.is_form:
            second.append(_differences(variables, units))
    yield second
    for power in range(3, MAX_POWER + 1):
        yield [_power(variables, units, power)]


def homogeneous_units(polynomial: Polynomial) -> Int[np.ndarray, "k n"]:
    """The variables of p as monomials, after 1, which takes the place of one more variable, where p is no form."""
    units = np.eye(polynomial.num_variables, dtype=np.int32)[polynomial.exponents.any(axis=0)]
    return units if polynomial.is_form else np.concatenate([np.zeros_like(units[:1]), units])


def _power(variables: Sequence[str], units: Int[np.ndarray, "k n"], power: int) -> Multiplier:
    """(sum of the squares of the monomials `units`) ^ power: a diagonal Gram matrix of multinomial coefficients."""
    counts = np.array(_compositions(power, len(units)))
    weights = [factorial(power) // prod(map(factorial, row)) for row in counts.tolist()]
    base = " + ".join(f"{Polynomial.from_arrays(row[None], [1], variables)}^2" if row.any() else "1" for row in units)
    name = base if power == 1 else f"({base})^{power}"
    return _diagonal(name, variables, (counts @ units).astype(np.int32), weights)


def _pair_products(variables: Sequence[str], units: Int[np.ndarray, "k n"]) -> Multiplier:
    i, j = np.triu_indices(len(units), 1)
    basis = units[i] + units[j]
    squares = Polynomial.from_arrays(2 * basis, [1] * len(basis), variables)
    return _diagonal(str(squares), variables, basis, [1] * len(basis))


def _differences(variables: Sequence[str], units: Int[np.ndarray, "k n"]) -> Multiplier:
    """The sum of (x_i - x_j)^2 over all pairs, z'(k I - J) z: it vanishes where all variables are equal."""
    gram = len(units) * np.eye(len(units), dtype=np.int64) - 1
    i, j = np.triu_indices(len(units))
    entries = np.where(i == j, gram[i, j], 2 * gram[i, j])
    name = f"sum of (x_i - x_j)^2 over all pairs of {len(units)} variables"
    return Multiplier(name, Polynomial.from_arrays(units[i] + units[j], entries, variables), (units, gram, 1))


def _diagonal(name: str, variables: Sequence[str], basis: Int[np.ndarray, "k n"], weights: Sequence[int]) -> Multiplier:
    gram = np.diag(np.array(weights, np.int64))
    return Multiplier(name, Polynomial.from_arrays(2 * basis, weights, variables), (basis, gram, 1))


def _compositions(total: int, parts: int) -> list[list[int]]:
    """All ways to write `total` as an ordered sum of `parts` numbers from 0."""
    if parts == 1:
        return [[total]]
    return [[first, *rest] for first in range(total, -1, -1) for rest in _compositions(total - first, parts - 1)]


class Quotient(NamedTuple):
    """p without the directions in which it is constant: p(x) = reduced(images(x)).

    Attributes:
      reduced: p with the eliminated variables set to 0, in the variables that remain.
      images: for each variable that remains the linear form of x that takes its place.
    """

    reduced: Polynomial
    images: tuple[Polynomial, ...]

    def pull_back(self, block: GramBlock, variables: Sequence[str]) -> GramBlock:
        """A Gram block in the remaining variables as one in all: z(y(x)) = C z'(x), so Q becomes C'QC."""
        basis, gram, denominator = block
        rows = []
        for exponents in np.asarray(basis).tolist():
            product = Polynomial.from_arrays(np.zeros((1, len(variables)), np.int32), [1], variables)
            for image, exponent in zip(self.images, exponents, strict=True):
                product = product * image**exponent
            rows.append(product.to_dict())
        monomials = list(dict.fromkeys(key for row in rows for key in row))
        scale = int(np.lcm.reduce([value.denominator for row in rows for value in row.values()], dtype=object))
        change = fmpz_mat([[int(row.get(key, Fraction(0)) * scale) for key in monomials] for row in rows])
        inner = gram if isinstance(gram, fmpz_mat) else fmpz_mat(np.asarray(gram).tolist())
        return np.array(monomials, np.int32), change.transpose() * inner * change, denominator * scale**2


def without_lineality(polynomial: Polynomial) -> Quotient | None:
    """p on a complement of {v : p(x + s v) = p(x) for all s}; None where that space is 0.

    >>> quotient = without_lineality(Polynomial.parse("x^2 - 2*x*y + y^2 + z^4"))
    >>> print(quotient.reduced, "with", *quotient.images)
    z^4 + y^2 with -x + y z
    """
    partials = [polynomial.derivative(name).to_dict() for name in polynomial.variables]
    monomials = {key: i for i, key in enumerate(dict.fromkeys(key for partial in partials for key in partial))}
    scale = polynomial.denominator
    gradient = fmpz_mat(max(len(monomials), 1), len(partials))
    for column, partial in enumerate(partials):
        for key, value in partial.items():
            gradient[monomials[key], column] = int(value * scale)
    basis, dimension = gradient.nullspace()
    if not dimension:
        return None
    directions = fmpz_mat([[basis[row, column] for row in range(basis.nrows())] for column in range(dimension)])
    echelon, common, _ = directions.rref()
    pivots = [next(j for j in range(echelon.ncols()) if echelon[i, j] != 0) for i in range(dimension)]
    names = polynomial.variables
    kept = [i for i in range(len(names)) if i not in pivots]
    if not kept:
        return None
    unit = [Polynomial.from_arrays(row[None], [1], names) for row in np.eye(len(names), dtype=np.int32)]
    images = []
    for column in kept:
        image = unit[column]
        for row, pivot in enumerate(pivots):
            image = image - unit[pivot] * Fraction(int(echelon[row, column]), int(common))
        images.append(image)
    reduced = polynomial.substitute({names[pivot]: 0 for pivot in pivots})
    return Quotient(reduced, tuple(images))
