"""The same Gram matrices in fewer letters: exact, without a solver."""

import math

import numpy as np
from flint import fmpq_mat, fmpz_mat, nmod_mat

from nsos_jax.certificates import Block, GramBlock, RangeBlock, SosCertificate, as_blocks
from nsos_jax.polynomials import connected_components
from nsos_jax.proofs.faces import integer_nullspace

MOST_TO_MERGE = 200
"""Monomials of overlapping blocks up to which they are added up: solving on larger ones would take too long."""
MOST_FOR_RANGE = 40
"""Side of singular matrices up to which a short basis of the range is computed: nothing can stop that."""
PRIME = 2**61 - 1


def file_length(certificate: SosCertificate) -> int:
    """Bytes of the certificate as a file of JSON."""
    return len(certificate.to_json())


def tidied(certificate: SosCertificate) -> SosCertificate:
    """Without monomials that no entry uses, split into the connected components of each matrix, in lowest terms."""
    blocks = [part for block in certificate.blocks for part in _split(block)]
    return SosCertificate(certificate.variables, certificate.polynomial, as_blocks(blocks))


def merged(certificate: SosCertificate) -> SosCertificate:
    """Blocks that share monomials as one, their matrices added, where it has at most `MOST_TO_MERGE` monomials."""
    keys = [[row.tobytes() for row in block.basis] for block in certificate.blocks]
    place = {key: number for number, key in enumerate(dict.fromkeys(key for own in keys for key in own))}
    members = [[place[key] for key in own] for own in keys]
    blocks: list[GramBlock | RangeBlock] = []
    for group in _overlapping(members, len(place)):
        chosen = [certificate.blocks[index] for index in group]
        if len(group) == 1 or len({m for index in group for m in members[index]}) > MOST_TO_MERGE:
            blocks += [_as_given(block) for block in chosen]
        else:
            blocks.append(_added(chosen, [members[index] for index in group]))
    return SosCertificate(certificate.variables, certificate.polynomial, as_blocks(blocks))


def on_ranges(certificate: SosCertificate) -> SosCertificate:
    """Each singular matrix as V S V' with short integer vectors V that span its range, where that is shorter."""
    blocks = tuple(min((block, *_range_forms(block)), key=_letters) for block in certificate.blocks)
    return SosCertificate(certificate.variables, certificate.polynomial, blocks)


def num_squares(certificate: SosCertificate) -> int:
    """How many squares the certificate sums: the ranks of its matrices together, modulo a large prime."""
    return sum(_rank(block.core) for block in certificate.blocks)


def _rank(matrix: np.ndarray) -> int:
    size = len(matrix)
    return nmod_mat(size, size, [int(entry) % PRIME for entry in matrix.ravel().tolist()], PRIME).rank() if size else 0


def _overlapping(members: list[list[int]], count: int) -> list[list[int]]:
    """Groups of blocks that are linked by common monomials, in order."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components as components

    block = np.repeat(np.arange(len(members)), [len(own) for own in members])
    monomial = np.concatenate([np.zeros(0, int), *map(np.array, members)]).astype(int) + len(members)
    total = len(members) + count
    _, labels = components(coo_array((np.ones(len(block)), (block, monomial)), (total, total)), directed=False)
    groups: dict[int, list[int]] = {}
    for index in range(len(members)):
        groups.setdefault(int(labels[index]), []).append(index)
    return list(groups.values())


def _added(blocks: list[Block], members: list[list[int]]) -> GramBlock:
    """The sum of some blocks as one."""
    pairs = zip(members, blocks, strict=True)
    rows = {monomial: row for own, block in pairs for monomial, row in zip(own, block.basis, strict=True)}
    order = {monomial: place for place, monomial in enumerate(rows)}
    denominator = math.lcm(*(block.denominator for block in blocks))
    gram = np.zeros((len(order), len(order)), dtype=object)
    for own, block in zip(members, blocks, strict=True):
        places = [order[monomial] for monomial in own]
        gram[np.ix_(places, places)] += block.gram.astype(object) * (denominator // block.denominator)
    return np.array(list(rows.values())), gram, denominator


def _as_given(block: Block) -> GramBlock | RangeBlock:
    if block.range is not None:
        return block.basis, block.core, block.denominator, block.range
    return block.basis, block.core, block.denominator


def _split(block: Block) -> list[GramBlock | RangeBlock]:
    if block.range is not None:
        return [_as_given(block)]
    linked = block.core.astype(bool)
    parts = connected_components(linked, np.asarray(linked.any(axis=1)))
    return [_lowest(block.basis[part], block.core[np.ix_(part, part)], block.denominator) for part in parts]


def _lowest(basis: np.ndarray, gram: np.ndarray, denominator: int) -> GramBlock:
    divisor = math.gcd(denominator, *map(int, gram.ravel().tolist()))
    return basis, gram // divisor, denominator // divisor


def _letters(block: Block) -> int:
    return len(str(block.to_dict()))


def _range_forms(block: Block) -> list[Block]:
    """The block on its range, if its matrix is singular."""
    size = len(block.basis)
    if block.range is not None or not 1 < size <= MOST_FOR_RANGE:
        return []
    matrix = fmpz_mat(block.core.tolist())
    if matrix.rank() == size:
        return []
    vectors = integer_nullspace(integer_nullspace(block.core).T)
    factor = fmpq_mat(fmpz_mat(vectors.tolist()))
    left = (factor.transpose() * factor).inv() * factor.transpose()
    core, denominator = (left * fmpq_mat(matrix) * left.transpose()).numer_denom()
    entries = np.array([int(entry) for entry in core.entries()], dtype=object).reshape(core.nrows(), core.ncols())
    _, gram, common = _lowest(block.basis, entries, int(denominator) * block.denominator)
    return list(as_blocks([(block.basis, gram, common, vectors)]))
