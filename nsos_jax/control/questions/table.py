"""The questions by name."""

from collections.abc import Callable
from typing import Any

from nsos_jax.control.questions.controllers import read_safe_controller, read_stabilizing_controller
from nsos_jax.control.questions.question import Question
from nsos_jax.control.questions.readers import (
    read_barrier,
    read_dissipation,
    read_joint_spectral_radius,
    read_l2_gain,
    read_lyapunov,
    read_reach_avoid,
    read_region_of_attraction,
)

QUESTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...], Callable[[Any], Question]]] = {
    "lyapunov": (("degree", "domain", "equilibrium", "rate", "parametric", "order"), (), read_lyapunov),
    "region_of_attraction": (
        ("degree", "V", "shape", "equilibrium", "iterations", "order"),
        (),
        read_region_of_attraction,
    ),
    "barrier": (("initial", "unsafe", "domain", "degree", "rate", "order"), ("initial", "unsafe"), read_barrier),
    "reach_avoid": (
        ("initial", "target", "unsafe", "domain", "degree", "rate", "order"),
        ("initial", "target"),
        read_reach_avoid,
    ),
    "dissipation": (("supply", "degree", "domain", "equilibrium", "order"), ("supply",), read_dissipation),
    "l2_gain": (("output", "degree", "domain", "equilibrium", "order"), ("output",), read_l2_gain),
    "joint_spectral_radius": (("matrices", "degree", "length"), ("matrices",), read_joint_spectral_radius),
    "stabilizing_controller": (
        ("degree", "controller_degree", "bounds", "controller", "equilibrium", "iterations", "order"),
        (),
        read_stabilizing_controller,
    ),
    "safe_controller": (
        (
            "initial",
            "unsafe",
            "domain",
            "degree",
            "controller_degree",
            "bounds",
            "controller",
            "rate",
            "iterations",
            "order",
        ),
        ("initial", "unsafe"),
        read_safe_controller,
    ),
}
"""Keys, those that are needed, and the reader of each question."""
