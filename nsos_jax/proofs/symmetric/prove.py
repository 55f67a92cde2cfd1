"""The search for an invariant Gram matrix, inside the cone or on its faces, or for an invariant functional against it.

The blocks of the reduced problem are small, so a look at a face takes milliseconds: central solution, rounding, or what
it exposes, read as rational.
"""

import time
from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Int

from nsos_jax.bases import Symmetry, closure, even_support, sign_of
from nsos_jax.certificates import GramBlock, NotSosCertificate, RangeBlock, SosCertificate
from nsos_jax.polynomials import Polynomial
from nsos_jax.proofs.evidence import CompleteBasis
from nsos_jax.proofs.faces import (
    BOLD,
    CAUTIOUS,
    FREE_BITS,
    CentralPoint,
    CentralSolver,
    Inconsistent,
    RangeReading,
    are_psd,
    exposed_vectors,
)
from nsos_jax.proofs.gram_system import UncoveredSupport
from nsos_jax.proofs.refutation import separating_functional
from nsos_jax.proofs.rounding import interior_grams
from nsos_jax.proofs.symmetric.expansion import invariant_blocks, orbit_values, with_signs
from nsos_jax.proofs.symmetric.face import SymmetricFace
from nsos_jax.proofs.symmetric.system import SymmetricSystem
from nsos_jax.proofs.symmetric.zeros import simple_zeros, without_zeros

MOST_FACES = 12
CONSISTENT = 1e-6
INSIDE = 1e-8
"""A smallest eigenvalue above this, for |b| = 1, allows to round the Gram matrix itself."""
POSITIVE = 1e-12
"""One above this allows to round the small matrices, which are tested exactly."""
NEGATIVE = -1e-6
"""A margin below this shows that there is no Gram matrix."""
MUCH_SMALLER = 2
"""A basis is tried before the complete one if that is more than so many times as large."""

Blocks = Iterator[GramBlock | RangeBlock]


def symmetric_certificates(
    polynomial: Polynomial, complete: CompleteBasis, symmetry: Symmetry, solver: CentralSolver, deadline: float = np.inf
) -> Iterator[SosCertificate | NotSosCertificate]:
    """Certificates for the checker to choose from, the likeliest first: mostly none or one.

    Args:
      polynomial: p.
      complete: its complete basis.
      symmetry: of p, not trivial.
      solver: whose central solutions.
      deadline: a value of `time.monotonic()`; checked between steps.

    Raises what `symmetric_components` raises.
    """
    changed = symmetry.changed(polynomial)
    zeros = simple_zeros(changed, symmetry)
    for basis in _bases(polynomial, complete, symmetry):
        try:
            symmetric = SymmetricSystem.build(changed, basis, symmetry)
        except UncoveredSupport:
            continue
        whole = SymmetricFace.whole(symmetric)
        first = [without_zeros(symmetric, symmetry, zeros), whole] if zeros else [whole]
        yield from _descend(polynomial, complete, symmetry, first, solver, deadline)


def _bases(polynomial: Polynomial, complete: CompleteBasis, symmetry: Symmetry) -> Iterator[Int[np.ndarray, "k n"]]:
    """The square roots of the terms, if they are much fewer than the complete basis, then that; the group closes both,
    where numerical accidents left a monomial in the complete one."""
    whole = closure(complete.basis, symmetry.generators)
    roots = even_support(polynomial.exponents)
    if MUCH_SMALLER * len(roots) < len(whole):
        yield roots
    yield whole


