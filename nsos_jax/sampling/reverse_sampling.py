"""Reverse sampling on the device: a stream of polynomials p = z'Qz with known basis z (paper, section 3.1, C.1).

`sampling.plant` is the host reference. Here shapes are static (`Shape`), and all numbers of a `Family` are traced, so
many families share one compilation. T is the padded number of terms, K of basis monomials, n of variables, B the batch.
Everything is exact in integers: Q = R R' with integer R, or R S R' with minus signs for polynomials of which this Gram
matrix is not positive semidefinite (another one may be).

>>> mixture = ((3.0, Family(2, 4, 4, "dense")), (1.0, Family(3, 6, 4, "sparse")))
>>> draws = sample_batch(jax.random.key(0), mixture, Shape(3, 15, 5), 7)
>>> draws.coefficients.shape, draws.basis_valid.sum(axis=1).tolist()
((7, 15), [4, 4, 4, 4, 4, 4, 4])
>>> polynomial, basis, gram = to_planted(jax.tree.map(lambda values: values[0], draws))
>>> polynomial.degree <= 6, basis.shape, gram.shape
(True, (4, 3), (4, 4))
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from math import comb
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int32, Key

from nsos_jax.bases.monomial_words import exponent_keys
from nsos_jax.polynomials import Polynomial
from nsos_jax.sampling.grams import LARGEST_SIZE, cancel_square, draw_gram
from nsos_jax.sampling.monomials import bounded, draw_basis, plan_midpoint
from nsos_jax.sampling.planted import STRUCTURES, Planted, Structure


class FamilyParameters(NamedTuple):
    """The numbers of a family, scalars or with one leading axis: the traced arguments of `sample`."""

    variables: Int32[Array, ""]
    degree: Int32[Array, ""]
    """Largest degree of the monomials that are drawn; these are then raised to the power `step`."""
    step: Int32[Array, ""]
    size: Int32[Array, ""]
    size_spread: Int32[Array, ""]
    structure: Int32[Array, ""]
    density: Float[Array, ""]
    constant: Bool[Array, ""]
    negative: Float[Array, ""]
    cancel: Float[Array, ""]


@dataclass(frozen=True)
class Family:
    """A distribution of polynomials.

    Attributes:
        variables: n.
        degree: largest degree of p; the basis has monomials of degree up to degree / 2.
        size: average number of basis monomials.
        structure: of the Gram matrix, one of `sampling.STRUCTURES`.
        even: all basis monomials are squares (monomials of degree up to degree / 4, doubled).
        constant: the basis holds the monomial 1.
        negative: share of squares with a minus sign (at least one if positive): the Gram matrix is not PSD.
        cancel: probability that a basis monomial m is made to have the coefficient 0 at m^2 in p, still a sum of
            squares; possible where two basis monomials of equal parity exist.
        size_spread: sizes are uniform over size - size_spread .. size + size_spread.
        density: expected entries in a row of a sparse factor, besides the diagonal one.

    Raises:
        ValueError: a number out of its range, an unknown structure, or fewer monomials than the largest size.
    """

    variables: int
    degree: int
    size: int
    structure: Structure
    even: bool = False
    constant: bool = False
    negative: float = 0.0
    cancel: float = 0.0
    size_spread: int = 0
    density: float = 1.0

    def __post_init__(self) -> None:
        if self.structure not in STRUCTURES:
            raise ValueError(f"structure must be one of {', '.join(STRUCTURES)}, got {self.structure!r}")
        if self.variables < 1 or self.degree < 0 or not 0 <= self.size_spread < self.size:
            raise ValueError(f"wanted variables >= 1, degree >= 0 and 0 <= size_spread < size, got {self}")
        if not (0 <= self.negative <= 1 and 0 <= self.cancel <= 1):
            raise ValueError(f"negative and cancel must lie in [0, 1], got {self.negative} and {self.cancel}")
        if not 0 <= self.density < math.inf or (self.density != 1.0 and self.structure != "sparse"):
            raise ValueError(f"density must be finite, at least 0, and given for sparse factors only, got {self}")
        if self.negative and self.cancel:
            raise ValueError("negative and cancel exclude each other: a cancellation adds squares, so give one of them")
        most = comb(self.variables + self._drawn_degree, self.variables)
        if self.largest_size > most:
            raise ValueError(f"size + size_spread must be at most {most}, the number of monomials, got {self}")

    @property
    def _drawn_degree(self) -> int:
        return self.degree // 4 if self.even else self.degree // 2

    @property
    def name(self) -> str:
        """Its numbers as a short text.

        >>> Family(3, 12, 12, "sparse", even=True, size_spread=1, density=2).name
        'sparse 3,12,12±1 even density=2'
        """
        spread = f"±{self.size_spread}" if self.size_spread else ""
        flags = [flag for flag in ("even", "constant") if getattr(self, flag)]
        shares = [f"{share}={getattr(self, share):g}" for share in ("negative", "cancel") if getattr(self, share)]
        density = [f"density={self.density:g}"] if self.density != 1 else []
        numbers = f"{self.variables},{self.degree},{self.size}{spread}"
        return " ".join([self.structure, numbers, *flags, *shares, *density])

    @property
    def largest_size(self) -> int:
        """The largest number of basis monomials of a draw."""
        return self.size + self.size_spread

    def parameters(self) -> FamilyParameters:
        """The traced arguments of `sample`."""
        integer: Any = np.int32  # NumPy scalars: jit takes them as arrays, and stacking many of them is fast
        real: Any = np.float32
        truth: Any = np.bool_
        return FamilyParameters(
            variables=integer(self.variables),
            degree=integer(self._drawn_degree),
            step=integer(2 if self.even else 1),
            size=integer(self.size),
            size_spread=integer(self.size_spread),
            structure=integer(STRUCTURES.index(self.structure)),
            density=real(self.density),
            constant=truth(self.constant),
            negative=real(self.negative),
            cancel=real(self.cancel),
        )


_TABLE_SIZE = 128

Mixture = tuple[tuple[float, Family], ...]
"""Families with their weights, which need not add up to 1."""


@dataclass(frozen=True)
class Shape:
    """Static padded sizes: n variables, T terms, K basis monomials.

    Raises:
        ValueError: T is less than K (K + 1) / 2, the largest number of terms, or K too large for int32 coefficients.
    """

    variables: int
    terms: int
    size: int

    def __post_init__(self) -> None:
        if not 1 <= self.size <= LARGEST_SIZE:
            raise ValueError(f"size must be 1 to {LARGEST_SIZE}, so that coefficients fit int32, got {self.size}")
        if self.terms < comb(self.size + 1, 2):
            raise ValueError(f"terms must be at least size (size + 1) / 2 = {comb(self.size + 1, 2)}, got {self.terms}")

    def check_fits(self, families: Iterable[Family]) -> None:
        """`ValueError` that names the first family with more variables or basis monomials than this shape."""
        for family in families:
            if family.variables > self.variables or family.largest_size > self.size:
                raise ValueError(f"{family} does not fit {self}: take a shape with more variables or a larger size")


class Sample(NamedTuple):
    """Draws: p = sum_t coefficients[t] x^exponents[t] = z'Qz exactly; batched draws have a leading axis."""

    exponents: Int32[Array, "T n"]
    """Distinct rows first, then zero rows."""
    coefficients: Int32[Array, " T"]
    """Non-zero, then 0 for padding."""
    basis: Int32[Array, "K n"]
    """z: distinct rows first, then zero rows."""
    basis_valid: Bool[Array, " K"]
    gram: Int32[Array, "K K"]
    """Q, symmetric, 0 on padding."""


