"""What polynomials really need, as examples to train on: `python scripts/search_bases.py OUT.jsonl [--count 20]`.

For each polynomial a basis is sought that is as small as possible, by the exact engine: `certify(..., compact=True)`
with the rules, then with the model, whose order of the candidates may reach bases that no rule does. The one with the
fewest monomials is the label, with the entries of its Gram matrix that are not 0; of draws the planted one, too, is
proven. Then the margin solver says of some sets of
candidates whether p is a sum of squares there: prefixes of the model's order around the smallest that works, the basis
without one of its members, the rungs that the pipeline would try.

The lines (`nsos_jax.train.examples`) are mixed into a training by a bucket with `examples`, see
`configs/gram_graph_improved.py`. A second round with the weights of the first, `--proposer PATH`, is self-improvement:
what the model orders better, the search makes smaller. The table has, by family, how much smaller the bases are than
the planted ones. Lines are added to what OUT has; polynomials are the next draws (`--first`).
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import proposer_scores as scores
from tables import count, make_console, make_table, number_above, output_file, short_name

import nsos_jax as nsos
from nsos_jax.bases import covers, largest_exponents
from nsos_jax.certificates import SosCertificate
from nsos_jax.polynomials import Polynomial, RowTable, contained, distinct_rows
from nsos_jax.proofs import GramSystem, unique_gram
from nsos_jax.proposers import RULES, StepsAside, find_proposer, scored_proposal
from nsos_jax.proposers.learned import Ranked
from nsos_jax.proposers.padding import scaled_coefficients
from nsos_jax.sampling import Planted, families
from nsos_jax.solvers import SolverOptions, SolverStatus, SosSolver
from nsos_jax.train.data import TRAINING
from nsos_jax.train.examples import SETS, write_examples

SMALL = tuple(
    family
    for family in (*families.CROWDED, *families.ALL_EVEN, *families.WITH_CONSTANT)
    if family.largest_size <= 26 and family.degree <= 20
)
"""Families whose smallest bases are found in seconds."""
HOLDS = {SolverStatus.FEASIBLE: True, SolverStatus.BOUNDARY: True, SolverStatus.INFEASIBLE: False}
ITERATIONS = 600
ZERO = 1e-9
CHUNK = 16


class Searched(NamedTuple):
    """A polynomial, its candidates in the model's order, its smallest proven basis, and entries of the Gram matrix."""

    polynomial: Polynomial
    ranked: Ranked
    basis: np.ndarray
    entries: np.ndarray
    """Pairs of monomials, [e 2 n]."""

    def at_most(self, planted: Planted | None) -> "Searched":
        """With the planted basis where that is smaller."""
        if planted is None or len(planted.basis) >= len(self.basis):
            return self
        i, j = np.nonzero(np.triu(planted.gram, 1))
        return self._replace(basis=planted.basis, entries=np.stack([planted.basis[i], planted.basis[j]], axis=1))


def main() -> None:
    options = _options()
    table = make_table("Smallest proven bases", "family", "drawn", "proven", "searched / planted", "CPU s each")
    for name, polynomials, planted in _sources(options):
        started = time.process_time()
        found: list[Searched] = []
        for start in range(0, len(polynomials), CHUNK):
            some = search(polynomials[start : start + CHUNK], options.proposer, options.seconds)
            labelled = [item.at_most(planted.get(item.polynomial)) for item in some]
            write_examples(options.out, examples(labelled, np.random.default_rng(start)))
            found += some
        ratios = [len(item.basis) / len(planted[item.polynomial].basis) for item in found if planted]
        each = (time.process_time() - started) / len(polynomials)
        ratio = f"{statistics.mean(ratios):.3f}" if ratios else "-"
        table.add_row(short_name(name), f"{len(polynomials)}", f"{len(found)}", ratio, f"{each:.2f}")
    make_console().print(table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=output_file, metavar="OUT.jsonl")
    parser.add_argument("--count", type=count, default=20, help="draws of each family (default 20)")
    parser.add_argument("--first", type=int, default=0, help="number of the first draw (default 0)")
    parser.add_argument("--only", default="", metavar="TEXT", help="families with this in their name")
    parser.add_argument("--input", type=Path, metavar="FILE.jsonl", help="these polynomials in place of draws")
    parser.add_argument("--proposer", default="gram_graph", help="a model: a name or the path of weights")
    parser.add_argument("--seconds", type=number_above(0), default=1.0, help="to make a proof smaller (default 1)")
    return parser.parse_args()


def _sources(options: argparse.Namespace) -> Iterator[tuple[str, list[Polynomial], dict[Polynomial, Planted]]]:
    """(name, polynomials, how they were planted) of a file or of each family."""
    if options.input:
        lines = options.input.read_text("utf-8").splitlines()
        polynomials = [Polynomial.parse(json.loads(line)["polynomial"]) for line in lines]
        yield options.input.name, polynomials, {}
        return
    for family in SMALL:
        if options.only in family.name:
            draws = scores.held_back(family, options.first + options.count, TRAINING)[options.first :]
            yield family.name, [draw.polynomial for draw in draws], {draw.polynomial: draw for draw in draws}


