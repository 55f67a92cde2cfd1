"""The statement of a program: unknown polynomials, constraints affine in their coefficients, and an objective."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from flint import fmpq, fmpz

from nsos_jax.certificates import reader
from nsos_jax.certificates.checks import common_denominator
from nsos_jax.certificates.data import (
    InvalidCertificate,
    PolynomialLike,
    Rational,
    as_monomials,
    as_rational,
    count_text,
)
from nsos_jax.certificates.statements.affine import AffineTerms, UnknownValues, check_place, read_place
from nsos_jax.certificates.statements.sets import SET_KEYS, StatedSet, read_set_parts, set_parts

MAX_UNKNOWNS = 1_000_000
MAX_CONSTRAINTS = 100_000
STATEMENT_KEYS = ("unknowns", "constraints", "objective")


@dataclass(frozen=True, eq=False, repr=False)
class StatedUnknown:
    """sum_k y_k x^monomials[k] with unknown numbers y_k; a scalar has the monomial 1 alone.

    Attributes:
        monomials: int32 [coefficients, variables].
    """

    name: str
    monomials: np.ndarray

    @classmethod
    def create(cls, name: str, monomials: np.ndarray) -> Self:
        """From an array of exponents [coefficients, variables]."""
        return cls(name, as_monomials(monomials))


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class StatedConstraint(StatedSet):
    """The target is in the cone of its multipliers, or it is the zero polynomial.

    Attributes:
        kind: "sos": target = s_0 + sum_k products[k] s_k + sum_j l_j equalities[j], all s SOS; or "zero".
        target: affine in the unknowns.
    """

    name: str
    kind: str
    target: AffineTerms

    @classmethod
    def create(
        cls,
        variables: Sequence[str],
        name: str,
        kind: str,
        target: AffineTerms,
        inequalities: Iterable[PolynomialLike] = (),
        products: Iterable[Iterable[int]] | None = None,
        equalities: Iterable[PolynomialLike] = (),
    ) -> Self:
        """The constraint; without `products` each inequality has one multiplier (Putinar)."""
        return cls(name=name, kind=kind, target=target, **set_parts(variables, inequalities, products, equalities))

    def to_dict(self) -> dict[str, Any]:
        """As in the file."""
        return {"name": self.name, "kind": self.kind, "target": self.target.to_list(), **self.set_values()}


@dataclass(frozen=True, eq=False, repr=False)
class StatedObjective:
    """`constant` + sum of values[t] times a coefficient of an unknown.

    Attributes:
        sense: "maximize" or "minimize".
        places: (unknown, coefficient) of each value.
    """

    sense: str
    places: tuple[tuple[int, int], ...]
    _values: tuple[fmpq, ...]
    _constant: fmpq

    @classmethod
    def create(
        cls, sense: str, coefficients: Mapping[tuple[int, int], Rational], constant: Rational = 0
    ) -> "StatedObjective":
        """From the factor of each coefficient of an unknown that counts."""
        kept = {place: as_rational(value) for place, value in coefficients.items() if value != 0}
        return cls(sense, tuple(kept), tuple(kept.values()), as_rational(constant))

    @property
    def sign(self) -> int:
        """1 where more is better, else -1."""
        return 1 if self.sense == "maximize" else -1

    def weights(self) -> dict[tuple[int, int], fmpq]:
        """The factors by place."""
        return dict(zip(self.places, self._values, strict=True))

    def constant(self) -> fmpq:
        """What does not depend on the unknowns."""
        return self._constant

    def value(self, values: UnknownValues) -> fmpq:
        """The objective at values of the unknowns."""
        common = common_denominator([value.q for value in self._values], len(self._values), "objective")
        numbers = values.numerators_at(np.array(self.places, np.int64).reshape(-1, 2)).tolist()
        factors = (value.p * (common // value.q) for value in self._values)
        total = sum((factor * number for factor, number in zip(factors, numbers, strict=True)), fmpz(0))
        return fmpq(total, common * values.denominator) + self._constant

    def to_dict(self) -> dict[str, Any]:
        """As in the file."""
        terms = [[str(value), list(place)] for place, value in self.weights().items()]
        return {"sense": self.sense, "terms": terms, "constant": str(self._constant)}


@dataclass(frozen=True, eq=False, repr=False)
class ProgramStatement:
    """What is asked: values of the unknowns that satisfy all constraints, and the best of them.

    Raises:
        InvalidCertificate: an index, a kind or a shape is wrong; the message names the place in the file.
    """

    variables: tuple[str, ...]
    unknowns: tuple[StatedUnknown, ...]
    constraints: tuple[StatedConstraint, ...]
    objective: StatedObjective | None = None

    def __post_init__(self) -> None:
        for key, named in (("unknowns", self.unknowns), ("constraints", self.constraints)):
            _check_names([one.name for one in named], key)
        for i, unknown in enumerate(self.unknowns):
            if unknown.monomials.ndim != 2 or unknown.monomials.shape[1] != len(self.variables):
                raise InvalidCertificate(f"unknowns[{i}].monomials: expected {len(self.variables)} exponents for each")
        for i, constraint in enumerate(self.constraints):
            self._check_constraint(constraint, f"constraints[{i}]")
        if self.objective is not None:
            _check_objective(self.objective, self.sizes)

    def _check_constraint(self, constraint: StatedConstraint, place: str) -> None:
        reader.expect(constraint.kind in ("sos", "zero"), f"{place}.kind", "sos or zero", constraint.kind)
        if constraint.kind == "zero":
            for key in SET_KEYS:
                if getattr(constraint, key):
                    raise InvalidCertificate(f"{place}.{key}: expected none, for the target is to be zero everywhere")
        constraint.target.check(self.sizes, len(self.variables), f"{place}.target")
        constraint.check_set(len(self.variables), f"{place}.")

    def __repr__(self) -> str:
        counts = count_text(len(self.unknowns), "unknown"), count_text(len(self.constraints), "constraint")
        return f"<{type(self).__name__}: {', '.join(counts)}>"

    @classmethod
    def create(
        cls,
        variables: Iterable[str],
        unknowns: Iterable[StatedUnknown],
        constraints: Iterable[StatedConstraint],
        objective: StatedObjective | None = None,
    ) -> Self:
        """The statement from its parts."""
        return cls(tuple(variables), tuple(unknowns), tuple(constraints), objective)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """How many coefficients each unknown has."""
        return tuple(len(unknown.monomials) for unknown in self.unknowns)

    @classmethod
    def read(cls, variables: tuple[str, ...], record: dict[str, Any]) -> Self:
        """From the keys of a file."""
        unknowns = []
        for i, value in enumerate(reader.read_list(record["unknowns"], "unknowns", MAX_UNKNOWNS)):
            place = f"unknowns[{i}]"
            given = reader.read_object(value, ("name", "monomials"), place)
            rows = reader.read_list(given["monomials"], f"{place}.monomials", MAX_UNKNOWNS)
            places = [f"{place}.monomials[{k}]" for k in range(len(rows))]
            name = reader.read_name(given["name"], f"{place}.name")
            unknowns.append(StatedUnknown(name, reader.read_monomials(rows, len(variables), places)))
        listed = reader.read_list(record["constraints"], "constraints", MAX_CONSTRAINTS)
        constraints = [_read_constraint(value, len(variables), f"constraints[{i}]") for i, value in enumerate(listed)]
        objective = None if record["objective"] is None else _read_objective(record["objective"])
        return cls(variables, tuple(unknowns), tuple(constraints), objective)

    def to_dict(self) -> dict[str, Any]:
        """The keys of the file."""
        unknowns = [{"name": one.name, "monomials": one.monomials.tolist()} for one in self.unknowns]
        constraints = [one.to_dict() for one in self.constraints]
        objective = None if self.objective is None else self.objective.to_dict()
        return {"unknowns": unknowns, "constraints": constraints, "objective": objective}


def _check_names(names: Sequence[str], place: str) -> None:
    first: dict[str, int] = {}
    for i, name in enumerate(names):
        if first.setdefault(name, i) != i:
            raise InvalidCertificate(f"{place}[{i}].name: the same name as that of {place}[{first[name]}]")


def _check_objective(objective: StatedObjective, sizes: Sequence[int]) -> None:
    senses = ("maximize", "minimize")
    reader.expect(objective.sense in senses, "objective.sense", " or ".join(senses), objective.sense)
    seen: set[tuple[int, int]] = set()
    for i, (place, value) in enumerate(zip(objective.places, objective._values, strict=True)):
        check_place(*place, sizes, f"objective.terms[{i}][1]")
        if value == 0:
            raise InvalidCertificate(f"objective.terms[{i}][0]: expected a coefficient that is not zero")
        if place in seen:
            raise InvalidCertificate(f"objective.terms[{i}]: this unknown appears twice")
        seen.add(place)


def _read_constraint(value: object, variables: int, place: str) -> StatedConstraint:
    record = reader.read_object(value, ("name", "kind", "target", *SET_KEYS), place)
    return StatedConstraint(
        name=reader.read_name(record["name"], f"{place}.name"),
        kind=record["kind"],
        target=AffineTerms.read(record["target"], variables, f"{place}.target"),
        **read_set_parts(record, variables, f"{place}."),
    )


def _read_objective(value: object) -> StatedObjective:
    record = reader.read_object(value, ("sense", "terms", "constant"), "objective")
    places, values = [], []
    for i, term in enumerate(reader.read_list(record["terms"], "objective.terms", MAX_UNKNOWNS)):
        number, unknown = reader.read_list(term, f"objective.terms[{i}]", length=2)
        values.append(reader.read_number(number, f"objective.terms[{i}][0]"))
        places.append(read_place(unknown, f"objective.terms[{i}][1]"))
    constant = reader.read_number(record["constant"], "objective.constant")
    return StatedObjective(record["sense"], tuple(places), tuple(values), constant)