@partial(jax.jit, static_argnames="shape")
def sample(key: Key[Array, ""], parameters: FamilyParameters, shape: Shape) -> Sample:
    """One draw of the family with these `Family.parameters()`, which must fit the shape."""
    basis_key, key = jax.random.split(key)
    most = shape.size
    words = jax.random.bits(key, (most * (most + 2) + 3,), jnp.uint32)  # one hash for all: quicker to compile
    size_word, midpoint_words, gram_words = words[0], words[1 : most + 3], words[most + 3 :].reshape(most + 1, most)
    spread = parameters.size_spread
    size = parameters.size - spread + bounded(size_word, 2 * spread + 1)
    basis, valid = draw_basis(
        basis_key,
        parameters.variables,
        parameters.degree,
        size,
        parameters.constant,
        (most, shape.variables),
    )
    basis, midpoint = plan_midpoint(midpoint_words, basis, valid, parameters.constant, parameters.cancel)
    basis = basis * parameters.step
    gram = draw_gram(gram_words, parameters.structure, jnp.sum(valid), parameters.density, parameters.negative)
    gram = cancel_square(gram, basis, midpoint)
    exponents, coefficients = collect_terms(basis, gram, shape.terms)
    return Sample(exponents, coefficients, basis, valid, gram)


def sample_batch(key: Key[Array, ""], mixture: Mixture, shape: Shape, batch: int) -> Sample:
    """`batch` draws, the family of each drawn from the mixture.

    Item i is `sample` with the key split(split(key)[1], batch)[i].

    Raises:
        ValueError: a family does not fit the shape, or the weights are not positive.
    """
    weights, families = np.array([w for w, _ in mixture], np.float32), [family for _, family in mixture]
    if not len(mixture) or not (weights > 0).all():
        raise ValueError(f"a mixture needs at least one family, all weights positive, got {weights.tolist()}")
    shape.check_fits(families)
    unused = -len(families) % _TABLE_SIZE
    families += families[-1:] * unused  # so that mixtures share one compilation
    shares = np.append(np.cumsum(weights / weights.sum())[:-1], np.ones(unused + 1, np.float32))
    table = jax.tree.map(lambda *numbers: np.stack(numbers), *(family.parameters() for family in families))
    return _sample_batch(key, shares, table, shape, batch)