def search(polynomials: Sequence[Polynomial], model: str, seconds: float) -> list[Searched]:
    """The smallest proven bases of those that are proven to be sums of squares, and that the model can read."""
    everyone = (tuple(RULES), (model,))
    answers = [nsos.certify_batch(polynomials, proposers=names, compact=seconds) for names in everyone]
    found = []
    for p, ranked, *results in zip(polynomials, find_proposer(model).rank(polynomials), *answers, strict=True):
        proofs = [r.certificate for r in results if isinstance(r.certificate, SosCertificate) and r.certificate.blocks]
        if proofs and not isinstance(ranked, StepsAside):
            found.append(Searched(p, ranked, *min(map(_used, proofs), key=lambda used: len(used[0]))))
    return found


def _used(certificate: SosCertificate) -> tuple[np.ndarray, np.ndarray]:
    """The monomials of a certificate, and pairs of them whose entry is not 0."""
    pairs = []
    for block in certificate.blocks:
        gram = block.core if block.range is None else block.range @ block.core @ block.range.T
        i, j = np.nonzero(np.triu(gram.astype(bool), 1))
        pairs.append(np.stack([block.basis[i], block.basis[j]], axis=1))
    return distinct_rows(np.concatenate([block.basis for block in certificate.blocks])), np.concatenate(pairs)


def examples(found: Sequence[Searched], rng: np.random.Generator) -> list[dict[str, Any]]:
    """The lines of a file: what was found, and of which sets it is known whether they hold a basis."""
    pools, sets = [], []
    for item in found:
        own_pool = item.ranked.pool
        pool = np.concatenate([own_pool, item.basis[~contained(item.basis, own_pool)]])
        pools.append(pool)
        basis = np.sort(_table(pool).find(item.basis))
        sets.append([basis, *_sets(item, pool, basis, rng)])
    verdicts = margins(
        [(item.polynomial, pool[chosen]) for item, pool, own in zip(found, pools, sets, strict=True) for chosen in own]
    )
    rows = []
    for item, pool, own in zip(found, pools, sets, strict=True):
        judged = [next(verdicts) for _ in own]
        holds = [
            [bool(works), chosen.tolist()] for chosen, (works, _) in zip(own, judged, strict=True) if works is not None
        ]
        table = _table(pool)
        coefficients = scaled_coefficients(item.polynomial.numerators)
        rows.append(
            {
                "terms": [[float(c), m] for c, m in zip(coefficients, item.polynomial.exponents.tolist(), strict=True)],
                "pool": pool.tolist(),
                "basis": own[0].tolist(),
                "entries": [table.find(pair).tolist() for pair in item.entries],
                "boundary": judged[0][1],
                "sets": holds[1:],
            }
        )
    return rows


def _table(rows: np.ndarray) -> RowTable:
    return RowTable(rows, largest_exponents(rows, rows))


def _sets(item: Searched, pool: np.ndarray, basis: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Sets of which to ask, each once, as sorted numbers in the pool."""
    size, last = len(item.ranked.pool), int(basis.max()) + 1
    proposal = scored_proposal(item.polynomial, *item.ranked[:2])
    rungs = [] if isinstance(proposal, StepsAside) else [len(rung) for rung in proposal.rungs()]
    wanted = [*rungs, last, *(last - back for back in (1, 2, 3, 5)), *rng.integers(1, size + 1, 4)]
    chosen = [np.arange(length) for length in wanted if 0 < length <= size]
    chosen += [np.delete(basis, place) for place in rng.permutation(len(basis))[:4]]
    chosen += [np.union1d(np.delete(basis, rng.integers(len(basis))), rng.integers(0, size, 3)) for _ in range(3)]
    distinct = {own.tobytes(): own for own in (np.asarray(own, np.int64) for own in chosen)}
    support = item.polynomial.exponents
    covering = [own for own in distinct.values() if len(own) and covers(support, pool[own])]
    return covering[:SETS]


def margins(asked: Sequence[tuple[Polynomial, np.ndarray]]) -> Iterator[tuple[bool | None, bool | None]]:
    """For each basis whether p is a sum of squares on it, and whether its margin is 0; None where that is not known.

    The solver's word is enough for labels, which decide no answer.
    """
    solver = SosSolver(options=SolverOptions(ITERATIONS))
    places: list[int | float] = []
    for polynomial, basis in asked:
        system = GramSystem.build(polynomial, basis)
        places.append(unique_gram(system).min_eigenvalue() if system.unique else solver.add(system.problem()))
    solutions = solver.run()
    for place in places:
        if isinstance(place, float):
            yield place > -ZERO, abs(place) <= ZERO
        else:
            status = solutions[place].status
            yield HOLDS.get(status), (status is SolverStatus.BOUNDARY if HOLDS.get(status) else None)


if __name__ == "__main__":
    main()
