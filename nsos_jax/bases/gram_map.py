"""From polynomials to the arrays of `nsos_jax.solvers`, for those who want arrays."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Int32

from nsos_jax.bases.newton import half_newton_polytope
from nsos_jax.bases.pairs import pair_rows
from nsos_jax.polynomials import Polynomial


@dataclass(frozen=True, eq=False)
class GramMap:
    """The equations p = z'Qz on a basis z, one for each product of two monomials of z: sum of Q_ij over rows[i, j] = r
    is rhs[r].

    Attributes:
      rows: the equation of each entry of the Gram matrix; a block of `GramProgram` and of `margin_problem`.
      exponents: the monomial of each equation.
      terms: the equation of each term of p, in the order of p.
      rhs: b, the coefficients of p, 0 where p has no term; of a support alone, None.
      basis: exponents of z.
    """

    rows: Int32[np.ndarray, "k k"]
    exponents: Int[np.ndarray, "equations n"]
    terms: Int32[np.ndarray, " terms"]
    rhs: Float[np.ndarray, " equations"] | None
    basis: Int[np.ndarray, "k n"]

    @property
    def equations(self) -> int:
        """How many."""
        return len(self.exponents)


def gram_map(
    polynomial: Polynomial | Int[np.ndarray, "terms n"],
    basis: Int[np.ndarray, "k n"] | Iterable[Polynomial | int] | None = None,
) -> GramMap:
    """The equations of Gram matrices of a polynomial, or of all polynomials with a support, on a basis of monomials.

    Args:
      polynomial: p, or the exponents of its terms as an array.
      basis: exponents over the variables of p, or monomials; by default the half Newton polytope, which loses nothing.

    Raises:
      ValueError: a term is no product of two monomials of the basis.

    >>> x = Polynomial.parse("x")
    >>> map = gram_map(x**4 - 3 * x**2 + x, [1, x, x**2])
    >>> map.rows.tolist(), map.exponents.ravel().tolist(), map.rhs.tolist()
    ([[0, 1, 2], [1, 2, 3], [2, 3, 4]], [0, 1, 2, 3, 4], [0.0, 1.0, -3.0, 0.0, 1.0])
    """
    if isinstance(polynomial, Polynomial):
        support, names = polynomial.exponents, polynomial.variables
    else:
        support, names = np.asarray(polynomial), None
    if support.ndim != 2 or not len(support):
        raise ValueError(f"polynomial: got a support of shape {support.shape}, wanted (terms, variables), not empty")
    monomials = half_newton_polytope(support).monomials if basis is None else _exponents(basis, support, names)
    maps = pair_rows(support, monomials)
    missing = np.flatnonzero(maps.support_row < 0)
    if len(missing):
        raise ValueError(
            f"basis: no product of two of its monomials has the exponents {support[missing[0]].tolist()}, which the"
            " polynomial has: no Gram matrix exists on it (nsos_jax.bases.repair_coverage enlarges a basis)"
        )
    rhs = None
    if isinstance(polynomial, Polynomial):
        rhs = np.zeros(len(maps.row_exponents))
        rhs[maps.support_row] = polynomial.float_coefficients
    return GramMap(maps.rows, maps.row_exponents, maps.support_row, rhs, monomials)


def _exponents(
    basis: Int[np.ndarray, "k n"] | Iterable[Polynomial | int], support: np.ndarray, names: tuple[str, ...] | None
) -> Int[np.ndarray, "k n"]:
    """The basis as distinct rows of exponents."""
    listed = list(basis)
    if names is None or not any(isinstance(monomial, Polynomial) for monomial in listed):
        given = np.array(listed)
    else:
        given = np.array([_powers(monomial, names, f"basis[{i}]") for i, monomial in enumerate(listed)])
    if given.ndim != 2 or given.shape[1] != support.shape[1] or given.dtype.kind not in "iu":
        raise ValueError(f"basis: got an array of {given.dtype} {given.shape}, wanted integers (k, {support.shape[1]})")
    if len(np.unique(given, axis=0)) < len(given):
        raise ValueError("basis: a monomial appears twice")
    return given


def _powers(monomial: Polynomial | int, names: tuple[str, ...], where: str) -> list[int]:
    polynomial = monomial if isinstance(monomial, Polynomial) else Polynomial.constant(monomial)
    powers = polynomial.to_dict()
    used = {name for row in powers for name, power in zip(polynomial.variables, row, strict=True) if power}
    if list(powers.values()) != [1] or not used <= set(names):
        raise ValueError(f"{where}: got {monomial}, wanted a monomial in {', '.join(names)}")
    (row,) = powers
    by_name = dict(zip(polynomial.variables, row, strict=True))
    return [by_name.get(name, 0) for name in names]
