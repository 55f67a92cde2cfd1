"""The experiments of the paper that measure seconds: 1, 4 and D.1; run by `paper_experiments.py`."""

import statistics
import time
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

import proposer_scores as scores
from paper_numbers import LARGE_SCALE, TABLE_1
from paper_setting import Setting
from rich.table import Table
from rows import Row
from tables import make_table, short_name

import nsos_jax as nsos
from nsos_jax.bases import DeadlineExceeded, TooLarge, half_newton_polytope, uncovered
from nsos_jax.membership.search import Search
from nsos_jax.membership.tasks import Task
from nsos_jax.polynomials import Polynomial
from nsos_jax.proofs import GramSystem, complete_basis, not_sos_certificate
from nsos_jax.sampling import GRIDS, SPREAD, STRUCTURES, Family
from nsos_jax.solvers import compiled_so_far

Answer = TypeVar("Answer")

CELLS = ((4, 6, 20), (6, 12, 30), (8, 20, 30), (6, 20, 60), (6, 40, 20), (100, 10, 30))
"""Variables, degree, average size of the basis."""
NEWTON_SECONDS = 20.0
"""After which the list of a half Newton polytope is given up."""
COMPLETE_LIMIT = 300
"""Largest complete basis that D.1 solves."""
SINGLES = 9
"""Polynomials that are timed alone."""
BATCH = 100
"""Polynomials, at most, of the batch that is timed."""
NON_SOS_SHARES = (1, 10, 250)
"""D.1 takes one draw of so many at (4, 6, 20), (6, 12, 30) and (6, 20, 60), for larger ones take longer."""


def exp1(setting: Setting) -> Table:
    """Basis size and processor seconds by structure; the paper's numbers in brackets."""
    columns = "structure", "proven", "|B*|", "basis", "Newton", "list s", "alone s", "batch s", "ratio"
    title = '1: basis and processor seconds; in brackets the paper\'s ("list s": with the solve), over ours: ratio'
    table = make_table(title, "n, d, m", *columns)
    for cell in CELLS[1::4] if setting.quick else CELLS:
        for structure in STRUCTURES:
            family = Family(*cell, structure, size_spread=SPREAD)
            row = _timed(setting, family) | _listed(setting, family)
            paper = TABLE_1.get((structure, *cell), ())
            cells = [f"{row['basis']:.1f}", str(row["newton"] or "?"), f"{row['list']:.2f}", f"{row['alone']:.3f}"]
            for column, number in zip((0, 1, 3, 2), paper, strict=False):
                cells[column] += f" ({number:g})"
            ratio = f"{paper[2] / row['alone']:.0f}" if paper else ""
            proven = f"{row['proven']}/{setting.draws}"
            table.add_row(
                f"{cell}"[1:-1],
                short_name(structure),
                proven,
                f"{row['planted']:.1f}",
                *cells,
                f"{row['batch']:.3f}",
                ratio,
            )
        table.add_section()
    return table


def exp4(setting: Setting) -> Table:
    """Large scale and high degree, beside the solvers that the paper ran; processor seconds."""
    chosen = [Family(n, 20, m, "sparse", size_spread=SPREAD) for n, m in ((8, 30), (6, 60))]
    chosen += GRIDS["large_scale"]
    columns = "proven", "basis", "alone s", "batch s", "paper s", "others, by the paper, s"
    table = make_table("4: large scale (the paper does not say which structures and sizes)", "family", *columns)
    for family in chosen[::2] if setting.quick else chosen:
        row = _timed(setting, family)
        paper, *others = LARGE_SCALE[family.variables, family.degree].items()
        texts = [f"{name} {seconds:.4g}" for name, seconds in others]
        numbers = f"{row['basis']:.1f}", f"{row['alone']:.3f}", f"{row['batch']:.3f}", f"{paper[1]}"
        proven = f"{row['proven']}/{setting.draws}"
        table.add_row(short_name(family.name), proven, *numbers, ", ".join(texts) or "none finishes")
    return table


