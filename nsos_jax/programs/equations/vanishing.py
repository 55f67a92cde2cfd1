"""Monomials of Gram bases that the equations of a program forbid, and functionals that show it.

Two rules of presolve take monomials from bases; each leaves a step, which knows what it took and a functional L whose
moment matrices are positive definite there and 0 on all that is left: so that the dual of what is left can be lifted.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Protocol

import numpy as np
from flint import fmpq
from jaxtyping import Bool, Int

from nsos_jax.programs.equations.system import GramBlock, ProgramSystem

SEED = 20_240_611
SAMPLES, SIZES = 40, (1.0, 2.0**-3, 2.0**-6, 2.0**3)
"""Points that are tried for each size, besides the origin; binary fractions, to be exact."""
MOST_SHRINKING = 60
"""How often the grid around a point is halved to lie where all factors are positive."""
MOST_POINTS = 10_000
"""Of such a grid: the rule is left out where it takes more."""


class Step(Protocol):
    """What a rule of presolve took from the bases."""

    def drops(self, block: GramBlock) -> Bool[np.ndarray, " k"]:
        """Which monomials of a block of the system."""
        ...

    def functional(self, system: ProgramSystem, taken: Iterable[Bool[np.ndarray, " k"]]) -> dict[int, fmpq]:
        """L by row; `taken` says of each block of the system what this step took that earlier ones had left."""
        ...


@dataclass(frozen=True)
class Diagonals:
    """Rows whose Gram entries are all diagonal, and of one sign, at constant 0.

    Attributes:
      rows: of the system.
    """

    rows: tuple[int, ...]

    def drops(self, block: GramBlock) -> Bool[np.ndarray, " k"]:
        return np.asarray(np.isin(_diagonals(block), self.rows).any(axis=0))

    def functional(self, system: ProgramSystem, taken: Iterable[Bool[np.ndarray, " k"]]) -> dict[int, fmpq]:
        """1 or -1 at the rows."""
        result: dict[int, fmpq] = {}
        for block, own in zip(system.blocks, taken, strict=True):
            for term, weight in zip(_diagonals(block)[:, own], block.weights, strict=True):
                sign = fmpq(1 if weight > 0 else -1)
                result |= dict.fromkeys(set(term.tolist()).intersection(self.rows), sign)
        return result


@dataclass(frozen=True)
class Plane:
    """A constraint whose target vanishes where some variables are 0: sum of sigma_k g_k = 0 on this coordinate plane.

    Where all g_k are positive, all sigma_k are 0, so they are 0 on the plane: no monomial in its variables alone is
    left. An equilibrium that is one for all values of parameters is such a plane.

    Attributes:
      constraint: its index.
      inside: which variables are not 0, [n].
      point: of the plane, where all factors that do not vanish on it are positive; 0 outside of it, [n].
      factors: the multipliers of these factors.
    """

    constraint: int
    inside: tuple[bool, ...]
    point: tuple[fmpq, ...]
    factors: frozenset[int]

    def drops(self, block: GramBlock) -> Bool[np.ndarray, " k"]:
        if block.constraint != self.constraint or block.multiplier not in self.factors:
            return np.zeros(block.side, bool)
        return on_plane(block.basis, np.array(self.inside))

    def functional(self, system: ProgramSystem, taken: Iterable[Bool[np.ndarray, " k"]]) -> dict[int, fmpq]:
        """The sum of the values at a grid around the point that determines the monomials."""
        inside = np.array(self.inside)
        powers = np.zeros(len(inside), np.int64)
        for block, own in zip(system.blocks, taken, strict=True):
            powers = np.maximum(powers, block.basis[own].max(axis=0, initial=0))
        factors = [
            factor
            for multiplier, factor in factors_of(system.blocks, system, self.constraint).items()
            if multiplier in self.factors
        ]
        grid = _positive_grid(factors, self.point, powers)
        rows = np.flatnonzero((system.row_constraints == self.constraint) & on_plane(system.row_exponents, inside))
        exponents = system.row_exponents[rows].tolist()
        values = (sum((_monomial(at, one) for at in grid), fmpq(0)) for one in exponents)
        return {row: value for row, value in zip(rows.tolist(), values, strict=True) if value != 0}


@dataclass(frozen=True, eq=False)
class Factor:
    """A polynomial that a sum of squares is multiplied by: exponents int [terms, n] and coefficients."""

    exponents: Int[np.ndarray, "terms n"]
    weights: tuple[fmpq, ...]

    def at(self, point: Iterable[fmpq]) -> fmpq:
        """Its value."""
        own = tuple(point)
        return sum(
            (weight * _monomial(own, row) for row, weight in zip(self.exponents.tolist(), self.weights, strict=True)),
            fmpq(0),
        )

    def on(self, inside: Bool[np.ndarray, " n"]) -> "Factor":
        """Its terms on a plane."""
        kept = on_plane(self.exponents, inside)
        return Factor(
            self.exponents[kept], tuple(weight for weight, own in zip(self.weights, kept, strict=True) if own)
        )


def factors_of(blocks: Iterable[GramBlock], system: ProgramSystem, constraint: int) -> dict[int, Factor]:
    """The factors of a constraint by the number of the multiplier, -1 for 1."""
    result: dict[int, Factor] = {}
    for block in blocks:
        if block.constraint == constraint and block.multiplier not in result and block.side:
            terms = system.row_exponents[block.maps[:, 0, 0]] - 2 * block.basis[0]
            result[block.multiplier] = Factor(terms, block.weights)
    return result


def planes(system: ProgramSystem, blocks: list[GramBlock], free: Bool[np.ndarray, " R"]) -> Iterator[Plane]:
    """The coordinate planes on which targets vanish and that take monomials from some bases.

    Args:
      system: the equations.
      blocks: what is left of its bases.
      free: the rows that are not settled yet and in which a constant or an unknown stands.
    """
    for constraint in sorted({block.constraint for block in blocks if block.multiplier >= 0}):
        own = [block for block in blocks if block.constraint == constraint]
        standing = np.unique(system.row_exponents[free & (system.row_constraints == constraint)] > 0, axis=0)
        if not standing.any(axis=1).all():  # the target has a constant
            continue
        patterns = np.unique(np.concatenate([block.basis > 0 for block in own]), axis=0)
        found: list[Plane] = []
        factors = factors_of(own, system, constraint)
        for inside in map(np.array, sorted(patterns.tolist(), key=sum, reverse=True)):
            if (standing <= inside).all(axis=1).any():
                continue
            restricted = {number: factor.on(inside) for number, factor in factors.items()}
            positive = {number: factor for number, factor in restricted.items() if factor.weights}
            plane = Plane(constraint, tuple(inside.tolist()), (), frozenset(positive))
            taken = [plane.drops(block) & ~_dropped(block, found) for block in own]
            point = _positive_point(list(positive.values()), inside) if any(one.any() for one in taken) else None
            if point is not None:
                found.append(replace(plane, point=point))
                yield found[-1]


def on_plane(exponents: Int[np.ndarray, "k n"], inside: Bool[np.ndarray, " n"]) -> Bool[np.ndarray, " k"]:
    """Which monomials have variables inside alone."""
    return np.asarray(~(exponents[:, ~inside] > 0).any(axis=1))


def _dropped(block: GramBlock, steps: Iterable[Step]) -> Bool[np.ndarray, " k"]:
    return np.any([np.zeros(block.side, bool), *(step.drops(block) for step in steps)], axis=0)


def _diagonals(block: GramBlock) -> Int[np.ndarray, "terms k"]:
    return block.maps[:, range(block.side), range(block.side)]


def _positive_point(factors: list[Factor], inside: Bool[np.ndarray, " n"]) -> tuple[fmpq, ...] | None:
    """A point of the plane where all factors are positive, found by sampling and confirmed exactly."""
    rng = np.random.default_rng(SEED)
    points = np.zeros((1 + SAMPLES * len(SIZES), len(inside)))
    for k, size in enumerate(SIZES):
        drawn = np.round(rng.uniform(-64, 64, (SAMPLES, len(inside)))) / 64
        points[1 + k * SAMPLES : 1 + (k + 1) * SAMPLES] = size * drawn * inside
    worst = np.full(len(points), np.inf)
    for factor in factors:
        weights = np.array([int(weight.p) / int(weight.q) for weight in factor.weights])
        values = np.array([np.prod(points**row, axis=1) for row in factor.exponents]).T @ weights
        worst = np.minimum(worst, values / np.abs(weights).max())
    point = tuple(fmpq(*value.as_integer_ratio()) for value in points[int(np.argmax(worst))].tolist())
    return point if all(factor.at(point) > 0 for factor in factors) else None


def _positive_grid(
    factors: list[Factor], point: tuple[fmpq, ...], powers: Int[np.ndarray, " n"]
) -> list[tuple[fmpq, ...]]:
    """Points where all factors are positive, at which polynomials of these powers in each variable vanish only if they
    are 0.

    Raises:
      OverflowError: they would be too many, or too near to each other.
    """
    if np.prod(powers + 1.0) > MOST_POINTS:
        raise OverflowError("a grid that determines the monomials has too many points")
    size = fmpq(1)
    for _ in range(MOST_SHRINKING):
        steps = [
            [middle + size * fmpq(2 * k - power, max(power, 1)) for k in range(power + 1)]
            for middle, power in zip(point, powers.tolist(), strict=True)
        ]
        grid = list(product(*steps))
        if all(factor.at(one) > 0 for one in grid for factor in factors):
            return grid
        size /= 2
    raise OverflowError("no grid around the point is where all factors are positive")


def _monomial(point: Iterable[fmpq], exponents: Iterable[int]) -> fmpq:
    result = fmpq(1)
    for value, power in zip(point, exponents, strict=True):
        if power:
            result *= value**power
    return result
