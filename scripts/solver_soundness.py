"""Random and adversarial problems against every verdict of the SDP solver: `python scripts/solver_soundness.py`.

Margin problems and every tenth time a general program, of all families mixed in each batch. A verdict is checked by

  construction  most families have known bounds on the margin or value, near zero on both sides;
  Clarabel      its margin or value must not contradict the bracket by more than its own accuracy, nor the status;
  exact         `fractions` alone: Q + shift I made exactly affine, M(m) mixed towards the inside, LDL' of both. Of each
                k-th margin problem, and wherever Clarabel is unsure or contradicts: then this has the last word.

A status that claims nothing (ITERATION_LIMIT, FAILED) has its bracket checked by the first two.
`--only INDEX` reruns the batch of one problem and checks that problem exactly; add `--chunk 1` to solve it alone.
"""

import argparse
import sys
import time
from collections import Counter
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from solver_cases import INF, Case, draw, inside_moments, run_clarabel
from soundness import is_psd
from tables import count, make_console, make_table

from nsos_jax.solvers import GramProgram, SolverOptions, SolverStatus, SosProblem, SosSolver, solve_programs

ZERO = 2e-11
"""Margins within this share of |Q| are what BOUNDARY claims: twice the default `boundary_gap`."""
ROUNDING = 1e-12
"""Of |Q| + sum |b_r m_r|: what bounds may be off, and what known margins may be."""
ACCURACY = 1e-6
"""Of Clarabel at its default tolerances, relative to |b|, and of the values of programs."""
MIXING = 0, *(2.0**-k for k in range(52, 0, -4))
"""Shares of a point inside the dual cone: the first that makes M(m) psd is taken."""


class Claim(NamedTuple):
    """What the solver says; `grams` are Q of a margin problem, `free` its variables besides t."""

    status: SolverStatus
    lower: float
    upper: float
    grams: tuple[np.ndarray, ...]
    free: np.ndarray
    moments: np.ndarray

    @property
    def size(self) -> float:
        """|Q|."""
        return float(np.sqrt(sum((gram**2).sum() for gram in self.grams)))

    def __str__(self) -> str:
        return f"{self.status.name} [{self.lower:.17g}, {self.upper:.17g}], |Q| = {self.size:.3g}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=count, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--chunk", type=count, default=500, help="problems per batch")
    parser.add_argument("--exact-every", type=count, default=50, help="exact checks of every so manieth problem")
    parser.add_argument("--max-iterations", type=count, default=500, help="of each (default 500: all phases on a CPU)")
    parser.add_argument("--only", type=int, help="the index of one problem")
    options = parser.parse_args()
    first = 0 if options.only is None else options.only // options.chunk * options.chunk
    last = options.count if options.only is None else first + options.chunk
    statuses: dict[str, Counter[str]] = {}
    seconds: Counter[str] = Counter()
    for start in range(first, last, options.chunk):
        clock = [time.perf_counter()]
        cases = list(draw(options.seed, range(start, min(start + options.chunk, last))))
        clock.append(time.perf_counter())
        claims = solve(cases, SolverOptions(max_iterations=options.max_iterations))
        clock.append(time.perf_counter())
        for case, claim in zip(cases, claims, strict=True):
            if options.only in (None, case.index):
                exactly = case.index == options.only or case.index % options.exact_every == 0
                checks, problem = judge(case, claim, exactly)
                counts = [claim.status.name, *checks] + ["wrong"] * bool(problem)
                statuses.setdefault(case.family, Counter()).update(counts)
                if problem or case.index == options.only:
                    word = f"WRONG: {problem}" if problem else f"right: {checks}"
                    print(f"{word}; {case.family}, seed {options.seed}, index {case.index}: {claim}")
                    print(f"  known: [{case.low:.17g}, {case.high:.17g}]", flush=True)
        clock.append(time.perf_counter())
        seconds.update(dict(zip(("drawing", "solving", "checking"), np.diff(clock).tolist(), strict=True)))
        if sys.stderr.isatty():
            print(f"\r{start + len(cases)}/{last}", end="", file=sys.stderr, flush=True)
    report(statuses, seconds)
    return 1 if sum(counts["wrong"] for counts in statuses.values()) else 0


def report(statuses: dict[str, Counter[str]], seconds: Counter[str]) -> None:
    console = make_console()
    total = sum(statuses.values(), Counter())
    names = [status.name for status in SolverStatus if total[status.name]]
    checks = "known", "Clarabel", "overruled", "exact", "unsettled", "wrong"
    verdicts = make_table("Verdicts", "family", *(name.lower().replace("_", " ") for name in names))
    checked = make_table("Checks", "family", *checks)
    for family, counts in [*sorted(statuses.items()), ("all", total)]:
        verdicts.add_row(family, *(str(counts[name]) for name in names))
        checked.add_row(family, *(str(counts[name]) for name in checks))
    console.print(verdicts, checked)
    spent = ", ".join(f"{name} {value:.0f} s" for name, value in seconds.items())
    number = sum(total[name] for name in names)
    console.print(f"{number} problems, {total['wrong']} wrong verdicts; {spent}", highlight=False)


