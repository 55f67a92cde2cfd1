"""Records of `nsos control`: one JSON object per question.

| key           | value                                                                                              |
|---------------|----------------------------------------------------------------------------------------------------|
| `statement`   | the question, as it was given                                                                      |
| `status`      | a `ControlStatus`; null for a bad input                                                            |
| `conclusion`  | the theorem in words, as the checker proved it; null without a proof                               |
| `value`       | the level of a region, the time to a target, the gain or the bound of the joint spectral radius    |
| `function`    | V or B, exact text                                                                                 |
| `values`      | exact text by name: `level`, `shape_level`, `escape_level`, `duration`, `gain_squared` and others  |
| `evidence`    | what is shown without a certificate: points by name of the state, `product` as a list of indices   |
| `proof`       | "exact" where something is proven or refuted                                                       |
| `certificate` | of the conclusion; null without one                                                                |
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nsos_jax.control import ControlResult  # which loads solvers

KEYS = (
    "id",
    "statement",
    "status",
    "conclusion",
    "value",
    "function",
    "values",
    "evidence",
    "proof",
    "seconds",
    "options",
    "certificate",
    "error",
)
"""Of a record, in order."""
EXACT = ("level", "shape_level", "escape_level", "duration", "gain_squared", "lower", "upper")
"""Attributes of results that are exact numbers."""
POINTS = ("escape", "meeting")
"""Attributes of results that are points."""


def control_record(result: "ControlResult") -> dict[str, Any]:
    """The keys of a record that an answer gives."""
    numbers = {name: getattr(result, name, None) for name in EXACT}
    points = {name: point for name in POINTS if (point := getattr(result, name, None)) is not None}
    evidence: dict[str, Any] = {
        name: {state: str(number) for state, number in point.items()} for name, point in points.items()
    }
    if product := getattr(result, "product", ()):
        evidence["product"] = list(product)
    return {
        "status": result.status,
        "conclusion": result.conclusion,
        "value": value_of(result),
        "function": None if result.function is None else str(result.function),
        "values": {name: str(number) for name, number in numbers.items() if number is not None},
        "evidence": evidence,
        "proof": None if result.status == "UNDECIDED" else "exact",
        "seconds": round(result.seconds, 6),
        "certificate": None if result.certificate is None else result.certificate.to_dict(),
        "error": result.error,
    }


def value_of(result: "ControlResult") -> float | None:
    """The number that was asked for, if there is one."""
    for name in ("level", "duration", "gain", "upper"):
        number = getattr(result, name, None)
        if number is not None:
            return float(number)
    return None
