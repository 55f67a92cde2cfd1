"""Sparse Gram bases of a constraint: cliques of variables, and inside them cliques of monomials.

Each multiplier has the monomials of one clique of variables (`correlative`), s_0 those of all of them. Bases that are
still large are split along the term sparsity graph: two monomials are joined where their product with some term of the
factor is a term of the target, or a square (Wang, Magron, Lasserre and Mai, "CS-TSSOS", ACM Trans. Math. Softw. 2022),
or, which gives fewer and smaller cliques, a term of the target only (Wang, Li and Xia, "A new sparse SOS decomposition
algorithm based on term sparsity", ISSAC 2019). What the multipliers bring in beyond that, s_0 has to cover. Where the
papers join all pairs for it, here each such monomial has a Gram matrix of side 2 of its own.

Where all multipliers but s_0 are numbers (`constant_multipliers`), as in Lagrange duality, a constraint joins no
variables, for its terms come alone: a ball leaves the sparsity of the target as it is.

Sums of squares on cliques are fewer than those on the complete bases: what is proven with them is true, what is not
found may still exist.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from jaxtyping import Int

from nsos_jax.bases import TooLarge, cliques_of_neighbours, half_newton_polytope
from nsos_jax.polynomials import RowTable, contained, distinct_rows
from nsos_jax.programs.equations.correlative import Columns, home, variable_cliques
from nsos_jax.programs.equations.lookups import block_maps, products_of
from nsos_jax.programs.modelling import leading_monomial, monomials_of_degrees, standard_monomials

Rows = Int[np.ndarray, "k n"]
DENSE = 100
"""Complete bases up to this size are taken where `sparsity` is "auto"."""
WHOLE = 20
"""Bases of cliques of variables up to this size are not split further."""
MOST_JOINED = 8_000
"""Monomials of a multiplier that cliques are looked for in."""
COMPLETE = 150
"""Of monomials of a clique of variables; of larger ones s_0 has those whose squares occur."""
MOST_WORK = 1e10
"""For Gram matrices of side k the sum of (k (k + 1) / 2)^3 / 3, the operations of one step of an interior-point method,
up to which products that are squares join monomials."""
CHUNK = 1 << 22
"""Pairs that are looked up at once."""


@dataclass(frozen=True, eq=False)
class SparseBases:
    """What a constraint is looked for on.

    Attributes:
      multipliers: for each factor the Gram bases.
      cofactors: for each equality the monomials of its cofactor.
    """

    multipliers: list[list[Rows]]
    cofactors: list[Rows]


def sparse_bases(
    support: Int[np.ndarray, "terms n"],
    factors: Sequence[Int[np.ndarray, "t n"]],
    equalities: Sequence[Int[np.ndarray, "t n"]],
    degree: int | None,
    basis: Rows | None = None,
    squares: bool | None = None,
    steps: int = 1,
) -> SparseBases:
    """The cliques of monomials of a constraint.

    Args:
      support: of the target, for all values of the unknowns.
      factors: the terms of what each multiplier is multiplied by; the first is 1.
      equalities: their terms.
      degree: of all products at most; None on the whole space.
      basis: of s_0, if it was given.
      squares: whether products that are squares join monomials; by default where that is not too large.
      steps: how often graphs are made (the sparse order of TSSOS): after the first time, all products of the bases
        before take the place of the terms of the target.
    """
    cover = _Cover(support, factors, equalities, degree, basis)
    for _ in range(steps - 1):
        cover = _Cover(cover.reach(cover.bases(bool(squares))), factors, equalities, degree, basis, cover.cliques)
    if squares is not None:
        return cover.bases(squares)
    found = cover.bases(squares=True)
    return found if _work(found) <= MOST_WORK else cover.bases(squares=False)


def constant_multipliers(
    support: Int[np.ndarray, "terms n"],
    factors: Sequence[Int[np.ndarray, "t n"]],
    equalities: Sequence[Int[np.ndarray, "t n"]],
    basis: Rows | None = None,
) -> SparseBases:
    """The cliques of s_0 = target - sum of numbers times inequalities - sum of numbers times equalities.

    Args: as those of `sparse_bases`.
    """
    terms = distinct_rows(np.concatenate([support, *factors[1:], *equalities]))
    first = _Cover(terms, factors[:1], [], None, basis).bases(squares=False)
    one = np.zeros((1, support.shape[1]), np.int32)
    return SparseBases([*first.multipliers, *([one] for _ in factors[1:])], [one for _ in equalities])


def _work(bases: SparseBases) -> float:
    return sum((len(own) * (len(own) + 1) / 2) ** 3 / 3 for parts in bases.multipliers for own in parts)


class _Cover:
    def __init__(
        self,
        support: Rows,
        factors: Sequence[Rows],
        equalities: Sequence[Rows],
        degree: int | None,
        basis: Rows | None,
        cliques: list[Columns] | None = None,
    ) -> None:
        self.support, self.factors, self.equalities = support, factors, equalities
        self.degree, self.basis = degree, basis
        self.width = support.shape[1]
        self.cliques = variable_cliques(support, [*factors[1:], *equalities]) if cliques is None else cliques

    def bases(self, squares: bool) -> SparseBases:
        """Of all multipliers; `squares`: whether products that are squares join monomials."""
        cofactors = [self.cofactor(equality) for equality in self.equalities]
        parts = [self.multiplier(factor, squares) for factor in self.factors[1:]]
        wanted = self.reach(SparseBases([[], *parts], cofactors))
        return SparseBases([self.first(wanted, squares), *parts], cofactors)

    def reach(self, bases: SparseBases) -> Rows:
        """The terms of the target, and all that the bases can bring in."""
        found = [self.support]
        for factor, owns in zip(self.factors, bases.multipliers, strict=True):
            found += products_of(owns, factor)
        for equality, monomials in zip(self.equalities, bases.cofactors, strict=True):
            found.append(sums(monomials, equality))
        return distinct_rows(np.concatenate(found))

    def cofactor(self, equality: Rows) -> Rows:
        """The monomials of all cliques that hold the variables of an equality."""
        assert self.degree is not None
        own = set(np.flatnonzero(equality.any(axis=0)).tolist())
        half = self.degree - int(equality.sum(axis=1).max(initial=0))
        holding = [clique for clique in self.cliques if own.issubset(clique.tolist())]
        return distinct_rows(np.concatenate([self.monomials(clique, half) for clique in holding]))

    def multiplier(self, factor: Rows, squares: bool) -> list[Rows]:
        """The Gram bases before one factor."""
        assert self.degree is not None
        half = (self.degree - int(factor.sum(axis=1).max(initial=0))) // 2
        clique = home(factor, self.cliques)
        size = comb(len(clique) + max(half, 0), len(clique))
        if size > MOST_JOINED:
            what = f"a Gram matrix on {size} monomials is too large, the limit is {MOST_JOINED}"
            raise TooLarge(f"{what}: lower the degree or order, or give a basis")
        basis = standard_monomials(self.monomials(clique, half), self.leading(clique))
        if len(basis) <= WHOLE:
            return [basis] * bool(len(basis))
        graph = Graph(basis)
        for term in factor:
            graph.join_quotients(self.support, term)
            if squares:
                graph.join_squares(term)
        return graph.cliques()

    def first(self, wanted: Rows, squares: bool) -> list[Rows]:
        """The Gram bases of s_0, which has to cover the wanted monomials."""
        parts: list[Rows] = []
        for clique in self.cliques:
            basis = self.first_basis(clique, wanted)
            if len(basis) <= WHOLE:
                parts += [basis] * bool(len(basis))
                continue
            graph = Graph(basis)
            graph.join_quotients(self.support, np.zeros(self.width, np.int32))
            if squares:
                graph.join_squares()
            parts += graph.cliques()
        parts = maximal(parts)
        table = RowTable(wanted, self.bound(wanted, *parts))
        covered = np.zeros(len(wanted) + 1, bool)
        for places in block_maps(table, parts, np.zeros(self.width, np.int32)):
            covered[places] = True
        members = distinct_rows(np.concatenate([wanted[:0], *parts]))
        return [*parts, *nearest_pairs(wanted[~covered[:-1]], members)]

    def first_basis(self, clique: Columns, wanted: Rows) -> Rows:
        """The monomials of s_0 in some variables."""
        outside = np.ones(self.width, bool)
        outside[clique] = False
        if self.basis is not None:
            return self.basis[~self.basis[:, outside].any(axis=1)]
        inside = wanted[~wanted[:, outside].any(axis=1)]
        if self.degree is None:
            return half_newton_polytope(inside).monomials if len(inside) else inside
        half = self.degree // 2
        if comb(len(clique) + half, half) <= COMPLETE:
            return standard_monomials(self.monomials(clique, half), self.leading(clique))
        roots = inside[~(inside % 2).any(axis=1)] // 2
        return standard_monomials(roots[roots.sum(axis=1) <= half], self.leading(clique))

    def leading(self, clique: Columns) -> list[np.ndarray]:
        """The leading monomials of the equalities in some variables."""
        own = set(clique.tolist())
        inside = [h for h in self.equalities if own.issuperset(np.flatnonzero(h.any(axis=0)).tolist()) and len(h)]
        return [leading_monomial(h) for h in inside]

    def monomials(self, clique: Columns, degree: int) -> Rows:
        return monomials_of_degrees(clique.tolist(), self.width, 0, degree)

    @staticmethod
    def bound(wanted: Rows, *parts: Rows) -> Int[np.ndarray, " n"]:
        largest = wanted.max(axis=0, initial=0)
        for part in parts:
            largest = np.maximum(largest, 2 * part.max(axis=0, initial=0))
        return largest


class Graph:
    """Which monomials of a basis are joined."""

    def __init__(self, basis: Rows) -> None:
        self.basis = basis
        self.neighbours: list[set[int]] = [set() for _ in basis]
        odd: dict[bytes, list[int]] = {}
        for index, row in enumerate((basis % 2).astype(np.uint8)):
            odd.setdefault(row.tobytes(), []).append(index)
        self.classes = {key: np.array(members) for key, members in odd.items()}

    def join(self, left: Iterable[int], right: Iterable[int]) -> None:
        for i, j in zip(left, right, strict=True):
            self.neighbours[i].add(j)
            self.neighbours[j].add(i)

    def join_quotients(self, support: Rows, term: Int[np.ndarray, " n"]) -> None:
        """Joins monomials whose product with a term is in the support."""
        quotients = support - term
        quotients = quotients[(quotients >= 0).all(axis=1)]
        table = RowTable(self.basis, np.maximum(quotients.max(axis=0, initial=0), self.basis.max(axis=0)))
        step = max(CHUNK // len(self.basis), 1)
        for start in range(0, len(quotients), step):
            partner = table.find_quotients(quotients[start : start + step], self.basis)
            row, column = np.nonzero(partner >= 0)
            self.join(partner[row, column].tolist(), column.tolist())

    def join_squares(self, term: Int[np.ndarray, " n"] | None = None) -> None:
        """Joins monomials whose product is the square of one of them or, with a term, whose product with it is any."""
        parity = np.zeros(self.basis.shape[1], np.uint8) if term is None else (term % 2).astype(np.uint8)
        table = RowTable(self.basis, self.basis.max(axis=0))
        for key, members in self.classes.items():
            others = self.classes.get((np.frombuffer(key, np.uint8) ^ parity).tobytes())
            if others is None:
                continue
            left, right = np.repeat(members, len(others)), np.tile(others, len(members))
            if term is None:
                known = table.find((self.basis[left] + self.basis[right]) // 2) >= 0
                left, right = left[known], right[known]
            self.join(left.tolist(), right.tolist())

    def cliques(self) -> list[Rows]:
        """Of a chordal extension."""
        return [self.basis[clique] for clique in cliques_of_neighbours(self.neighbours)]


def nearest_pairs(wanted: Rows, basis: Rows) -> list[Rows]:
    """For each wanted monomial two of the basis with it as their product, as near to each other as can be; none where
    there are none.

    >>> basis = np.array([[0, 1], [1, 1], [2, 0]])
    >>> [pair.tolist() for pair in nearest_pairs(np.array([[1, 2], [3, 3]]), basis)]
    [[[0, 1], [1, 1]]]
    """
    if not len(wanted) or not len(basis):
        return []
    odd = wanted % 2
    position = np.cumsum(odd, axis=1)
    left = np.zeros(len(wanted), bool)
    result = []
    for chosen in (position % 2 == 1, position <= (odd.sum(axis=1, keepdims=True) + 1) // 2):
        first = wanted // 2 + odd * chosen
        second = wanted - first
        there = contained(np.concatenate([first, second]), basis).reshape(2, -1).all(axis=0) & ~left
        result += list(np.stack([first, second], axis=1)[there])
        left |= there
    largest = np.maximum(wanted.max(axis=0), basis.max(axis=0))
    table, step = RowTable(basis, largest), max(CHUNK // len(basis), 1)
    rest = wanted[~left]
    for start in range(0, len(rest), step):
        partner = table.find_quotients(rest[start : start + step], basis)
        row, first = np.nonzero(partner >= 0)
        second = partner[row, first]
        apart = np.abs(basis[first] - basis[second]).sum(axis=1)
        order = np.lexsort((first, apart, row))
        nearest = order[np.unique(row[order], return_index=True)[1]]
        result += [basis[[i, j]] for i, j in zip(first[nearest], second[nearest], strict=True)]
    return sorted_pairs(np.array(result)) if result else []


def sorted_pairs(pairs: Int[np.ndarray, "pairs 2 n"]) -> list[Rows]:
    """Each pair in increasing order, and one row of two that are equal.

    >>> [pair.tolist() for pair in sorted_pairs(np.array([[[1, 0], [0, 1]], [[2, 0], [2, 0]]]))]
    [[[0, 1], [1, 0]], [[2, 0]]]
    """
    differences = pairs[:, 0] - pairs[:, 1]
    first = np.argmax(differences != 0, axis=1)
    sign = np.take_along_axis(differences, first[:, None], axis=1)[:, 0]
    ordered = np.where((sign > 0)[:, None, None], pairs[:, ::-1], pairs)
    return [pair[:1] if same else pair for pair, same in zip(ordered, sign == 0, strict=True)]


def maximal(parts: Sequence[Rows]) -> list[Rows]:
    """Those that are not part of another one."""
    sets = [frozenset(row.tobytes() for row in np.ascontiguousarray(part, np.int32)) for part in parts]
    kept: list[int] = []
    holding: dict[bytes, list[int]] = {}
    for index in sorted(range(len(parts)), key=lambda index: (-len(sets[index]), index)):
        own = sets[index]
        rarest = min((holding.get(member, []) for member in own), key=len)
        if not any(own <= sets[other] for other in rarest):
            kept.append(index)
            for member in own:
                holding.setdefault(member, []).append(index)
    return [parts[index] for index in sorted(kept)]


def sums(left: Rows, right: Rows) -> Rows:
    """All products of two monomials."""
    return (left[:, None] + right[None]).reshape(len(left) * len(right), left.shape[1])