def solve(cases: list[Case], options: SolverOptions) -> list[Claim]:
    """All margins in one batch, all programs in another."""
    margins = [case for case in cases if isinstance(case.problem, SosProblem)]
    programs = [case for case in cases if isinstance(case.problem, GramProgram)]
    solver = SosSolver((case.problem for case in margins), options)
    claims = {
        case.index: Claim(found.status, found.lower, found.upper, solver.gram(i), solver.free(i), solver.moments(i))
        for i, (case, found) in enumerate(zip(margins, solver.run(), strict=True))
    }
    for case, found in zip(programs, solve_programs([case.problem for case in programs], options), strict=True):
        claims[case.index] = Claim(found.status, found.lower, found.upper, found.grams, found.free, found.moments)
    return [claims[case.index] for case in cases]


def judge(case: Case, claim: Claim, exactly: bool) -> tuple[list[str], str | None]:
    """What a claim was checked by, and what is wrong with it."""
    settled, problem = by_construction(case, claim)
    checks = ["known"] * settled
    margin = isinstance(case.problem, SosProblem)
    if problem and not margin and upper_bound_is_proven(case.problem, claim):
        return ["exact", "overruled"], None
    if problem or claim.status is SolverStatus.FAILED:
        return checks, problem
    sure, doubt = (False, None) if exactly and margin else by_clarabel(case.problem, claim)
    if sure and not doubt:
        return [*checks, "Clarabel"], None
    if margin:
        problem = by_fractions(case.problem, claim)
        return [*checks, "exact"] + ["overruled"] * bool(doubt), problem and f"{problem} (Clarabel: {doubt})"
    if sure and upper_bound_is_proven(case.problem, claim):
        return [*checks, "exact", "overruled"], None
    return checks or ["unsettled"], doubt if sure else None


def by_construction(case: Case, claim: Claim) -> tuple[bool, str | None]:
    """Whether the known bounds settle the status, and how they contradict it or the bracket."""
    low, high, status = case.low, case.high, claim.status
    if isinstance(case.problem, GramProgram):
        slack = ACCURACY * (1 + max(abs(x) for x in (claim.lower, claim.upper, low, high, 0) if np.isfinite(x)))
        settled = status in (SolverStatus.INFEASIBLE, SolverStatus.UNBOUNDED) and low == high
        settled |= status is SolverStatus.OPTIMAL and np.isfinite([low, high]).all()
        wrong = status is SolverStatus.INFEASIBLE and high < INF
        wrong |= status is SolverStatus.UNBOUNDED and np.isfinite(low)
    else:
        slack = ROUNDING * (claim.size + np.abs(case.problem.rhs * claim.moments).sum())
        zero = ZERO * claim.size
        settled, wrong = {
            SolverStatus.FEASIBLE: (low > 0, high <= 0),
            SolverStatus.INFEASIBLE: (high < 0, low >= 0),
            SolverStatus.BOUNDARY: (max(abs(low), abs(high)) <= zero, low > zero or high < -zero),
        }.get(status, (False, False))
    wrong |= claim.lower > high + slack or claim.upper < low - slack
    return bool(settled), "contradicts its construction" if wrong else None


def by_clarabel(problem: SosProblem | GramProgram, claim: Claim) -> tuple[bool, str | None]:
    """Whether Clarabel is sure enough to confirm or contradict a claim, and what contradicts it."""
    scale = float(np.abs(problem.rhs).max()) or 1.0
    word, value, _ = run_clarabel(problem.blocks, problem.rhs / scale, problem.free, problem.cost)
    lower, upper, status = claim.lower / scale, claim.upper / scale, claim.status
    if isinstance(problem, SosProblem):
        value, slack = -value, ACCURACY
        near = abs(value) <= ACCURACY
        sure = word == "Solved" and (not near or status is SolverStatus.ITERATION_LIMIT)
        against = status is SolverStatus.BOUNDARY and not near
    else:
        sure = word in ("Solved", "PrimalInfeasible", "DualInfeasible")
        value = {"PrimalInfeasible": INF, "DualInfeasible": -INF}.get(word, value)
        if np.isinf(value) and status in (SolverStatus.INFEASIBLE, SolverStatus.UNBOUNDED):  # both may be true
            return value == INF or status is SolverStatus.UNBOUNDED, None
        slack = ACCURACY * (1 + max(abs(x) for x in (lower, upper, value, 0) if np.isfinite(x)))
        against = status is SolverStatus.UNBOUNDED
    against |= lower > value + slack or upper < value - slack
    return sure, f"Clarabel says {word}, {value * scale:.9g}" if against else None


