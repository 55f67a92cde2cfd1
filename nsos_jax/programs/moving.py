"""Programs on sets far from the origin, moved to it: x = c + X, with certificates in x.

Powers of numbers between 18 and 23 are nearly dependent: no scaling helps, but a translation does. Unknown polynomials
with all lower monomials become unknown polynomials in X. A proof of the moved program is translated: Gram matrices
on monomials in X are matrices V S V' on monomials in x.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

import numpy as np

from nsos_jax.certificates import (
    Bases,
    Block,
    Identity,
    InfeasibleProgramCertificate,
    ProgramBoundCertificate,
    ProgramCertificate,
    ProgramStatement,
)
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.equations import ProgramSystem
from nsos_jax.programs.modelling import (
    AffinePolynomial,
    Constraint,
    Declared,
    Objective,
    SemialgebraicSet,
    SosProgram,
    statement_of,
)
from nsos_jax.programs.whole_bases import bases_of_system

FAR = 1.5
"""A set is far from the origin where its centre is this many times its half width away."""


@dataclass(frozen=True, eq=False)
class MovedProgram:
    """A program in X = x - centre.

    Attributes:
      original: in x.
      program: in X, with unknowns of the same names and monomials.
      centre: c by variable.
    """

    original: SosProgram
    program: SosProgram
    centre: dict[str, Fraction]

    @staticmethod
    def of(program: SosProgram) -> "MovedProgram | None":
        """None where no set is far from the origin, or Gram bases were chosen that a translation does not respect."""
        centre = far_centre(program)
        places = [program.variables.index(name) for name in centre]
        bases = [constraint.basis for constraint in program.constraints if constraint.basis is not None]
        if not centre or not all(_closed(basis, places) for basis in bases):
            return None
        moved = SosProgram(program.variables)
        moved.introduce(program)
        there = MovedProgram(program, moved, centre)
        for constraint in program.constraints:
            moved.constraints.append(there._constraint(constraint))
        if program.objective.expression is not None:
            moved.objective = Objective(program.objective.sense, there._affine(program.objective.expression))
        return there

    def certificate(self, statement: ProgramStatement, proof: ProgramCertificate) -> ProgramCertificate:
        """The proof of the moved program as one of the original, whose statement is given."""
        values = []
        for declared, row in zip(self.original.declared.values(), proof.values, strict=True):
            values.append(self._back(declared, row) if self._moves(declared) else list(row))
        identities = []
        for identity in proof.identities:
            blocks = [
                (multiplier, self._block(block))
                for multiplier, block in zip(identity.multipliers, identity.blocks, strict=True)
            ]
            names = self.program.all_variables
            cofactors = [
                self._replaced(Polynomial.from_arrays(terms.exponents, terms.values, names), -1)
                for terms in identity.cofactors
            ]
            identities.append(Identity.create(names, blocks, cofactors))
        return ProgramCertificate.create(statement, values, identities)

    def evidence(
        self, proof: InfeasibleProgramCertificate | ProgramBoundCertificate
    ) -> tuple[Sequence[Bases | None], list[tuple[np.ndarray, list[Fraction]]]]:
        """Bases of the original program, and the functionals of the moved one on it: L(x^m) is that of (c + X)^m.

        What is nonnegative on the moved bases is so on these where both hold all lower monomials; the checker sees to
        that.
        """
        system = ProgramSystem.of(self.original)
        functionals = []
        for index, functional in enumerate(proof.functionals):
            values = dict(zip(map(tuple, functional.exponents.tolist()), functional.values, strict=True))
            rows = system.row_exponents[system.row_constraints == index]
            moments = [
                sum((weight * values.get(key, 0) for key, weight in self._powers(row).items()), start=Fraction(0))
                for row in rows.tolist()
            ]
            functionals.append((rows, moments))
        return bases_of_system(statement_of(self.original), system), functionals

    def moments(self, values: dict[tuple[int, ...], float]) -> dict[tuple[int, ...], float]:
        """Floating point moments in x, as far as those in X determine them."""
        result = {}
        for monomial in values:
            powers = self._powers(list(monomial))
            if powers.keys() <= values.keys():
                result[monomial] = sum(float(weight) * values[key] for key, weight in powers.items())
        return result

    def _powers(self, exponents: list[int]) -> dict[tuple[int, ...], Fraction]:
        """(c + X)^m by monomials in X."""
        return _expansion(exponents, [-self.centre.get(name, Fraction(0)) for name in self.program.all_variables])

    def _moves(self, declared: Declared) -> bool:
        return _closed(declared.monomials, [self.program.variables.index(name) for name in self.centre])

    def _constraint(self, constraint: Constraint) -> Constraint:
        given = constraint.on
        on = SemialgebraicSet(
            [self._replaced(g, 1) for g in given.inequalities], [self._replaced(h, 1) for h in given.equalities]
        )
        return replace(constraint, target=self._affine(constraint.target), on=on)

    def _affine(self, target: AffinePolynomial) -> AffinePolynomial:
        parts = {unknown: self._replaced(part, 1) for unknown, part in target.parts.items()}
        for declared in self.original.declared.values():
            own = [parts.pop(index, None) for index in declared.indices]
            if not any(part is not None for part in own):
                continue
            rows = self._expansions(declared) if self._moves(declared) else np.eye(len(own), dtype=object)
            for index, row in zip(declared.indices, rows, strict=True):
                used = [part * weight for part, weight in zip(own, row, strict=True) if weight and part is not None]
                if used:
                    parts[index] = Polynomial.sum(used)
        return AffinePolynomial(self.program.unknowns, self._replaced(target.constant, 1), parts)

    def _expansions(self, declared: Declared) -> np.ndarray:
        """Row m: the coefficients of (x - c)^m over the monomials in x of an unknown polynomial."""
        _, matrix = self._expanded(declared.monomials, declared.monomials)
        return matrix

    def _back(self, declared: Declared, values: "tuple[Fraction, ...]") -> list[Fraction]:
        """The coefficients in x of an unknown polynomial that is given in X."""
        return list(np.array(values, dtype=object) @ self._expansions(declared))

    def _block(self, block: Block) -> tuple[np.ndarray, np.ndarray, int, np.ndarray]:
        """z(X)' Q z(X) as a form in monomials of x: z(X) = T z'(x), so the matrix is T'QT."""
        basis, matrix = self._expanded(block.basis, None)
        common = math.lcm(*(Fraction(entry).denominator for entry in matrix.ravel()))
        columns = np.array([[int(entry * common) for entry in row] for row in matrix], dtype=object).T
        if block.range is not None:
            columns = columns @ block.range
        return basis, block.core, block.denominator * common**2, columns

    def _expanded(self, monomials: np.ndarray, over: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """(x - c)^m for each monomial m, over given monomials in x or all that appear: these, and Fractions [m, k]."""
        shifts = [self.centre.get(name, Fraction(0)) for name in self.program.all_variables]
        found = [_expansion(row, shifts) for row in monomials.tolist()]
        keys = [tuple(row) for row in over.tolist()] if over is not None else sorted(set().union(*found))
        matrix = np.array([[row.get(key, Fraction(0)) for key in keys] for row in found], dtype=object)
        return np.array(keys, np.int32).reshape(len(keys), -1), matrix

    def _replaced(self, polynomial: Polynomial, sign: int) -> Polynomial:
        """p(x + sign c)."""
        used = {
            name: Polynomial.parse(name) + sign * self.centre[name]
            for name in polynomial.variables
            if name in self.centre
        }
        return polynomial.substitute(used) if used else polynomial


def far_centre(program: SosProgram) -> dict[str, Fraction]:
    """By variable the centre of what intervals, balls and boxes among the sets say about it, where that is far from
    the origin; of few binary digits."""
    lower: dict[str, float] = {}
    upper: dict[str, float] = {}
    for constraint in program.constraints:
        for inequality in constraint.on.inequalities:
            for name, (low, high) in _bounds(inequality).items():
                lower[name] = min(lower.get(name, math.inf), low)
                upper[name] = max(upper.get(name, -math.inf), high)
    result = {}
    for name in lower.keys() & upper.keys():
        middle, half = (lower[name] + upper[name]) / 2, (upper[name] - lower[name]) / 2
        if math.isfinite(middle) and half > 0 and abs(middle) > FAR * half:
            step = Fraction(2) ** math.floor(math.log2(half))
            result[name] = round(Fraction(middle) / step) * step
    return {name: result[name] for name in program.variables if name in result}


def _bounds(g: Polynomial) -> dict[str, tuple[float, float]]:
    """What g >= 0 says about each variable, for concave quadratics without mixed terms."""
    if g.degree != 2 or (np.count_nonzero(g.exponents, axis=1) > 1).any():
        return {}
    numbers = {tuple(row): float(value) for row, value in zip(g.exponents.tolist(), g.coefficients, strict=True)}
    units = np.eye(g.num_variables, dtype=int)
    squares = [numbers.get(tuple((2 * unit).tolist()), 0.0) for unit in units]
    linear = [numbers.get(tuple(unit.tolist()), 0.0) for unit in units]
    if not all(q < 0 for q in squares):
        return {}
    top = numbers.get((0,) * g.num_variables, 0.0) - sum(b * b / (4 * q) for q, b in zip(squares, linear, strict=True))
    if not top > 0:
        return {}
    result = {}
    for name, q, b in zip(g.variables, squares, linear, strict=True):
        middle, half = -b / (2 * q), math.sqrt(-top / q)
        result[name] = (middle - half, middle + half)
    return result


def _closed(monomials: np.ndarray, places: list[int]) -> bool:
    """Whether each monomial's divisors in these variables are there too."""
    present = {tuple(row) for row in monomials.tolist()}
    for row in present:
        for place in places:
            if row[place] and (*row[:place], row[place] - 1, *row[place + 1 :]) not in present:
                return False
    return True


def _expansion(exponents: list[int], shifts: list[Fraction]) -> dict[tuple[int, ...], Fraction]:
    """(x - c)^m by monomials in x; variables beyond the shifts stay as they are."""
    choices = []
    for place, power in enumerate(exponents):
        shift = shifts[place]
        low = 0 if shift else power
        choices.append([(k, math.comb(power, k) * (-shift) ** (power - k)) for k in range(low, power + 1)])
    result = {}
    for chosen in product(*choices):
        result[tuple(k for k, _ in chosen)] = math.prod((value for _, value in chosen), start=Fraction(1))
    return result
