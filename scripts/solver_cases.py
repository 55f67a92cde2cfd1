"""Random and adversarial problems for `solver_soundness.py`, with what is known about their margins and values.

Margins are planted where possible: Q = G G' of integers is exact, and moments of +-1 with M(m) = z z' bound a margin
from above. Shifts b - s A(I) lower a margin by s, and powers of two scale without rounding.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import clarabel
import numpy as np
import scipy.sparse as sp

from nsos_jax.solvers import GramProgram, SosProblem, margin_problem

INF = np.inf


class Maps(NamedTuple):
    """The row of every Gram entry, and moments of +-1 with M(m) = z z' in every block."""

    blocks: tuple[np.ndarray, ...]
    moments: np.ndarray
    exponents: np.ndarray | None
    """Of the product that each row stands for, where it stands for one."""

    def sums(self, grams: list[np.ndarray]) -> np.ndarray:
        pairs = zip(self.blocks, grams, strict=True)
        return sum(np.bincount(rows.ravel(), gram.ravel(), minlength=self.moments.size) for rows, gram in pairs)

    @property
    def identity(self) -> np.ndarray:
        return self.sums([np.eye(len(block)) for block in self.blocks])


class Known(NamedTuple):
    """A right-hand side and bounds on its margin."""

    rhs: np.ndarray
    low: float = -INF
    high: float = INF


class Case(NamedTuple):
    """A problem and bounds on its margin or value: inf is the value of an infeasible program."""

    index: int
    family: str
    problem: SosProblem | GramProgram
    low: float
    high: float


def draw(seed: int, indices: range) -> Iterator[Case]:
    for index in indices:
        rng = np.random.default_rng((seed, index))
        maps = MAPS[rng.integers(len(MAPS))](rng)
        if index % 10 == 9:
            family = list(PROGRAMS)[rng.integers(len(PROGRAMS))]
            yield Case(index, family, *PROGRAMS[family](rng, maps))
        else:
            family = list(MARGINS)[rng.integers(len(MARGINS))]
            rhs, low, high = MARGINS[family](rng, maps)
            yield Case(index, family, margin_problem(maps.blocks, rhs), low, high)


