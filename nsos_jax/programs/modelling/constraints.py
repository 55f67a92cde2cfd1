"""What a program consists of: unknowns by name, constraints, an objective."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.modelling.expressions import AffinePolynomial, Known
from nsos_jax.programs.modelling.sets import SemialgebraicSet
from nsos_jax.programs.options import Cone, Sparsity

Expression = AffinePolynomial | Known
WHOLE_SPACE = SemialgebraicSet()


@dataclass(frozen=True, eq=False)
class Constraint:
    """One constraint of a program.

    kind "zero": the target vanishes, coefficient by coefficient. kind "sos": target = s_0 + sum_k s_k prod_k + sum_j
    l_j h_j with sums of squares s and any polynomials l; prod_k are products of inequalities of the set, h_j its
    equalities.

    Attributes:
      name: for messages and results.
      kind: "sos" or "zero".
      target: the polynomial, affine in the unknowns.
      on: the set.
      degree: of s_0, s_k prod_k and l_j h_j at most; None on the whole space, where the target's support decides.
      products: index lists into the inequalities, one for each multiplier s_k.
      basis: the Gram basis of s_0 where it was given, int [k, n].
      sparsity: "none": Gram matrices on complete bases; "term", "cross": on cliques of them, "constant": with numbers
        as multipliers (`sparsity`); "auto": one of these, by size.
      cone: where Gram matrices are looked for.
    """

    name: str
    kind: Literal["sos", "zero"]
    target: AffinePolynomial
    on: SemialgebraicSet = WHOLE_SPACE
    degree: int | None = None
    products: tuple[tuple[int, ...], ...] = ()
    basis: np.ndarray | None = None
    sparsity: Sparsity = "auto"
    cone: Cone = "psd"

    @property
    def factors(self) -> tuple[Polynomial, ...]:
        """1 and the products of inequalities: what s_0, s_1, ... are multiplied by."""
        result = [Polynomial.constant(1)]
        for indices in self.products:
            product = Polynomial.constant(1)
            for index in indices:
                product = product * self.on.inequalities[index]
            result.append(product)
        return tuple(result)


@dataclass(frozen=True)
class Declared:
    """An unknown by name: its monomials, int [k, n], and the indices of their coefficients."""

    name: str
    monomials: np.ndarray
    indices: range


@dataclass(frozen=True)
class Objective:
    """What is to be minimised or maximised: affine in the unknowns, without indeterminates."""

    sense: Literal["minimize", "maximize"] = "minimize"
    expression: AffinePolynomial | None = field(default=None)
