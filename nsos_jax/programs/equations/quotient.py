"""Gram bases modulo equalities: monomials that others replace.

Where v'z is a combination of monomials times equalities h, z'Qz may change by v'z times anything, which cofactors make
up for: their degrees allow it. So the leading monomial of v'z is not needed. With it, Gram matrices grow without bound
and solvers get lost.
"""

from collections.abc import Iterable

import numpy as np
from flint import fmpq, fmpq_mat
from jaxtyping import Int

from nsos_jax.programs.equations.system import GramBlock, ProgramSystem

Terms = list[tuple[tuple[int, ...], fmpq]]


def standard_blocks(system: ProgramSystem) -> list[GramBlock]:
    """The blocks of a system without the monomials that equalities replace."""
    equalities: dict[int, list[Terms]] = {}
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
            equalities.setdefault(cofactor.constraint, []).append(terms)
    result = []
    for block in system.blocks:
        given = equalities.get(block.constraint, [])
        kept = _standard(block, given) if given else np.arange(block.side)
        if len(kept):
            result.append(block if len(kept) == block.side else block.part(kept))
    return result


def _standard(block: GramBlock, equalities: Iterable[Terms]) -> Int[np.ndarray, " kept"]:
    """The places of monomials of a block that lead no combination of monomials times equalities within its basis."""
    order = sorted(range(block.side), key=lambda at: (-int(block.basis[at].sum()), block.basis[at].tolist()))
    place = {tuple(block.basis[at].tolist()): column for column, at in enumerate(order)}
    rows = []
    for terms in equalities:
        for monomial in place:
            products = [tuple(map(sum, zip(monomial, term, strict=True))) for term, _ in terms]
            if all(product in place for product in products):
                row = [fmpq(0)] * block.side
                for product, (_, value) in zip(products, terms, strict=True):
                    row[place[product]] += value
                rows.append(row)
    if not rows:
        return np.arange(block.side)
    echelon, rank = fmpq_mat(rows).rref()
    leading, column = set(), 0
    for line in range(int(rank)):
        while echelon[line, column] == 0:
            column += 1
        leading.add(order[column])
    return np.array([at for at in range(block.side) if at not in leading], np.int64)
