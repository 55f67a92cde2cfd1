"""Certificates of programs that share a structure: what they state is made once, numbers are put in."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from flint import fmpq, fmpz

from nsos_jax.certificates import (
    AffineTerms,
    Identity,
    ProgramBoundCertificate,
    ProgramCertificate,
    ProgramStatement,
    Quotients,
    StatedObjective,
    Terms,
)
from nsos_jax.programs.batches.dual import outward
from nsos_jax.programs.batches.shared import Reduced, SharedProgram
from nsos_jax.programs.batches.structure import Numbers
from nsos_jax.programs.equations import ProgramSystem, Row
from nsos_jax.programs.modelling import statement_of
from nsos_jax.programs.proving import ExactPoint, identities_of
from nsos_jax.programs.refuting import Evidence, Lifting
from nsos_jax.programs.whole_bases import bases_of_system


class SharedStatement:
    """Statements and certificates of the programs of a group."""

    def __init__(self, shared: SharedProgram) -> None:
        self.shared = shared
        self.template = statement_of(shared.program)
        self.bases = tuple(bases_of_system(self.template, shared.system))
        places, kinds = shared.slots.places, [place[:2] for place in shared.slots.places]
        index = {
            unknown: (number, at)
            for number, declared in enumerate(shared.program.declared.values())
            for at, unknown in enumerate(declared.indices)
        }
        index[-1] = (-1, -1)
        self.targets = []
        for constraint in range(len(self.template.constraints)):
            slots = np.array([at for at, kind in enumerate(kinds) if kind == ("target", constraint)], np.int64)
            where = np.array([index[places[slot][2]] for slot in slots], np.int64).reshape(-1, 2)
            self.targets.append((slots, shared.slots.exponents[slots], where))
        self.objective = [(at, index[places[at][2]]) for at, kind in enumerate(kinds) if kind == ("objective", 0)]
        presolved = shared.presolved
        self.direct = not presolved.solved_rows and not presolved.steps
        owners = shared.system.row_constraints[presolved.rows]
        self.rows = [np.flatnonzero(owners == constraint) for constraint in range(len(self.template.constraints))]
        self.exponents = [shared.system.row_exponents[presolved.rows[own]] for own in self.rows]

    def statement(self, numerators: np.ndarray, denominator: int) -> ProgramStatement:
        """What the program with these numbers [D] asks."""
        below = fmpz(denominator)
        constraints = []
        for stated, (slots, exponents, where) in zip(self.template.constraints, self.targets, strict=True):
            values = numerators[slots]
            kept = values.astype(bool)
            if not kept.all():
                values, exponents, where = values[kept], exponents[kept], where[kept]
            exact = Quotients(tuple(values.tolist()), below)
            constraints.append(replace(stated, target=AffineTerms(exponents, where, exact)))
        objective = self.template.objective
        if objective is not None:
            pairs = [(where, fmpq(fmpz(numerators[slot]), below)) for slot, where in self.objective]
            weights = {where: value for where, value in pairs if where[0] >= 0 and value != 0}
            constant = sum((value for where, value in pairs if where[0] < 0), fmpq(0))
            objective = StatedObjective(objective.sense, tuple(weights), tuple(weights.values()), constant)
        return ProgramStatement(self.template.variables, self.template.unknowns, tuple(constraints), objective)

    def primal(self, statement: ProgramStatement, exact: ExactPoint) -> ProgramCertificate:
        """Values and identities, not verified yet."""
        shared = self.shared
        values = tuple(
            tuple(exact.values[index] for index in declared.indices) for declared in shared.program.declared.values()
        )
        identities: list[Identity] = identities_of(shared.program, shared.system, shared.presolved, exact)
        return ProgramCertificate(statement.variables, statement, values, tuple(identities))

    def dual(
        self, statement: ProgramStatement, functional: Sequence[fmpq], numbers: Numbers, reduced: Reduced, member: int
    ) -> ProgramBoundCertificate:
        """A bound by L on the rows that presolve left, not verified yet."""
        if not self.direct:
            return self._lifted(statement, functional, numbers.numerators[member], numbers.denominators[member])
        objective = statement.objective
        assert objective is not None
        pairs = zip(reduced.constants[member].tolist(), functional, strict=True)
        total = sum((a * b for a, b in pairs if a), fmpq(0)) / reduced.denominators[member]
        proven = objective.constant() + objective.sign * total
        functionals = []
        for own, exponents in zip(self.rows, self.exponents, strict=True):
            values = [functional[row] for row in own.tolist()]
            kept = [at for at, value in enumerate(values) if value != 0]
            functionals.append(Terms(exponents[kept], tuple(values[at] for at in kept)))
        size = abs(int(proven.p) / int(proven.q))
        bound = outward(proven, objective.sign, size)
        return ProgramBoundCertificate(statement.variables, statement, self.bases, tuple(functionals), bound)

    def _lifted(
        self, statement: ProgramStatement, functional: Sequence[fmpq], numerators: np.ndarray, denominator: int
    ) -> ProgramBoundCertificate:
        system = self._system(numerators, denominator)
        presolved = self.shared.presolved
        lifting = Lifting(system, presolved)
        given = dict(zip(presolved.rows.tolist(), functional, strict=True))
        return Evidence(statement, system).bound(lifting.lift(given, system.cost, 4.0), exact=False)

    def _system(self, numerators: np.ndarray, denominator: int) -> ProgramSystem:
        """All equations of one program."""
        shared, below = self.shared, fmpz(denominator)
        system, own = shared.system, len(shared.program.unknowns.names)
        constants = [fmpq(0)] * system.rows
        linear: list[Row] = [{u: value for u, value in row.items() if u >= own} for row in system.linear]
        cost: Row = {}
        sign = 1 if shared.program.objective.sense == "maximize" else -1
        slots = zip(shared.slots.places, shared.slot_rows.tolist(), numerators.tolist(), strict=True)
        for (kind, _, unknown), row, numerator in slots:
            value = fmpq(fmpz(numerator), below)
            if kind == "target" and row >= 0 and numerator:
                if unknown < 0:
                    constants[row] = value
                else:
                    linear[row][unknown] = value
            elif kind == "objective" and unknown >= 0 and numerator:
                cost[unknown] = sign * value
        return replace(system, constants=constants, linear=linear, cost=cost)