def _descend(
    polynomial: Polynomial,
    complete: CompleteBasis,
    symmetry: Symmetry,
    first: Sequence[SymmetricFace],
    solver: CentralSolver,
    deadline: float,
) -> Iterator[SosCertificate | NotSosCertificate]:
    """From the first faces to ever smaller ones, with the readings of each in their order."""
    waiting: list[Iterator[SymmetricFace]] = [iter(first)]
    count = 0
    while waiting and count < MOST_FACES and time.monotonic() < deadline:
        face = next(waiting[-1], None)
        if face is None:
            waiting.pop()
            continue
        count += 1
        equations = face.margin()
        if not equations.size or equations.inconsistency > CONSISTENT:
            continue
        point = solver(equations)
        if point.margin >= NEGATIVE:
            for blocks in _found(face, point):
                yield SosCertificate.create(polynomial, with_signs(blocks, symmetry))
            waiting.append(_smaller(face, point))
        elif face.is_whole:
            yield from _refutations(polynomial, complete, symmetry, face.symmetric, point)
            return


def _found(face: SymmetricFace, point: CentralPoint) -> Iterator[Blocks]:
    """Gram matrices from the central point of a face, if that has an interior or only one Gram matrix."""
    symmetric = face.symmetric
    cores = face.cores([gram * point.scale for gram in point.grams])
    if face.is_whole and point.lowest > INSIDE:
        values = symmetric.orbit_sums(face.wide(cores)) / symmetric.pairs.sizes
        grams = [symmetric.gram(block, values) for block in range(len(symmetric.system.bases))]
        for exact in interior_grams(symmetric.system, grams, symmetric.lowest(values)):
            yield iter(exact.blocks(symmetric.system))
    try:
        equations = face.equations()
    except Inconsistent:
        return
    if equations.nullity and point.lowest <= POSITIVE:
        return
    unit, denominator = symmetric.system.scaling.unit, symmetric.system.polynomial.denominator
    length = denominator.bit_length()
    share = (denominator >> max(length - 60, 0)) / 2.0 ** min(length, 60)
    hint = [np.ldexp(core * share, unit + length) for core in cores]
    upper = np.concatenate([core[np.triu_indices(len(core))] for core in hint])
    largest = int(np.frexp(np.abs(upper).max(initial=1e-300))[1])
    for bits in FREE_BITS if equations.nullity else FREE_BITS[:1]:
        try:
            entries, common = equations.solve(upper, [max(bits - largest, 0)] * len(upper))
        except Inconsistent:
            return
        numerators = face.split(entries)
        if are_psd(numerators):
            yield invariant_blocks(symmetric, *orbit_values(symmetric, face.wide(numerators), common))
            return


def _smaller(face: SymmetricFace, point: CentralPoint) -> Iterator[SymmetricFace]:
    """What the point exposes, as far as it reads as rational, in several ways."""
    seen: set[tuple[int, ...]] = {face.sizes}
    for rules in (CAUTIOUS, BOLD):
        cuts = exposed_vectors(point.moments, point.slacks, rules)
        triples = zip(face.ranges, face.frames, cuts, strict=True)
        readings = [RangeReading(columns, frame.inner, cut) for columns, frame, cut in triples]
        for ranges in ([reading.partial for reading in readings], [reading.hull for reading in readings]):
            sizes = tuple(columns.shape[1] for columns in ranges)
            if sizes not in seen:
                seen.add(sizes)
                yield SymmetricFace(face.symmetric, tuple(ranges))


def _refutations(
    polynomial: Polynomial,
    complete: CompleteBasis,
    symmetry: Symmetry,
    symmetric: SymmetricSystem,
    point: CentralPoint,
) -> Iterator[NotSosCertificate]:
    """The invariant functional that the multipliers are, made rational."""
    system = symmetric.system
    if len(system.basis) < len(complete.basis):
        return
    found = separating_functional(system, symmetric.moments(point.multipliers))
    if found is None:
        return
    signs = sign_of(system.row_exponents, np.array(symmetry.signs)).tolist()
    nonzero = [i for i, value in enumerate(found) if value]
    values = [found[i] * signs[i] for i in nonzero]
    exponents = system.row_exponents[nonzero]
    yield NotSosCertificate.create(polynomial, system.basis, exponents, values, complete.halfspaces)
