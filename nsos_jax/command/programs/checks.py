"""Whether what a record of `nsos solve` or `nsos bound` claims is what its certificates prove.

Nothing in the record is trusted: the statement is read again, and the certificates have to be about it.
"""

import json
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from nsos_jax.certificates import (
    AboutProgram,
    Certificate,
    EmptySetCertificate,
    InfeasibleProgramCertificate,
    InvalidCertificate,
    LowerBoundCertificate,
    LowerBoundOnSetCertificate,
    ProgramBoundCertificate,
    ProgramCertificate,
    ProgramStatement,
)
from nsos_jax.command.claims import CERTIFICATE_KEYS, claimed_number, claimed_polynomials, terms_over
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import SolveOptions, SosProgram, StatedProblem, complete_bases, statement_of

PROOFS: dict[str, tuple[type[Certificate], ...]] = {
    "OPTIMAL": (ProgramCertificate, LowerBoundCertificate, LowerBoundOnSetCertificate),
    "FEASIBLE": (ProgramCertificate,),
    "INFEASIBLE": (InfeasibleProgramCertificate,),
    "BOUNDED": (LowerBoundCertificate, LowerBoundOnSetCertificate),
    "NO_BOUND": (InfeasibleProgramCertificate,),
    "EMPTY": (EmptySetCertificate,),
}
"""The kinds of `certificate` that prove a status."""
OPEN = ("UNDECIDED", "NEAR_FEASIBLE")
"""Statuses that claim nothing; certificates beside them are for bounds."""
ROUNDING = 1e-9
"""Relative error of a value in floating point."""


def check_program(record: dict[str, Any]) -> tuple[str, Certificate]:
    """What the certificates of a record prove, and one of them."""
    try:
        problem = StatedProblem.read(record["statement"])
        claims = _Claims(record, problem)
        return claims.check()
    except InvalidCertificate:
        raise
    except ValueError as error:
        raise InvalidCertificate(f"statement: {error}") from None


@dataclass(frozen=True)
class _Claims:
    """A record, and the problem that it states."""

    record: dict[str, Any]
    problem: StatedProblem

    def check(self) -> tuple[str, Certificate]:
        found = {
            key: Certificate.from_dict(self.record[key]) for key in CERTIFICATE_KEYS if self.record.get(key) is not None
        }
        summaries = [certificate.verify() for certificate in found.values()]
        main = found.get("certificate")
        proven: dict[str, list[Fraction]] = {"lower": [], "upper": []}
        for key, certificate in found.items():
            for side, bound in self.bounds(key, certificate).items():
                proven[side].append(bound)
        proven["upper"] += self.values_at_point()
        self.check_status(main)
        self.check_bounds(proven)
        self.check_values(main)
        return "; ".join(summaries), next(iter(found.values()))

    def claimed(self, side: str) -> Fraction | None:
        """A bound that the record gives."""
        return claimed_number(self.record.get(side), side)

    def bounds(self, key: str, certificate: Certificate) -> dict[str, Fraction]:
        """What a certificate of the record proves about the best value, if it is about the problem."""
        parameter, bound = self.problem.parameter, self.problem.bound
        if parameter is not None and isinstance(certificate, ProgramCertificate | InfeasibleProgramCertificate):
            is_lower = (parameter.sense == "max") == isinstance(certificate, ProgramCertificate)
            side = "lower" if is_lower else "upper"
            end = self.claimed(side)
            if end is None:
                raise InvalidCertificate(
                    f"{side}: expected the value of {parameter.name} that {key} is about, got null"
                )
            self.check_statement(key, certificate, end)
            return {side: end}
        if isinstance(certificate, AboutProgram) and parameter is None:
            self.check_statement(key, certificate, None)
            known = _bounds_of(certificate)
            if bound is not None:  # a bound on gamma is none on the minimum
                known.pop("upper", None)
            return known
        if bound is not None and not isinstance(certificate, AboutProgram):
            return _bounds_on_set(key, certificate, bound.polynomial, (bound.on.inequalities, bound.on.equalities))
        raise InvalidCertificate(f"{key}: a certificate of the kind {certificate.kind} is not about the statement")

    def check_statement(self, key: str, certificate: AboutProgram, parameter: Fraction | None) -> None:
        """That a certificate is about the program of the record."""
        if self.problem.bound is not None:  # it may leave out variables that do not occur
            stated = replace(self.problem.bound, variables=certificate.variables).program()
        else:
            stated = self.problem.program(parameter)
        wanted = _comparable(statement_of(stated))
        found = _comparable(certificate.statement)
        for part, value in wanted.items():
            if value != found[part]:
                raise InvalidCertificate(f"{key}.{part}: not those of the statement of the record")
        if isinstance(certificate, InfeasibleProgramCertificate | ProgramBoundCertificate):
            _check_bases(key, certificate, stated)

    def check_status(self, main: Certificate | None) -> None:
        status = self.record.get("status")
        if status is None or status in OPEN:
            return
        if status not in PROOFS:
            raise InvalidCertificate(f"the record says {status!r:.40}, which no certificate proves")
        if not isinstance(main, PROOFS[status]):
            has = "none" if main is None else main.kind
            raise InvalidCertificate(f"the record says {status}, its certificate is {has}")
        if self.problem.parameter is not None and status != "FEASIBLE":
            raise InvalidCertificate(f"the record says {status}, expected FEASIBLE: it states both ends of a bracket")

    def check_bounds(self, proven: dict[str, list[Fraction]]) -> None:
        lower, upper = self.claimed("lower"), self.claimed("upper")
        if lower is not None and not any(bound >= lower for bound in proven["lower"]):
            raise InvalidCertificate(f"lower: {lower} is not what the certificates prove")
        if upper is not None and not any(bound <= upper for bound in proven["upper"]):
            raise InvalidCertificate(f"upper: {upper} is not what the certificates prove")
        value = self.record.get("value")
        if value is not None:
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise InvalidCertificate(f"value: expected a number or null, got {value!r:.40}")
            slack = ROUNDING * (1 + abs(value))
            bounds = [bound for bound in (lower, upper) if bound is not None]
            if not any(bound - slack <= value <= bound + slack for bound in bounds):
                raise InvalidCertificate(f"value: {value} is neither of the bounds")
        if self.record.get("status") == "OPTIMAL":
            if lower is None or upper is None:
                raise InvalidCertificate("the record says OPTIMAL, expected a lower and an upper bound")
            options = self.record.get("options")
            given = options.get("tolerance") if isinstance(options, dict) else None
            tolerance = given if isinstance(given, int | float) else SolveOptions.tolerance
            if upper - lower > tolerance * (1 + abs(float(lower))) * (1 + ROUNDING):
                raise InvalidCertificate(f"the record says OPTIMAL, its bounds are {float(upper - lower):.3g} apart")

    def values_at_point(self) -> list[Fraction]:
        """Of a bound the value at the point that the record gives, if it lies in the set."""
        bound, values = self.problem.bound, self.given_values()
        if bound is None or not values:
            return []
        if any(value.degree > 0 for value in values.values()):
            raise InvalidCertificate("values: expected the coordinates of a point")
        point = {name: value.coefficients[0] if value.num_terms else Fraction(0) for name, value in values.items()}
        for name in bound.on.variables:
            if name not in point:
                raise InvalidCertificate(f"values: expected a coordinate {name!r}")
        if not bound.on.contains(point):
            raise InvalidCertificate("values: the point is not in the set")
        return [bound.polynomial.evaluate(point)]

    def check_values(self, main: Certificate | None) -> None:
        """That the unknowns are those that the certificate proves."""
        proven = main.polynomials() if isinstance(main, ProgramCertificate) else {}
        for name, value in self.given_values().items() if self.problem.bound is None else ():
            if name not in proven or value != proven[name]:
                raise InvalidCertificate(f"values.{name}: not what the certificate proves")

    def given_values(self) -> dict[str, Polynomial]:
        """The unknowns of the record."""
        return claimed_polynomials(self.record.get("values"), "values")


