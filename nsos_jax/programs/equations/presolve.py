"""Presolve in exact arithmetic: what the equations of a program force before any solver sees them.

Monomials that equalities replace are left out of Gram bases (`quotient`). Then, repeated until nothing changes:

* a row without Gram entries is a linear equation among the unknowns, which is solved; 0 = c is a contradiction;
* a row without unknowns whose Gram entries are all diagonal and of one sign: at constant 0 these entries vanish, and
  with them their monomials; a constant of the other sign is a contradiction;
* sign changes of the variables that leave the whole program alone: unknowns that they turn into their opposite may be
  taken to be 0 (average over the group), and Gram matrices split into blocks.

It gives many programs without an interior their interior back.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from flint import fmpq
from jaxtyping import Int

from nsos_jax.certificates import monomial_text
from nsos_jax.programs.equations.quotient import standard_blocks
from nsos_jax.programs.equations.system import GramBlock, ProgramSystem, Row
from nsos_jax.programs.equations.vanishing import Diagonals, Step, planes


class Contradiction(Exception):
    """The equations have no solution; says which row of which constraint shows it.

    Attributes:
      row: its number in the system.
      constant: what is left of the row: this number is 0, or a sum of squares that it has the wrong sign for.
      presolved: what was left of the program by then, the row itself included where it has Gram entries.
    """

    def __init__(self, row: int, constant: fmpq, reason: str, presolved: "Presolved") -> None:
        super().__init__(reason)
        self.row, self.constant, self.presolved = row, constant, presolved


@dataclass(eq=False)
class Elimination:
    """Unknowns that are solved for: y_p = constant + sum of coefficients times free unknowns.

    Attributes:
      solved: {p: (constant, {u: coefficient})}; no u is itself solved.
    """

    solved: dict[int, tuple[fmpq, Row]] = field(default_factory=dict)
    _users: dict[int, set[int]] = field(default_factory=dict)

    def reduce(self, constant: fmpq, row: Row) -> tuple[fmpq, Row]:
        """An affine form with solved unknowns replaced."""
        if not any(unknown in self.solved for unknown in row):
            return constant, row
        result: Row = {}
        for unknown, value in row.items():
            if unknown in self.solved:
                own, others = self.solved[unknown]
                constant += value * own
                for other, coefficient in others.items():
                    result[other] = result.get(other, fmpq(0)) + value * coefficient
            else:
                result[unknown] = result.get(unknown, fmpq(0)) + value
        return constant, {unknown: value for unknown, value in result.items() if value != 0}

    def solve(self, constant: fmpq, row: Row, pivot: int) -> None:
        """Takes constant + row . y = 0, reduced, as the equation of the pivot."""
        factor = -1 / row[pivot]
        own = constant * factor, {unknown: value * factor for unknown, value in row.items() if unknown != pivot}
        self.solved[pivot] = own
        for unknown in own[1]:
            self._users.setdefault(unknown, set()).add(pivot)
        for user in self._users.pop(pivot, set()):
            before, others = self.solved[user]
            self.solved[user] = after = self.reduce(before, others)
            for unknown in after[1]:
                self._users.setdefault(unknown, set()).add(user)

    def values(self, free: dict[int, fmpq], unknowns: int) -> list[fmpq]:
        """All unknowns, for values of the free ones; those that are not mentioned are 0."""
        zero = fmpq(0)
        result = [free.get(unknown, zero) for unknown in range(unknowns)]
        for pivot, (constant, others) in self.solved.items():
            total = constant
            for unknown, coefficient in others.items():
                total += coefficient * free.get(unknown, zero)
            result[pivot] = total
        return result


@dataclass(frozen=True, eq=False)
class Presolved:
    """What is left of a program.

    Attributes:
      system: the equations that are left, in the numbering of the unknowns of the program; every row has Gram entries.
      rows: int [R'], their numbers in the system of the program.
      elimination: the unknowns that are solved for.
      free: the unknowns that are left, those of the rows in their order.
      solved_rows: the rows that were solved and the unknowns that they were solved for, {row: unknown} in this order.
      cost_constant: what the eliminated unknowns add to the objective.
      steps: what took monomials from the bases, in this order; of the system of the program.
    """

    system: ProgramSystem
    rows: Int[np.ndarray, " kept"]
    elimination: Elimination
    free: list[int]
    solved_rows: dict[int, int]
    cost_constant: fmpq
    steps: list[Step]


def presolve(system: ProgramSystem, *, signs: bool = True) -> Presolved:
    """Reduces a system.

    Args:
      system: the equations.
      signs: whether symmetries by sign changes are used; they set unknowns to 0 that need not be.

    Raises:
      Contradiction: its equations have no solution.
    """
    return _Presolve(system, signs).run()


class _Presolve:
    def __init__(self, system: ProgramSystem, signs: bool) -> None:
        self.system, self.signs = system, signs
        self.constants, self.linear = list(system.constants), [dict(row) for row in system.linear]
        self.blocks = standard_blocks(system)
        self.elimination = Elimination()
        self.solved_rows: dict[int, int] = {}
        self.done = np.zeros(system.rows, bool)
        self.steps: list[Step] = []

    def run(self) -> Presolved:
        changed = True
        while changed:
            changed = self.solve_equations()
            changed = self.drop_vanishing() or changed
            if not changed:
                changed = self.drop_on_planes()
            if not changed and self.signs:
                changed = self.split_by_signs()
        return self.left()

    def left(self) -> Presolved:
        live = np.flatnonzero(~self.done)
        number = np.full(self.system.rows, -1)
        number[live] = np.arange(len(live))
        blocks = [replace(block, maps=number[block.maps]) for block in self.blocks]
        linear = [self.linear[row] for row in live]
        constant, cost = self.elimination.reduce(fmpq(0), self.system.cost)
        free = list(dict.fromkeys(unknown for row in (*linear, cost) for unknown in row))
        reduced = replace(
            self.system,
            row_constraints=self.system.row_constraints[live],
            row_exponents=self.system.row_exponents[live],
            constants=[self.constants[row] for row in live],
            linear=linear,
            blocks=blocks,
            cost=cost,
        )
        return Presolved(reduced, live, self.elimination, free, self.solved_rows, constant, self.steps)

    def entries(self) -> tuple[Int[np.ndarray, " R"], Int[np.ndarray, " R"]]:
        """How many Gram entries each row has, and how many of them on diagonals."""
        nothing = np.zeros(0, np.int64)
        rows = [nothing, *(block.maps.ravel() for block in self.blocks)]
        diagonals = [nothing, *(block.maps[:, range(block.side), range(block.side)].ravel() for block in self.blocks)]
        count, diagonal = (np.bincount(np.concatenate(part), minlength=self.system.rows) for part in (rows, diagonals))
        return count, diagonal

    def solve_equations(self) -> bool:
        """Rows without Gram entries."""
        count, _ = self.entries()
        rows = np.flatnonzero((count == 0) & ~self.done).tolist()
        rows.sort(key=lambda row: len(self.linear[row]))
        wrong: dict[int, fmpq] = {}
        for row in rows:
            constant, linear = self.elimination.reduce(self.constants[row], self.linear[row])
            self.done[row] = True
            if linear:
                pivot = max(linear)  # cofactors first: they come last
                self.elimination.solve(constant, linear, pivot)
                self.solved_rows[row] = pivot
            elif constant != 0:
                wrong[row] = constant
        if rows:
            for row in np.flatnonzero(~self.done).tolist():
                pair = self.elimination.reduce(self.constants[row], self.linear[row])
                self.constants[row], self.linear[row] = pair
        for row, constant in wrong.items():
            raise self.contradiction(row, constant, "nothing can cancel it")
        return bool(rows)

    def drop_vanishing(self) -> bool:
        """Rows whose Gram entries are diagonal and of one sign."""
        count, diagonal = self.entries()
        candidates = (count == diagonal) & (count > 0) & ~self.done
        candidates &= np.array([not row for row in self.linear], bool)
        if not candidates.any():
            return False
        signs = np.zeros((2, self.system.rows), bool)  # whether a row has entries with positive, negative weights
        for block in self.blocks:
            for rows, weight in zip(block.maps, block.weights, strict=True):
                signs[0 if weight > 0 else 1, rows.diagonal()] = True
        zero = np.zeros(self.system.rows, bool)
        for row in np.flatnonzero(candidates & (signs[0] != signs[1])).tolist():
            constant = self.constants[row]
            if constant == 0:
                zero[row] = True
            elif (constant > 0) != signs[0][row]:
                raise self.contradiction(row, constant, "squares add to it with the other sign only")
        if not zero.any():
            return False
        self.drop(Diagonals(tuple(np.flatnonzero(zero).tolist())))
        return True

    def drop_on_planes(self) -> bool:
        """Coordinate planes on which targets vanish."""
        standing = np.array([constant != 0 for constant in self.constants], bool)
        standing |= np.array([bool(row) for row in self.linear], bool)
        found = list(planes(self.system, self.blocks, standing & ~self.done))
        for plane in found:
            self.drop(plane)
        return bool(found)

    def drop(self, step: Step) -> None:
        """Takes what a step says from the bases."""
        kept = []
        for block in self.blocks:
            members = np.flatnonzero(~step.drops(block))
            if len(members):
                kept.append(block if len(members) == block.side else block.part(members))
        self.blocks = kept
        self.steps.append(step)

    def contradiction(self, row: int, constant: fmpq, why: str) -> Contradiction:
        monomial = monomial_text(self.system.row_exponents[row].tolist(), self.system.names)
        return Contradiction(row, constant, f"the coefficient of {monomial} is {constant}, and {why}", self.left())

    def split_by_signs(self) -> bool:
        """Splits blocks by the sign changes that leave the program alone, and drops the unknowns that they turn."""
        space = self.invariant_parities()
        changed = False
        parts: list[GramBlock] = []
        for block in self.blocks:
            classes = space.classes(block.basis)
            for label in np.unique(classes):
                parts.append(block.part(np.flatnonzero(classes == label)))
        if len(parts) > len(self.blocks):
            self.blocks, changed = parts, True
        odd = self.row_classes(space)
        turned = {unknown for row in np.flatnonzero(odd & ~self.done) for unknown in self.linear[row]}
        for unknown in turned:
            self.elimination.solve(fmpq(0), {unknown: fmpq(1)}, unknown)
        if turned:
            for row in np.flatnonzero(~self.done).tolist():
                self.constants[row], self.linear[row] = self.elimination.reduce(self.constants[row], self.linear[row])
        return changed or bool(turned)

    def row_classes(self, space: "_Parities") -> np.ndarray:
        return space.classes(self.system.row_exponents) != 0

    def invariant_parities(self) -> "_Parities":
        """The span of all parities that sign changes must leave alone: those of monomials whose coefficient is known,
        those of factors, and the differences of those that share an unknown."""
        space = _Parities(self.system.row_exponents.shape[1])
        live = np.flatnonzero(~self.done).tolist()
        exponents = self.system.row_exponents
        space.add_all(exponents[[row for row in live if self.constants[row] != 0]])
        shared: dict[int, int] = {}
        for row in live:
            for unknown in self.linear[row]:
                first = shared.setdefault(unknown, row)
                space.add([exponents[row] + exponents[first]])
        for unknown in self.system.cost:
            _, others = self.elimination.reduce(fmpq(0), {unknown: fmpq(1)})
            space.add(exponents[shared[other]] for other in others if other in shared)
        corners = [block.maps[:, 0, 0] for block in self.blocks]  # 2 m + term: the parity of the term
        space.add_all(exponents[np.concatenate([np.zeros(0, np.int64), *corners])])
        return space


class _Parities:
    """A space of vectors modulo 2, in echelon form."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.pivots: dict[int, int] = {}

    def add(self, rows: Iterable[np.ndarray]) -> None:
        """Takes up the parities of exponents."""
        for row in rows:
            word = self.reduced(sum(1 << i for i in np.flatnonzero(np.asarray(row) % 2).tolist()))
            if word:
                top = word.bit_length() - 1
                for other, value in self.pivots.items():
                    if value >> top & 1:
                        self.pivots[other] = value ^ word
                self.pivots[top] = word

    def add_all(self, rows: Int[np.ndarray, "k n"]) -> None:
        """The same for many rows, of which few have different parities."""
        parities = map(bytes, np.packbits(rows % 2 == 1, axis=1))
        self.add(dict(zip(parities, rows, strict=True)).values())

    def reduced(self, word: int) -> int:
        for top, value in self.pivots.items():
            if word >> top & 1:
                word ^= value
        return word

    def classes(self, rows: Int[np.ndarray, "k n"]) -> np.ndarray:
        """A number per row, equal where rows differ by a vector of the space, 0 for its members."""
        cache: dict[bytes, int] = {}
        result = []
        numbers: dict[int, int] = {0: 0}
        for key, row in zip(map(bytes, np.packbits(rows % 2 == 1, axis=1)), rows, strict=True):
            if key not in cache:
                word = self.reduced(sum(1 << i for i in np.flatnonzero(row % 2).tolist()))
                cache[key] = numbers.setdefault(word, len(numbers))
            result.append(cache[key])
        return np.array(result, np.int64)
