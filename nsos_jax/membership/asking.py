"""Which bases the proposers suggest for the tasks of a chunk, and whether asking a learned one pays."""

import logging
import time
from collections.abc import Sequence
from typing import NamedTuple

from nsos_jax.bases import even_support, most_matches
from nsos_jax.membership.limits import check_memory
from nsos_jax.membership.results import Attempt, CertifyOptions
from nsos_jax.membership.rungs import Suggested
from nsos_jax.membership.search import Task, charge_launch
from nsos_jax.polynomials import Polynomial, even_rows
from nsos_jax.proposers import RULES, Proposal, StepsAside, find_proposer, is_ready
from nsos_jax.solvers import compiled_so_far

PROPOSER_PAIR_BYTES = 100
"""Memory that the rules take at most per pair of even support terms that meet in some term."""
SOLVE_SECONDS = 3e-8
"""Of the solver, for the cube of the size of a block: forty iterations, each with a projection, and brackets."""
ASK_SECONDS, PAIR_SECONDS, CANDIDATE_SECONDS = 5e-3, 2e-6, 1.3e-3
"""Of a model that is ready: for a polynomial, for a pair of its candidates, and for a candidate where there are so many
that not all pairs are looked at. These, and those of the solver: docs/benchmarks.md, "Whether to ask a model"."""
ASK_SHARE = 0.05
"""Of what can be won, at most, that asking may take: so much slower is an answer where the model is no help."""
LEARNING_SECONDS = 20.0
"""What loading and compiling may take."""
_log = logging.getLogger(__name__)


class Sizes(NamedTuple):
    """What is known of a polynomial before anything is computed for it.

    Attributes:
      candidates: monomials m with m^2 in the support; what may be tried without a model is a basis of them all.
      tried: sizes of the blocks of the smallest basis that was tried; empty if none was.
    """

    candidates: int
    tried: tuple[int, ...] = ()

    @property
    def to_win(self) -> float:
        """Seconds that a model can save at most: those of all candidates, if they fall into blocks as the basis does
        that was tried, less those of that basis. The rule `peel` stops only where every monomial left is the last that
        covers some term, so that what works is no smaller, up to ties."""
        cubes = float(sum(size**3 for size in self.tried))
        whole = float(sum(self.tried)) ** 3
        share = cubes / whole if whole else 1.0
        return SOLVE_SECONDS * max(share * float(self.candidates) ** 3 - cubes, 0.0)

    @property
    def to_ask(self) -> float:
        """Seconds that a model takes that is loaded and compiled."""
        return ASK_SECONDS + min(PAIR_SECONDS * float(self.candidates) ** 2, CANDIDATE_SECONDS * self.candidates)


def asking_pays(sizes: Sequence[Sizes], ready: bool) -> list[bool]:
    """For which of some polynomials a model should be asked; microseconds, from counts alone.

    Args:
      ready: whether the model is loaded and compiled; if not, that has to be won too, by all together.

    >>> asking_pays([Sizes(60, (30,)), Sizes(1000, (100,)), Sizes(1000, (5,) * 20)], ready=True)
    [False, True, False]
    >>> asking_pays([Sizes(60, (30,)), Sizes(500, (100,))], ready=False)
    [False, False]
    """
    each = [own.to_ask <= ASK_SHARE * own.to_win for own in sizes]
    won = sum(own.to_win - own.to_ask for own, pays in zip(sizes, each, strict=True) if pays)
    return each if ready or won > LEARNING_SECONDS else [False] * len(each)


def rule_bases(task: Task, rule: str, options: CertifyOptions) -> Suggested:
    """The smallest basis that a rule proposes: what it drops is in no order that is worth following.

    Raises `TooLarge` where the rule would need more memory than it may take.
    """
    proposal = rule_proposal(task.polynomial, rule, options)
    return (
        Suggested([proposal.order[: proposal.first]], proposal.order) if isinstance(proposal, Proposal) else Suggested()
    )


def rule_proposal(polynomial: Polynomial, rule: str, options: CertifyOptions) -> Proposal | StepsAside:
    """What a rule answers; raises `TooLarge` in the same way."""
    support = polynomial.exponents
    squares = even_support(support)
    need = PROPOSER_PAIR_BYTES * most_matches(support, squares)
    check_memory(need, f"proposing among {len(squares)} monomials", options)
    (proposal,) = find_proposer(rule).propose([polynomial])
    return proposal


def learned_bases(tasks: Sequence[Task], name: str, options: CertifyOptions) -> dict[Task, Suggested]:
    """All bases that a learned proposer has, smallest first, where it may save work; its time is divided evenly."""
    tasks = _worth_asking(tasks, name, options)
    if not tasks:
        return {}
    started, before = time.perf_counter(), compiled_so_far()
    try:
        proposer = find_proposer(name)
    except ValueError as error:
        _log.warning("%s is left out, its weights cannot be read: %s", name, error)
        answers: Sequence[Proposal | StepsAside] = [StepsAside(str(error))] * len(tasks)
    else:
        answers = proposer.propose([task.polynomial for task in tasks])
    charge_launch(tasks, "propose", time.perf_counter() - started, (compiled_so_far() - before).seconds)
    suggested = {}
    for task, answer in zip(tasks, answers, strict=True):
        if isinstance(answer, StepsAside):
            task.aside.append(Attempt(name, 0, (), f"stepped aside: {answer.reason}", 0))
        else:
            suggested[task] = Suggested(answer.rungs(options.ratio))
    return suggested


def _worth_asking(tasks: Sequence[Task], name: str, options: CertifyOptions) -> list[Task]:
    """The tasks for which a learned proposer should be asked: where there are no rules, all that have time."""
    tasks = list(tasks)
    ready = is_ready(name, [task.polynomial for task in tasks])
    if any(proposer in RULES for proposer in options.proposers):
        pays = asking_pays([_sizes(task) for task in tasks], ready)
        tasks = [task for task, own in zip(tasks, pays, strict=True) if own]
    hurried = [task for task in tasks if not ready and task.remaining * len(tasks) <= LEARNING_SECONDS]
    for task in hurried:
        task.aside.append(Attempt(name, 0, (), "stepped aside: too little time to load and compile it", 0))
    return [task for task in tasks if task not in hurried]


def _sizes(task: Task) -> Sizes:
    tried = min(
        (candidate.system.bases for candidate in task.candidates), key=lambda own: sum(map(len, own)), default=()
    )
    return Sizes(int(even_rows(task.polynomial.exponents).sum()), tuple(map(len, tried)))