def numbered(labels: list[np.ndarray]) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Rows for labels [k, k, n] of the entries of each block, equal for equal labels, and the label of each row."""
    flat = np.concatenate([label.reshape(-1, label.shape[-1]) for label in labels])
    distinct, rows = np.unique(flat, axis=0, return_inverse=True)
    parts = np.split(rows.ravel(), np.cumsum([len(label) ** 2 for label in labels])[:-1])
    return tuple(part.reshape(label.shape[:2]) for part, label in zip(parts, labels, strict=True)), distinct


def sides(rng: np.random.Generator, least: int) -> Iterator[int]:
    blocks = rng.choice((1, 1, 1, 2, 3))
    return (int(rng.integers(least, 13 if blocks < 3 else 8)) for _ in range(blocks))


def gram_maps(rng: np.random.Generator) -> Maps:
    """Random monomials in 1 to 4 variables, a basis for each block."""
    variables = rng.integers(1, 5)
    bases = [np.unique(rng.integers(0, 12 // variables, (side, variables)), axis=0) for side in sides(rng, 2)]
    blocks, exponents = numbered([basis[:, None] + basis for basis in bases])
    return Maps(blocks, np.prod(rng.choice((-1.0, 1.0), variables) ** exponents, axis=1), exponents)


def hankel_maps(rng: np.random.Generator) -> Maps:
    """Of 1, x, x^2, ..., and often a second block, multiplied by x or x^2."""
    labels = [np.add.outer(np.arange(side), np.arange(side)) + i for i, side in enumerate(sides(rng, 2))]
    blocks, exponents = numbered([label[..., None] for label in labels])
    return Maps(blocks, np.ones(len(exponents)), exponents)


def other_maps(rng: np.random.Generator) -> Maps:
    """Symmetric, and of no polynomial; half of them with rows for the diagonal alone, so that some M(m) is inside."""
    inside = rng.integers(2)
    labels = []
    for side in sides(rng, 1):
        label = np.triu(rng.integers(0, rng.integers(1, side * (side + 1)), (side, side)))
        label = label + np.triu(label, 1).T
        if inside:
            np.fill_diagonal(label, -1 - np.arange(side))
        labels.append(label[..., None])
    blocks, rows = numbered(labels)
    return Maps(blocks, np.ones(len(rows)), None)


MAPS = gram_maps, gram_maps, gram_maps, hankel_maps, hankel_maps, other_maps


def planted(rng: np.random.Generator, maps: Maps, rank: int = 13, singular: bool = False, top: int = 5) -> np.ndarray:
    """A(Q), Q = G G', from integers, so exact; singular: z'G = 0 in every block, so the margin is zero."""
    grams = []
    for block in maps.blocks:
        z, factor = maps.moments[block][:, 0], rng.integers(-top, top + 1, (len(block), rank)).astype(float)
        grams.append(z.size * factor - np.outer(z, z @ factor) if singular else factor)
    return maps.sums([factor @ factor.T for factor in grams])


def small(rng: np.random.Generator) -> float:
    return float(10.0 ** -rng.uniform(3, 14))


def lowered(maps: Maps, rhs: np.ndarray, shift: float, low: float, high: float) -> Known:
    """b - shift A(I) and its bounds, up to rounding: a change of b changes a margin by at most the side times that."""
    error = 16 * np.finfo(float).eps * max(np.abs(rhs).max(), abs(shift))
    return Known(rhs - shift * maps.identity, low - shift - error, high - shift + error)


def random_rhs(rng: np.random.Generator, maps: Maps) -> Known:
    return Known(rng.normal(size=maps.moments.size))


def integer_rhs(rng: np.random.Generator, maps: Maps) -> Known:
    """Few and small, often near a face of the cone."""
    size = maps.moments.size
    return Known(rng.integers(-2, 3, size) * rng.integers(0, 2, size) + rng.integers(0, 4) * maps.identity)


def full_rank(rng: np.random.Generator, maps: Maps) -> Known:
    return Known(planted(rng, maps), low=0.0)


def low_rank(rng: np.random.Generator, maps: Maps) -> Known:
    return Known(planted(rng, maps, int(rng.integers(2, 5))), low=0.0)


def rank_one(rng: np.random.Generator, maps: Maps) -> Known:
    return Known(planted(rng, maps, 1, top=10**6), low=0.0)


def zero_margin(rng: np.random.Generator, maps: Maps) -> Known:
    return Known(planted(rng, maps, int(rng.integers(1, 14)), singular=True), 0.0, 0.0)


def near_zero(rng: np.random.Generator, maps: Maps) -> Known:
    rhs = zero_margin(rng, maps).rhs
    return lowered(maps, rhs, rng.choice((-1, 1)) * small(rng) * max(np.abs(rhs).max(), 1.0), 0.0, 0.0)


def negative_direction(rng: np.random.Generator, maps: Maps) -> Known:
    """z'Qz = -share |z|^4 in every block, of whatever Q on average, weighted by |z|^2."""
    rhs = zero_margin(rng, maps).rhs
    share = small(rng) ** rng.choice((0.2, 1.0)) * max(np.abs(rhs).max(), 1.0)
    lengths = np.array([len(block) for block in maps.blocks])
    rhs = rhs - share * maps.sums([maps.moments[block] for block in maps.blocks])
    return lowered(maps, rhs, 0.0, -share * lengths.max(), -share * (lengths**2).sum() / lengths.sum())


def negative_eigenvalue(rng: np.random.Generator, maps: Maps) -> Known:
    return Known(planted(rng, maps) - planted(rng, maps, 1) * 10 ** rng.uniform(-1, 2))


