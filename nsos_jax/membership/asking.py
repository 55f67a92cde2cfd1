"""Which bases the proposers suggest for the tasks of a chunk; learned ones are asked where that pays."""

import logging
import time
from collections.abc import Sequence

from nsos_jax.bases import even_support, most_matches
from nsos_jax.membership.costs import LEARNING_SECONDS, Sizes, asking_pays
from nsos_jax.membership.limits import check_memory
from nsos_jax.membership.results import Attempt, CertifyOptions
from nsos_jax.membership.rungs import Suggested
from nsos_jax.membership.tasks import Task, charge_launch
from nsos_jax.polynomials import Polynomial
from nsos_jax.proposers import RULES, Proposal, StepsAside, find_proposer, is_ready
from nsos_jax.solvers import compiled_so_far

PROPOSER_PAIR_BYTES = 100
"""Memory that the rules take at most per pair of even support terms that meet in some term."""
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
    """All bases that a learned proposer has, smallest first; its time is divided evenly."""
    tasks = _in_time(tasks, name)
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


def worth_asking(tasks: Sequence[Task], name: str, options: CertifyOptions) -> list[Task]:
    """The tasks for which a learned proposer may save work: where there are no rules, all."""
    if not tasks or not any(proposer in RULES for proposer in options.proposers):
        return list(tasks)
    pays = asking_pays([sizes(task) for task in tasks], is_ready(name, [task.polynomial for task in tasks]))
    return [task for task, own in zip(tasks, pays, strict=True) if own]


def _in_time(tasks: Sequence[Task], name: str) -> list[Task]:
    """The tasks that have time to load and compile a learned proposer that is not ready."""
    if is_ready(name, [task.polynomial for task in tasks]):
        return list(tasks)
    hurried = [task for task in tasks if task.remaining * len(tasks) <= LEARNING_SECONDS]
    for task in hurried:
        task.aside.append(Attempt(name, 0, (), "stepped aside: too little time to load and compile it", 0))
    return [task for task in tasks if task not in hurried]


def sizes(task: Task) -> Sizes:
    """What is known of a polynomial, and of what was tried for it."""
    tried = min(
        (candidate.system.bases for candidate in task.candidates), key=lambda own: sum(map(len, own)), default=()
    )
    return Sizes(task.classes, tuple(map(len, tried)))
