"""Records of `nsos solve` and `nsos bound`: one JSON object per program.

| key                 | value                                                                                         |
|---------------------|-----------------------------------------------------------------------------------------------|
| `statement`         | the program, as it was given; of `nsos bound` the bound that is wanted, in the same format    |
| `status`            | a `ProgramStatus`, of bounds a `BoundStatus`; null for a bad input                            |
| `value`             | the objective that was reached, the bound or the extreme parameter, in floating point         |
| `lower`, `upper`    | proven bounds on the best value, exact text; null where nothing is proven                     |
| `proof`             | "exact" where there is a certificate                                                          |
| `values`            | the unknowns, exact text by name; of a bound a point where the value is `upper`               |
| `certificate`       | of the values, that there are none, or of a bound                                             |
| `bound_certificate` | of the other one of the bounds                                                                |
"""

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from nsos_jax.certificates import as_rational

if TYPE_CHECKING:
    from nsos_jax.programs import Answer  # which loads solvers

KEYS = (
    "id",
    "statement",
    "status",
    "value",
    "lower",
    "upper",
    "proof",
    "values",
    "seconds",
    "options",
    "certificate",
    "bound_certificate",
    "error",
)
"""Of a record, in order."""


def program_record(result: "Answer") -> dict[str, Any]:
    """The keys of a record that an answer gives."""
    certificates = {"certificate": result.certificate, "bound_certificate": result.bound_certificate}
    written = {key: None if known is None else known.to_dict() for key, known in certificates.items()}
    return {
        "status": result.status,
        "value": result.value,
        "lower": _text(result.lower),
        "upper": _text(result.upper),
        "proof": "exact" if any(written.values()) else None,
        "values": {name: str(value) for name, value in result.values.items()},
        "seconds": round(result.seconds, 6),
        **written,
        "error": result.error,
    }


def _text(number: Fraction | None) -> str | None:
    return None if number is None else str(as_rational(number))  # of any number of digits
