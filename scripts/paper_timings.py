"""The experiments of the paper that measure seconds: 1, 4 and D.1; run by `paper_experiments.py`."""

import statistics
import time
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import proposer_scores as scores
from paper_numbers import LARGE_SCALE, TABLE_1
from tables import Report, Setting, make_table, short_name, warm

import nsos_jax as nsos
from nsos_jax.bases import DeadlineExceeded, TooLarge, half_newton_polytope, uncovered
from nsos_jax.membership.search import Search
from nsos_jax.membership.tasks import Task
from nsos_jax.polynomials import Polynomial
from nsos_jax.proofs import GramSystem, complete_basis, not_sos_certificate
from nsos_jax.sampling import GRIDS, SPREAD, STRUCTURES, Family, Planted

NEWTON_SECONDS = 20.0
"""After which the list of a half Newton polytope is given up."""
COMPLETE_LIMIT = 300
"""Largest complete basis that D.1 solves."""
SINGLES = 3
"""Polynomials that are timed alone."""


class Timed(NamedTuple):
    """Certification of some draws, warm."""

    proven: str
    """How many of how many."""
    basis: float
    """Mean size of the certified bases."""
    single: float
    """Median seconds of a polynomial alone."""
    batch: float
    """Seconds per polynomial in one batch."""
    processor: float
    """Median processor seconds of a polynomial alone, which other work on the machine changes less."""


def exp1(setting: Setting) -> Report:
    """Basis size and time by structure; the paper's numbers in brackets."""
    cells = ((4, 6, 20), (6, 12, 30)) if setting.quick else ((4, 6, 20), (6, 12, 30), (8, 20, 30), (6, 20, 60))
    columns = "structure", "proven", "|B*|", "basis", "Newton", "single s", "batch s", "list Newton s"
    table = make_table("1: basis and seconds (paper: basis, Newton, ours; Newton with its solve)", "n, d, m", *columns)
    rows = {}
    for cell in cells:
        for structure in STRUCTURES:
            draws = scores.held_back(Family(*cell, structure, size_spread=SPREAD), setting.draws)
            timed = certify_seconds(draws, setting.names)
            newton, listed = newton_size(draws[0].polynomial)
            planted = statistics.mean(len(draw.basis) for draw in draws)
            numbers = [f"{timed.basis:.1f}", newton, f"{timed.single:.3f}", f"{timed.batch:.3f}", f"{listed:.1f}"]
            for column, number in zip((0, 1, 2, 4), TABLE_1.get((structure, *cell), ()), strict=False):
                numbers[column] += f" ({number:g})"
            table.add_row(f"{cell}"[1:-1], structure, timed.proven, f"{planted:.1f}", *numbers)
            rows[f"{structure} {cell}"] = {"certify, alone": timed.single, "list the half Newton polytope": listed}
        table.add_section()
    return Report(table, rows, "seconds")


def tables(setting: Setting) -> Report:
    """The sizes of tables 1 and 2, all structures; beside ours the numbers that the text of the paper has. The last
    column is its seconds over our processor seconds."""
    sizes = [(cell, TABLE_1) for cell in ((8, 20, 30), (6, 20, 60))] + [((6, 40, 20), {}), ((100, 10, 30), {})]
    headers = "proven", "|B*|", "basis", "paper's", "single s", "processor s", "paper s", "paper/ours"
    table = make_table("Tables 1 and 2 of the paper: bases and seconds", "n, d, m", "structure", *headers)
    rows = {}
    for cell, known in sizes[:: 3 if setting.quick else 1]:
        for structure in STRUCTURES:
            draws = scores.held_back(Family(*cell, structure, size_spread=SPREAD), setting.draws)
            timed = certify_seconds(draws, setting.names)
            planted = statistics.mean(len(draw.basis) for draw in draws)
            basis, _, paper, _ = known.get((structure, *cell), (0, 0, 0, 0))
            paper = paper or (0 if known else LARGE_SCALE[cell[:2]][0])
            theirs = f"{basis:g}" if basis else "", f"{paper:g}" if paper else ""
            ratio = f"{paper / timed.processor:.0f}" if paper else ""
            ours = f"{timed.single:.3f}", f"{timed.processor:.3f}"
            numbers = timed.proven, f"{planted:.1f}", f"{timed.basis:.1f}", theirs[0], *ours, theirs[1], ratio
            table.add_row(f"{cell}"[1:-1], structure, *numbers)
            rows[f"{structure} {cell}"] = {"ours, processor": timed.processor} | ({"paper": paper} if paper else {})
        table.add_section()
    return Report(table, rows, "seconds")


