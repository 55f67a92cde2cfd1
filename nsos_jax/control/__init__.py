"""Control: questions about dynamical systems as sum-of-squares programs, each answer with a proof.

In: systems, traced from ordinary Python functions, and sets. Out: Lyapunov functions, regions of attraction, barriers,
gains, with certificates. May import the rooms `polynomials`, `certificates` and `programs`.
"""

from nsos_jax.control.answers import ControlResult, ControlStatus
from nsos_jax.control.barrier import BarrierResult, barrier
from nsos_jax.control.controllers import ControllerResult, safe_controller, stabilizing_controller
from nsos_jax.control.dissipation import DissipationResult, GainResult, dissipation, l2_gain
from nsos_jax.control.dynamics import Mode, NotPolynomial, RationalFunction, Stability, System, cos, sin
from nsos_jax.control.families import LyapunovFamily, LyapunovFamilyResult, lyapunov_family
from nsos_jax.control.joint_spectral_radius import JointSpectralRadiusResult, joint_spectral_radius, product_grows
from nsos_jax.control.lyapunov import LyapunovResult, lyapunov
from nsos_jax.control.questions import QUESTIONS, Question
from nsos_jax.control.reach_avoid import ReachAvoidResult, reach_avoid
from nsos_jax.control.regions import RegionResult, region_of_attraction
from nsos_jax.control.simulation import right_hand_side, simulate
from nsos_jax.control.stated import allowed_values

__all__ = [
    "QUESTIONS",
    "BarrierResult",
    "ControlResult",
    "ControlStatus",
    "ControllerResult",
    "DissipationResult",
    "GainResult",
    "JointSpectralRadiusResult",
    "LyapunovFamily",
    "LyapunovFamilyResult",
    "LyapunovResult",
    "Mode",
    "NotPolynomial",
    "Question",
    "RationalFunction",
    "ReachAvoidResult",
    "RegionResult",
    "Stability",
    "System",
    "allowed_values",
    "barrier",
    "cos",
    "dissipation",
    "joint_spectral_radius",
    "l2_gain",
    "lyapunov",
    "lyapunov_family",
    "product_grows",
    "reach_avoid",
    "region_of_attraction",
    "right_hand_side",
    "safe_controller",
    "simulate",
    "sin",
    "stabilizing_controller",
]