def _bounds_of(certificate: AboutProgram) -> dict[str, Fraction]:
    """What a certificate about a program proves about the best value of its objective."""
    objective = certificate.statement.objective
    if objective is None:
        return {}
    reached, beyond = ("lower", "upper") if objective.sense == "maximize" else ("upper", "lower")
    if isinstance(certificate, ProgramCertificate) and certificate.objective_value is not None:
        return {reached: certificate.objective_value}
    if isinstance(certificate, ProgramBoundCertificate):
        return {beyond: certificate.bound}
    return {}


def _bounds_on_set(
    key: str, certificate: Certificate, polynomial: Polynomial, on: tuple[tuple[Polynomial, ...], ...]
) -> dict[str, Fraction]:
    """What a certificate about a polynomial on a set proves about the minimum."""
    written = certificate.to_dict()
    stated = [written.get("inequalities", []), written.get("equalities", [])]
    wanted = [[terms_over(p, certificate.variables) for p in polynomials] for polynomials in on]
    if [[sorted(terms, key=str) for terms in polynomials] for polynomials in stated] != wanted:
        raise InvalidCertificate(f"{key}: its set is not that of the statement of the record")
    if not isinstance(certificate, LowerBoundCertificate | LowerBoundOnSetCertificate):
        return {}
    if sorted(written["polynomial"], key=str) != terms_over(polynomial, certificate.variables):
        raise InvalidCertificate(f"{key}: its polynomial is not that of the statement of the record")
    bounds = {"lower": certificate.bound}
    if certificate.point is not None:
        point = dict(zip(certificate.variables, certificate.point, strict=True))
        bounds["upper"] = polynomial.evaluate({name: point[name] for name in polynomial.variables})
    return bounds


def _comparable(statement: ProgramStatement) -> dict[str, Any]:
    """A statement as JSON values, without the order of terms."""
    plain = json.loads(json.dumps({"variables": statement.variables, **statement.to_dict()}))
    for constraint in plain["constraints"]:
        constraint["target"].sort(key=str)
        for key in ("inequalities", "equalities"):
            constraint[key] = [sorted(terms, key=str) for terms in constraint[key]]
    if plain["objective"] is not None:
        plain["objective"]["terms"].sort(key=str)
    return plain


def _check_bases(
    key: str, certificate: InfeasibleProgramCertificate | ProgramBoundCertificate, stated: SosProgram
) -> None:
    """Refuse a certificate about fewer multipliers than the degrees of the statement allow."""
    for j, (wanted, found) in enumerate(zip(complete_bases(stated), certificate.bases, strict=True)):
        if wanted is None or found is None:
            continue
        for part in ("squares", "cofactors"):
            for rows, given in zip(getattr(wanted, part), getattr(found, part), strict=True):
                if not {tuple(row) for row in rows.tolist()} <= {tuple(row) for row in given.tolist()}:
                    raise InvalidCertificate(
                        f"{key}.bases[{j}].{part}: smaller than those of the statement of the record"
                    )
