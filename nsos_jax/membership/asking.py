"""Which bases the proposers suggest for the tasks of a chunk, and whether asking a learned one pays."""

import logging
import time
from collections.abc import Sequence

from nsos_jax.bases import even_support, most_matches, solve_cost
from nsos_jax.membership.limits import check_memory, fits_memory
from nsos_jax.membership.results import Attempt, CertifyOptions
from nsos_jax.membership.rungs import Suggested
from nsos_jax.membership.search import Task, charge_launch
from nsos_jax.polynomials import Polynomial, even_rows
from nsos_jax.proposers import RULES, Proposal, StepsAside, find_proposer
from nsos_jax.solvers import compiled_so_far

PROPOSER_PAIR_BYTES = 100
"""Memory that the rules take at most per pair of even support terms that meet in some term."""
WORTH_LEARNING = 48
"""Monomials m with m^2 in the support from which on a learned proposer is asked: among fewer, all can be tried."""
LEARNING_PAYS = 4e8
"""Sum of the cubes of block sizes, if all candidates of a chunk are used, from which on a model saves more time than it
takes to be loaded and compiled."""
LEARNING_SECONDS = 20.0
"""What loading and compiling may take."""
MOST_TO_SPLIT = 1000
"""Candidates up to which their blocks are found out for that."""
_log = logging.getLogger(__name__)


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
    tasks = _worth_learning(tasks, name, options)
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


def _worth_learning(tasks: Sequence[Task], name: str, options: CertifyOptions) -> list[Task]:
    """The tasks for which a learned proposer should be asked: where there are no rules, all that have time."""
    tasks = list(tasks)
    ruled = any(proposer in RULES for proposer in options.proposers)
    if ruled:
        squares = {task: int(even_rows(task.polynomial.exponents).sum()) for task in tasks}
        tasks = [task for task in tasks if squares[task] >= WORTH_LEARNING]
    hurried = [task for task in tasks if task.remaining * len(tasks) <= LEARNING_SECONDS]
    tasks = [task for task in tasks if task not in hurried]
    for task in hurried:
        task.aside.append(Attempt(name, 0, (), "stepped aside: too little time to load and compile it", 0))
    if not ruled:
        return tasks
    # an upper bound, which costs nothing: what can be dropped of the squares is what a rule has dropped
    if sum(float(squares[task]) ** 3 - float(_smallest(task)) ** 3 for task in tasks) < LEARNING_PAYS:
        return []
    total = 0.0
    for task in tasks:
        total += _to_win(task, options)
        if total >= LEARNING_PAYS:
            return tasks
    return []


def _smallest(task: Task) -> int:
    """How many monomials the smallest basis has that a rule has proposed, 0 if none has."""
    return min((len(candidate.system.basis) for candidate in task.candidates), default=0)


def _to_win(task: Task, options: CertifyOptions) -> float:
    """What a model can save at best: the `solve_cost` of all m with m^2 in the support, less that of the smallest basis
    that was tried. The rule `peel` stops only where every monomial left is the last that covers some term, so what
    works is no smaller, up to ties. Many monomials count as one block."""
    started = time.perf_counter()
    support = task.polynomial.exponents
    basis = even_support(support)
    cost = float(len(basis)) ** 3 - float(_smallest(task)) ** 3
    if len(basis) <= MOST_TO_SPLIT and fits_memory(basis, options):
        tried = min((candidate.system.basis for candidate in task.candidates), key=len, default=basis[:0])
        cost = solve_cost(basis, support) - (solve_cost(tried, support) if len(tried) else 0.0)
    task.charge("propose", time.perf_counter() - started)
    return cost
