"""Certificates: proofs, in exact arithmetic, of the answer for one polynomial, and their checker.

| class                      | proves                                                                              |
|----------------------------|-------------------------------------------------------------------------------------|
| `SosCertificate`           | p = sum_k z_k'Q_k z_k with every Q_k positive semidefinite (PSD): p is SOS          |
| `NearSosCertificate`       | the same for p + epsilon z'z, z being the monomials of all blocks, each taken once  |
| `NegativePointCertificate` | p takes a negative value                                                            |
| `NotSosCertificate`        | p is no sum of squares: a functional L with L(p) < 0 and a PSD moment matrix        |

`create` makes a certificate, `to_dict`, `to_json` and `save` write it, `Certificate.from_dict`, `from_json` and `load`
read it, and `verify` checks it. The checker does not trust the file and uses neither a solver nor floating point
verdicts. It has limits (`certificate_reader`, `completeness`); what is beyond them is refused, never believed.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from flint import fmpq, fmpz

from nsos_jax import certificate_reader as reader
from nsos_jax.certificate_checks import check_blocks, check_shift, evaluate, moment_matrix, pairing, square_sum
from nsos_jax.certificate_data import (
    Block,
    GramBlock,
    InvalidCertificate,
    PolynomialLike,
    Rational,
    Terms,
    as_blocks,
    as_monomials,
    as_rational,
    as_terms,
    blocks_text,
    count_text,
    describe,
    number_text,
)
from nsos_jax.completeness import check_complete
from nsos_jax.exact_psd import is_psd

FORMAT = "nsos-certificate/1"


@dataclass(frozen=True, eq=False)
class Certificate(ABC):
    """What every certificate has: a kind, variables and the polynomial it speaks about.

    >>> from fractions import Fraction
    >>> from types import SimpleNamespace
    >>> cubic = SimpleNamespace(variables=("x",), exponents=np.array([[3], [0]]), numerators=(1, -1), denominator=1)
    >>> text = NegativePointCertificate.create(cubic, [Fraction(1, 2)]).to_json()
    >>> Certificate.from_json(text).verify()
    'negative_point: the value of 2 terms is -7/8'
    >>> Certificate.from_json(text.replace("1/2", "3/2")).verify()
    Traceback (most recent call last):
        ...
    nsos_jax.certificate_data.InvalidCertificate: point: expected a negative value, the polynomial is 19/8 there
    """

    kind: ClassVar[str]
    evidence_keys: ClassVar[tuple[str, ...]]
    variables: tuple[str, ...]
    polynomial: Terms

    @abstractmethod
    def verify(self) -> str:
        """Check the proof exactly and return a one-line summary; raises `InvalidCertificate` when it fails."""

    @abstractmethod
    def _evidence(self) -> dict[str, Any]:
        """The keys of the file that only this kind has, as JSON values."""

    @classmethod
    @abstractmethod
    def _read(cls, variables: tuple[str, ...], polynomial: Terms, record: dict[str, Any]) -> Self:
        """The certificate, from its common parts and the record whose keys were checked."""

    def to_dict(self) -> dict[str, Any]:
        """The certificate as JSON values, in the order in which they are written."""
        head = {"format": FORMAT, "kind": "sos" if self.kind == "near_sos" else self.kind}
        return {**head, "variables": list(self.variables), "polynomial": self.polynomial.to_list(), **self._evidence()}

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
            return Certificate.from_json(content.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise InvalidCertificate(f"not JSON: {error}") from None

    @staticmethod
    def from_json(text: str) -> "Certificate":
        """Read a certificate from JSON text; raises `InvalidCertificate` when it is malformed."""
        return Certificate.from_dict(reader.decode_json(text))

    @staticmethod
    def from_dict(record: object) -> "Certificate":
        """Read a certificate from JSON values; raises `InvalidCertificate` when they are malformed."""
        if type(record) is not dict:
            raise InvalidCertificate(f"certificate: expected an object, got {describe(record)}")
        reader.expect(record.get("format") == FORMAT, "format", repr(FORMAT), record.get("format"))
        kind = record.get("kind")
        written = kind if isinstance(kind, str) else ""
        reader.expect(written in _WRITTEN_KINDS, "kind", f"one of {', '.join(_WRITTEN_KINDS)}", kind)
        near = written == "sos" and ("epsilon" in record or "of" in record)
        chosen = NearSosCertificate if near else _WRITTEN_KINDS[written]
        keys = ("format", "kind", "variables", "polynomial", *chosen.evidence_keys)
        reader.read_object(record, keys, "certificate")
        variables = reader.read_variables(record["variables"])
        polynomial = reader.read_polynomial(record["polynomial"], len(variables), "polynomial")
        return chosen._read(variables, polynomial, record)


@dataclass(frozen=True, eq=False)
class SosCertificate(Certificate):
    """p = sum over the blocks of z'Qz, exactly, with every Q positive semidefinite. Blocks may share monomials."""

    kind = "sos"
    evidence_keys = ("blocks",)
    blocks: tuple[Block, ...]

    @classmethod
    def create(cls, polynomial: PolynomialLike, blocks: Iterable[GramBlock]) -> Self:
        """The certificate for p = `polynomial` from its Gram blocks, which `verify` will check."""
        return cls(tuple(polynomial.variables), as_terms(polynomial), as_blocks(blocks))

    @classmethod
    def _read(cls, variables: tuple[str, ...], polynomial: Terms, record: dict[str, Any]) -> Self:
        return cls(variables, polynomial, reader.read_blocks(record["blocks"], len(variables)))

    def _evidence(self) -> dict[str, Any]:
        return {"blocks": [block.to_dict() for block in self.blocks]}

    def verify(self) -> str:
        """Check that the blocks add up to the polynomial and are positive semidefinite, both exactly."""
        check_blocks(self.polynomial, self.blocks, self.variables)
        terms = count_text(len(self.polynomial.values), "term")
        return f"sos: {terms} = {blocks_text(self.blocks)}"


