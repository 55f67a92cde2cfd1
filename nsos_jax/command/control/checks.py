"""Whether what a record of `nsos control` claims is what its certificate proves, or what exact arithmetic shows.

Nothing in the record is trusted: the question is read again, and the certificate has to be about it.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from nsos_jax.certificates import (
    ByClaims,
    Certificate,
    DissipationCertificate,
    InvalidCertificate,
    JointSpectralRadiusCertificate,
    ReachAvoidCertificate,
    RegionOfAttractionCertificate,
    StateFeedbackCertificate,
)
from nsos_jax.command.claims import claimed_number, claimed_object, claimed_polynomial
from nsos_jax.command.control.records import EXACT, POINTS
from nsos_jax.command.control.statements import check_statement

if TYPE_CHECKING:
    from nsos_jax.control import Question  # which loads solvers

ROUNDING = 1e-9
"""Relative error of a value in floating point."""
Point = dict[str, Fraction]


def check_question(record: dict[str, Any]) -> tuple[str, Certificate | None]:
    """What a record proves, and its certificate if it has one.

    Raises:
      InvalidCertificate: names the key of what is claimed and not shown.
    """
    from nsos_jax.control import Question  # which loads solvers

    try:
        question = Question.read(record["statement"])
    except ValueError as error:
        raise InvalidCertificate(f"statement: {error}") from None
    return _Claims(record, question).check()


@dataclass(frozen=True)
class _Claims:
    """A record, and the question that it states."""

    record: dict[str, Any]
    question: "Question"

    def check(self) -> tuple[str, Certificate | None]:
        values, evidence = self.values(), self.evidence()
        if self.record.get("certificate") is None:
            self.expect(self.record.get("status") == "REFUTED", "status", "PROVEN needs a certificate")
            self.expect(not self.record.get("conclusion"), "conclusion", "there is no certificate of it")
            return self.refuted(evidence), None
        certificate = Certificate.from_dict(self.record["certificate"])
        summary = certificate.verify()
        self.expect(self.record.get("status") == "PROVEN", "status", f"the certificate proves {certificate.kind}")
        self.expect(certificate.kind == self.question.kind, "certificate", f"is {certificate.kind}, of a {self.asked}")
        assert isinstance(certificate, ByClaims)
        check_statement(certificate, self.question)
        self.expect(
            self.record.get("conclusion") == certificate.conclusion, "conclusion", "is not what the certificate proves"
        )
        function = claimed_polynomial(self.record.get("function"), "function")
        self.expect(function == certificate.function, "function", "is not that of the certificate")
        about = certificate.closed_loop if isinstance(certificate, StateFeedbackCertificate) else certificate
        for name, value in values.items():
            self.check_value(name, value, about, evidence)
        self.check_float(about)
        return summary, certificate

    @property
    def asked(self) -> str:
        return f"question about {self.question.name}"

    def expect(self, holds: bool, place: str, problem: str) -> None:
        if not holds:
            raise InvalidCertificate(f"{place}: {problem}")

    def values(self) -> dict[str, Fraction]:
        """The exact numbers that the record gives."""
        given = claimed_object(self.record.get("values"), "values")
        found = {}
        for name, text in given.items():
            self.expect(name in EXACT, f"values.{name:.40}", f"expected some of {', '.join(EXACT)}")
            value = claimed_number(text, f"values.{name}")
            self.expect(value is not None, f"values.{name}", "expected a fraction as text")
            found[name] = Fraction(value or 0)
        return found

    def evidence(self) -> dict[str, Any]:
        """Points by name of the state, and the indices of a product."""
        given = claimed_object(self.record.get("evidence"), "evidence")
        found: dict[str, Any] = {}
        for name, value in given.items():
            place = f"evidence.{name:.40}"
            if name == "product":
                count = len(self.question.parts.get("matrices", ()))
                good = isinstance(value, list) and all(type(i) is int and 0 <= i < count for i in value) and value
                self.expect(bool(good), place, f"expected a list of indices below {count}")
                found[name] = value
                continue
            self.expect(name in POINTS, place, f"expected some of {', '.join((*POINTS, 'product'))}")
            numbers = {own: claimed_number(text, place) for own, text in claimed_object(value, place).items()}
            system = self.question.system
            names = () if system is None else system.variables if name == "escape" else system.states
            self.expect(numbers.keys() == set(names), place, f"expected one number for each of {', '.join(names)}")
            found[name] = numbers
        return found

    def refuted(self, evidence: dict[str, Any]) -> str:
        """Why the opposite holds, checked again."""
        question, system = self.question, self.question.system
        if system is not None:
            from nsos_jax.control import allowed_values

            found = allowed_values(system)
            self.expect(found is not None, "status", "no inputs and parameters were found in their set")
        if "unsafe" in question.parts and system is not None:
            point: Point = evidence.get("meeting", {})
            self.expect(bool(point), "evidence.meeting", "expected a point of the initial set that is unsafe")
            sets = [question.parts["initial"], *question.parts["unsafe"]]
            met = [one.contains(point) for one in sets]
            on_ideal = all(part.evaluate({name: point[name] for name in part.variables}) == 0 for part in system.ideal)
            self.expect(
                on_ideal and met[0] and any(met[1:]), "evidence.meeting", "is not in the initial and unsafe set"
            )
            domain = question.parts["domain"]
            inside = domain is None or system.time == "discrete" or domain.contains(point)
            self.expect(inside, "evidence.meeting", "is not in the domain")
            return "refuted: the initial set meets an unsafe set"
        if question.kind in ("lyapunov", "region_of_attraction") and system is not None:
            from nsos_jax.control import Stability

            stability = system.stability(question.parts["equilibrium"])
            self.expect(stability is Stability.UNSTABLE, "status", "the linearisation is not unstable")
            return "refuted: the linearisation at the equilibrium is unstable"
        raise InvalidCertificate(f"status: a {self.asked} cannot be refuted")

    def check_value(self, name: str, value: Fraction, certificate: Certificate, evidence: dict[str, Any]) -> None:
        """That an exact number is what the certificate says, or what the evidence shows."""
        proven: Fraction | None = None
        if isinstance(certificate, RegionOfAttractionCertificate) and name in ("level", "shape_level"):
            proven = certificate.level if name == "level" else certificate.shape[1] if certificate.shape else None
        elif isinstance(certificate, RegionOfAttractionCertificate) and name == "escape_level":
            proven = self.escape_level(certificate, evidence.get("escape"))
        elif isinstance(certificate, DissipationCertificate) and name == "gain_squared":
            proven = certificate.gain_squared
        elif isinstance(certificate, ReachAvoidCertificate) and name == "duration":
            proven = certificate.duration
        elif isinstance(certificate, JointSpectralRadiusCertificate) and name == "upper":
            proven = certificate.bound
        elif isinstance(certificate, JointSpectralRadiusCertificate) and name == "lower":
            from nsos_jax.control import product_grows

            matrices, product = self.question.parts["matrices"], evidence.get("product")
            proven = value if value == 0 or (product and product_grows(matrices, product, value)) else None
        self.expect(value == proven, f"values.{name}", "is not what the certificate and the evidence show")

    def escape_level(self, certificate: RegionOfAttractionCertificate, point: Point | None) -> Fraction | None:
        """V at a point at which it does not fall."""
        system, V = self.question.system, certificate.function
        if system is None or point is None:
            return None

        def at(polynomial: Any) -> Fraction:
            return polynomial.evaluate({name: point[name] for name in polynomial.variables})

        allowed = system.uncertain.contains(point) and not any(map(at, system.ideal))
        falls = [at(system.decrease(V, mode)) > 0 for mode in range(len(system.modes))]
        rests = all(point[name] == number for name, number in self.question.parts["equilibrium"].items())
        return None if rests or not allowed or all(falls) else at(V)

    def check_float(self, certificate: Certificate) -> None:
        """That the value in floating point is the number of the certificate."""
        value, exact = self.record.get("value"), _number_of(certificate)
        if value is None:
            return
        good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        near = exact is not None and good and abs(value - exact) <= ROUNDING * (1 + abs(exact))
        self.expect(near, "value", "is not the number of the certificate")


def _number_of(certificate: Certificate) -> float | None:
    if isinstance(certificate, RegionOfAttractionCertificate):
        return float(certificate.level)
    if isinstance(certificate, JointSpectralRadiusCertificate):
        return float(certificate.bound)
    if isinstance(certificate, ReachAvoidCertificate):
        return float(certificate.duration)
    if isinstance(certificate, DissipationCertificate) and certificate.gain_squared is not None:
        return float(certificate.gain_squared) ** 0.5
    return None
