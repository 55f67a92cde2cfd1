"""A program as exact linear equations between its unknowns and Gram matrices.

Constraint j says: target_j = sum over its multipliers k of factor_jk z'Q_jk z, plus cofactors times equalities. Each
monomial of constraint j is a *row*,

    constants[r] + sum_u linear[r][u] y_u = sum over blocks, terms t and {(i, j): maps[t, i, j] = r} of weights[t] Q_ij,

where the unknowns y are those of the program, followed by the coefficients of the cofactors. Symbols become numbers
here; `results` turns them back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import comb

import numpy as np
from flint import fmpq
from jaxtyping import Int

from nsos_jax.bases import TooLarge, half_newton_polytope
from nsos_jax.certificates import MAX_BASIS, as_rational
from nsos_jax.polynomials import Polynomial, RowTable, distinct_rows
from nsos_jax.programs.equations.lookups import block_maps, products_of
from nsos_jax.programs.equations.sparsity import DENSE, SparseBases, constant_multipliers, sparse_bases, sums
from nsos_jax.programs.limits import NO_LIMITS, Limits
from nsos_jax.programs.modelling import Constraint, SosProgram, monomials_of_degrees
from nsos_jax.programs.options import Cone, Sparsity

Row = dict[int, fmpq]
"""Coefficients by unknown."""
MOST_LISTED = 20_000
"""Monomials up to half the degree up to which a complete basis is looked for to see how large it is."""
GRAPHS: dict[Sparsity, tuple[bool | None, int]] = {
    "cross": (False, 1),
    "term": (True, 1),
    "term-2": (True, 2),
    "auto": (None, 1),
}
"""Whether products that are squares join monomials, and how often term sparsity graphs are made."""
ENTRY_BYTES = 80
"""Of working memory for each entry of a Gram matrix and each term of its factor."""
OBJECTIVE = -1
"""In the place of a constraint's index: a row that belongs to the objective."""


@dataclass(frozen=True, eq=False)
class GramBlock:
    """The unknown Gram matrix of one multiplier, or of a part of it.

    Attributes:
      constraint: its index in the program.
      multiplier: -1 for s_0, else the index of the product that it is multiplied by.
      basis: int32 [k, n].
      maps: int64 [terms, k, k], for each term of the factor the row that an entry adds to.
      weights: the coefficients of the factor, [terms].
      cone: where the matrix is looked for.
    """

    constraint: int
    multiplier: int
    basis: Int[np.ndarray, "k n"]
    maps: Int[np.ndarray, "terms k k"]
    weights: tuple[fmpq, ...]
    cone: Cone = "psd"

    @property
    def side(self) -> int:
        return len(self.basis)

    def part(self, members: Int[np.ndarray, " kept"]) -> "GramBlock":
        """The block on some of its monomials."""
        return replace(self, basis=self.basis[members], maps=self.maps[:, members[:, None], members[None]])


@dataclass(frozen=True)
class Cofactor:
    """The unknown polynomial l before an equality h: its monomials, int [k, n], and the unknowns that they have."""

    constraint: int
    equality: int
    monomials: np.ndarray
    indices: range


@dataclass(frozen=True, eq=False)
class ProgramSystem:
    """See the module.

    Attributes:
      names: of the variables, also those that matrices introduced.
      row_constraints, row_exponents: what each row stands for, int [R] and int32 [R, n].
      constants: [R].
      linear: [R], the unknowns of each row.
      blocks: the Gram matrices.
      cofactors: the multipliers of equalities.
      unknowns: how many there are.
      cost: the objective by unknown, to be maximised.
      sparse: whether some multipliers have cliques of their bases only, so that a dual point says nothing about these.
    """

    names: tuple[str, ...]
    row_constraints: Int[np.ndarray, " R"]
    row_exponents: Int[np.ndarray, "R n"]
    constants: list[fmpq]
    linear: list[Row]
    blocks: list[GramBlock]
    cofactors: list[Cofactor]
    unknowns: int
    cost: Row
    sparse: bool

    @staticmethod
    def of(program: SosProgram, limits: Limits = NO_LIMITS) -> "ProgramSystem":
        """The equations of a program on the Gram bases of its constraints.

        Raises:
          TooLarge: they need more memory than the limit, or a basis is larger than certificates may hold.
          DeadlineExceeded: the deadline passed before they were finished.
        """
        builder = _Builder(program, limits)
        for index, constraint in enumerate(program.constraints):
            limits.check_time()
            builder.add(index, constraint)
        return builder.finish()

    @property
    def rows(self) -> int:
        return len(self.constants)

    def with_value(self, value: Fraction) -> "ProgramSystem":
        """One more row: the objective, as it is to be maximised, has this value."""
        return replace(
            self,
            row_constraints=np.append(self.row_constraints, OBJECTIVE),
            row_exponents=np.concatenate([self.row_exponents, np.zeros((1, len(self.names)), np.int32)]),
            constants=[*self.constants, -as_rational(value)],
            linear=[*self.linear, self.cost],
        )


