"""Polynomials with symmetries, and brute force about groups, for the tests of several rooms."""

from functools import reduce
from itertools import combinations, permutations, product
from math import comb

import numpy as np

from nsos_jax.bases import SignedPermutation, Symmetry
from nsos_jax.polynomials import Polynomial


def variables(n):
    return [Polynomial.parse(f"x{i + 1}") for i in range(n)]


def power_sum(n, k):
    return Polynomial.sum(x**k for x in variables(n))


def elementary(n, k, power=1):
    """The elementary symmetric polynomial of degree k in the powers of n variables."""
    own = [x**power for x in variables(n)]
    return Polynomial.sum(reduce(lambda a, b: a * b, chosen) for chosen in combinations(own, k))


def power_means(n, k):
    """The inequality of the means of degree 1 and 2 k."""
    return n ** (2 * k - 1) * power_sum(n, 2 * k) - power_sum(n, 1) ** (2 * k)


def maclaurin(n, k):
    """Of the elementary symmetric means of degree 1 and k, in squares of the variables."""
    return comb(n, k) * power_sum(n, 2) ** k - n**k * elementary(n, k, 2)


def differences(n, k):
    """The sum of all (x_i - x_j)^(2 k)."""
    return Polynomial.sum((x - y) ** (2 * k) for x, y in combinations(variables(n), 2))


def inside(n, degree, seed):
    """A symmetric polynomial inside the cone of sums of squares, with all terms that this allows."""
    rng = np.random.default_rng(seed)
    half = degree // 2
    sums = [power_sum(n, k) for k in range(1, half + 1)]
    weights = rng.integers(-3, 4, half).tolist()
    root = Polynomial.sum(c * s ** (half // k) for k, c, s in zip(range(1, half + 1), weights, sums, strict=True))
    first, last = rng.integers(1, 4, 2).tolist()
    own = Polynomial.sum((root + first * x + last * x**half) ** 2 for x in variables(n))
    return own + 20 * (1 + power_sum(n, 2)) ** half


def with_signs(polynomial, signs):
    """p(d x)."""
    return Symmetry(tuple(signs)).changed(polynomial)


def fixes(permutation, polynomial):
    """Whether a signed permutation fixes a polynomial, by its dictionary."""
    rows, signs = permutation.on_monomials(polynomial.exponents)
    coefficients = [int(s) * c for s, c in zip(signs, polynomial.coefficients, strict=True)]
    return Polynomial.from_arrays(rows, coefficients, polynomial.variables) == polynomial


def all_signed_permutations(n):
    for images, signs in product(permutations(range(n)), product((1, -1), repeat=n)):
        yield SignedPermutation(images, signs)


def group_of(symmetry):
    """All elements of a group that fixes p(d x)."""
    found = {SignedPermutation.plain(range(symmetry.num_variables))}
    while True:
        more = found | {element.then(generator) for element in found for generator in symmetry.generators}
        if len(more) == len(found):
            return found
        found = more


def monomials(n, degree):
    """All up to a degree."""
    return np.array([row for row in product(range(degree + 1), repeat=n) if sum(row) <= degree])
