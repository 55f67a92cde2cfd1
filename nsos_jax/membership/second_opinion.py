"""The same semidefinite program once more in another solver, beside the exact proof: a comparison, not evidence."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nsos_jax.certificates import NonnegCertificate, NotSosCertificate, SosCertificate
from nsos_jax.membership.margins import final_system
from nsos_jax.membership.results import CertifyOptions, Result, SecondOpinion
from nsos_jax.polynomials import Polynomial
from nsos_jax.proofs import UncoveredSupport, check_last_resort
from nsos_jax.solvers import SosProblem

TOLERANCES = {"clarabel": 1e-6, "scs": 1e-3, "mosek": 1e-6}
"""Margins nearer to 0 than this part of the largest coefficient agree with both answers: somewhat more than what the
solvers themselves stop at."""
TIME_LIMITS = {"clarabel": "time_limit", "scs": "time_limit_secs", "mosek": "MSK_DPAR_OPTIMIZER_MAX_TIME"}
"""Solvers by the name of the option, and what they call their time limit, in seconds."""
_log = logging.getLogger(__name__)


def check_solvers(options: CertifyOptions) -> None:
    """Raises `ValueError` for options that name a solver which cannot solve here, before any work is done."""
    check_last_resort(options.last_resort)
    if options.reference == "mosek":
        from nsos_jax.solvers import mosek_license_available  # which loads CVXPY

        if not mosek_license_available():
            raise ValueError("reference: mosek has no licence here; its task can be written (--write-task FOLDER)")


def with_reference(result: Result, options: CertifyOptions) -> Result:
    """The result with what `options.reference` says, if there is anything to say; a disagreement is logged."""
    assert options.reference is not None
    opinion = second_opinion(result, options.reference, options.time_limit)
    if opinion and opinion.agrees is False:
        _log.warning("%s disagrees with the proof of %s: margin %g", opinion.solver, result.status, opinion.margin)
    return replace(result, reference=opinion)


def second_opinion(result: Result, solver: str, time_limit: float) -> SecondOpinion | None:
    """What `solver` says of the final basis; None where the answer did not come from one."""
    problem = final_problem(result)
    if problem is None:
        return None
    from nsos_jax.solvers import solve_reference  # which loads CVXPY

    limit: dict[str, Any] = {TIME_LIMITS[solver]: time_limit}
    found = solve_reference(problem, solver, **limit)
    if not np.isfinite(found.margin):
        return SecondOpinion(solver, found.status, None, found.seconds, None)
    slack = TOLERANCES[solver] * float(np.abs(problem.rhs).max(initial=0.0))
    is_sos = not isinstance(result.certificate, NotSosCertificate)
    agrees = found.margin >= -slack if is_sos else found.margin <= slack
    return SecondOpinion(solver, found.status, found.margin, found.seconds, bool(agrees))


def write_final_task(result: Result, path: Path) -> bool:
    """Writes the final program as a MOSEK task (`solvers.reference.write_task`); False where there is none."""
    problem = final_problem(result)
    if problem is None:
        return False
    from nsos_jax.solvers import write_task  # which loads CVXPY

    write_task(problem, path)
    return True


def final_problem(result: Result) -> SosProblem | None:
    """The margin problem on the final basis: of p, or of sigma p where that was proven."""
    certificate, polynomial = result.certificate, result.polynomial
    if isinstance(certificate, NonnegCertificate):
        sigma = certificate.sigma()
        polynomial = polynomial * Polynomial.from_arrays(sigma.exponents, list(sigma.values), certificate.variables)
    elif not isinstance(certificate, SosCertificate | NotSosCertificate):
        return None
    if not len(result.basis) or polynomial.is_zero:
        return None
    try:
        return final_system(result, polynomial).problem()
    except UncoveredSupport:
        return None
