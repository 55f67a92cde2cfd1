"""The dual point of a program as moments: for each constraint a linear functional L by its values at monomials."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float

from nsos_jax.polynomials import Polynomial, distinct_rows
from nsos_jax.programs.equations.conic import ConicForm
from nsos_jax.programs.equations.presolve import Presolved
from nsos_jax.programs.modelling import monomials_of_degrees

Moments = dict[tuple[int, ...], float]
"""L(x^alpha) by exponents."""


def constraint_moments(
    presolved: Presolved, form: ConicForm, scaled: Float[np.ndarray, " R"], constraints: int
) -> list[Moments]:
    """The functional of each constraint at the monomials of what presolve left, in the units of the program.

    Products of two monomials of s_0 that sign symmetry put into different blocks have the value 0: the average over
    the sign changes. Monomials whose squares presolve found to vanish do not occur, for their values are not bounded.

    Args:
      scaled: L in the coordinates of the form.
      constraints: how many there are.
    """
    system = presolved.system
    result: list[Moments] = [{} for _ in range(constraints)]
    values = np.ldexp(scaled, form.row_shifts).tolist()
    rows = zip(system.row_constraints.tolist(), system.row_exponents.tolist(), values, strict=True)
    for constraint, exponents, value in rows:
        if constraint >= 0:
            result[constraint][tuple(exponents)] = value
    for constraint, moments in enumerate(result):
        own = [b.basis for b in system.blocks if b.constraint == constraint and b.multiplier == -1]
        if len(own) > 1 and not system.sparse:
            basis = np.concatenate(own)
            for product in distinct_rows((basis[:, None] + basis[None]).reshape(-1, basis.shape[1])).tolist():
                moments.setdefault(tuple(product), 0.0)
    return result


def completed(moments: Moments, equalities: Iterable[Polynomial], degree: int) -> Moments:
    """With the moments up to a degree that equalities h = 0 determine one by one, by L(m h) = 0.

    Args:
      equalities: over the variables of the moments.
    """
    result, width = dict(moments), len(next(iter(moments), ()))
    open_ = []
    for h in equalities:
        for monomial in monomials_of_degrees(range(width), width, 0, degree - h.degree):
            products = map(tuple, (h.exponents + monomial).tolist())
            open_.append(dict(zip(products, h.float_coefficients.tolist(), strict=True)))
    while open_:
        left = []
        for equation in open_:
            unknown = [product for product in equation if product not in result]
            if len(unknown) == 1:
                known = sum(value * result[product] for product, value in equation.items() if product != unknown[0])
                result[unknown[0]] = -known / equation[unknown[0]]
            elif unknown:
                left.append(equation)
        if len(left) == len(open_):
            break
        open_ = left
    return result
