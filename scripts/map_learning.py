"""A map of where a learned proposer can pay: `python scripts/map_learning.py FOLDER [--draws 1] [--data FOLDER]`.

For each cell (structure, space, |B*|; see `learning_cells.py`) and each draw, processor seconds and wall seconds of a
whole certification by

- each rule alone, `peel` and `even_support`, of which the faster that proves it counts as the best rule,
- the portfolio, which is what `certify` does by default,
- an oracle that knows the planted basis and tries nothing else, which is the floor. Of published polynomials it is the
  smallest basis that was proven, made smaller as `certify(..., compact=True)` does,
- the model `gram_graph` alone, its own time included.

Best rule over oracle is what there is to win. Calls are warm, in turn, and the least of a few counts where they are
quick, so that all but the model meet the same machine. One JSON line a draw goes to FOLDER/rules.jsonl, and one to
FOLDER/model.jsonl; lines that are there are not made again, so a run can be stopped and resumed, and a file that is
removed is all that is measured anew. `--table` and `--plot FILE` show what is there, `--most SECONDS` stops after so
many.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from learning_cells import SIZES, SPACES, STRUCTURES, Cell, draw, published, wells_less_their_bounds
from learning_report import RULES, plot, portfolio, summary, table
from rows import Row, Rows
from tables import count, folder, make_console, number_above, output_file

import nsos_jax as nsos
from nsos_jax.bases import covering_candidates
from nsos_jax.certificates import SosCertificate
from nsos_jax.membership.costs import Sizes, asking_pays
from nsos_jax.membership.proposing import PATIENCE, Proposing
from nsos_jax.membership.rungs import Suggested
from nsos_jax.membership.tasks import Task
from nsos_jax.polynomials import Polynomial
from nsos_jax.proposers import find_proposer
from nsos_jax.solvers import compiled_so_far

MODEL = "gram_graph"
PARTS = ("rules", "model")
ROUNDS, ENOUGH = 8, 0.5
"""How often a call is made, and processor seconds after which it is not made again."""


def main() -> None:
    options = _options()
    if not options.table:
        _measure_all(options)
    rows = read(options.folder)
    console = make_console()
    for part in (table(rows), summary(rows), portfolio(rows)):
        console.print(part, highlight=False)
    if options.plot:
        plot(rows, options.plot)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=folder, metavar="FOLDER", help="of the files rules.jsonl and model.jsonl")
    parser.add_argument("--draws", type=count, default=1, help="per cell (default 1)")
    parser.add_argument("--sizes", type=count, nargs="+", default=SIZES, help="of the planted bases")
    parser.add_argument("--structures", nargs="+", choices=STRUCTURES, default=STRUCTURES)
    parser.add_argument("--spaces", nargs="+", choices=SPACES, default=SPACES)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="what to measure (default both)")
    parser.add_argument("--data", type=folder, metavar="FOLDER", help="sparsesos/*.txt, field.jsonl; and double wells")
    parser.add_argument("--time-limit", type=number_above(0), default=30.0, help="of each certification (default 30)")
    parser.add_argument("--most", type=number_above(0), default=1e9, help="seconds after which no cell is begun")
    parser.add_argument("--table", action="store_true", help="only show what the folder has")
    parser.add_argument("--plot", type=output_file, metavar="FILE")
    return parser.parse_args()


def read(where: Path) -> list[Row]:
    """What a folder has about polynomials whose rules were measured, the lines of both parts as one row."""
    rows: dict[str, Row] = {}
    for part in PARTS:
        for row in Rows(where / f"{part}.jsonl").known:
            rows.setdefault(row["name"], {}).update(row)
    return [row for row in rows.values() if RULES[0] in row]


def _measure_all(options: argparse.Namespace) -> None:
    rows = {part: Rows(options.folder / f"{part}.jsonl") for part in options.parts}
    done = set.intersection(*({row["name"] for row in own.known} for own in rows.values()))
    started = time.monotonic()
    for subject in _subjects(options, done):
        for part in options.parts:
            if time.monotonic() - started > options.most:
                return
            rows[part].get({"name": subject.name}, partial(MEASURES[part], subject, options.time_limit))


class Subject(NamedTuple):
    """A polynomial to measure, with its cell and basis if it is planted."""

    name: str
    polynomial: Polynomial
    cell: Cell | None = None
    planted: np.ndarray | None = None


def _subjects(options: argparse.Namespace, done: set[str]) -> Iterator[Subject]:
    """What is not done yet, the small cells first."""
    if options.data:
        for name, polynomial in chain(published(options.data), wells_less_their_bounds()):
            if name not in done:
                yield Subject(name, polynomial)
    for number in range(options.draws):
        for size in options.sizes:
            for structure in options.structures:
                for space in options.spaces:
                    cell = Cell(structure, space, size)
                    name = f"{cell.name}, draw {number}"
                    if name not in done:
                        planted = draw(cell, number)
                        yield Subject(name, planted.polynomial, cell, planted.basis)


def measure_rules(subject: Subject, limit: float) -> Row:
    """Rules, portfolio and oracle."""
    p, oracle = subject.polynomial, subject.planted
    turns = Turns(limit)
    for rule in RULES:
        turns.add(rule, partial(nsos.certify, p, proposers=(rule,), time_limit=limit))
    turns.add("portfolio", partial(nsos.certify, p, time_limit=limit))
    turns.take()
    results = dict(turns.answers)
    if _would_be_asked(p, results["portfolio"]):
        find_proposer(MODEL).propose([p])
        turns.forget("portfolio")
    if oracle is None:
        oracle = smallest_basis(list(results.values()))
    if oracle is not None and len(oracle):
        turns.add("oracle", partial(proof_on, p, oracle, limit))
    turns.take_all()
    row: Row = {"terms": p.num_terms, "candidates": len(covering_candidates(p.exponents))}
    row |= {name: {**turns.least(name), **_answer(turns.answers[name])} for name in results}
    if "oracle" in turns.answers:
        status = "SOS" if turns.answers["oracle"] is not None else "UNDECIDED"
        row["oracle"] = {**turns.least("oracle"), "status": status, "basis": len(oracle)}
    row["asked"] = any(attempt.proposer == MODEL for attempt in turns.answers["portfolio"].attempts)
    return (subject.cell._asdict() if subject.cell else {}) | row


def measure_model(subject: Subject, limit: float) -> Row:
    """The model alone."""
    turns = Turns(limit)
    turns.add(MODEL, partial(nsos.certify, subject.polynomial, proposers=(MODEL,), time_limit=limit))
    turns.take_all()
    return {MODEL: {**turns.least(MODEL), **_answer(turns.answers[MODEL])}}


MEASURES: dict[str, Callable[[Subject, float], Row]] = {"rules": measure_rules, "model": measure_model}


def _answer(result: nsos.Result) -> Row:
    stages = {stage: round(seconds, 4) for stage, seconds in result.seconds.items()}
    return {"status": str(result.status), "basis": len(result.basis), "by": result.proposer, "stages": stages}


def _would_be_asked(polynomial: Polynomial, result: nsos.Result) -> bool:
    """Whether the portfolio asks the model where it is loaded and compiled."""
    tried = min((a.block_sizes for a in result.attempts if a.proposer in RULES and a.iterations), key=sum, default=())
    return result.proposer != "peel" and asking_pays([Sizes(Task(polynomial, 1.0).classes, tried)], ready=True)[0]


class Turns:
    """Calls that take turns, up to `ROUNDS` times; what compiles does not count, and what took `ENOUGH` or ran
    into the limit is not called again."""

    def __init__(self, limit: float) -> None:
        self.answers: dict[str, Any] = {}
        self._limit = limit
        self._order = np.random.default_rng(0)
        self._calls: dict[str, Callable[[], Any]] = {}
        self._warm: dict[str, list[tuple[float, float]]] = {}
        self._compiling: dict[str, tuple[float, float]] = {}

    def add(self, name: str, call: Callable[[], Any]) -> None:
        self._calls[name] = call
        self.forget(name)

    def forget(self, name: str) -> None:
        self._warm[name], self._compiling[name] = [], (0.0, 0.0)

    def take(self) -> None:
        """Makes each call once, in a random order: a call that comes after a large one finds colder caches."""
        for name in self._order.permutation(list(self._calls)).tolist():
            if sum(cpu for cpu, _ in self._warm[name]) > ENOUGH or self._compiling[name][1] > self._limit:
                continue
            before, cpu, wall = compiled_so_far().seconds, time.process_time(), time.perf_counter()
            self.answers[name] = self._calls[name]()
            took = time.process_time() - cpu, time.perf_counter() - wall
            if compiled_so_far().seconds == before:
                self._warm[name].append(took)
            else:
                self._compiling[name] = took

    def take_all(self) -> None:
        for _ in range(ROUNDS):
            self.take()

    def least(self, name: str) -> dict[str, float]:
        """The least processor and wall seconds of a call."""
        cpu, wall = min(self._warm[name] or [self._compiling[name]])
        return {"cpu": cpu, "wall": wall}


def proof_on(polynomial: Polynomial, basis: np.ndarray, limit: float) -> SosCertificate | None:
    """A proof on a basis, looked for as the pipeline does."""
    stage = Proposing([polynomial], nsos.CertifyOptions(time_limit=limit))
    [task] = stage.tasks
    stage.try_bases("oracle", {task: Suggested([basis])})
    stage.search.run(PATIENCE)
    if not task.proof:
        any(stage.search.try_faces(candidate) for candidate in task.candidates)
    return task.proof[1] if task.proof else None


def smallest_basis(results: list[nsos.Result]) -> np.ndarray | None:
    """The smallest basis that was proven, made smaller still."""
    proven = [result for result in results if result.status is nsos.Status.SOS and len(result.basis)]
    if not proven:
        return None
    best = min(proven, key=lambda result: len(result.basis))
    found = (
        nsos.compact(best.certificate, seconds=20).certificate if best.certificate.kind == "sos" else best.certificate
    )
    return np.unique(np.concatenate([block.basis for block in found.blocks]), axis=0)


if __name__ == "__main__":
    main()
