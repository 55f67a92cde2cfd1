"""The kinds of certificates, one file each with its data, its reader, its check and its sentence, and their table;
those about dynamical systems are in the room `control`.

In: the common parts of a file, and the record. Out: a certificate of that kind, by the word in the file. May import the
files of `certificates`, which import the table alone.
"""

from nsos_jax.certificates.certificate import Certificate
from nsos_jax.certificates.kinds.control import (
    BarrierCertificate,
    DissipationCertificate,
    JointSpectralRadiusCertificate,
    LyapunovCertificate,
    ReachAvoidCertificate,
    RegionOfAttractionCertificate,
    StateFeedbackCertificate,
)
from nsos_jax.certificates.kinds.empty_set import EmptySetCertificate
from nsos_jax.certificates.kinds.infeasible_program import InfeasibleProgramCertificate
from nsos_jax.certificates.kinds.lower_bound import LowerBoundCertificate
from nsos_jax.certificates.kinds.lower_bound_on_set import LowerBoundOnSetCertificate
from nsos_jax.certificates.kinds.near_sos import NearSosCertificate
from nsos_jax.certificates.kinds.negative_point import NegativePointCertificate
from nsos_jax.certificates.kinds.nonneg import NonnegCertificate
from nsos_jax.certificates.kinds.not_sos import NotSosCertificate
from nsos_jax.certificates.kinds.not_sos_over_q import NotSosOverQCertificate
from nsos_jax.certificates.kinds.program import ProgramCertificate
from nsos_jax.certificates.kinds.program_bound import ProgramBoundCertificate
from nsos_jax.certificates.kinds.sos import SosCertificate
from nsos_jax.certificates.kinds.sos_over_field import SosOverFieldCertificate

KINDS: dict[str, type[Certificate]] = {
    kind.kind: kind
    for kind in (
        SosCertificate,
        SosOverFieldCertificate,
        NonnegCertificate,
        NegativePointCertificate,
        NotSosCertificate,
        NotSosOverQCertificate,
        LowerBoundCertificate,
        LowerBoundOnSetCertificate,
        EmptySetCertificate,
        ProgramCertificate,
        InfeasibleProgramCertificate,
        ProgramBoundCertificate,
        LyapunovCertificate,
        RegionOfAttractionCertificate,
        BarrierCertificate,
        ReachAvoidCertificate,
        DissipationCertificate,
        JointSpectralRadiusCertificate,
        StateFeedbackCertificate,
    )
}


def kind_of(word: str, keys: set[str]) -> type[Certificate]:
    """The class of a file with this `kind`; a `sos` file with the keys of an almost-certificate is one."""
    if word == "sos" and keys & {"epsilon", "of"}:
        return NearSosCertificate
    return KINDS[word]