def moved_to_zero(rng: np.random.Generator, maps: Maps) -> Known:
    """Shifted by the margin, as Clarabel sees it, and a little."""
    rhs = (random_rhs, full_rank)[rng.integers(2)](rng, maps).rhs
    _, value, _ = run_clarabel(maps.blocks, rhs, maps.identity[:, None], np.array([-1.0]))
    return Known(rhs + (value + rng.choice((-1, 1)) * small(rng) * np.abs(rhs).max()) * maps.identity)


PLAIN = random_rhs, full_rank, low_rank, zero_margin, near_zero, negative_direction


def wild_scale(rng: np.random.Generator, maps: Maps) -> Known:
    """Another times 1e-30 to 1e30, by a power of two: that is exact."""
    known, factor = PLAIN[rng.integers(len(PLAIN))](rng, maps), 2.0 ** rng.integers(-100, 101)
    return Known(*(factor * array for array in known))


def stretched(rng: np.random.Generator, maps: Maps) -> Known:
    """Another with every variable scaled by a power of two, which keeps the sign of its margin."""
    rhs, low, high = PLAIN[rng.integers(len(PLAIN))](rng, maps)
    if maps.exponents is None:
        return Known(rhs, low, high)
    rhs = rhs * 2.0 ** (maps.exponents @ rng.integers(-2, 3, maps.exponents.shape[1]))
    return Known(rhs, 0.0 if low >= 0 else -INF, 0.0 if high <= 0 else INF)


MARGINS: dict[str, Callable[[np.random.Generator, Maps], Known]] = {
    "random": random_rhs,
    "integers": integer_rhs,
    "full rank": full_rank,
    "low rank": low_rank,
    "rank one": rank_one,
    "zero margin": zero_margin,
    "shifted from zero": near_zero,
    "negative direction": negative_direction,
    "negative eigenvalue": negative_eigenvalue,
    "moved to zero": moved_to_zero,
    "wild scale": wild_scale,
    "stretched": stretched,
}
Program = tuple[GramProgram, float, float]


def bounded(rng: np.random.Generator, maps: Maps, bare: int = 0) -> Program:
    """Feasible points on both sides: d0 with a Gram matrix, m0 of rank one or inside the dual cone."""
    free, start = columns(rng, maps, bare)
    moments = maps.moments if rng.integers(2) else inside_moments(maps.blocks, maps.identity)
    moments = np.append(moments, rng.normal(size=bare))
    rhs = np.append(planted(rng, maps, int(rng.integers(1, 14))), np.zeros(bare)) + free @ start
    cost = -free.T @ moments
    return GramProgram(maps.blocks, rhs, free, cost), -float(rhs @ moments), float(cost @ start)