@dataclass(frozen=True, eq=False)
class NearSosCertificate(Certificate):
    """`polynomial` is SOS and equals `of` + epsilon z'z, z being the union of the bases, each monomial counted once.

    In the file this is kind "sos" with the two keys `epsilon` and `of` added.
    """

    kind = "near_sos"
    evidence_keys = ("blocks", "epsilon", "of")
    blocks: tuple[Block, ...]
    epsilon: fmpq
    of: Terms

    @classmethod
    def create(cls, of: PolynomialLike, epsilon: Rational, blocks: Iterable[GramBlock]) -> Self:
        """The certificate for p = `of` from Gram blocks of p + epsilon z'z."""
        terms, shift, parts = as_terms(of), as_rational(epsilon), as_blocks(blocks)
        coefficients = terms.by_monomial()
        for key in square_sum(parts, len(of.variables)):
            coefficients[key] = coefficients.get(key, fmpq(0)) + shift
        shifted = {key: value for key, value in coefficients.items() if value != 0}
        exponents = np.frombuffer(b"".join(shifted), dtype=np.int32).reshape(len(shifted), len(of.variables))
        return cls(tuple(of.variables), Terms(exponents, tuple(shifted.values())), parts, shift, terms)

    @classmethod
    def _read(cls, variables: tuple[str, ...], polynomial: Terms, record: dict[str, Any]) -> Self:
        blocks = reader.read_blocks(record["blocks"], len(variables))
        epsilon = reader.read_number(record["epsilon"], "epsilon")
        return cls(variables, polynomial, blocks, epsilon, reader.read_polynomial(record["of"], len(variables), "of"))

    def _evidence(self) -> dict[str, Any]:
        blocks = [block.to_dict() for block in self.blocks]
        return {"blocks": blocks, "epsilon": str(self.epsilon), "of": self.of.to_list()}

    def verify(self) -> str:
        """Check epsilon > 0, `polynomial` - `of` = epsilon z'z, and the blocks, all exactly."""
        if not self.epsilon > 0:
            raise InvalidCertificate(f"epsilon: expected a positive number, got {number_text(self.epsilon)}")
        check_shift(self.polynomial, self.of, self.epsilon, self.blocks, self.variables)
        check_blocks(self.polynomial, self.blocks, self.variables)
        left = f"{count_text(len(self.of.values), 'term')} + {number_text(self.epsilon)} z'z"
        return f"near_sos: {left} = {blocks_text(self.blocks)}"


