"""`lower_bound`: what it takes, checked."""

from numbers import Integral

from nsos_jax.polynomials import MAX_EXPONENT, Polynomial
from nsos_jax.programs.bounds.problem import BoundProblem
from nsos_jax.programs.bounds.results import BoundResult
from nsos_jax.programs.bounds.search import Search
from nsos_jax.programs.modelling import SemialgebraicSet, chosen, expect_set
from nsos_jax.programs.options import SPARSITIES, SolveOptions, Sparsity


def lower_bound(
    polynomial: Polynomial,
    on: SemialgebraicSet | None = None,
    order: int | None = None,
    options: SolveOptions | None = None,
    *,
    products: bool = False,
    sparsity: Sparsity = "auto",
) -> BoundResult:
    """Bounds on the minimum of a polynomial, on the whole space or on a set, both ends proven.

    Below, the largest gamma for which p - gamma is a sum of squares, or has a certificate of Putinar's kind on the set;
    above, the value at a rational point, found with the moments of the dual problem and by local descents.

    Args:
      polynomial: p.
      on: the set; the whole space by default.
      order: of the relaxation, all products have degree at most twice this (Lasserre). By default the least one, and
        higher ones until the bracket closes up to `options.tolerance`, time is up, or the relaxation gets too large.
      options: of the programs; the time limit holds for all of them together.
      products: Schmuedgen's certificate: multipliers for the products of different inequalities too.
      sparsity: as in `SosProgram.nonnegative`: "term" bounds by smaller Gram matrices, which may give less.

    Raises:
      TypeError: p or the set is something else.
      ValueError: the order is too small, or there is no set for it.

    >>> x = Polynomial.parse("x")
    >>> result = lower_bound(x**4 - 2 * x**2)
    >>> print(result.status, result.lower, result.upper)
    OPTIMAL -1 -1
    """
    if not isinstance(polynomial, Polynomial):
        remedy = "read text with Polynomial.parse, SymPy expressions with Polynomial.from_sympy"
        raise TypeError(f"polynomial: got {type(polynomial).__name__}, wanted a Polynomial without unknowns: {remedy}")
    if on is not None:
        expect_set(on, "on")
    if options is not None and not isinstance(options, SolveOptions):
        raise TypeError(f"options: got {type(options).__name__}, wanted SolveOptions, as SolveOptions(time_limit=10)")
    chosen(sparsity, SPARSITIES, "sparsity")
    if not isinstance(products, bool):
        raise TypeError(f"products: got {products!r:.60}, wanted True or False")
    problem = BoundProblem.of(polynomial, on)
    if not problem.variables and not problem.unconstrained:
        raise ValueError("on: neither the polynomial nor the set has variables")
    if order is not None:
        if problem.unconstrained:
            raise ValueError("order: there is one relaxation on the whole space only: give a set (on), or no order")
        if isinstance(order, bool) or not isinstance(order, Integral):
            raise ValueError(f"order: got {order!r}, wanted an integer")
        order = int(order)
        if 2 * order > MAX_EXPONENT:
            raise ValueError(f"order: got {order}, wanted at most {MAX_EXPONENT // 2}: degrees go up to {MAX_EXPONENT}")
        for what, part in problem.parts():
            if part.degree > 2 * order:
                least = f"order={-(-part.degree // 2)}"
                raise ValueError(f"order: got {order}, {what} of degree {part.degree} needs {least} or more")
    return Search(problem, order, products, sparsity, options or SolveOptions()).run()
