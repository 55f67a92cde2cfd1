"""Charts of projective space in which the zeros of a polynomial are sought.

A zero of p, also one at infinity (a zero of the leading form), makes the evaluation vector of every basis of a
Gram matrix a kernel vector: each square in p vanishes there.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from nsos_jax.polynomials import Polynomial
from nsos_jax.proofs.gram_system import GramSystem


@dataclass(frozen=True, eq=False)
class Chart:
    """A nonnegative polynomial whose zeros are those of p, or of its leading form, where one variable is 1.

    Attributes:
      polynomial: in the variables of the chart.
      bases: per block, the exponents of the basis in these variables, int [m, n'].
      alive: per block, which basis monomials do not vanish on the chart, bool [m]: at infinity those of top degree.
      shifts: int [n'], the scaling in which coordinates are about one: x_i = 2^shifts[i] y_i.
    """

    polynomial: Polynomial
    bases: tuple[Int[np.ndarray, "m n"], ...]
    alive: tuple[np.ndarray, ...]
    shifts: Int[np.ndarray, " n"]


def charts(system: GramSystem) -> Iterator[Chart]:
    """The affine chart, then, for its leading form or for p itself if p is a form, one chart per variable."""
    p = system.polynomial
    degrees = p.exponents.sum(axis=1)
    everything = tuple(np.ones(len(basis), bool) for basis in system.bases)
    if not p.is_form:
        yield Chart(p, system.bases, everything, system.scaling.shifts)
    if p.num_variables < 2 or p.is_zero:
        return
    top = degrees == degrees.max()
    leading = [value for value, kept in zip(p.coefficients, top, strict=True) if kept]
    tops = tuple(2 * basis.sum(axis=1) == degrees.max() for basis in system.bases)
    for variable in reversed(range(p.num_variables)):
        others = [i for i in range(p.num_variables) if i != variable]
        names = tuple(p.variables[i] for i in others)
        restricted = Polynomial.from_arrays(p.exponents[top][:, others], leading, names)
        bases = tuple(basis[:, others] for basis in system.bases)
        shifts = system.scaling.shifts[others] - system.scaling.shifts[variable]
        yield Chart(restricted, bases, tops, shifts)
