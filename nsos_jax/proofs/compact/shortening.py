"""From a proof to a shorter one, step by step; the shortest that the checker accepted is the answer.

1. Exact rewriting: lowest terms, overlapping blocks added up, connected components, unused monomials; at the
   end singular matrices on their range.
2. Only entries whose product is a term, or the square of a monomial (term sparsity, without blocks that lose nothing).
3. Fewer entries: the strongest that suffice, by bisection, until that stays the same.
4. Groups of monomials that can go, ever smaller ones, those with the weakest diagonal first (delta debugging: Zeller
   and Hildebrandt, "Simplifying and isolating failure-inducing input", IEEE Trans. Softw. Eng. 2002).
5. The shortest prefix of each order of the monomials on which there is a Gram matrix (prefixes are nested), where there
   are many monomials before 3; then 3 again.
6. Fewer digits: a matrix deep inside the cone on a coarse grid.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Int

from nsos_jax.bases import largest_exponents, least_cover
from nsos_jax.certificates import InvalidCertificate, SosCertificate
from nsos_jax.polynomials import Polynomial, RowTable, contained, distinct_rows
from nsos_jax.proofs.compact.forms import file_length, merged, num_squares, on_ranges
from nsos_jax.proofs.compact.patterns import (
    Ranking,
    entry_counts,
    fixed_rows,
    in_basis,
    on_monomials,
    restricted,
    term_patterns,
)
from nsos_jax.proofs.compact.trials import Point, Trials
from nsos_jax.proofs.gram_system import GramSystem, Scaling
from nsos_jax.solvers import one_blas_thread

LARGE = 200
"""Sides of blocks together from which on orders of monomials come first: entries one by one would take too long."""
MOST_ROUNDS = 8
"""How often the strongest entries are chosen again."""
WORTHWHILE = 0.98
"""Part of the entries that a round has to leave at most for another one."""


@dataclass(frozen=True)
class Compacted:
    """A shorter certificate, and what it saves.

    Attributes:
      certificate: the checker accepts it; the one that was given where none is shorter.
      before, after: bytes of the files.
      squares_before, squares_after: how many squares are summed, the ranks of the matrices together.
      trials: smaller systems of Gram equations on which a matrix was looked for.
      finished: whether all steps were gone through before the time was up.
    """

    certificate: SosCertificate
    before: int
    after: int
    squares_before: int
    squares_after: int
    trials: int
    finished: bool


def compact_certificate(
    certificate: SosCertificate, orders: Iterable[Int[np.ndarray, "c n"]] = (), deadline: float = math.inf
) -> Compacted:
    """The shortest certificate of the same polynomial that is found; never a longer one.

    Args:
      certificate: a proof that holds, with any blocks.
      orders: of monomials, best first, whose prefixes are tried as bases.
      deadline: a value of `time.monotonic()`, looked at between steps, of which one can overrun it.

    Raises:
      InvalidCertificate: the certificate does not hold.

    >>> from nsos_jax.membership import certify
    >>> p = Polynomial.parse("x^4 + 2*x^3 + 5*x^2 + 2*x + 7")
    >>> found = compact_certificate(certify(p).certificate)
    >>> found.after <= found.before, found.certificate.verify()
    (True, 'sos: 5 terms = 1 block of 3 monomials')
    """
    certificate.verify()
    terms = certificate.polynomial
    polynomial = Polynomial.from_arrays(terms.exponents, list(terms.values), certificate.variables)
    trials = Trials(polynomial, certificate, deadline)
    trials.offer(certificate)
    trials.offer(merged(certificate))
    start = _start(polynomial, trials.best)
    if start is not None and not start.system.unique:
        with one_blas_thread():
            _shorten(trials, start, orders)
    best = _shorter(trials.best, on_ranges)
    before, after = file_length(certificate), file_length(best)
    squares = num_squares(certificate), num_squares(best)
    return Compacted(best, before, after, *squares, trials.count, not trials.over)


def _shorter(certificate: SosCertificate, rewrite: Callable[[SosCertificate], SosCertificate]) -> SosCertificate:
    """What an exact rewriting makes of it, if that is accepted and shorter."""
    try:
        other = rewrite(certificate)
        other.verify()
    except (InvalidCertificate, ArithmeticError, MemoryError):
        return certificate
    return other if file_length(other) < file_length(certificate) else certificate


def _start(polynomial: Polynomial, certificate: SosCertificate) -> Point | None:
    """The equations on the blocks of the certificate, with its own matrices; None where there are no blocks."""
    blocks = certificate.blocks
    if not blocks or polynomial.is_zero:
        return None
    basis = distinct_rows(np.concatenate([block.basis for block in blocks]))
    table = RowTable(basis, largest_exponents(basis, basis))
    parts = [table.find(block.basis) for block in blocks]
    system = GramSystem.build(polynomial, basis, Scaling.of(polynomial), parts)
    try:
        grams = tuple((block.gram.astype(object) / block.denominator).astype(np.float64) for block in blocks)
    except (OverflowError, InvalidCertificate):
        return None
    return Point(system, grams)


def _shorten(trials: Trials, current: Point, orders: Iterable[Int[np.ndarray, "c n"]]) -> None:
    current = trials.point(restricted(current.system, term_patterns(current.system))) or current
    large = current.system.size > LARGE
    if large:
        current = _shortest_prefix(trials, current, orders)
    fewer = _without_dispensable(trials, _fewer_entries(trials, current))
    if not large:
        fewer = _shortest_prefix(trials, fewer, orders)
    fewer = _fewer_entries(trials, fewer)
    trials.point(fewer.system, tight=True)


def _shortest_prefix(trials: Trials, start: Point, orders: Iterable[Int[np.ndarray, "c n"]]) -> Point:
    """Of the shortest prefixes of the orders the one with the fewest entries."""
    best = start
    support = start.system.polynomial.exponents
    together = distinct_rows(np.concatenate(start.system.bases))
    for order in orders:
        inside = order[contained(order, together)]
        least = least_cover(support, inside)
        step = max(least // 8, 1)
        found = _smallest(trials, partial(_prefix, start.system, inside), least, len(inside), start, step)
        if _entries(found.system) < _entries(best.system):
            best = found
    return best


def _prefix(system: GramSystem, order: Int[np.ndarray, "m n"], size: int) -> GramSystem | None:
    return on_monomials(system, in_basis(system, order[:size])) if size else None


def _smallest(
    trials: Trials,
    make: Callable[[int], GramSystem | None],
    least: int,
    most: int,
    start: Point,
    step: int | None = None,
) -> Point:
    """The Gram matrix on the smallest of nested systems, numbered from `least` to `most`, that has one; `start` where
    none has. By bisection; with a step, until one is found, by growing steps from the small end, where trials are
    cheap."""
    low, high, best = least, most + 1, start
    while low < high and not trials.over:
        middle = min(low + step, high - 1) if step and high > most else (low + high) // 2
        found = trials.point(make(middle))
        if found is None:
            low, step = middle + 1, 2 * step if step else None
        else:
            high, best = middle, found
    return best


def _fewer_entries(trials: Trials, current: Point) -> Point:
    """Again and again the smallest part of the strongest entries that suffices."""
    for _ in range(MOST_ROUNDS):
        ranking = Ranking(current.system, current.grams)
        found = _smallest(trials, ranking.system, ranking.least, len(ranking) - 1, current)
        if found is current or trials.over:
            return found
        enough = _entries(found.system) > WORTHWHILE * _entries(current.system)
        current = found
        if enough:
            break
    return current


def _entries(system: GramSystem) -> int:
    """Entries on and above the diagonals that are not fixed, and the monomials."""
    distinct = sum(len(rows) * (len(rows) + 1) // 2 for rows in system.rows)
    return distinct - int(fixed_rows(system).sum()) + system.size


def _without_dispensable(trials: Trials, current: Point) -> Point:
    """Without monomials, in groups of half of them, a quarter and so on, that are not needed together."""
    size = current.system.size
    while size and not trials.over:
        kept_all = True
        left = _weakest_first(current)
        for start in range(0, len(left), size):
            group = left[start : start + size]
            found = trials.point(_without(current.system, group))
            if found is not None:
                current, kept_all = found, False
                break
        if kept_all:
            size //= 2
    return current


def _weakest_first(point: Point) -> list[tuple[int, int]]:
    """Block and place of the monomials that are not the only way to a term, those of the smallest diagonal first."""
    system = point.system
    needed = system.targets.astype(bool) & (entry_counts(system) == 1)
    places, weights = [], []
    for block, (rows, basis, gram) in enumerate(zip(system.rows, system.bases, point.grams, strict=True)):
        shares = np.ldexp(gram.diagonal(), 2 * (basis @ system.scaling.shifts))
        for place in np.flatnonzero(~needed[rows].any(axis=1)).tolist():
            places.append((block, place))
            weights.append(float(shares[place]))
    return [places[index] for index in np.argsort(weights, kind="stable").tolist()]


def _without(system: GramSystem, group: Sequence[tuple[int, int]]) -> GramSystem | None:
    kept = [np.ones(len(rows), bool) for rows in system.rows]
    for block, place in group:
        kept[block][place] = False
    return on_monomials(system, kept)
