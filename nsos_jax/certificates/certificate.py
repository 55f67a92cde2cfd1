"""Certificates: proofs, in exact arithmetic, of an answer about a polynomial, a set, a program or a system.

| class                            | proves                                                                          |
|----------------------------------|---------------------------------------------------------------------------------|
| `SosCertificate`                 | p = sum_k z_k'Q_k z_k with every Q_k positive semidefinite (PSD): p is SOS      |
| `SosOverFieldCertificate`        | the same with Q_k over a real number field: p is SOS over the real numbers      |
| `NearSosCertificate`             | the same for p + epsilon z'z, z being the distinct monomials of all blocks      |
| `NonnegCertificate`              | p >= 0: sigma p and sigma are SOS, and sigma is not 0                           |
| `NegativePointCertificate`       | p takes a negative value                                                        |
| `NotSosCertificate`              | p is no sum of squares: a functional L with L(p) < 0 and a PSD moment matrix    |
| `NotSosOverQCertificate`         | p is no sum of squares over the rational numbers: a zero of p in a number field |
| `LowerBoundCertificate`          | p >= gamma everywhere: p - gamma is SOS                                         |
| `LowerBoundOnSetCertificate`     | p >= gamma on a set: an identity for p - gamma with SOS multipliers             |
| `EmptySetCertificate`            | a set is empty: the same for -1                                                 |
| `ProgramCertificate`             | values of the unknowns satisfy the constraints of a program                     |
| `InfeasibleProgramCertificate`   | no values do, with the bases given                                              |
| `ProgramBoundCertificate`        | no values that do have an objective beyond a bound                              |
| `LyapunovCertificate`            | an equilibrium of a system is stable, asymptotically, globally                  |
| `RegionOfAttractionCertificate`  | a set {V <= level} is invariant and attracted to an equilibrium                 |
| `BarrierCertificate`             | no trajectory goes from an initial set to unsafe sets                           |
| `ReachAvoidCertificate`          | trajectories from an initial set reach a target and no unsafe set before        |
| `DissipationCertificate`         | a gain from inputs to outputs, or a supply rate                                 |
| `StateFeedbackCertificate`       | what is proven of a closed loop, of the plant with u = k(x)                     |
| `JointSpectralRadiusCertificate` | no product of matrices grows faster than a bound                                |

`create` makes a certificate, `to_dict`, `to_json` and `save` write it, `Certificate.from_dict`, `from_json` and `load`
read it, and `verify` checks it. The checker does not trust the file and uses neither a solver nor floating point
verdicts. It has limits (`reader`, `completeness`); what is beyond them is refused, never believed.
"""

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from nsos_jax.certificates import reader
from nsos_jax.certificates.data import InvalidCertificate, Terms, count_text, describe
from nsos_jax.polynomials import card, shortened

FORMAT = "nsos-certificate/1"
_RESULTS = "holds records of nsos certify, not a certificate alone: nsos_jax.read_results reads it"


