"""All formats, by the word of `nsos explain --format`: which statements they can write."""

from collections.abc import Callable
from typing import Any

from nsos_jax.certificates import Certificate
from nsos_jax.exports import latex, lean, leanprover_sos, plain, rocq, sympy_script
from nsos_jax.exports.extraction import statement_of
from nsos_jax.exports.statements import (
    BoundedBelow,
    NegativeValue,
    Nonnegative,
    NoSumOfSquares,
    Statement,
    SumOfSquares,
)

Writers = dict[type[Statement], Callable[[Any], str]]

FORMATS: dict[str, Writers] = {
    "sympy": {
        SumOfSquares: sympy_script.write_squares,
        Nonnegative: sympy_script.write_nonnegative,
        NegativeValue: sympy_script.write_negative,
        NoSumOfSquares: sympy_script.write_functional,
    },
    "lean": {
        SumOfSquares: lean.write_squares,
        Nonnegative: lean.write_nonnegative,
        NegativeValue: lean.write_negative,
    },
    "rocq": {
        SumOfSquares: rocq.write_squares,
        Nonnegative: rocq.write_nonnegative,
        NegativeValue: rocq.write_negative,
    },
    "leanprover-sos": {SumOfSquares: leanprover_sos.write_squares},
    "latex": {
        SumOfSquares: latex.write_squares,
        BoundedBelow: latex.write_bound,
        Nonnegative: latex.write_nonnegative,
        NegativeValue: latex.write_negative,
        NoSumOfSquares: latex.write_functional,
    },
    "plain": {
        SumOfSquares: plain.write_squares,
        BoundedBelow: plain.write_bound,
        Nonnegative: plain.write_nonnegative,
    },
}
WHOLE = {"rocq"}
"""Formats that multiply everything by one denominator."""


class CannotExport(ValueError):
    """A certificate that holds but has no text in the format."""


def export(certificate: Certificate, format: str) -> str:
    """The proof as text for another program: "sympy", "lean", "rocq", "leanprover-sos", "latex" or "plain".

    The certificate is checked first. Numbers are exact; names that the language does not take are replaced, and a
    comment lists them. The same certificate gives the same text.

    Raises:
        InvalidCertificate: the certificate does not hold.
        CannotExport: the format has no text for this kind of certificate, or it would be too large; a `ValueError`.
        ValueError: no format has that name.

    >>> from nsos_jax.certificates import NegativePointCertificate
    >>> from nsos_jax.polynomials import Polynomial
    >>> print(export(NegativePointCertificate.create(Polynomial.parse("x^2 - 2"), [1]), "rocq"))
    (* For Rocq (Coq) with its standard library. Written by nsos, which has not compiled it. *)
    (* p takes a negative value. *)
    Require Import Reals Lra.
    Open Scope R_scope.
    <BLANKLINE>
    Theorem p_negative : exists x : R, x^2 - 2 < 0.
    Proof.
      exists (1).
      assert (identity : 1 * ((1)^2 - 2) =
        -1) by field.
      apply (Rmult_lt_reg_l 1); [lra | rewrite identity; lra].
    Qed.
    <BLANKLINE>
    """
    if format not in FORMATS:
        raise ValueError(f"format: expected one of {', '.join(FORMATS)}, got {format!r}")
    if not isinstance(certificate, Certificate):
        raise ValueError(f"certificate: expected a Certificate, got {type(certificate).__name__}; UNDECIDED has none")
    certificate.verify()
    return write(certificate, format)


def write(certificate: Certificate, format: str) -> str:
    """The same for a certificate that holds and a format that exists."""
    statement = statement_of(certificate, whole=format in WHOLE)
    possible = [name for name, writers in FORMATS.items() if type(statement) in writers]
    if statement is None or format not in possible:
        choice = (
            f"formats for it: {', '.join(possible)}"
            if possible
            else "no format has a text for it: without a format nsos explain shows what it proves, and by what"
        )
        raise CannotExport(f"{format} has no text for a certificate of kind {certificate.kind}; {choice}")
    try:
        return FORMATS[format][type(statement)](statement)
    except sympy_script.TooLarge as error:
        raise CannotExport(f"{format} has no text for this certificate: {error}") from None