@dataclass
class _Builder:
    """Takes up constraint after constraint."""

    program: SosProgram
    limits: Limits
    constraints: list[int] = field(default_factory=list)
    exponents: list[np.ndarray] = field(default_factory=list)
    constants: list[fmpq] = field(default_factory=list)
    linear: list[Row] = field(default_factory=list)
    blocks: list[GramBlock] = field(default_factory=list)
    cofactors: list[Cofactor] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.names = self.program.all_variables
        self.places = {name: place for place, name in enumerate(self.names)}
        self.unknowns = len(self.program.unknowns.names)
        self.sparse, self.entries = False, 0

    def rows_of(self, polynomial: Polynomial) -> Int[np.ndarray, "terms n"]:
        """The exponents over all variables."""
        wide = np.zeros((polynomial.num_terms, len(self.names)), np.int32)
        for column, name in enumerate(polynomial.variables):
            if name in self.places:
                wide[:, self.places[name]] = polynomial.exponents[:, column]
        return wide

    def add(self, index: int, constraint: Constraint) -> None:
        """The rows, blocks and cofactors of one constraint."""
        target = constraint.target
        parts = {-1: target.constant, **target.parts}
        supports = {unknown: self.rows_of(part) for unknown, part in parts.items()}
        union = distinct_rows(np.concatenate(list(supports.values())))
        factors = constraint.factors if constraint.kind == "sos" else ()
        equalities = constraint.on.equalities if constraint.kind == "sos" else ()
        wide = [self.rows_of(factor) for factor in factors]
        curves = [self.rows_of(equality) for equality in equalities]
        bases = self.bases(constraint, union, wide, curves)
        self.check(bases, wide, constraint.name)
        reach = [sums(monomials, curve) for curve, monomials in zip(curves, bases.cofactors, strict=True)]
        for factor, parts_of_basis in zip(wide, bases.multipliers, strict=True):
            reach += products_of(parts_of_basis, factor)
        rows = distinct_rows(np.concatenate([union, *reach]))
        table, first = RowTable(rows, rows.max(axis=0, initial=0)), len(self.constants)
        self.constraints += [index] * len(rows)
        self.exponents.append(rows)
        self.constants += [fmpq(0)] * len(rows)
        self.linear += [{} for _ in rows]
        for unknown, part in parts.items():
            for row, value in zip(table.find(supports[unknown]).tolist(), part.coefficients, strict=True):
                if unknown < 0:
                    self.constants[first + row] = as_rational(value)
                else:
                    self.linear[first + row][unknown] = as_rational(value)
        for k, (polynomial, terms, owns) in enumerate(zip(factors, wide, bases.multipliers, strict=True)):
            weights = tuple(map(as_rational, polynomial.coefficients))
            places = [block_maps(table, owns, term) for term in terms]
            for basis, *maps in zip(owns, *places, strict=True):
                every = np.array(maps, np.int64).reshape(len(terms), len(basis), len(basis)) + first
                self.blocks.append(GramBlock(index, k - 1, basis, every, weights, constraint.cone))
        for k, (equality, monomials) in enumerate(zip(equalities, bases.cofactors, strict=True)):
            self.add_cofactor(index, k, equality, monomials, table, first)

    def check(self, bases: SparseBases, factors: Sequence[np.ndarray], name: str) -> None:
        """That there is memory for the equations on these bases, and time left."""
        sides = [[len(basis) for basis in owns] for owns in bases.multipliers]
        entries = sum(len(terms) * side**2 for terms, own in zip(factors, sides, strict=True) for side in own)
        self.entries += entries
        largest = max((side for own in sides for side in own), default=0)
        what = f"{name}: equations of {sum(map(len, sides))} Gram matrices of side up to {largest}"
        self.limits.check_memory(ENTRY_BYTES * self.entries, what)
        self.limits.check_time()

    def bases(
        self, constraint: Constraint, union: np.ndarray, factors: Sequence[np.ndarray], equalities: Sequence[np.ndarray]
    ) -> SparseBases:
        """The monomials of the Gram matrices of each multiplier, one complete basis or cliques of it, and those of
        cofactors."""
        if factors and self.wants_cliques(constraint, union):
            self.sparse = True
            given = None if constraint.basis is None else self.program.widened(constraint.basis)
            if constraint.sparsity == "constant":
                return constant_multipliers(union, factors, equalities, given)
            squares, steps = GRAPHS[constraint.sparsity]
            return sparse_bases(union, factors, equalities, constraint.degree, given, squares, steps)
        complete = [self.basis(constraint, k, factor, union) for k, factor in enumerate(factors)]
        largest = max(map(len, complete), default=0)
        if largest > MAX_BASIS:
            what = f"a Gram matrix on {largest} monomials is too large, the limit is {MAX_BASIS}"
            raise TooLarge(f"{constraint.name}: {what}: lower the degree or order, or give a basis")
        cofactors = [self.cofactor_monomials(constraint, equality) for equality in constraint.on.equalities]
        return SparseBases([[basis] * bool(len(basis)) for basis in complete], cofactors if factors else [])

    def wants_cliques(self, constraint: Constraint, union: np.ndarray) -> bool:
        """Whether bases are split; with "auto", where that of s_0 is large."""
        if constraint.sparsity == "auto":
            degree = int(union.sum(axis=1).max(initial=0)) if constraint.degree is None else constraint.degree
            if constraint.basis is not None or comb(len(self.names) + -(-degree // 2), len(self.names)) <= MOST_LISTED:
                return len(self.basis(constraint, 0, union[:0], union)) > DENSE
        return constraint.sparsity != "none"

    def basis(
        self, constraint: Constraint, multiplier: int, factor: np.ndarray, union: np.ndarray
    ) -> Int[np.ndarray, "k n"]:
        """The monomials of the Gram matrix of one multiplier."""
        width, columns = len(self.names), range(len(self.program.variables))
        if multiplier == 0 and constraint.basis is not None:
            return self.program.widened(constraint.basis)
        if constraint.degree is None:
            return half_newton_polytope(union).monomials if len(union) else np.zeros((0, width), np.int32)
        half = (constraint.degree - int(factor.sum(axis=1).max(initial=0))) // 2
        size = comb(len(columns) + max(half, 0), len(columns))
        self.limits.check_memory(4.0 * width * size, f"{constraint.name}: a basis of {size:.6g} monomials")
        return monomials_of_degrees(columns, width, 0, half)

    def cofactor_monomials(self, constraint: Constraint, equality: Polynomial) -> Int[np.ndarray, "k n"]:
        assert constraint.degree is not None
        width, columns = len(self.names), range(len(self.program.variables))
        return monomials_of_degrees(columns, width, 0, constraint.degree - max(equality.degree, 0))

    def add_cofactor(
        self, index: int, equality: int, factor: Polynomial, monomials: np.ndarray, table: RowTable, first: int
    ) -> None:
        indices = range(self.unknowns, self.unknowns + len(monomials))
        self.unknowns = indices.stop
        self.cofactors.append(Cofactor(index, equality, monomials, indices))
        for term, value in zip(self.rows_of(factor), map(as_rational, factor.coefficients), strict=True):
            for row, unknown in zip(table.find(monomials + term).tolist(), indices, strict=True):
                self.linear[first + row][unknown] = -value

    def finish(self) -> ProgramSystem:
        objective = self.program.objective
        cost: Row = {}
        if objective.expression is not None:
            sign = 1 if objective.sense == "maximize" else -1
            for unknown, part in objective.expression.parts.items():
                cost[unknown] = sign * as_rational(part.coefficient([0] * part.num_variables))
        width = len(self.names)
        return ProgramSystem(
            self.names,
            np.array(self.constraints, np.int64),
            np.concatenate([np.zeros((0, width), np.int32), *self.exponents]),
            self.constants,
            self.linear,
            self.blocks,
            self.cofactors,
            self.unknowns,
            cost,
            self.sparse,
        )