@dataclass(frozen=True, eq=False, repr=False)
class Certificate(ABC):
    """What every certificate has: a kind and variables.

    >>> from fractions import Fraction
    >>> from nsos_jax.certificates import NegativePointCertificate
    >>> from nsos_jax.polynomials import Polynomial
    >>> text = NegativePointCertificate.create(Polynomial.parse("x^3 - 1"), [Fraction(1, 2)]).to_json()
    >>> Certificate.from_json(text).verify()
    'negative_point: the value of 2 terms is -7/8'
    >>> Certificate.from_json(text.replace("1/2", "3/2")).verify()
    Traceback (most recent call last):
        ...
    nsos_jax.certificates.data.InvalidCertificate: point: expected a negative value, the polynomial is 19/8 there
    """

    kind: ClassVar[str]
    status: ClassVar[str]
    """The answer that such a certificate proves, in the words of `nsos certify` and of programs."""
    over: ClassVar[Literal["Q", "R"] | None] = None
    """For `SOS` and `NOT_SOS` the numbers of which the squares are or are not made: rational (Q) or real (R) ones."""
    stackable: ClassVar[bool] = False
    """Whether each step of `verify` holds for every one of several certificates when their numbers are stacked."""
    evidence_keys: ClassVar[tuple[str, ...]]
    """The keys of the file that only this kind has."""
    variables: tuple[str, ...]

    @abstractmethod
    def verify(self) -> str:
        """Check the proof exactly and return a one-line summary; raises `InvalidCertificate` when it fails."""

    @classmethod
    def proves(cls, status: object, over: object = None) -> bool:
        """Whether a certificate of this kind, if it holds, proves the status.

        Args:
            status: an answer of `nsos certify`.
            over: the numbers of which squares are or are not made, "Q" or "R"; None is R for `SOS` and `NOT_SOS`.
        """
        if status != cls.status or cls.over is None:
            return status == cls.status and over is None
        wanted = "R" if over is None else over
        says_more = "Q" if cls.status == "SOS" else "R"  # SOS over Q is SOS over R, NOT_SOS over R is NOT_SOS over Q
        return wanted == cls.over or (wanted in ("Q", "R") and cls.over == says_more)

    @abstractmethod
    def _evidence(self) -> dict[str, Any]:
        """The keys of the file that only this kind has, as JSON values."""

    @classmethod
    @abstractmethod
    def _from_record(cls, variables: tuple[str, ...], record: dict[str, Any]) -> Self:
        """The certificate, from its variables and the record whose keys were checked."""

    @classmethod
    def _keys(cls) -> tuple[str, ...]:
        """All keys of the file."""
        return ("format", "kind", "variables", *cls.evidence_keys)

    def _head(self) -> dict[str, Any]:
        """The keys of the file that other kinds have, too."""
        kind = "sos" if self.kind == "near_sos" else self.kind
        return {"format": FORMAT, "kind": kind, "variables": list(self.variables)}

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {count_text(len(self.variables), 'variable')}>"

    def _repr_html_(self) -> str:
        """What notebooks show. It claims nothing, for only `verify` checks."""
        statement = (type(self).__doc__ or "").split("\n")[0].replace("`", "")
        facts = [
            ("statement", escape(statement)),
            ("variables", shortened(", ".join(self.variables))),
            ("checked", "not by showing it: call <code>verify()</code>"),
        ]
        return card(f"certificate of kind {self.kind}", facts)

    def to_dict(self) -> dict[str, Any]:
        """The certificate as JSON values, in the order in which they are written."""
        return {**self._head(), **self._evidence()}

    def to_json(self) -> str:
        """The certificate as one line of JSON."""
        return json.dumps(self.to_dict(), separators=(",", ":"))

    def save(self, path: str | Path) -> None:
        """Write the certificate to a file."""
        Path(path).write_text(self.to_json() + "\n", encoding="utf-8")

    @staticmethod
    def load(path: str | Path) -> "Certificate":
        """Read a certificate file; raises `OSError` when it cannot be read and `InvalidCertificate` when it is none."""
        with Path(path).open("rb") as file:
            content = file.read(reader.MAX_BYTES + 1)
        try:
            if content.startswith(b'{"id":') and b'"certificate":' in content:
                raise InvalidCertificate(f"{path}: {_RESULTS}")
            return Certificate.from_json(content.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise InvalidCertificate(f"not JSON: {error}") from None

    @staticmethod
    def from_json(text: str) -> "Certificate":
        """Read a certificate from JSON text; raises `InvalidCertificate` when it is malformed."""
        if not isinstance(text, str):
            raise TypeError(f"text: expected str, got {type(text).__name__}")
        return Certificate.from_dict(reader.decode_json(text))

    @staticmethod
    def from_dict(record: object) -> "Certificate":
        """Read a certificate from JSON values; raises `InvalidCertificate` when they are malformed."""
        from nsos_jax.certificates.kinds import KINDS, kind_of  # which imports this file

        if type(record) is not dict:
            raise InvalidCertificate(f"certificate: expected an object, got {describe(record)}")
        reader.expect(record.get("format") == FORMAT, "format", repr(FORMAT), record.get("format"))
        kind = record.get("kind")
        written = kind if isinstance(kind, str) else ""
        reader.expect(written in KINDS, "kind", f"one of {', '.join(KINDS)}", kind)
        chosen = kind_of(written, set(record))
        reader.read_object(record, chosen._keys(), "certificate")
        return chosen._from_record(reader.read_variables(record["variables"]), record)


@dataclass(frozen=True, eq=False, repr=False)
class PolynomialCertificate(Certificate):
    """A certificate about one polynomial."""

    polynomial: Terms

    @classmethod
    @abstractmethod
    def _read(cls, variables: tuple[str, ...], polynomial: Terms, record: dict[str, Any]) -> Self:
        """The certificate, from its common parts and the record whose keys were checked."""

    @classmethod
    def _from_record(cls, variables: tuple[str, ...], record: dict[str, Any]) -> Self:
        polynomial = reader.read_polynomial(record["polynomial"], len(variables), "polynomial")
        return cls._read(variables, polynomial, record)

    @classmethod
    def _keys(cls) -> tuple[str, ...]:
        return (*super()._keys(), "polynomial")

    def _head(self) -> dict[str, Any]:
        return {**super()._head(), "polynomial": self.polynomial.to_list()}

    def __repr__(self) -> str:
        terms, variables = self.polynomial.num_terms, len(self.variables)
        return f"<{type(self).__name__}: {count_text(terms, 'term')}, {count_text(variables, 'variable')}>"