@partial(jax.jit, static_argnames=("shape", "batch"))
def _sample_batch(
    key: Key[Array, ""], shares: Float[Array, " families"], table: FamilyParameters, shape: Shape, batch: int
) -> Sample:
    family_key, draw_key = jax.random.split(key)
    chosen = jnp.searchsorted(shares, jax.random.uniform(family_key, (batch,)), side="right", method="compare_all")
    parameters = jax.tree.map(lambda numbers: numbers[chosen], table)
    return jax.vmap(partial(sample, shape=shape))(jax.random.split(draw_key, batch), parameters)


def collect_terms(
    basis: Int32[Array, "K n"], gram: Int32[Array, "K K"], terms: int
) -> tuple[Int32[Array, "T n"], Int32[Array, " T"]]:
    """The terms of z'Qz: products of pairs by sorted keys, like terms added, zeros dropped, the rest padded to T."""
    i, j = np.triu_indices(len(basis))
    values = gram[i, j] * np.where(i == j, 1, 2).astype(np.int32)
    words = [word[i] + word[j] for word in exponent_keys(basis)]
    *words, values, order = jax.lax.sort((*words, values, jnp.arange(len(i), dtype=jnp.int32)), num_keys=2)
    starts = jnp.ones(len(i), bool).at[1:].set((words[0][1:] != words[0][:-1]) | (words[1][1:] != words[1][:-1]))
    segment = jnp.cumsum(starts) - 1
    sums = jax.ops.segment_sum(values, segment, len(i), indices_are_sorted=True)[segment]
    kept = starts & (sums != 0)
    places = jnp.where(kept, jnp.cumsum(kept) - 1, terms)
    found = jnp.zeros(terms, jnp.int32).at[places].set(jnp.arange(len(i), dtype=jnp.int32), mode="drop")
    valid = jnp.arange(terms) < jnp.sum(kept)
    pair = order[found]
    exponents = basis[jnp.asarray(i)[pair]] + basis[jnp.asarray(j)[pair]]
    return jnp.where(valid[:, None], exponents, 0), jnp.where(valid, sums[found], 0)


def to_planted(draw: Sample) -> Planted:
    """One draw (no batch axis) as exact host data, with all n variables of the shape."""
    exponents, coefficients, basis, valid, gram = map(np.asarray, draw)
    used = coefficients != 0
    polynomial = Polynomial.from_arrays(exponents[used], coefficients[used].tolist())
    return Planted(polynomial, basis[valid], gram[np.ix_(valid, valid)])
