"""What presolve leaves of programs that share a structure: one set of equations, in which only numbers differ.

Presolve runs once. Its answer holds for all programs that agree with the first one in the numbers that it looked at:
those of sets, and of rows that it solved. What is left is linear in the other numbers.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from flint import fmpq
from jaxtyping import Bool, Float, Int

from nsos_jax.programs.backends import gram_blocks
from nsos_jax.programs.batches.structure import Numbers, Slots
from nsos_jax.programs.equations import ConicForm, ProgramSystem, presolve
from nsos_jax.programs.modelling import SosProgram

EVEN = 3.5
"""Standard deviation of the binary logarithms of all numbers up to which they are left as they are: the batched solver
brings its programs to scale itself, and does worse on numbers that were even before."""
Term = tuple[int, int, fmpq]
"""(target, slot or -1 for the number 1, factor)."""


class LinearMap:
    """Integers [B, targets], over common denominators, that are linear in the numbers of programs."""

    def __init__(self, terms: Iterable[Term], targets: int, common: int) -> None:
        ordered = sorted(terms, key=lambda term: term[0])
        self.targets = targets
        self.places = np.array([target for target, _, _ in ordered], np.int64)
        self.slots = np.array([slot for _, slot, _ in ordered], np.int64)
        self.factors = np.array([int(factor * common) for _, _, factor in ordered], dtype=object)
        self.plain = bool((self.factors == 1).all()) and len(np.unique(self.places)) == len(self.places)
        self.starts = np.flatnonzero(np.diff(self.places, prepend=-1)) if len(ordered) else np.zeros(0, np.int64)

    def apply(self, numbers: Numbers) -> np.ndarray:
        """The numerators; the denominators are those of the numbers times the common one of the map."""
        result = np.zeros((len(numbers.numerators), self.targets), dtype=object)
        if len(self.places):
            wide = np.concatenate([numbers.numerators, numbers.denominators[:, None]], axis=1)
            values = wide[:, self.slots]
            if not self.plain:
                values = np.add.reduceat(values * self.factors, self.starts, axis=1)
            result[:, self.places[self.starts]] = values
        return result


@dataclass(frozen=True, eq=False)
class Reduced:
    """Exact numbers of B programs, as numerators over `denominators`; object arrays.

    Attributes:
      constants: a, [B, R].
      entries: of B, [B, E], in the places of `SharedProgram`.
      cost: c, [B, W], and what the solved unknowns add to it, [B].
    """

    constants: np.ndarray
    entries: np.ndarray
    cost: np.ndarray
    cost_constant: np.ndarray
    denominators: np.ndarray

    def floats(self, numerators: np.ndarray) -> Float[np.ndarray, "B k"]:
        """Each correctly rounded."""
        return (numerators / self.denominators[:, None]).astype(np.float64)


class SharedProgram:
    """See the module.

    Attributes:
      program: one of them.
      system, presolved, form: its equations; the first two with numbers that are its own.
      rows, columns: int [E], where the entries of B that may differ from 0 stand.
      fixed: the slots whose numbers all programs have to share.
      steady: the slots whose numbers they happen to share.

    Raises:
      Contradiction: by presolve.
    """

    def __init__(self, program: SosProgram, slots: Slots, steady: Bool[np.ndarray, " D"]) -> None:
        self.program, self.slots, self.steady = program, slots, steady
        self.system = ProgramSystem.of(program)
        self.presolved = presolve(self.system)
        self.form = ConicForm.of(self.presolved, EVEN)
        self._map()
        self.fixed = np.flatnonzero(self._fixed())
        self.blocks = gram_blocks(self.form)

    def _map(self) -> None:
        """Makes the maps from the numbers to what presolve leaves of them."""
        presolved = self.presolved
        self._column = {unknown: column for column, unknown in enumerate(presolved.free)}
        self.slot_rows = self._slot_rows()
        constants: list[Term] = []
        entries: dict[tuple[int, int], list[tuple[int, fmpq]]] = {}
        for row, unknown, slot, factor in self._uses():
            for column, value in self._parts(unknown):
                if column < 0:
                    constants.append((row, slot, factor * value))
                else:
                    entries.setdefault((row, column), []).append((slot, factor * value))
        present = {(r, self._column[u]) for r, linear in enumerate(presolved.system.linear) for u in linear}
        places = sorted(entries)
        self._vanishing = {slot for place in places if place not in present for slot, _ in entries[place]}
        self._vanishing |= {slot for row, slot, _ in constants if presolved.system.constants[row] == 0}
        listed = [(at, *term) for at, place in enumerate(places) for term in entries[place]]
        self.rows = np.array([row for row, _ in places], np.int64)
        self.columns = np.array([column for _, column in places], np.int64)
        cost = self._cost()
        added: list[Term] = [(0, slot, factor) for column, slot, factor in cost if column < 0]
        parts = constants, listed, [term for term in cost if term[0] >= 0], added
        self._common = math.lcm(1, *(int(factor.q) for part in parts for _, _, factor in part))
        sizes = presolved.system.rows, len(places), len(presolved.free), 1
        self._maps = [LinearMap(part, size, self._common) for part, size in zip(parts, sizes, strict=True)]

    def _slot_rows(self) -> Int[np.ndarray, " D"]:
        """The rows of the system that numbers of targets stand in; -1 for others."""
        system = self.system
        owners = zip(system.row_constraints.tolist(), system.row_exponents, strict=True)
        table = {(constraint, exponents.tobytes()): row for row, (constraint, exponents) in enumerate(owners)}
        pairs = zip(self.slots.places, self.slots.exponents, strict=True)
        rows = [
            table.get((place[1], exponents.tobytes()), -1) if place[0] == "target" else -1 for place, exponents in pairs
        ]
        return np.array(rows, np.int64)

    def _uses(self) -> Iterator[tuple[int, int, int, fmpq]]:
        """(row that is left, unknown or -1, slot or -1, factor) for all that stands in these rows."""
        live = {int(row): at for at, row in enumerate(self.presolved.rows)}
        for slot, (place, row) in enumerate(zip(self.slots.places, self.slot_rows.tolist(), strict=True)):
            if row in live:
                yield live[row], place[2], slot, fmpq(1)
        own = len(self.program.unknowns.names)
        for row, at in live.items():
            for unknown, value in self.system.linear[row].items():
                if unknown >= own:
                    yield at, unknown, -1, value

    def _cost(self) -> list[Term]:
        """The objective, as it is to be maximised, by column, and -1 for what solved unknowns add to it."""
        sign = fmpq(1 if self.program.objective.sense == "maximize" else -1)
        return [
            (column, slot, sign * value)
            for slot, place in enumerate(self.slots.places)
            if place[0] == "objective" and place[2] >= 0
            for column, value in self._parts(place[2])
        ]

    def _parts(self, unknown: int) -> list[tuple[int, fmpq]]:
        """An unknown, or 1 for -1, in the free ones: (column or -1 for 1, factor)."""
        if unknown < 0:
            return [(-1, fmpq(1))]
        solved = self.presolved.elimination.solved.get(unknown)
        if solved is None:
            return [(self._column[unknown], fmpq(1))] if unknown in self._column else []
        constant, others = solved
        parts = [(self._column[other], value) for other, value in others.items()]
        return [(-1, constant), *parts] if constant != 0 else parts

    def _fixed(self) -> Bool[np.ndarray, " D"]:
        """Numbers of sets, those that add up to 0 in the program that presolve saw, and those of rows that are gone,
        unless they are factors of unknowns that symmetry sets to 0."""
        live = set(self.presolved.rows.tolist())
        solved = self.presolved.elimination.solved
        result = []
        for slot, (place, row) in enumerate(zip(self.slots.places, self.slot_rows.tolist(), strict=True)):
            vanishes = place[2] in solved and solved[place[2]] == (0, {})
            gone = place[0] == "target" and row not in live and not vanishes
            result.append(gone or slot in self._vanishing or place[0] in ("factor", "equality"))
        return np.array(result, bool)

    def reduced(self, numbers: Numbers) -> Reduced:
        """What presolve leaves of programs."""
        constants, entries, cost, constant = (part.apply(numbers) for part in self._maps)
        return Reduced(constants, entries, cost, constant[:, 0], numbers.denominators * self._common)

    def is_constant(self, entry: int) -> bool:
        """Whether an entry of B is the same in all programs."""
        terms = self._maps[1]
        own = terms.slots[terms.places == entry]
        return all(slot < 0 or self.steady[slot] or slot in self.fixed for slot in own.tolist())

    @property
    def costly(self) -> bool:
        """Whether there is an objective that presolve did not settle."""
        return bool(self.presolved.system.cost)
