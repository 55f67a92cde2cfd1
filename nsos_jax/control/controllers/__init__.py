"""Controllers u = k(x): polynomials that are searched for together with the function that proves what they do.

In: a system with inputs, and bounds on them. Out: a `ControllerResult` with the certificate `state_feedback`. May
import what is beside it in `control`, the rooms `polynomials`, `certificates` and `programs`.
"""

from nsos_jax.control.controllers.plants import ControllerResult, Plant
from nsos_jax.control.controllers.safe import SafeControllerResult, safe_controller
from nsos_jax.control.controllers.stabilizing import stabilizing_controller

__all__ = ["ControllerResult", "Plant", "SafeControllerResult", "safe_controller", "stabilizing_controller"]
