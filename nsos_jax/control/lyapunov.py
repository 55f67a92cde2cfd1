"""Lyapunov functions: is an equilibrium stable, asymptotically, globally?

V - phi1 and -grad V . f - phi2 (V - V(f(x)) - phi2 for discrete time) are sums of squares, on a set with multipliers,
where phi1 is a sum of even powers of all states, and phi2 too (asymptotic stability), or of some or none. As V may be
scaled, the powers have the factor 1. V = 0 is no solution.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nsos_jax.certificates import Certificate, InvalidCertificate
from nsos_jax.control.evidence import lyapunov_certificate
from nsos_jax.control.stability import Stability
from nsos_jax.control.system import System, resting_point
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import ProgramResult, ProgramStatus, SemialgebraicSet, SolveOptions

WEAKER = 2
"""Powers of phi2 above those of the largest possible degree are not tried."""


@dataclass(frozen=True)
class LyapunovResult:
    """What was proven about an equilibrium.

    Attributes:
      status: FEASIBLE with a proof; INFEASIBLE where no function of this kind exists, as for an unstable linearisation;
        else UNDECIDED.
      conclusion: the theorem, in the words of the checker.
      function: V, exact.
      certificate: of the kind `lyapunov`.
      stability: of the linearisation, exactly; None where it depends on inputs or parameters.
      error: why there is no proof.
      seconds: in all.
    """

    status: ProgramStatus
    conclusion: str | None = None
    function: Polynomial | None = None
    certificate: Certificate | None = None
    stability: Stability | None = None
    error: str | None = None
    seconds: float = 0.0


def lyapunov(
    system: System,
    degree: int = 2,
    *,
    on: SemialgebraicSet | None = None,
    equilibrium: Mapping[str, Any] | None = None,
    order: int | None = None,
    options: SolveOptions | None = None,
) -> LyapunovResult:
    """Looks for a Lyapunov function of a degree, and proves what it shows.

    Args:
      system: the dynamics.
      degree: of V, even; V has no terms of degree 0 and 1 at the equilibrium.
      on: a neighbourhood of the equilibrium on which V has to decrease; the whole space by default.
      equilibrium: {state: number}, the origin by default (for an angle the angle 0).
      order: of the multipliers of the sets, as in `SosProgram.nonnegative`.
      options: of the solver.

    Raises:
      ValueError: the point is no equilibrium, or lies on the boundary of the set; the degree is odd.

    >>> result = lyapunov(System(lambda x, y: (-x + y, -x - y**3), states="x y"))
    >>> result.conclusion
    'the origin is globally asymptotically stable'
    """
    start = time.monotonic()
    if degree < 2 or degree % 2:
        raise ValueError(
            f"degree: got {degree}, wanted an even number of at least 2: an odd V is not positive definite"
        )
    point = resting_point(system, equilibrium)
    if on is not None:
        _check_inside(on, point)
    stability = _linear_stability(system, point)
    if stability is Stability.UNSTABLE:
        error = (
            "the linearisation has an eigenvalue that grows: the equilibrium is unstable, no Lyapunov function exists"
        )
        return LyapunovResult(ProgramStatus.INFEASIBLE, stability=stability, error=error)
    last: ProgramResult | None = None
    for question in _questions(system.shift(point), degree, on, point, order):
        last = question.program.solve(options)
        if last.certificate is None or last.status is ProgramStatus.INFEASIBLE:
            continue
        try:
            certificate = lyapunov_certificate(system, point, question, last)
            certificate.verify()
        except InvalidCertificate:
            continue
        return LyapunovResult(
            ProgramStatus.FEASIBLE,
            certificate.conclusion,
            certificate.function,
            certificate,
            stability,
            seconds=time.monotonic() - start,
        )
    error = f"no Lyapunov function of degree {degree} was found: try a higher degree or order, or a smaller set"
    return LyapunovResult(ProgramStatus.UNDECIDED, stability=stability, error=error, seconds=time.monotonic() - start)
