"""How systems are shown: their equations, as far as they fit a screen."""

from typing import TYPE_CHECKING

from nsos_jax.control.dynamics.tracing import Mode
from nsos_jax.polynomials import Polynomial

if TYPE_CHECKING:
    from nsos_jax.control.dynamics.system import System

MOST_STATES = 4
"""Whose equations are written out."""
MOST_CHARACTERS = 50
"""Of a right-hand side."""


def system_text(system: "System") -> str:
    """One line: the equations of few states, else their names, and what the system has besides."""
    mark = "'" if system.time == "continuous" else "+"
    if len(system.states) <= MOST_STATES and len(system.modes) == 1:
        what = ", ".join(
            f"{name}{mark} = {_right(numerator, system.modes[0])}"
            for name, numerator in zip(system.states, system.modes[0].numerators, strict=True)
        )
    else:
        what = f"{system.time} in {_listed(system.states)}"
    others = [f"{len(system.modes)} modes"] if len(system.modes) > 1 else []
    for kind in ("angles", "inputs", "parameters"):
        if names := getattr(system, kind):
            others.append(f"{kind} {_listed(names)}")
    return f"<System: {'; '.join([what, *others])}>"


def _listed(names: tuple[str, ...]) -> str:
    shown = names if len(names) <= 2 * MOST_STATES else (*names[:MOST_STATES], "...", names[-1])
    return ", ".join(shown)


def _right(numerator: Polynomial, mode: Mode) -> str:
    text = str(numerator) if mode.denominator == 1 else f"({numerator}) / ({mode.denominator})"
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}..."
