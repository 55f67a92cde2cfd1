"""The bases of proposers on their way into the search: which of them is entered when, and which not."""

from collections.abc import Iterator, Mapping

from nsos_jax.membership.asking import learned_bases, rule_bases, sizes, worth_asking
from nsos_jax.membership.chunk import Chunk
from nsos_jax.membership.costs import head_start, trying
from nsos_jax.membership.limits import check_rung, check_time
from nsos_jax.membership.rungs import Rung, Suggested, rungs
from nsos_jax.membership.tasks import Candidate, Task
from nsos_jax.polynomials import contained, same_monomials
from nsos_jax.proposers import is_learned

PATIENCE = 60
"""Iterations after which a basis on which p looks infeasible has to wait for the search for negative points."""


class Proposing(Chunk):
    """The stage in which proposers are asked, one after the other."""

    def propose(self, name: str) -> None:
        """Tries the bases of one proposer on every open task, the larger ones where the smaller ones fail."""
        learned = is_learned(name)
        asked = worth_asking(self.open(), name, self.options) if learned else self.open()
        if not asked:
            return
        ahead = {t: sizes(t).to_ask if learned else trying(t.classes) for t in asked if t.candidates}
        self._run(ahead)
        asked = [task for task in asked if task not in self.results]
        suggested = learned_bases(asked, name, self.options) if learned else {}
        for task in asked if not learned else ():
            with self.stage(task, "propose"):
                check_time(task)
                suggested[task] = rule_bases(task, name, self.options)
        self.try_bases(name, suggested)

    def try_bases(self, name: str, suggested: Mapping[Task, Suggested]) -> None:
        """Enters the bases that were suggested, the next one where those before have had their head start."""
        waiting = {task: rungs(task, own) for task, own in suggested.items()}
        climbing = [task for task in waiting if self._enter_next(task, name, waiting[task])]
        while climbing:
            self._run()
            open_ones = (task for task in climbing if task not in self.results)
            climbing = [task for task in open_ones if self._enter_next(task, name, waiting[task])]

    def _run(self, ahead: Mapping[Task, float] | None = None) -> None:
        """Lets what was entered run alone, the longer the more seconds what is ahead takes."""
        known = ahead or {}
        self.search.run(PATIENCE, lambda candidate: head_start(candidate, known.get(candidate.task, 0.0)))
        self.collect_proofs()

    def _enter_next(self, task: Task, proposer: str, waiting: Iterator[Rung]) -> bool:
        """Enters the next rung that was not tried, nor blocks of a larger basis in vain, nor is seen at once to be too
        small; False if there is none."""
        with self.stage(task, "propose"):
            for rung in waiting:
                tried = any(
                    contained(rung.basis, candidate.system.basis).all()
                    if candidate.hopeless
                    else candidate.cover == rung.cover and same_monomials(candidate.system.basis, rung.basis)
                    for candidate in task.candidates
                )
                entered = None if tried else self.enter(task, proposer, rung)
                if entered and entered.minor is None:
                    self.search.start_full_groups()
                    return True
        return False

    def enter(self, task: Task, proposer: str, rung: Rung) -> Candidate | None:
        """Enters a rung that covers the support and fits into memory, once."""
        with self.stage(task, "propose"):
            if task.proof:
                return None
            entered = (c for c in task.candidates if c.cover == rung.cover)
            known = next((c for c in entered if same_monomials(c.system.basis, rung.basis)), None)
            if known is not None and known.outcome != "looks infeasible":
                return known
            check_rung(task, rung, self.options)
            system = rung.equations(task)
            if system is None:
                return None
            check_time(task, system)
            return self.search.add(task, proposer, system, rung.cover, blocks_seconds=rung.blocks_seconds)
        return None
