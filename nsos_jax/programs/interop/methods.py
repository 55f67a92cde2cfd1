"""The methods of `SosProgram` that lead to other tools and back; each loads its file when it is called."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from nsos_jax.polynomials import Polynomial
    from nsos_jax.programs.interop.sdpa_file import SdpaExport
    from nsos_jax.programs.modelling import AffinePolynomial, SosProgram
    from nsos_jax.programs.results import ProgramResult


class Interoperable:
    """Programs in other people's hands."""

    def prove(self, values: Any, *, tolerance: float = 1e-6, time_limit: float = 60.0) -> "ProgramResult":
        """A proof that values of the unknowns from another solver satisfy the constraints, or which one fails.

        Floats are rounded, to simple fractions first; where a solver's optimum lies a little outside, values inside are
        looked for within the tolerance. Fractions, integers and polynomials are taken as they are.

        Args:
          values: by name a number, a polynomial, a SymPy expression, or the coefficients in the order of the monomials;
            or the CVXPY problem of `to_cvxpy` or the task of `to_mosek_task`, solved. Unknowns that are left out are
            looked for.
          tolerance: how far values may be moved, relative to the larger of their size and 1.
          time_limit: seconds.

        Returns:
          FEASIBLE with the certificate; or UNDECIDED, or NEAR_FEASIBLE where the violation is within the tolerance,
          with the constraint and the size of its violation in `error`.

        >>> from nsos_jax import SosProgram
        >>> program = SosProgram("x")
        >>> gamma, (x,) = program.scalar("gamma"), program.indeterminates
        >>> program.sos(x**2 - 2 * x - gamma)
        >>> program.prove({"gamma": -1.0000000003}).values
        {'gamma': Fraction(-1, 1)}
        """
        from nsos_jax.programs.interop.prove import prove

        return prove(_program(self), values, tolerance=tolerance, time_limit=time_limit)

    def expression(self, expression: Any) -> "AffinePolynomial":
        """A SymPy expression in the variables and unknowns, which are symbols of the same names.

        >>> import sympy
        >>> from nsos_jax import SosProgram
        >>> program = SosProgram("x")
        >>> gamma = program.scalar("gamma")
        >>> program.expression((sympy.Symbol("x") - sympy.Symbol("gamma")) * sympy.Symbol("x"))
        <AffinePolynomial: x^2 + gamma*-x>
        """
        from nsos_jax.programs.interop.sympy_expressions import from_sympy

        return from_sympy(_program(self), expression)

    def to_sympy(self) -> dict[str, Any]:
        """Constraints and objective in SymPy; a coefficient of an unknown polynomial is a symbol such as V[x^2*y].

        Returns:
          {"constraints": {name: {"kind", "expression", "inequalities", "equalities"}}, "objective": (sense, expression)
          or None}.
        """
        from nsos_jax.programs.interop.sympy_expressions import program_to_sympy

        return program_to_sympy(_program(self))

    def sympy_values(self, values: "Mapping[str, Polynomial | Fraction]") -> dict[Any, Any]:
        """Values such as `ProgramResult.values` by SymPy symbol, for `subs` in what `to_sympy` gives."""
        from nsos_jax.programs.interop.sympy_expressions import values_to_sympy

        return values_to_sympy(_program(self), values)

    def to_cvxpy(self) -> Any:
        """A CVXPY problem; a variable for each unknown, by its name, holds its coefficients in the order of monomials.

        >>> from nsos_jax import SosProgram
        >>> program = SosProgram("x")
        >>> gamma, (x,) = program.scalar("gamma"), program.indeterminates
        >>> program.sos(x**2 - 2 * x - gamma)
        >>> program.maximize(gamma)
        >>> problem = program.to_cvxpy()
        >>> round(float(problem.solve("CLARABEL")), 6)
        -1.0
        >>> program.prove(problem).lower
        Fraction(-1, 1)
        """
        from nsos_jax.programs.interop.cvxpy_problem import to_cvxpy

        return to_cvxpy(_program(self))

    def to_sdpa(self, path: str | Path) -> "SdpaExport":
        """Writes the program in the SDPA sparse format; `values` of what is returned reads a solution back."""
        from nsos_jax.programs.interop.sdpa_file import to_sdpa

        return to_sdpa(_program(self), path)

    def to_mosek_task(self, path: str | Path | None = None) -> Any:
        """A MOSEK task, also written to a file (.cbf, .ptf, .task, .jtask) if a path is given; needs no licence.

        Its first variables are the unknowns, by their names.
        """
        from nsos_jax.programs.interop.mosek_file import to_mosek_task

        return to_mosek_task(_program(self), path)


def _program(own: Interoperable) -> "SosProgram":
    """`SosProgram` is the only class with these methods."""
    return cast("SosProgram", own)