def columns(rng: np.random.Generator, maps: Maps, bare: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """F, with so many rows more, and d0, of integers."""
    shape = maps.moments.size + bare, int(rng.choice((1, 3)))
    return rng.integers(-3, 4, shape).astype(float), rng.integers(-3, 4, shape[1]).astype(float)


def bare_rows(rng: np.random.Generator, maps: Maps) -> Program:
    """Equations without Gram entries, sometimes one that contradicts another."""
    program, low, high = bounded(rng, maps, bare=int(rng.integers(1, 4)))
    if rng.integers(3):
        return program, low, high
    free, rhs = np.append(program.free, program.free[-1:], axis=0), np.append(program.rhs, program.rhs[-1] + 1.0)
    return GramProgram(maps.blocks, rhs, free, program.cost), INF, INF


def dependent_columns(rng: np.random.Generator, maps: Maps) -> Program:
    """A column that is a sum of others, at their cost or for less."""
    (program, low, high), less = bounded(rng, maps), float(rng.integers(2))
    free = np.append(program.free, program.free.sum(axis=1, keepdims=True), axis=1)
    cost = np.append(program.cost, program.cost.sum() - less)
    return GramProgram(maps.blocks, program.rhs, free, cost), *((-INF, -INF) if less else (low, high))


def random_program(rng: np.random.Generator, maps: Maps) -> Program:
    free, start = columns(rng, maps)
    free[:, 0] = maps.identity if rng.integers(2) else free[:, 0]
    cost = np.append(-1.0, rng.normal(size=start.size - 1) * 10 ** rng.uniform(-2, 1))
    return GramProgram(maps.blocks, rng.normal(size=maps.moments.size), free, cost), -INF, INF


def infeasible(rng: np.random.Generator, maps: Maps) -> Program:
    """F'm = 0 and <b, m> < 0."""
    (free, start), m = columns(rng, maps), maps.moments
    free = m.size * free - np.outer(m, m @ free)
    rhs = zero_margin(rng, maps).rhs + free @ start
    rhs = rhs - 10 ** rng.uniform(-3, 0) * max(np.abs(rhs).max(), 1.0) * m
    return GramProgram(maps.blocks, rhs, free, rng.normal(size=start.size)), INF, INF


def unbounded(rng: np.random.Generator, maps: Maps) -> Program:
    """A feasible point and a psd direction with a negative cost."""
    free, start = columns(rng, maps)
    free[:, 0] = -planted(rng, maps, int(rng.integers(1, 14)))
    cost = np.append(-1.0, rng.normal(size=start.size - 1))
    return GramProgram(maps.blocks, planted(rng, maps) + free @ start, free, cost), -INF, -INF


def without_cost(rng: np.random.Generator, maps: Maps) -> Program:
    (free, start), (rhs, low, _) = columns(rng, maps), PLAIN[rng.integers(4)](rng, maps)
    return GramProgram(maps.blocks, rhs + free @ start, free, np.zeros(start.size)), 0.0, 0.0 if low == 0 else INF


PROGRAMS: dict[str, Callable[[np.random.Generator, Maps], Program]] = {
    "program, bounded": bounded,
    "program, bare rows": bare_rows,
    "program, dependent F": dependent_columns,
    "program, random": random_program,
    "program, infeasible": infeasible,
    "program, unbounded": unbounded,
    "program, no cost": without_cost,
}


def run_clarabel(
    blocks: tuple[np.ndarray, ...], rhs: np.ndarray, free: np.ndarray, cost: np.ndarray
) -> tuple[str, float, np.ndarray]:
    """Its status, c'd and m of  min c'd  s.t.  A(S) + F d = b,  S psd, as conic x = (svec S_1, ..., d)."""
    corners = [np.tril_indices(len(block)) for block in blocks]
    scale = np.concatenate([np.where(i == j, 1.0, np.sqrt(2.0)) for i, j in corners])
    rows = np.concatenate([block[corner] for block, corner in zip(blocks, corners, strict=True)])
    entries, (places, variables) = np.arange(scale.size), np.indices(free.shape)
    matrix = sp.csc_matrix(
        (
            np.concatenate([scale, free.ravel(), -np.ones(scale.size)]),
            (
                np.concatenate([rows, places.ravel(), rhs.size + entries]),
                np.concatenate([entries, scale.size + variables.ravel(), entries]),
            ),
        ),
        shape=(rhs.size + scale.size, scale.size + cost.size),
    )
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    cones = [clarabel.ZeroConeT(rhs.size), *(clarabel.PSDTriangleConeT(len(block)) for block in blocks)]
    linear = np.append(np.zeros(scale.size), cost)
    data = matrix, np.append(rhs, np.zeros(scale.size)), cones, settings
    try:
        solution = clarabel.DefaultSolver(sp.csc_matrix((linear.size,) * 2), linear, *data).solve()
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of Rust, not an Exception
            raise
        return "Panicked", np.nan, np.full(rhs.size, np.nan)
    return str(solution.status), float(linear @ solution.x), np.array(solution.z)[: rhs.size]


def inside_moments(blocks: tuple[np.ndarray, ...], identity: np.ndarray) -> np.ndarray:
    """m with M(m) positive definite where there are any: where b = 0 all are optimal, and Clarabel ends amid them."""
    return run_clarabel(blocks, np.zeros(identity.size), identity[:, None], np.array([-1.0]))[2]