def upper_bound_is_proven(program: GramProgram, claim: Claim) -> bool:
    """Whether the point behind an upper bound, with S made exactly affine, is feasible in exact arithmetic.

    What is known by construction holds for the data before they were rounded, and Clarabel ends early, where a Gram
    matrix of 1e6 and moments as large meet: there only the point itself counts. It says nothing of lower bounds.
    """
    if claim.status not in (SolverStatus.CONVERGED, SolverStatus.ITERATION_LIMIT) or claim.lower > -INF:
        return False  # then more than the upper bound is in doubt
    if not np.isfinite([claim.upper, *claim.free]).all():
        return False
    free = [Fraction(value) for value in claim.free.tolist()]
    cost = sum(Fraction(c) * d for c, d in zip(program.cost.tolist(), free, strict=True))
    rest = [
        Fraction(b) - sum(Fraction(f) * d for f, d in zip(line, free, strict=True))
        for b, line in zip(program.rhs.tolist(), program.free.tolist(), strict=True)
    ]
    return cost <= Fraction(claim.upper) and is_psd_when_affine(Fraction(0), program.blocks, rest, claim.grams)


def by_fractions(problem: SosProblem, claim: Claim) -> str | None:
    """What exact arithmetic cannot prove of a margin: its sign, and of other statuses the bracket, BOUNDARY's at 0."""
    feasible, infeasible = (claim.status is status for status in (SolverStatus.FEASIBLE, SolverStatus.INFEASIBLE))
    if (feasible and claim.lower <= 0) or (infeasible and claim.upper >= 0):
        return "the bracket does not show its sign"
    lower, upper = (0.0, 0.0) if claim.status is SolverStatus.BOUNDARY else (claim.lower, claim.upper)
    zero = Fraction(ZERO) * Fraction(claim.size)
    if not infeasible and lower > -INF:
        least = Fraction(lower) / 2**30 if feasible else Fraction(lower) - zero
        if not margin_is_at_least(least, problem, claim.grams):
            return f"Q does not prove a margin of {float(least):.3g}"
    if not feasible and upper < INF:
        most = Fraction(upper) / 2**30 if infeasible else Fraction(upper) + zero
        if not margin_is_at_most(most, problem, claim.moments):
            return f"m does not prove a margin of at most {float(most):.3g}"
    return None


def margin_is_at_least(least: Fraction, problem: SosProblem, grams: tuple[np.ndarray, ...]) -> bool:
    """Whether Q - least I is psd, with A(Q) = b exactly."""
    return is_psd_when_affine(least, problem.blocks, [Fraction(value) for value in problem.rhs.tolist()], grams)


def is_psd_when_affine(
    least: Fraction, blocks: tuple[np.ndarray, ...], rhs: list[Fraction], grams: tuple[np.ndarray, ...]
) -> bool:
    """Whether Q - least I is psd for Q with A(Q) = rhs: what is missing of a row is shared by its entries."""
    missing, counts = list(rhs), [0] * len(rhs)
    for block, gram in zip(blocks, grams, strict=True):
        for row, value in zip(block.ravel().tolist(), ((gram + gram.T) / 2).ravel().tolist(), strict=True):
            missing[row] -= Fraction(value)
            counts[row] += 1
    if any(value and not entries for value, entries in zip(missing, counts, strict=True)):
        return False  # an equation without entries does not hold
    change = [value / max(entries, 1) for value, entries in zip(missing, counts, strict=True)]
    for block, gram in zip(blocks, grams, strict=True):
        exact = [[Fraction(value) for value in line] for line in ((gram + gram.T) / 2).tolist()]
        shifted = [
            [
                value + change[row] - (least if i == j else 0)
                for j, (value, row) in enumerate(zip(line, rows, strict=True))
            ]
            for i, (line, rows) in enumerate(zip(exact, block.tolist(), strict=True))
        ]
        if not is_psd(shifted):
            return False
    return True


def margin_is_at_most(most: Fraction, problem: SosProblem, moments: np.ndarray) -> bool:
    """Whether <b, m> <= most <A(I), m> for some m near the moments with M(m) psd: then t* <= most by duality."""
    inside = inside_moments(problem.blocks, problem.identity).tolist()
    weights = [Fraction(b) - most * int(t) for b, t in zip(problem.rhs.tolist(), problem.identity, strict=True)]
    for share in map(Fraction, MIXING):
        mixed = [(1 - share) * Fraction(m) + share * Fraction(c) for m, c in zip(moments.tolist(), inside, strict=True)]
        if sum(w * m for w, m in zip(weights, mixed, strict=True)) > 0:
            continue
        if all(is_psd([[mixed[row] for row in rows] for rows in block.tolist()]) for block in problem.blocks):
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
