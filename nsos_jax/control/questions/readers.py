"""The readers of questions about given systems, and of matrices."""

from collections.abc import Mapping
from fractions import Fraction
from functools import partial
from typing import Any

from nsos_jax.control.barrier import barrier
from nsos_jax.control.dissipation import dissipation, l2_gain
from nsos_jax.control.dynamics import System
from nsos_jax.control.joint_spectral_radius import joint_spectral_radius
from nsos_jax.control.lyapunov import check_inside, lyapunov
from nsos_jax.control.questions.question import Question
from nsos_jax.control.questions.systems import Given, count, even
from nsos_jax.control.reach_avoid import reach_avoid
from nsos_jax.control.regions import region_of_attraction
from nsos_jax.programs import SemialgebraicSet, StatementError, fields


def read_lyapunov(given: Given) -> Question:
    point, domain = _at_rest(given, given.system), given.region("domain")
    _check_inside(domain, point)
    rate = fields.expect_number(given.keys["rate"], "rate") if "rate" in given.keys else None
    known = {
        "degree": even(given.keys, "degree", 2),
        "on": domain,
        "equilibrium": point,
        "rate": rate,
        "parametric": count(given.keys, "parametric", 0),
        "order": count(given.keys, "order", None, 1),
    }
    ask = partial(lyapunov, given.system, **known)
    return Question("lyapunov", "lyapunov", ask, given.system, {"equilibrium": point, "domain": domain, "rate": rate})


def read_region_of_attraction(given: Given) -> Question:
    point, states = _at_rest(given, given.system), given.system.states
    function, shape = given.polynomial("V", states), given.polynomial("shape", states)
    known = {
        "degree": even(given.keys, "degree", 2),
        "V": function,
        "shape": shape,
        "equilibrium": point,
        "iterations": count(given.keys, "iterations", 20),
        "order": count(given.keys, "order", None, 1),
    }
    parts = {"equilibrium": point, "shape": shape, **({} if function is None else {"V": function})}
    ask = partial(region_of_attraction, given.system, **known)
    return Question("region_of_attraction", "region_of_attraction", ask, given.system, parts)


def read_barrier(given: Given) -> Question:
    sets: dict[str, Any] = {
        "initial": given.region("initial"),
        "unsafe": given.regions("unsafe"),
        "domain": given.region("domain"),
    }
    rate = given.polynomial("rate", given.system.states)
    if rate is not None and given.system.time == "discrete":
        raise StatementError("rate: has no meaning for discrete time, leave it out")
    known = {
        "degree": count(given.keys, "degree", 4, 1),
        "rate": rate,
        "order": count(given.keys, "order", None, 1),
    }
    ask = partial(barrier, given.system, **sets, **known)
    return Question("barrier", "barrier", ask, given.system, sets)


def read_reach_avoid(given: Given) -> Question:
    sets: dict[str, Any] = {
        "initial": given.region("initial"),
        "target": given.region("target"),
        "unsafe": given.regions("unsafe") if "unsafe" in given.keys else [],
        "domain": given.region("domain"),
    }
    rate = fields.expect_number(given.keys["rate"], "rate") if "rate" in given.keys else None
    known = {"degree": count(given.keys, "degree", 4, 1), "rate": rate, "order": count(given.keys, "order", None, 1)}
    return Question(
        "reach_avoid", "reach_avoid", partial(reach_avoid, given.system, **sets, **known), given.system, sets
    )


def read_dissipation(given: Given) -> Question:
    supply, known = given.polynomial("supply"), _storage(given)
    parts = {"supply": supply, "equilibrium": known["equilibrium"], "domain": known["on"]}
    ask = partial(dissipation, given.system, supply, **known)
    return Question("dissipation", "dissipation", ask, given.system, parts)


def read_l2_gain(given: Given) -> Question:
    if not given.system.inputs:
        raise StatementError("inputs: expected one or more, a gain is from inputs to outputs")
    outputs, known = given.listed("output"), _storage(given)
    parts = {"supply": None, "outputs": outputs, "equilibrium": known["equilibrium"], "domain": known["on"]}
    ask = partial(l2_gain, given.system, outputs, **known)
    return Question("l2_gain", "dissipation", ask, given.system, parts)


def _storage(given: Given) -> dict[str, Any]:
    """What both questions about storage functions take."""
    point, domain = _at_rest(given, given.system.without_inputs()), given.region("domain")
    _check_inside(domain, point)
    degree, order = even(given.keys, "degree", 2), count(given.keys, "order", None, 1)
    return {"degree": degree, "on": domain, "equilibrium": point, "order": order}


def _at_rest(given: Given, system: System) -> dict[str, Fraction]:
    """The equilibrium of the question."""
    point = given.point("equilibrium")
    try:
        system.check_equilibrium(point)
    except ValueError as error:
        raise StatementError(f"{error}: give a point of the states where nothing moves as 'equilibrium'") from None
    return point


def _check_inside(domain: SemialgebraicSet | None, point: Mapping[str, Fraction]) -> None:
    try:
        check_inside(domain, point)
    except ValueError as error:
        raise StatementError(f"domain{str(error).removeprefix('on')}") from None


def read_joint_spectral_radius(keys: Mapping[str, Any]) -> Question:
    matrices = []
    for k, matrix in enumerate(fields.expect_list(keys["matrices"], "matrices", "matrices")):
        rows = fields.expect_list(matrix, f"matrices[{k}]", "rows")
        matrices.append([_row(row, f"matrices[{k}][{i}]", len(rows)) for i, row in enumerate(rows)])
    if len({len(matrix) for matrix in matrices}) != 1 or not matrices[0]:
        raise StatementError("matrices: expected one or more square matrices of one size")
    degree, length = even(keys, "degree", 2), count(keys, "length", 6, 1)
    ask = partial(joint_spectral_radius, matrices, degree, length=length)
    return Question("joint_spectral_radius", "joint_spectral_radius", ask, None, {"matrices": matrices})


def _row(row: object, place: str, length: int) -> list[Any]:
    numbers = fields.expect_list(row, place, "numbers")
    if len(numbers) != length:
        raise StatementError(f"{place}: expected {length} numbers, as many as there are rows, got {len(numbers)}")
    return [fields.expect_number(number, f"{place}[{j}]") for j, number in enumerate(numbers)]
