"""The readers of questions for controllers: the system is a plant, whose inputs without a set are to be chosen.

`bounds` is {input: [lower, upper]}, and `controller` {input: a polynomial in the states} to start from.
"""

from functools import partial
from typing import Any

from nsos_jax.control.controllers import Plant, safe_controller, stabilizing_controller
from nsos_jax.control.questions.question import Question
from nsos_jax.control.questions.systems import Given, count, even
from nsos_jax.programs import StatementError, fields


def read_stabilizing_controller(given: Given) -> Question:
    """A controller with a large region of attraction."""
    plant, known = _plant(given), _common(given, 8)
    point = given.point("equilibrium")
    known |= {
        "degree": even(given.keys, "degree", 2),
        "controller_degree": count(given.keys, "controller_degree", 1, 1),
        "equilibrium": point,
    }
    parts = {"plant": plant, "about": "region_of_attraction", "equilibrium": point, "shape": None}
    ask = partial(stabilizing_controller, given.system, **known)
    return Question("stabilizing_controller", "state_feedback", ask, given.system, parts)


def read_safe_controller(given: Given) -> Question:
    """A controller with which unsafe sets are not reached."""
    plant, known = _plant(given), _common(given, 6)
    sets: dict[str, Any] = {
        "initial": given.region("initial"),
        "unsafe": given.regions("unsafe"),
        "domain": given.region("domain"),
    }
    known |= {
        "degree": count(given.keys, "degree", 4, 1),
        "controller_degree": count(given.keys, "controller_degree", 1),
        "rate": fields.expect_number(given.keys["rate"], "rate") if "rate" in given.keys else None,
    }
    ask = partial(safe_controller, given.system, **sets, **known)
    parts = {"plant": plant, "about": "barrier", **sets}
    return Question("safe_controller", "state_feedback", ask, given.system, parts)


def _plant(given: Given) -> Plant:
    """The plant with its bounds.

    Raises:
      StatementError: time is discrete, or there is nothing to choose; what `Plant.create` refuses.
    """
    if given.system.time == "discrete":
        raise StatementError("time: expected continuous time: controllers are looked for in it alone")
    try:
        return Plant.create(given.system, _bounds(given))
    except ValueError as error:  # which names the key
        raise StatementError(str(error)) from None


def _bounds(given: Given) -> dict[str, tuple[Any, Any]]:
    value = fields.expect_object(given.keys.get("bounds", {}), "bounds", given.system.inputs)
    found = {}
    for name, ends in value.items():
        place = f"bounds.{name}"
        pair = fields.expect_list(ends, place, "two numbers, the lower and the upper")
        if len(pair) != 2:
            raise StatementError(f"{place}: expected [lower, upper], got {len(pair)} entries")
        found[name] = (
            fields.expect_number(pair[0], f"{place}[0]"),
            fields.expect_number(pair[1], f"{place}[1]"),
        )
    return found


def _common(given: Given, iterations: int) -> dict[str, Any]:
    """What both questions take."""
    known: dict[str, Any] = {
        "bounds": _bounds(given) or None,
        "iterations": count(given.keys, "iterations", iterations),
        "order": count(given.keys, "order", None, 1),
    }
    if "controller" in given.keys:
        value = fields.expect_object(given.keys["controller"], "controller", given.system.inputs)
        known["controller"] = {
            name: given.read(law, f"controller.{name}", given.system.states) for name, law in value.items()
        }
    return known
