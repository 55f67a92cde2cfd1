"""A stated question: a JSON object with the key `question`, the keys of a system (see `systems`), and these.

| question                | its keys                                                                              |
|-------------------------|---------------------------------------------------------------------------------------|
| `lyapunov`              | `degree`, `domain`, `equilibrium`, `rate`, `parametric`, `order`                      |
| `region_of_attraction`  | `degree`, `V`, `shape`, `equilibrium`, `iterations`, `order`                          |
| `barrier`               | `initial`, `unsafe`, `domain`, `degree`, `rate`, `order`                              |
| `reach_avoid`           | `initial`, `target`, `unsafe`, `domain`, `degree`, `rate`, `order`                    |
| `dissipation`           | `supply`, `degree`, `domain`, `equilibrium`, `order`                                  |
| `l2_gain`               | `output`, `degree`, `domain`, `equilibrium`, `order`                                  |
| `joint_spectral_radius` | `matrices`, `degree`, `length`; no system                                             |

`note` may stand there for readers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Any

from nsos_jax.control.answers import ControlResult
from nsos_jax.control.barrier import barrier
from nsos_jax.control.dissipation import dissipation, l2_gain
from nsos_jax.control.dynamics import System
from nsos_jax.control.joint_spectral_radius import joint_spectral_radius
from nsos_jax.control.lyapunov import check_inside, lyapunov
from nsos_jax.control.questions.systems import SYSTEM_KEYS, Given, count, even, read_system
from nsos_jax.control.reach_avoid import reach_avoid
from nsos_jax.control.regions import region_of_attraction
from nsos_jax.programs import SemialgebraicSet, SolveOptions, StatementError, fields


@dataclass(frozen=True)
class Question:
    """What a JSON object asks.

    Attributes:
      name: of the question.
      kind: of the certificate of an answer.
      answer: the function of `control`, which takes `options`.
      system: that it is about, None of matrices.
      parts: what a certificate has to state besides, by its keys: points {state: number}, polynomials, sets, lists of
        such, matrices, None.
    """

    name: str
    kind: str
    answer: Callable[..., ControlResult]
    system: System | None = None
    parts: Mapping[str, Any] = field(default_factory=dict)

    def ask(self, options: SolveOptions | None = None) -> ControlResult:
        """The answer; ValueError says where the system, points and sets do not fit."""
        return self.answer(options=options)

    @staticmethod
    def read(statement: object) -> "Question":
        """The question; `StatementError`, a ValueError, names the key and says what is wrong and what was expected.

        >>> asked = {"question": "lyapunov", "states": ["x"], "dynamics": ["-x^3"], "degree": 2}
        >>> Question.read(asked).ask().conclusion
        'the origin is globally asymptotically stable'
        """
        every = dict.fromkeys(key for keys, _, _ in QUESTIONS.values() for key in keys)
        keys = fields.expect_object(statement, "statement", ("question", *SYSTEM_KEYS, *every, "note"), ("question",))
        name = keys["question"]
        if not isinstance(name, str) or name not in QUESTIONS:
            shown = repr(name)[:40] if isinstance(name, str) else fields.show(name)
            raise StatementError(f"question: expected one of {', '.join(QUESTIONS)}, got {shown}")
        known, needed, read = QUESTIONS[name]
        about_system = () if name == "joint_spectral_radius" else SYSTEM_KEYS
        fields.expect_object(keys, name, ("question", *about_system, *known, "note"), needed)
        if not about_system:
            return read(keys)
        fields.expect_object(keys, name, keys, ("states",))
        return read(Given(keys, *read_system(keys)))


def _lyapunov(given: Given) -> Question:
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


def _region_of_attraction(given: Given) -> Question:
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


def _barrier(given: Given) -> Question:
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


def _reach_avoid(given: Given) -> Question:
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


def _dissipation(given: Given) -> Question:
    supply, known = given.polynomial("supply"), _storage(given)
    parts = {"supply": supply, "equilibrium": known["equilibrium"], "domain": known["on"]}
    ask = partial(dissipation, given.system, supply, **known)
    return Question("dissipation", "dissipation", ask, given.system, parts)


def _l2_gain(given: Given) -> Question:
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


def _joint_spectral_radius(keys: Mapping[str, Any]) -> Question:
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


QUESTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...], Callable[[Any], Question]]] = {
    "lyapunov": (("degree", "domain", "equilibrium", "rate", "parametric", "order"), (), _lyapunov),
    "region_of_attraction": (
        ("degree", "V", "shape", "equilibrium", "iterations", "order"),
        (),
        _region_of_attraction,
    ),
    "barrier": (("initial", "unsafe", "domain", "degree", "rate", "order"), ("initial", "unsafe"), _barrier),
    "reach_avoid": (
        ("initial", "target", "unsafe", "domain", "degree", "rate", "order"),
        ("initial", "target"),
        _reach_avoid,
    ),
    "dissipation": (("supply", "degree", "domain", "equilibrium", "order"), ("supply",), _dissipation),
    "l2_gain": (("output", "degree", "domain", "equilibrium", "order"), ("output",), _l2_gain),
    "joint_spectral_radius": (("matrices", "degree", "length"), ("matrices",), _joint_spectral_radius),
}
"""Keys, those that are needed, and the reader of each question."""