@dataclass(frozen=True, eq=False)
class NegativePointCertificate(Certificate):
    """p is negative at a rational point."""

    kind = "negative_point"
    evidence_keys = ("point",)
    point: tuple[fmpq, ...]

    @classmethod
    def create(cls, polynomial: PolynomialLike, point: Iterable[Rational]) -> Self:
        """The certificate for p = `polynomial` from one coordinate per variable."""
        return cls(tuple(polynomial.variables), as_terms(polynomial), tuple(map(as_rational, point)))

    @classmethod
    def _read(cls, variables: tuple[str, ...], polynomial: Terms, record: dict[str, Any]) -> Self:
        coordinates = reader.read_list(record["point"], "point", length=len(variables))
        point = tuple(reader.read_number(value, f"point[{i}]") for i, value in enumerate(coordinates))
        return cls(variables, polynomial, point)

    def _evidence(self) -> dict[str, Any]:
        return {"point": [str(value) for value in self.point]}

    def verify(self) -> str:
        """Compute the value exactly and check its sign."""
        value = evaluate(self.polynomial, self.point)
        if not value < 0:
            raise InvalidCertificate(f"point: expected a negative value, the polynomial is {number_text(value)} there")
        terms = count_text(len(self.polynomial.values), "term")
        return f"negative_point: the value of {terms} is {number_text(value)}"


@dataclass(frozen=True, eq=False)
class NotSosCertificate(Certificate):
    """A functional L with L(p) < 0 that is nonnegative on all squares over a basis proven complete (`completeness`)."""

    kind = "not_sos"
    evidence_keys = ("basis", "functional", "halfspaces")
    basis: np.ndarray
    functional: Terms
    halfspaces: tuple[tuple[fmpz, ...], ...]

    @classmethod
    def create(
        cls,
        polynomial: PolynomialLike,
        basis: np.ndarray,
        exponents: np.ndarray,
        values: Iterable[Rational],
        halfspaces: np.ndarray,
    ) -> Self:
        """The certificate for p = `polynomial`.

        Args:
            polynomial: p.
            basis: int [size, variables], the complete basis B.
            exponents: int [moments, variables], distinct monomials; L is 0 at all others.
            values: the value of L at each of them.
            halfspaces: int [halfspaces, variables]; w cuts off a monomial m if 2 w.m > max of w.a over the support.
        """
        functional = Terms(as_monomials(exponents), tuple(map(as_rational, values)))
        cuts = tuple(tuple(map(fmpz, row)) for row in np.asarray(halfspaces).tolist())
        return cls(tuple(polynomial.variables), as_terms(polynomial), as_monomials(basis), functional, cuts)

    @classmethod
    def _read(cls, variables: tuple[str, ...], polynomial: Terms, record: dict[str, Any]) -> Self:
        basis = reader.read_basis(record["basis"], len(variables), "basis")
        functional = reader.read_terms(record["functional"], len(variables), "functional")
        halfspaces = reader.read_halfspaces(record["halfspaces"], len(variables))
        return cls(variables, polynomial, basis, functional, halfspaces)

    def _evidence(self) -> dict[str, Any]:
        halfspaces = [[str(weight) for weight in row] for row in self.halfspaces]
        return {"basis": self.basis.tolist(), "functional": self.functional.to_list(), "halfspaces": halfspaces}

    def verify(self) -> str:
        """Check L(p) < 0, the moment matrix, and that the basis is complete, all exactly."""
        value = pairing(self.polynomial, self.functional)
        if not value < 0:
            raise InvalidCertificate(f"functional: expected L(polynomial) < 0, it is {number_text(value)}")
        if not is_psd(moment_matrix(self.functional, self.basis)):
            raise InvalidCertificate("functional: expected a positive semidefinite moment matrix over the basis")
        check_complete(self.polynomial, self.basis, self.halfspaces, self.variables)
        terms, size = count_text(len(self.polynomial.values), "term"), count_text(len(self.basis), "monomial")
        return f"not_sos: L({terms}) < 0, complete basis of {size}"


_WRITTEN_KINDS: dict[str, type[Certificate]] = {
    "sos": SosCertificate,
    "negative_point": NegativePointCertificate,
    "not_sos": NotSosCertificate,
}
