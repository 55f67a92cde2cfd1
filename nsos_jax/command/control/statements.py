"""That a certificate of control is about the system, sets and functions of a question, as JSON values of both.

The order of terms does not matter. How a set is multiplied, the factors of tangency and the members that are shown
are evidence, which the checker checks, and no part of the question.
"""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from nsos_jax.certificates import ByClaims, InvalidCertificate, StateFeedbackCertificate
from nsos_jax.command.claims import terms_over
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import SemialgebraicSet

if TYPE_CHECKING:
    from nsos_jax.control import Question, System  # which loads solvers


def check_statement(certificate: ByClaims, question: "Question") -> None:
    """Refuses a certificate that states something else than the question.

    Raises:
      InvalidCertificate: names the key of the certificate.
    """
    if isinstance(certificate, StateFeedbackCertificate):
        _check_feedback(certificate, question)
        return
    written, variables = certificate.to_dict(), certificate.variables
    wanted: dict[str, Any] = {}
    if question.system is not None:
        system = question.system
        if variables != system.variables:
            raise InvalidCertificate("certificate.variables: not those of the statement of the record")
        wanted["system"] = _system(system)
        if question.kind == "dissipation":
            wanted["inputs"] = list(system.inputs)
        if question.kind in ("barrier", "reach_avoid"):
            written.pop("members")
    for key, part in question.parts.items():
        if key != "shape" or written[key] is not None:  # that a shape fits into a region may be left unproven
            wanted[key] = _plain(part, variables)
    for key, value in wanted.items():
        if value != _sorted(written[key]):
            raise InvalidCertificate(f"certificate.{key}: not that of the statement of the record")


def _check_feedback(certificate: StateFeedbackCertificate, question: "Question") -> None:
    """Refuses a controller of another plant, with other bounds, or with another theorem about its closed loop."""
    plant, parts = question.parts["plant"], dict(question.parts)
    written, every = certificate.to_dict(), (*certificate.variables, *plant.inputs)
    modes = [
        {
            "numerators": [terms_over(part, every) for part in mode.numerators],
            "denominator": terms_over(mode.denominator, every),
        }
        for mode in plant.system.modes
    ]
    wanted: dict[str, Any] = {"inputs": list(plant.inputs), "plant": modes}
    wanted["input_set"] = None if plant.input_set is None else _plain(plant.input_set, every)
    for key, value in wanted.items():
        if _sorted(value) != _sorted(written[key]):
            raise InvalidCertificate(f"certificate.{key}: not that of the statement of the record")
    about = parts.pop("about")
    if certificate.closed_loop.kind != about:
        raise InvalidCertificate(f"certificate.closed_loop: is {certificate.closed_loop.kind}, expected {about}")
    del parts["plant"]
    laws = [Polynomial.from_arrays(law.exponents, law.values, certificate.variables) for law in certificate.controller]
    closed = plant.closed(dict(zip(plant.inputs, laws, strict=True)))
    check_statement(certificate.closed_loop, replace(question, kind=about, system=closed, parts=parts))


def _system(system: "System") -> dict[str, Any]:
    """The statement of a system."""
    names = system.variables
    return {
        "time": system.time,
        "states": list(system.states),
        "modes": [[terms_over(part, names) for part in mode.numerators] for mode in system.modes],
        "denominators": [terms_over(mode.denominator, names) for mode in system.modes],
        "uncertain": _plain(system.uncertain, names),
        "ideal": [terms_over(part, names) for part in system.ideal],
    }


def _plain(part: Any, names: tuple[str, ...]) -> Any:
    """A part of a question as it stands in a certificate."""
    if isinstance(part, Polynomial):
        return terms_over(part, names)
    if isinstance(part, SemialgebraicSet):
        return {key: [terms_over(one, names) for one in getattr(part, key)] for key in ("inequalities", "equalities")}
    if isinstance(part, Mapping):  # a point
        return [str(value) for value in part.values()]
    if isinstance(part, list):
        return [_plain(one, names) for one in part]
    return str(part) if isinstance(part, Fraction) else part


EVIDENCE = ("products", "member", "tangency")


def _sorted(value: Any) -> Any:
    """JSON values of a certificate without evidence, the terms of each polynomial in one order."""
    if isinstance(value, dict):
        return {key: _sorted(one) for key, one in value.items() if key not in EVIDENCE}
    if isinstance(value, list):
        listed = [_sorted(one) for one in value]
        is_polynomial = all(isinstance(one, list) and [type(part) for part in one] == [str, list] for one in value)
        return sorted(listed, key=str) if is_polynomial else listed
    return value
