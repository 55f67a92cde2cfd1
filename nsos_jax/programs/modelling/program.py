"""Sum-of-squares programs as people write them: unknowns, constraints, an objective."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nsos_jax.option_changes import changed
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.interop.methods import Interoperable
from nsos_jax.programs.modelling.arguments import (
    MOST_CHARACTERS,
    chosen,
    constraint_name,
    degree_limit,
    degree_range,
    even_degree,
    fitting_products,
    variable_names,
)
from nsos_jax.programs.modelling.constraints import WHOLE_SPACE, Constraint, Declared, Expression, Objective
from nsos_jax.programs.modelling.expected import check_variables, exponents_of, taken
from nsos_jax.programs.modelling.expressions import AffinePolynomial, Unknowns
from nsos_jax.programs.modelling.monomials import monomials_of_degrees
from nsos_jax.programs.modelling.names import variables
from nsos_jax.programs.modelling.sets import SemialgebraicSet, expect_set
from nsos_jax.programs.modelling.showing import number_text, program_html, program_text
from nsos_jax.programs.options import CONES, SPARSITIES, Cone, Sparsity

if TYPE_CHECKING:
    from nsos_jax.programs.options import SolveOptions
    from nsos_jax.programs.results import ProgramResult


class SosProgram(Interoperable):
    """Unknown polynomials and numbers, constraints on them, and an objective.

    Args:
      variables: names of the indeterminates.
      cone: where Gram matrices are looked for: "psd", or inside it "sdd" (SDSOS, a second-order cone program) or "dd"
        (DSOS, a linear program): cheaper, and worse in general. Constraints may choose for themselves. What is proven
        is a sum of squares in each case.

    >>> program = SosProgram("x y")
    >>> x, y = program.indeterminates
    >>> a = program.scalar("a")
    >>> program.sos(x**2 + a * x * y + y**2, name="form")
    >>> program.maximize(a)
    >>> program
    <SosProgram in x, y: 1 unknown, 1 constraint, maximize a>
    """

    def __init__(self, variables: str | Iterable[str | Polynomial], *, cone: Cone = "psd") -> None:
        self.variables = variable_names(variables)
        self.cone = chosen(cone, CONES, "cone")
        self.unknowns = Unknowns(self.variables)
        self.declared: dict[str, Declared] = {}
        self.constraints: list[Constraint] = []
        self.objective = Objective()
        self._auxiliary: list[str] = []

    @property
    def all_variables(self) -> tuple[str, ...]:
        """The indeterminates, followed by those that `sos_matrix` introduced."""
        return (*self.variables, *self._auxiliary)

    @property
    def indeterminates(self) -> tuple[Polynomial, ...]:
        """The variables as polynomials."""
        return variables(self.variables)

    def polynomial(
        self,
        name: str,
        degree: int | tuple[int, int] | None = None,
        *,
        monomials: Iterable[Polynomial] | None = None,
        variables: Iterable[str] | None = None,
    ) -> AffinePolynomial:
        """An unknown polynomial, with a free coefficient for each monomial.

        Args:
          name: by which `ProgramResult.values` gives it back.
          degree: all monomials up to it, or of degrees from (lowest, highest).
          monomials: these monomials instead.
          variables: the indeterminates it depends on, all of them by default.
        """
        if (degree is None) == (monomials is None):
            raise ValueError(f"{name}: give either degree, such as 4 or (2, 4), or monomials")
        if monomials is not None:
            rows = self._exponents(monomials, f"{name}: monomials")
        else:
            rows = monomials_of_degrees(
                self._columns(variables, name), len(self.variables), *degree_range(degree, name)
            )
        if len(np.unique(rows, axis=0)) < len(rows):
            raise ValueError(f"{name}: a monomial appears twice")
        return self._declare(name, rows)

    def sos_polynomial(
        self,
        name: str,
        degree: int | None = None,
        *,
        basis: Iterable[Polynomial] | None = None,
        variables: Iterable[str] | None = None,
        cone: Cone | None = None,
    ) -> AffinePolynomial:
        """An unknown sum of squares of this even degree, or with this Gram basis of monomials."""
        if (degree is None) == (basis is None):
            raise ValueError(f"{name}: give either degree, such as 4, or basis, a list of monomials")
        if basis is not None:
            gram = self._exponents(basis, f"{name}: basis")
        else:
            columns = self._columns(variables, name)
            gram = monomials_of_degrees(columns, len(self.variables), 0, even_degree(degree, name) // 2)
        products = (gram[:, None] + gram[None]).reshape(-1, len(self.variables))
        polynomial = self._declare(name, np.unique(products, axis=0)[::-1])
        own = self._constraint_name(name)
        self.constraints.append(Constraint(own, "sos", polynomial, basis=gram, cone=self._cone(cone, name)))
        return polynomial

    def scalar(self, name: str, *, lower: Any = None, upper: Any = None) -> AffinePolynomial:
        """An unknown number, with bounds if there are any."""
        for end, value in (("lower", lower), ("upper", upper)):
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"{name}: {end}: got {value}, wanted a finite number, or None for no bound")
            if isinstance(value, str):
                raise TypeError(f"{name}: {end}: got {value!r:.60}, wanted a number")
        number = self._declare(name, np.zeros((1, len(self.variables)), np.int32))
        if lower is not None:
            self.sos(number - lower, name=f"{name} >= {number_text(lower)}")
        if upper is not None:
            self.sos(upper - number, name=f"{name} <= {number_text(upper)}")
        return number

    def sos(
        self,
        expression: Expression,
        *,
        name: str | None = None,
        basis: Iterable[Polynomial] | None = None,
        sparsity: Sparsity = "auto",
        cone: Cone | None = None,
    ) -> None:
        """The expression is a sum of squares, z'Qz over the monomials `basis` if these are given.

        cone: "dd" or "sdd" for Gram matrices that are diagonally dominant or scaled so; that of the program by default.
        sparsity: "none" for one Gram matrix on the whole basis, "term" for smaller ones on cliques of variables and of
        the term sparsity graph, "cross" for the smallest ones, of its edges that are terms, "constant" for these and
        numbers as the multipliers of a set; all may lose something.
        "auto" takes cliques for bases of more than a hundred monomials.

        >>> for cone in "dd", "sdd":
        ...     program = SosProgram("x y", cone=cone)
        ...     g, (x, y) = program.scalar("g"), program.indeterminates
        ...     program.sos(6 * x**2 + 4 * x * y + 3 * y**2 - g * (x**2 + y**2))
        ...     program.maximize(g)
        ...     print(cone, round(program.solve().value, 4))
        dd 1.0
        sdd 2.0
        """
        name = self._constraint_name(name)
        target = self._taken(expression, name)
        chosen(sparsity, SPARSITIES, f"{name}: sparsity")
        rows = None if basis is None else self._exponents(basis, f"{name}: basis")
        self.constraints.append(
            Constraint(name, "sos", target, basis=rows, sparsity=sparsity, cone=self._cone(cone, name))
        )

    def nonnegative(
        self,
        expression: Expression,
        *,
        on: SemialgebraicSet | None = None,
        order: int | None = None,
        degree: int | None = None,
        products: bool = False,
        sparsity: Sparsity = "auto",
        name: str | None = None,
        cone: Cone | None = None,
    ) -> None:
        """The expression is nonnegative on a set, by Putinar's certificate s_0 + sum_k s_k g_k + sum_j l_j h_j.

        Args:
          expression: a polynomial, affine in the unknowns.
          on: the set, the whole space by default.
          order: all products have degree at most 2 * order (Lasserre); by default as large as the data need.
          degree: the same limit on the degree itself, instead of `order`.
          products: Schmuedgen's certificate: multipliers for the products of different inequalities too.
          sparsity, cone: as in `sos`, for the Gram matrices of all multipliers.
        """
        name = self._constraint_name(name)
        target, cone = self._taken(expression, name), self._cone(cone, name)
        chosen(sparsity, SPARSITIES, f"{name}: sparsity")
        on = WHOLE_SPACE if on is None else expect_set(on, f"{name}: on")
        for polynomial in on.inequalities + on.equalities:
            check_variables(polynomial, self.unknowns, self.variables, f"{name}: on")
        if not on.inequalities and not on.equalities:
            self.constraints.append(Constraint(name, "sos", target, sparsity=sparsity, cone=cone))
            return
        own, others = (list(map(self.unknowns.degree, part)) for part in (on.inequalities, on.equalities))
        limit = degree_limit([target.degree, *own, *others], target.degree, order, degree, name)
        fitting = fitting_products(own, limit, products, name)
        self.constraints.append(Constraint(name, "sos", target, on, limit, fitting, sparsity=sparsity, cone=cone))

    def zero(self, expression: Expression, *, name: str | None = None) -> None:
        """The expression vanishes: each of its coefficients is zero."""
        name = self._constraint_name(name)
        self.constraints.append(Constraint(name, "zero", self._taken(expression, name)))

    def sos_matrix(
        self, matrix: Sequence[Sequence[Expression]], *, name: str | None = None, cone: Cone | None = None
    ) -> None:
        """A symmetric matrix M is a sum of squares: y'My is one in the indeterminates and new ones y.

        The new indeterminates are called `name`_y1, `name`_y2, ...

        Raises:
          ValueError: the matrix is not square, or not symmetric.
        """
        name = self._constraint_name(name)
        for part in (matrix, *(matrix if isinstance(matrix, Iterable) else ())):
            if isinstance(part, Polynomial | AffinePolynomial) or not isinstance(part, Iterable):
                raise TypeError(f"{name}: got {part!r:.60}, wanted a square matrix, a list of rows")
        rows = [[self._taken(entry, name) for entry in row] for row in matrix]
        if any(len(row) != len(rows) for row in rows):
            raise ValueError(f"{name}: wanted a square matrix, got rows of {[len(row) for row in rows]} entries")
        base = name if name.isidentifier() else f"matrix{len(self.constraints) + 1}"
        units = [f"{base}_y{index + 1}" for index in range(len(rows))]
        for unit in units:
            if unit in self.all_variables or unit in self.declared:
                raise ValueError(f"{name}: its indeterminate {unit} is taken: choose another name")
        target = AffinePolynomial(self.unknowns, Polynomial.constant(0), {})
        for i, row in enumerate(rows):
            for j, entry in enumerate(row):
                difference = entry - rows[j][i]
                if difference.parts or not difference.constant.is_zero:
                    raise ValueError(f"{name}: entry ({i}, {j}) differs from ({j}, {i}), wanted a symmetric matrix")
                target += entry * (Polynomial.parse(units[i]) * Polynomial.parse(units[j]))
        self._auxiliary += units
        self.constraints.append(Constraint(name, "sos", target, cone=self._cone(cone, name)))

    def minimize(self, expression: Expression) -> None:
        """The objective; affine in the unknowns, without indeterminates."""
        self._aim("minimize", expression)

    def maximize(self, expression: Expression) -> None:
        """The objective; affine in the unknowns, without indeterminates."""
        self._aim("maximize", expression)

    def is_scalar(self, name: str) -> bool:
        """Whether an unknown is a number: its only monomial is 1."""
        return not self.declared[name].monomials.any()

    def to_json(self) -> str:
        """The program as JSON, in the format that `nsos solve` reads; `from_json` gives the same equations."""
        from nsos_jax.programs.reading import write_statement  # which imports this file

        return json.dumps(write_statement(self))

    @staticmethod
    def from_json(statement: str | Mapping[str, Any], parameter: Any = None) -> "SosProgram":
        """The program that JSON text, or the object in it, states; ValueError names the key and what is wrong.

        Args:
          statement: in the format of `nsos solve`.
          parameter: the value of its parameter, if it has one.
        """
        from nsos_jax.programs.reading import read_program  # which imports this file

        return read_program(statement, parameter)

    def introduce(self, other: "SosProgram") -> None:
        """Declares the unknowns and the auxiliary indeterminates of another program, in its order."""
        self._auxiliary += other._auxiliary
        for declared in other.declared.values():
            self._declare(declared.name, declared.monomials)

    def widened(self, rows: np.ndarray) -> np.ndarray:
        """Exponents over `variables` as exponents over `all_variables`."""
        return np.pad(rows, ((0, 0), (0, len(self.all_variables) - rows.shape[1])))

    def solve(self, options: "SolveOptions | None" = None, **changes: Any) -> "ProgramResult":
        """Solves the program and proves the answer; see `ProgramResult` and `SolveOptions`, whose fields are taken too.

        >>> program = SosProgram("x")
        >>> gamma, (x,) = program.scalar("gamma"), program.indeterminates
        >>> program.sos(x**2 - 2 * x - gamma)
        >>> program.maximize(gamma)
        >>> program.solve().value
        -1.0
        """
        from nsos_jax.programs.options import SolveOptions
        from nsos_jax.programs.solve import solve_program  # which imports this file

        if options is not None and not isinstance(options, SolveOptions):
            raise TypeError(
                f"options: got {options!r:.40}, wanted SolveOptions, or its fields by name, as backend='scs'"
            )
        return solve_program(self, changed(options or SolveOptions(), changes))

    def _cone(self, cone: Cone | None, name: str) -> Cone:
        return self.cone if cone is None else chosen(cone, CONES, f"{name}: cone")

    def _constraint_name(self, name: str | None) -> str:
        given = f"constraint {len(self.constraints) + 1}" if name is None else name
        return constraint_name(given, [constraint.name for constraint in self.constraints])

    def _aim(self, sense: Literal["minimize", "maximize"], expression: Expression) -> None:
        target = self._taken(expression, "objective")
        if target.degree > 0:
            raise ValueError(f"{sense}: got {target}, wanted an expression without {', '.join(self.variables)}")
        if self.objective.expression is not None:
            raise ValueError(f"{sense}: the program has an objective already")
        self.objective = Objective(sense, target)

    def _declare(self, name: str, rows: np.ndarray) -> AffinePolynomial:
        proper = isinstance(name, str) and name.isidentifier() and len(name) <= MOST_CHARACTERS
        if not proper or name in self.variables or name in self.declared:
            raise ValueError(f"name: {name!r:.60} {'is taken' if proper else 'is no name'}: choose another")
        units = [Polynomial.from_arrays(row[None], [1], self.variables) for row in rows]
        scalar = len(rows) == 1 and not rows.any()
        names = [name] if scalar else [f"{name}[{unit}]" for unit in units]
        indices = self.unknowns.add(names)
        self.declared[name] = Declared(name, rows, indices)
        return AffinePolynomial(self.unknowns, Polynomial.constant(0), dict(zip(indices, units, strict=True)))

    def _taken(self, expression: Any, name: str) -> AffinePolynomial:
        """The expression over this program's unknowns."""
        return taken(expression, self.unknowns, self.variables, name)

    def _exponents(self, monomials: Iterable[Polynomial], where: str) -> np.ndarray:
        """Of monomials over the variables of the program, int32 [k, n]."""
        if isinstance(monomials, str | Polynomial) or not isinstance(monomials, Iterable):
            raise TypeError(f"{where}: got {monomials!r:.60}, wanted a list of monomials such as [x**2, x * y]")
        rows = [exponents_of(monomial, self.unknowns, self.variables, where) for monomial in monomials]
        return np.array(rows, np.int32).reshape(-1, len(self.variables))

    def _columns(self, variables: Iterable[str] | None, where: str) -> list[int]:
        names = self.variables if variables is None else variable_names(variables)
        for name in names:
            if name not in self.variables:
                raise ValueError(f"{where}: got the variable {name!r}, the program has {', '.join(self.variables)}")
        return [self.variables.index(name) for name in names]

    def __repr__(self) -> str:
        return program_text(self)

    def _repr_html_(self) -> str:
        """What notebooks show: unknowns, constraints, objective."""
        return program_html(self)
