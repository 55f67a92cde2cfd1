"""Sum-of-squares certificates: learned and rule-made bases, a batched JAX solver, proofs in exact arithmetic.

Names are loaded on first use, so that checking a certificate imports neither JAX nor a solver.
"""

import warnings as _warnings
from typing import TYPE_CHECKING

from nsos_jax.clones import other_clone as _other_clone
from nsos_jax.late import late_names as _late_names

if TYPE_CHECKING:
    from nsos_jax.bases import gram_map
    from nsos_jax.certificates import Certificate, InvalidCertificate
    from nsos_jax.compilation_cache import enable_compilation_cache
    from nsos_jax.exports import export
    from nsos_jax.membership import (
        Attempt,
        CertifyOptions,
        Record,
        Records,
        Result,
        Status,
        certify,
        certify_batch,
        certify_stream,
        compact,
        read_results,
    )
    from nsos_jax.polynomials import ParseError, Polynomial
    from nsos_jax.programs import (
        BilinearError,
        BoundResult,
        BoundStatus,
        FamilyResult,
        ProgramFamily,
        ProgramResult,
        ProgramStatus,
        SemialgebraicSet,
        SolveOptions,
        SosProgram,
        lower_bound,
        prove,
        solve_programs,
        variables,
    )
    from nsos_jax.proposers import propose

_ROOMS = {
    "Attempt": "membership",
    "BilinearError": "programs",
    "BoundResult": "programs",
    "BoundStatus": "programs",
    "Certificate": "certificates",
    "CertifyOptions": "membership",
    "FamilyResult": "programs",
    "InvalidCertificate": "certificates",
    "ParseError": "polynomials",
    "Polynomial": "polynomials",
    "ProgramFamily": "programs",
    "ProgramResult": "programs",
    "ProgramStatus": "programs",
    "Record": "membership",
    "Records": "membership",
    "Result": "membership",
    "SemialgebraicSet": "programs",
    "SolveOptions": "programs",
    "SosProgram": "programs",
    "Status": "membership",
    "certify": "membership",
    "certify_batch": "membership",
    "certify_stream": "membership",
    "compact": "membership",
    "enable_compilation_cache": "compilation_cache",
    "export": "exports",
    "lower_bound": "programs",
    "gram_map": "bases",
    "propose": "proposers",
    "prove": "programs",
    "read_results": "membership",
    "solve_programs": "programs",
    "variables": "programs",
}
__all__ = [
    "Attempt",
    "BilinearError",
    "BoundResult",
    "BoundStatus",
    "Certificate",
    "CertifyOptions",
    "FamilyResult",
    "InvalidCertificate",
    "ParseError",
    "Polynomial",
    "ProgramFamily",
    "ProgramResult",
    "ProgramStatus",
    "Record",
    "Records",
    "Result",
    "SemialgebraicSet",
    "SolveOptions",
    "SosProgram",
    "Status",
    "certify",
    "certify_batch",
    "certify_stream",
    "compact",
    "enable_compilation_cache",
    "export",
    "gram_map",
    "lower_bound",
    "propose",
    "prove",
    "read_results",
    "solve_programs",
    "variables",
]

if _note := _other_clone():
    _warnings.warn_explicit(_note, UserWarning, "nsos_jax", 0)  # on one line, without a line of source

__getattr__ = _late_names(__name__, _ROOMS)


def __dir__() -> list[str]:
    """The public names and nothing else."""
    return sorted(__all__)