def exp4(setting: Setting) -> Report:
    """Large scale and high degree, beside the solvers that the paper ran."""
    chosen = [Family(n, 20, m, "sparse", size_spread=SPREAD) for n, m in ((8, 30), (6, 60))]
    chosen += GRIDS["large_scale"]
    columns = "proven", "basis", "single s", "batch s", "paper s", "others, by the paper, s"
    table = make_table("4: large scale (the paper does not say which structures and sizes)", "family", *columns)
    rows = {}
    for family in chosen[:1] + chosen[2:] if setting.quick else chosen:
        timed = certify_seconds(scores.held_back(family, setting.draws), setting.names)
        paper, others = LARGE_SCALE[family.variables, family.degree]
        numbers = f"{timed.basis:.1f}", f"{timed.single:.3f}", f"{timed.batch:.3f}", f"{paper}"
        table.add_row(short_name(family.name), timed.proven, *numbers, others)
        rows[family.name] = {"ours, alone": timed.single, "paper": paper}
    return Report(table, rows, "seconds")


def d1(setting: Setting) -> Report:
    """Gram matrices with negative eigenvalues: the whole pipeline against the complete basis alone."""
    columns = "answers", "pipeline s", "complete alone s", "its size", "ratio"
    table = make_table("D.1: what proposals cost where p is not SOS", "family", *columns)
    rows = {}
    options = nsos.CertifyOptions(proposers=tuple(setting.names))
    for family in GRIDS["non_sos"][: 1 if setting.quick else None]:
        polynomials = [draw.polynomial for draw in scores.held_back(family, setting.draws)]
        pipeline = [warm(lambda p=p: nsos.certify(p, options)) for p in polynomials]
        alone = [warm(lambda p=p: complete_alone(p, options)) for p in polynomials]
        answers = Counter(str(result.status) for _, result in pipeline)
        means = [statistics.mean(seconds for seconds, _ in runs) for runs in (pipeline, alone)]
        sizes = [size for _, size in alone if size]
        size = f"{statistics.mean(sizes):.0f}" if len(sizes) == len(alone) else "too large"
        ratio = f"{means[0] / means[1]:.2f}" if len(sizes) == len(alone) else ""
        texts = ", ".join(f"{count} {answer}" for answer, count in answers.items()), *(f"{m:.3f}" for m in means)
        table.add_row(short_name(family.name), *texts, size, ratio)
        rows[family.name] = {"pipeline": means[0], "complete basis alone": means[1]}
    return Report(table, rows, "seconds")


def certify_seconds(draws: Sequence[Planted], names: Sequence[str]) -> Timed:
    """Everything included: bases, solver, exact proof and its verification; compilation apart."""
    polynomials = [draw.polynomial for draw in draws]
    options = nsos.CertifyOptions(proposers=tuple(names))
    batch, results = warm(lambda: nsos.certify_batch(polynomials, options))
    singles = [warm(lambda p=p: processor_seconds(p, options)) for p in polynomials[:SINGLES]]
    alone, processor = (statistics.median(column) for column in zip(*singles, strict=True))
    sizes = [len(result.basis) for result in results if result.status is nsos.Status.SOS]
    mean = statistics.mean(sizes) if sizes else float("nan")
    return Timed(f"{len(sizes)}/{len(draws)}", mean, alone, batch / len(draws), processor)


def processor_seconds(polynomial: Polynomial, options: nsos.CertifyOptions) -> float:
    """User and system seconds, of all threads, that certifying takes."""
    started = time.process_time()
    nsos.certify(polynomial, options)
    return time.process_time() - started


def newton_size(polynomial: Polynomial) -> tuple[str, float]:
    """How many monomials the half Newton polytope has, "?" if it is too large, and the seconds to list it."""
    started = time.perf_counter()
    try:
        deadline = time.monotonic() + NEWTON_SECONDS
        size = str(len(half_newton_polytope(polynomial.exponents, deadline=deadline).monomials))
    except (TooLarge, DeadlineExceeded):
        size = "?"
    return size, time.perf_counter() - started


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
