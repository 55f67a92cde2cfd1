"""Identities of programs as identities of certificates of control.

A question of control is posed in coordinates around the equilibrium, where Gram matrices have an interior; its
certificate is in the user's coordinates. A Gram matrix Q on z(x - x*) = T z'(x) is T'QT there, on its range T'.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from nsos_jax.certificates import Block, GramBlock, Identity, ProgramCertificate, RangeBlock, Terms
from nsos_jax.control.deadlines import for_program, time_is_over
from nsos_jax.control.dynamics import System, substituted
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import AffinePolynomial, ProgramResult, SemialgebraicSet, SolveOptions, SosProgram, approximate

Target = Polynomial | AffinePolynomial
ORDERS = 2
"""Relaxation orders that are tried where none is given: the least that fits the data, and the next ones."""


@dataclass(frozen=True)
class Demand:
    """That a polynomial is nonnegative on a set, whose inequalities have one multiplier each."""

    target: Target
    on: SemialgebraicSet = field(default_factory=SemialgebraicSet)

    @property
    def is_on_set(self) -> bool:
        """Whether there are multipliers, so that the order matters."""
        return bool(self.on.inequalities or self.on.equalities)

    def least_order(self) -> int:
        """Half the degree that the data have."""
        degrees = [self.target.degree, *(part.degree for part in (*self.on.inequalities, *self.on.equalities))]
        return max(0, -(-max(degrees) // 2))

    def add_to(self, program: SosProgram, name: str, order: int | None, extra: int) -> None:
        """Constrains a program; the order is raised to what the data need, and beyond by `extra` if none is given."""
        if not self.is_on_set:
            program.sos(self.target, name=name)
            return
        chosen = self.least_order() + extra if order is None else max(order, self.least_order())
        program.nonnegative(self.target, on=self.on, order=chosen, name=name)


Build = Callable[[SosProgram], Mapping[str, Demand]]


@dataclass(frozen=True)
class Found:
    """A solved program with the identities of its demands.

    Attributes:
      result: of the program.
      identities: by name of the demand.
    """

    result: ProgramResult
    identities: dict[str, Identity]

    def polynomial(self, name: str) -> Polynomial:
        """The value of an unknown polynomial."""
        value = self.result.values[name]
        return value if isinstance(value, Polynomial) else Polynomial.constant(value)

    def number(self, name: str) -> Fraction:
        """The value of an unknown number."""
        value = self.result.values[name]
        return value if isinstance(value, Fraction) else value.coefficient([0] * value.num_variables)

    def numbered(self, name: str) -> list[Identity]:
        """The identities of a demand, or of those called "name 0", "name 1" and so on."""
        return numbered(self.identities, name)


def identities_by_name(program: SosProgram, identities: Sequence[Identity]) -> dict[str, Identity]:
    """The identities of the constraints of a program by name, with multipliers by inequality."""
    pairs = zip(program.constraints, identities, strict=True)
    return {constraint.name: _with_singles(identity, constraint.products) for constraint, identity in pairs}


def numbered(identities: Mapping[str, Identity], name: str) -> list[Identity]:
    """The identities of a demand, or of those called "name 0", "name 1" and so on."""
    return [identity for key, identity in identities.items() if key.split(" ")[0] == name]


def find(
    variables: Sequence[str], build: Build, order: int | None = None, options: SolveOptions | None = None
) -> Found | None:
    """Solves the program of some demands, with a few orders where none is given; None without a proof.

    Args:
      variables: of the program.
      build: declares unknowns and further constraints, sets the objective, and gives the demands.
      order: of the multipliers, see `SosProgram.nonnegative`.
      options: of the solver.
    """
    for extra in range(ORDERS if order is None else 1):
        if time_is_over(options):
            break
        program = SosProgram(variables)
        demands = build(program)
        for name, demand in demands.items():
            demand.add_to(program, name, order, extra)
        result = program.solve(for_program(options), bounds=False)
        if isinstance(result.certificate, ProgramCertificate):
            identities = identities_by_name(program, result.certificate.identities)
            return Found(result, {name: identities[name] for name in demands})
        if not any(demand.is_on_set for demand in demands.values()):
            break
    return None


def approximated(
    variables: Sequence[str], build: Build, order: int | None = None, options: SolveOptions | None = None
) -> dict[str, Polynomial] | None:
    """What a solver finds for the unknowns of such a program, in floating point and without a proof."""
    for extra in range(ORDERS if order is None else 1):
        if time_is_over(options):
            break
        program = SosProgram(variables)
        demands = build(program)
        for name, demand in demands.items():
            demand.add_to(program, name, order, extra)
        found = approximate(program, for_program(options))
        if found.solved:
            return found.values
        if not any(demand.is_on_set for demand in demands.values()):
            break
    return None


def find_identity(
    variables: Sequence[str], demand: Demand, order: int | None = None, options: SolveOptions | None = None
) -> Identity | None:
    """The identity of a known polynomial on a set."""
    found = find(variables, lambda _: {"identity": demand}, order, options)
    return None if found is None else found.identities["identity"]


def _with_singles(identity: Identity, products: Sequence[tuple[int, ...]]) -> Identity:
    """The multipliers numbered by inequality, where the program left out those that have too large a degree."""
    numbers = tuple(products[k][0] if k >= 0 else -1 for k in identity.multipliers)
    return Identity(numbers, identity.blocks, identity.cofactors)


def surroundings(system: System, *sets: SemialgebraicSet) -> SemialgebraicSet:
    """The ideal, some sets in the states, and where inputs and parameters range, as certificates take them together."""
    whole = SemialgebraicSet(equalities=system.ideal)
    for one in (*sets, system.uncertain):
        whole = whole & one
    return whole


def moved_set(given: SemialgebraicSet, point: Mapping[str, Fraction]) -> SemialgebraicSet:
    """A set in the coordinates x - point."""
    images = {name: Polynomial.parse(name) + value for name, value in point.items()}
    parts = [[substituted(part, images) for part in group] for group in (given.inequalities, given.equalities)]
    return SemialgebraicSet(*parts)


def moved_back(polynomial: Polynomial, point: Mapping[str, Fraction]) -> Polynomial:
    """A polynomial in x - point as one in x."""
    return substituted(polynomial, {name: Polynomial.parse(name) - value for name, value in point.items()})


def identity_back(identity: Identity, variables: Sequence[str], point: Mapping[str, Fraction]) -> Identity:
    """An identity in the coordinates x - point as one in x."""
    if not any(point.values()):
        return identity
    blocks = [_block_back(block, variables, point) for block in identity.blocks]
    cofactors = [moved_back(_polynomial(terms, variables), point) for terms in identity.cofactors]
    return Identity.create(variables, zip(identity.multipliers, blocks, strict=True), cofactors)


def _polynomial(terms: Terms, variables: Sequence[str]) -> Polynomial:
    return Polynomial.from_arrays(terms.exponents, terms.values, variables)


def _block_back(block: Block, variables: Sequence[str], point: Mapping[str, Fraction]) -> GramBlock | RangeBlock:
    rows = [moved_back(Polynomial.from_arrays(row[None], [1], variables), point) for row in block.basis]
    dictionaries = [_on_variables(row, variables) for row in rows]
    monomials = sorted(set().union(*dictionaries))
    common = math.lcm(*(value.denominator for entries in dictionaries for value in entries.values()))
    factor = np.zeros((len(monomials), len(rows)), dtype=object)
    place = {monomial: index for index, monomial in enumerate(monomials)}
    for column, entries in enumerate(dictionaries):
        for monomial, value in entries.items():
            factor[place[monomial], column] = int(value * common)
    if block.range is not None:
        factor = factor @ block.range.astype(object)
    return np.array(monomials, np.int32), block.core, block.denominator * common**2, factor


def _on_variables(polynomial: Polynomial, variables: Sequence[str]) -> dict[tuple[int, ...], Fraction]:
    columns = [variables.index(name) for name in polynomial.variables]
    result = {}
    for exponents, value in polynomial.to_dict().items():
        row = [0] * len(variables)
        for column, power in zip(columns, exponents, strict=True):
            row[column] = power
        result[tuple(row)] = value
    return result
