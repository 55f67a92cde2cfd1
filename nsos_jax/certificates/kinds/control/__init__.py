"""The kinds of certificates about dynamical systems and products of matrices, one file each, and what they share.

In: the common parts of a file, or exact data. Out: certificates whose `conclusion` is the theorem that `verify` proved.
The checker builds every polynomial that has to be nonnegative, and every set, from the statement. May import the files
of `certificates` and its room `statements`.
"""

from nsos_jax.certificates.kinds.control.barrier import BarrierCertificate
from nsos_jax.certificates.kinds.control.claims import AboutSystem, ByClaims, Claim
from nsos_jax.certificates.kinds.control.definite import EvenPowers
from nsos_jax.certificates.kinds.control.dissipation import DissipationCertificate
from nsos_jax.certificates.kinds.control.joint_spectral_radius import JointSpectralRadiusCertificate
from nsos_jax.certificates.kinds.control.lyapunov import LyapunovCertificate
from nsos_jax.certificates.kinds.control.reach_avoid import ReachAvoidCertificate
from nsos_jax.certificates.kinds.control.region_of_attraction import RegionOfAttractionCertificate
from nsos_jax.certificates.kinds.control.state_feedback import StateFeedbackCertificate
from nsos_jax.certificates.kinds.control.system import StatedMode, StatedSystem

__all__ = [
    "AboutSystem",
    "BarrierCertificate",
    "ByClaims",
    "Claim",
    "DissipationCertificate",
    "EvenPowers",
    "JointSpectralRadiusCertificate",
    "LyapunovCertificate",
    "ReachAvoidCertificate",
    "RegionOfAttractionCertificate",
    "StateFeedbackCertificate",
    "StatedMode",
    "StatedSystem",
]
