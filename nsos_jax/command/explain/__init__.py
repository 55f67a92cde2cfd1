"""Certificates for people: what is proven and by what, one file a kind, shortened to the room there is.

In: a certificate that holds. Out: lines.
"""

from collections.abc import Callable, Iterator
from typing import Any

from nsos_jax.certificates import (
    BarrierCertificate,
    Certificate,
    DissipationCertificate,
    EmptySetCertificate,
    InfeasibleProgramCertificate,
    JointSpectralRadiusCertificate,
    LowerBoundCertificate,
    LowerBoundOnSetCertificate,
    LyapunovCertificate,
    NearSosCertificate,
    NegativePointCertificate,
    NonnegCertificate,
    NotSosCertificate,
    NotSosOverQCertificate,
    PolynomialCertificate,
    ProgramBoundCertificate,
    ProgramCertificate,
    ReachAvoidCertificate,
    RegionOfAttractionCertificate,
    SosCertificate,
    SosOverFieldCertificate,
    StateFeedbackCertificate,
    count_text,
)
from nsos_jax.command.explain.blocks import square_lines
from nsos_jax.command.explain.control import (
    barrier_lines,
    dissipation_lines,
    joint_spectral_radius_lines,
    lyapunov_lines,
    reach_avoid_lines,
    region_of_attraction_lines,
    state_feedback_lines,
)
from nsos_jax.command.explain.layout import DEFAULT, FULL, LABEL, Room, labelled, short_number, terms_text, text_lines
from nsos_jax.command.explain.near_sos import near_sos_lines
from nsos_jax.command.explain.negative_point import negative_point_lines, point_lines
from nsos_jax.command.explain.nonneg import nonneg_lines
from nsos_jax.command.explain.not_sos import not_sos_lines
from nsos_jax.command.explain.not_sos_over_q import not_sos_over_q_lines
from nsos_jax.command.explain.sos import sos_lines
from nsos_jax.command.explain.sos_over_field import sos_over_field_lines
from nsos_jax.command.explain.statements.empty_set import empty_set_lines
from nsos_jax.command.explain.statements.infeasible_program import infeasible_program_lines
from nsos_jax.command.explain.statements.lower_bound import lower_bound_lines
from nsos_jax.command.explain.statements.lower_bound_on_set import lower_bound_on_set_lines
from nsos_jax.command.explain.statements.program import program_lines
from nsos_jax.command.explain.statements.program_bound import program_bound_lines
from nsos_jax.command.explain.statements.statement import quoted

__all__ = [
    "DEFAULT",
    "FULL",
    "LABEL",
    "Room",
    "explain",
    "labelled",
    "point_lines",
    "quoted",
    "short_number",
    "square_lines",
    "terms_text",
    "text_lines",
]

LINES: dict[type[Certificate], Callable[[Any, Room], Iterator[str]]] = {
    SosCertificate: sos_lines,
    SosOverFieldCertificate: sos_over_field_lines,
    NearSosCertificate: near_sos_lines,
    NonnegCertificate: nonneg_lines,
    NegativePointCertificate: negative_point_lines,
    NotSosCertificate: not_sos_lines,
    NotSosOverQCertificate: not_sos_over_q_lines,
    LowerBoundCertificate: lower_bound_lines,
    LowerBoundOnSetCertificate: lower_bound_on_set_lines,
    EmptySetCertificate: empty_set_lines,
    ProgramCertificate: program_lines,
    InfeasibleProgramCertificate: infeasible_program_lines,
    ProgramBoundCertificate: program_bound_lines,
    LyapunovCertificate: lyapunov_lines,
    RegionOfAttractionCertificate: region_of_attraction_lines,
    BarrierCertificate: barrier_lines,
    ReachAvoidCertificate: reach_avoid_lines,
    DissipationCertificate: dissipation_lines,
    JointSpectralRadiusCertificate: joint_spectral_radius_lines,
    StateFeedbackCertificate: state_feedback_lines,
}
"""What is printed for each kind, after the polynomial if it is about one."""


def explain(certificate: Certificate, room: Room = DEFAULT) -> list[str]:
    """The lines of `nsos explain`, for a certificate that holds."""
    lines = LINES[type(certificate)](certificate, room)
    if not isinstance(certificate, PolynomialCertificate):
        return list(lines)
    shown = certificate.of if isinstance(certificate, NearSosCertificate) else certificate.polynomial
    degrees = shown.exponents.sum(axis=1)
    size = f"{count_text(len(degrees), 'term')} in {count_text(len(certificate.variables), 'variable')}"
    return [
        labelled("polynomial p", terms_text(certificate.variables, shown, room.less(LABEL))),
        labelled("", f"{size}, degree {max(degrees.tolist(), default=0)}"),
        *lines,
    ]