def d1(setting: Setting) -> Table:
    """Gram matrices with negative eigenvalues: the whole pipeline against the complete basis alone."""
    columns = "draws", "answers", "pipeline s", "complete alone s", "its size", "ratio"
    table = make_table("D.1: processor seconds where p is not SOS", "family", *columns)
    for family, share in list(zip(GRIDS["non_sos"], NON_SOS_SHARES, strict=True))[: 1 if setting.quick else None]:
        draws = scores.held_back(family, max(1, setting.draws // share))
        rows = [_refuted(setting, family, number, draw.polynomial) for number, draw in enumerate(draws)]
        answers = Counter(row["answer"] for row in rows)
        means = {part: statistics.mean(row[part] for row in rows) for part in ("pipeline", "alone")}
        complete = "", "too large", ""
        if all(row["size"] for row in rows):
            size, ratio = statistics.mean(row["size"] for row in rows), means["pipeline"] / means["alone"]
            complete = f"{means['alone']:.3f}", f"{size:.0f}", f"{ratio:.2f}"
        texts = ", ".join(f"{count} {answer}" for answer, count in answers.items()), f"{means['pipeline']:.3f}"
        table.add_row(short_name(family.name), f"{len(draws)}", *texts, *complete)
    return table


def _timed(setting: Setting, family: Family) -> Row:
    """A family certified, everything included: bases, solver, exact proof and its verification; compilation apart.

    proven: how many draws; planted, basis: mean sizes; alone: median processor seconds of a polynomial alone; batch:
    seconds per polynomial in one batch.
    """

    def measure() -> Row:
        draws = scores.held_back(family, setting.draws)
        polynomials = [draw.polynomial for draw in draws]
        options = nsos.CertifyOptions(proposers=tuple(setting.names))
        batch, results = spend(lambda: nsos.certify_batch(polynomials[:BATCH], options))
        results = [*results, *nsos.certify_batch(polynomials[BATCH:], options)]
        alone = [spend(lambda p=p: nsos.certify(p, options))[0] for p in polynomials[:SINGLES]]
        sizes = [len(result.basis) for result in results if result.status is nsos.Status.SOS]
        return {
            "proven": len(sizes),
            "planted": statistics.mean(len(draw.basis) for draw in draws),
            "basis": statistics.mean(sizes) if sizes else float("nan"),
            "alone": statistics.median(alone),
            "batch": batch / len(polynomials[:BATCH]),
        }

    return setting.rows.get({"family": family.name, "draws": setting.draws}, measure)


def _listed(setting: Setting, family: Family) -> Row:
    """How many monomials the first half Newton polytope has, None if too many, and processor seconds to list it."""

    def measure() -> Row:
        (draw,) = scores.held_back(family, 1)
        started = time.process_time()
        try:
            deadline = time.monotonic() + NEWTON_SECONDS
            size = len(half_newton_polytope(draw.polynomial.exponents, deadline=deadline).monomials)
        except (TooLarge, DeadlineExceeded):
            size = None
        return {"newton": size, "list": time.process_time() - started}

    return setting.rows.get({"family": family.name, "draw": 0}, measure)


def _refuted(setting: Setting, family: Family, number: int, polynomial: Polynomial) -> Row:
    """A draw of D.1: the answer of the pipeline, processor seconds of both ways, the size of the complete basis."""

    def measure() -> Row:
        options = nsos.CertifyOptions(proposers=tuple(setting.names))
        pipeline, result = spend(lambda: nsos.certify(polynomial, options))
        alone, size = spend(lambda: complete_alone(polynomial, options))
        return {"answer": str(result.status), "pipeline": pipeline, "alone": alone, "size": size}

    return setting.rows.get({"family": family.name, "draw": number}, measure)


def spend(call: Callable[[], Answer]) -> tuple[float, Answer]:
    """User and system seconds of all threads that a call takes, of the second one where the first compiled anything;
    other work on the machine changes them less than those on the clock."""
    for _ in range(2):
        compiled, started = compiled_so_far().programs, time.process_time()
        answer = call()
        seconds = time.process_time() - started
        if compiled_so_far().programs == compiled:
            break
    return seconds, answer


def complete_alone(polynomial: Polynomial, options: nsos.CertifyOptions) -> int | None:
    """Lists the complete basis and solves on it, up to a verified certificate where it finds one.

    Returns its size, None if it was too large to be listed or solved.
    """
    try:
        complete = complete_basis(polynomial, scores.COMPLETE_POINTS, time.monotonic() + NEWTON_SECONDS)
    except (TooLarge, DeadlineExceeded):
        return None
    basis = complete.basis
    if len(basis) > COMPLETE_LIMIT:
        return None
    task, search, candidate = Task(polynomial, options.time_limit), Search(options), None
    if not uncovered(polynomial.exponents, basis).any():
        candidate = search.add(task, "complete", GramSystem.build(polynomial, basis, task.scaling))
        search.run()
    if task.proof is None:
        moments = search.dual_point(candidate) if candidate else None
        certificate = not_sos_certificate(polynomial, complete, candidate.system if candidate else None, moments)
        if certificate:
            certificate.verify()
    return len(basis)
