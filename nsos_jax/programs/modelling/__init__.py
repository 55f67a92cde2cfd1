"""Programs as people write them: indeterminates, unknowns, sets, constraints, and the statement that certificates hold.

In: names, degrees, polynomials. Out: a `SosProgram`. May import the options of programs; what reads files, exchanges
programs with other tools, or solves them, its methods load on first use.
"""

from nsos_jax.programs.modelling.arguments import (
    chosen,
    exact_number,
    interval,
    unused_name,
    variable_names,
    whole_number,
)
from nsos_jax.programs.modelling.constraints import Constraint, Declared, Expression, Objective
from nsos_jax.programs.modelling.expressions import AffinePolynomial, BilinearError, Unknowns, parameters
from nsos_jax.programs.modelling.monomials import leading_monomial, monomials_of_degrees, standard_monomials
from nsos_jax.programs.modelling.names import variables
from nsos_jax.programs.modelling.program import SosProgram
from nsos_jax.programs.modelling.sets import SemialgebraicSet, expect_set
from nsos_jax.programs.modelling.statement import statement_of

__all__ = [
    "AffinePolynomial",
    "BilinearError",
    "Constraint",
    "Declared",
    "Expression",
    "Objective",
    "SemialgebraicSet",
    "SosProgram",
    "Unknowns",
    "chosen",
    "exact_number",
    "expect_set",
    "interval",
    "leading_monomial",
    "monomials_of_degrees",
    "parameters",
    "standard_monomials",
    "statement_of",
    "unused_name",
    "variable_names",
    "variables",
    "whole_number",
]
