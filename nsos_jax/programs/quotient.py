"""Gram bases modulo equalities: monomials that others replace.

Where v'z is a combination of monomials times equalities h, z'Qz may change by v'z times anything, which cofactors make
up for. So the leading monomial of v'z is not needed. With it, Gram matrices grow without bound and solvers get
lost.
"""

from collections.abc import Iterable

import numpy as np
from flint import fmpq, fmpq_mat
from jaxtyping import Int

from nsos_jax.programs.system import GramBlock, ProgramSystem

Terms = list[tuple[tuple[int, ...], fmpq]]


def standard_blocks(system: ProgramSystem) -> list[GramBlock]:
    """The blocks of a system without the monomials that equalities replace."""
    equalities: dict[int, list[tuple[Terms, set[tuple[int, ...]]]]] = {}
    for cofactor in system.cofactors:
        monomials = {
            tuple(row): index for row, index in zip(cofactor.monomials.tolist(), cofactor.indices, strict=True)
        }
        one = monomials.get((0,) * len(system.names))
        if one is not None:
            terms = [
                (tuple(system.row_exponents[row].tolist()), -system.linear[row][one])
                for row in np.flatnonzero(system.row_constraints == cofactor.constraint).tolist()
                if one in system.linear[row]
            ]
            equalities.setdefault(cofactor.constraint, []).append((terms, set(monomials)))
    result = []
    for block in system.blocks:
        given = equalities.get(block.constraint, [])
        kept = _standard(block, given, system.row_exponents) if given else np.arange(block.side)
        if len(kept):
            result.append(block if len(kept) == block.side else block.part(kept))
    return result


def _standard(
    block: GramBlock, equalities: Iterable[tuple[Terms, set[tuple[int, ...]]]], exponents: Int[np.ndarray, "R n"]
) -> Int[np.ndarray, " kept"]:
    """The places of monomials of a block that lead no combination of monomials times equalities within its basis."""
    order = sorted(range(block.side), key=lambda at: (-int(block.basis[at].sum()), block.basis[at].tolist()))
    place = {tuple(block.basis[at].tolist()): column for column, at in enumerate(order)}
    factor = exponents[block.maps[:, 0, 0]] - 2 * block.basis[0]
    rows = []
    for terms, cofactor in equalities:
        for monomial in place:
            products = [tuple(map(sum, zip(monomial, term, strict=True))) for term, _ in terms]
            if all(product in place for product in products) and _covered(monomial, block.basis, factor, cofactor):
                row = [fmpq(0)] * block.side
                for product, (_, value) in zip(products, terms, strict=True):
                    row[place[product]] += value
                rows.append(row)
    if not rows:
        return np.arange(block.side)
    echelon, rank = fmpq_mat(rows).rref()
    leading, column = set(), 0
    for row in range(int(rank)):
        while echelon[row, column] == 0:
            column += 1
        leading.add(order[column])
    return np.array([at for at in range(block.side) if at not in leading], np.int64)


def _covered(
    monomial: tuple[int, ...], basis: Int[np.ndarray, "k n"], factor: Int[np.ndarray, "terms n"], cofactor: set
) -> bool:
    """Whether the cofactor has all monomials that monomial * h * basis * factor takes from it."""
    products = np.array(monomial) + basis[:, None] + factor[None]
    return all(tuple(row) in cofactor for row in products.reshape(-1, basis.shape[1]).tolist())
