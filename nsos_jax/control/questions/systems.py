"""The parts of a stated question that several have: the system, sets, points and numbers.

| key           | value                                                                                          |
|---------------|------------------------------------------------------------------------------------------------|
| `states`      | the names of the states                                                                        |
| `dynamics`    | one text for each state: its derivative, or its next value; or `modes`, a list of such lists   |
| `time`        | "continuous", which is the default, or "discrete"                                              |
| `angles`      | those of the states that stand in sin and cos only; th becomes the states sin_th and cos_th    |
| `inputs`      | names                                                                                          |
| `parameters`  | names, or {name: [lower, upper]}                                                               |
| `uncertain`   | a set for inputs and parameters                                                                |
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from nsos_jax.control.dynamics import NotPolynomial, System, cosine_name, sine_name
from nsos_jax.control.questions.expressions import Reader
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import SemialgebraicSet, StatementError, fields

SYSTEM_KEYS = ("states", "dynamics", "modes", "time", "angles", "inputs", "parameters", "uncertain")
SET_KEYS = ("inequalities", "equalities")


@dataclass(frozen=True)
class Given:
    """A question about a system while it is read.

    Attributes:
      keys: of the object.
      system: that it is about.
      reader: of texts in all its variables.
    """

    keys: Mapping[str, Any]
    system: System
    reader: Reader

    def polynomial(self, key: str, among: Sequence[str] | None = None) -> Polynomial | None:
        """A polynomial in all the variables or in some of them, None where the key is missing."""
        return self.read(self.keys[key], key, among) if key in self.keys else None

    def listed(self, key: str) -> list[Polynomial]:
        """One polynomial or a list of them, in all the variables."""
        value = self.keys[key]
        texts = value if isinstance(value, list) else [value]
        return [self.read(text, f"{key}[{i}]" if value is texts else key) for i, text in enumerate(texts)]

    def read(self, value: object, place: str, among: Sequence[str] | None = None) -> Polynomial:
        """A polynomial in all the variables or in some of them."""
        reader = self.reader if among is None else Reader(among, self.system.angles)
        return reader.polynomial(value, place)

    def region(self, key: str) -> SemialgebraicSet | None:
        """A set in the states, None where the key is missing."""
        return None if key not in self.keys else read_set(self.keys[key], key, self._states())

    def regions(self, key: str) -> list[SemialgebraicSet]:
        """One set or a list of them."""
        value = self.keys[key]
        if not isinstance(value, list):
            return [read_set(value, key, self._states())]
        if not value:
            raise StatementError(f"{key}: expected one set or more, got an empty list")
        return [read_set(one, f"{key}[{i}]", self._states()) for i, one in enumerate(value)]

    def point(self, key: str) -> dict[str, Fraction]:
        """A point of the states; where it is missing the origin, for angles the angle 0."""
        value = fields.expect_object(self.keys.get(key, {}), key, (*self.system.states, *self.system.angles))
        numbers = {name: fields.expect_number(number, f"{key}.{name}") for name, number in value.items()}
        return fields.at(key, self.system.point, numbers)

    def _states(self) -> Reader:
        return Reader(self.system.states, self.system.angles)


def count(keys: Mapping[str, Any], key: str, default: int | None, least: int = 0) -> Any:
    """An integer, or the default."""
    return fields.expect_count(keys[key], key, least) if key in keys else default


def even(keys: Mapping[str, Any], key: str, default: int) -> int:
    """An even number from 2."""
    value = count(keys, key, default, 2)
    if value % 2:
        raise StatementError(f"{key}: expected an even number, got {value}: try {value + 1}")
    return value


def read_system(keys: Mapping[str, Any]) -> tuple[System, Reader]:
    """The system that an object states, and the reader of texts in its variables.

    Raises:
      StatementError: names the key.
    """
    states, angles, inputs = (_names(keys, key) for key in ("states", "angles", "inputs"))
    boxes = _boxes(keys)
    turned = [part for name in states for part in ((sine_name(name), cosine_name(name)) if name in angles else (name,))]
    reader = Reader([*turned, *inputs, *boxes], angles)
    if ("dynamics" in keys) == ("modes" in keys):
        raise StatementError("dynamics: expected one of the keys 'dynamics' and 'modes'")
    if "dynamics" in keys:
        rows = {"dynamics": keys["dynamics"]}
    else:
        rows = {
            f"modes[{m}]": row for m, row in enumerate(fields.expect_list(keys["modes"], "modes", "lists of texts"))
        }
        if not rows:
            raise StatementError("modes: expected one list of texts or more, got an empty list")
    modes = []
    for place, row in rows.items():
        texts = fields.expect_list(row, place, "texts, one for each state")
        if len(texts) != len(states):
            raise StatementError(f"{place}: expected {len(states)} texts, one for each state, got {len(texts)}")
        modes.append([reader.rational(text, f"{place}[{i}]") for i, text in enumerate(texts)])
    others = Reader([*inputs, *boxes])
    time = keys.get("time", "continuous")
    if time not in ("continuous", "discrete"):
        raise StatementError(f"time: expected 'continuous' or 'discrete', got {time!r:.40}")
    try:
        system = System(
            [lambda *_, values=values: values for values in modes],
            states,
            inputs=inputs,
            parameters={name: ends for name, ends in boxes.items() if ends} or list(boxes),
            angles=angles,
            uncertain=read_set(keys["uncertain"], "uncertain", others) if "uncertain" in keys else None,
            time=time,
        )
    except (ValueError, NotPolynomial) as error:
        raise StatementError(str(error)) from None
    if time == "discrete" and not system.is_polynomial:
        raise StatementError("dynamics: expected polynomials, for time is discrete, got a divisor that is no number")
    return system, reader


def read_set(value: object, place: str, reader: Reader) -> SemialgebraicSet:
    """{"inequalities": [g, ...], "equalities": [h, ...]}: where all g >= 0 and all h = 0."""
    given = fields.expect_object(value, place, SET_KEYS)
    if not given:
        raise StatementError(f"{place}: expected the key 'inequalities' or 'equalities', found no keys")
    parts = []
    for key in SET_KEYS:
        texts = fields.expect_list(given.get(key, []), f"{place}.{key}", "polynomials")
        parts.append([reader.polynomial(text, f"{place}.{key}[{i}]") for i, text in enumerate(texts)])
    return SemialgebraicSet(*parts)


def _names(keys: Mapping[str, Any], key: str) -> list[str]:
    listed = fields.expect_list(keys.get(key, []), key, "names")
    return [fields.expect_name(name, f"{key}[{i}]") for i, name in enumerate(listed)]


def _boxes(keys: Mapping[str, Any]) -> dict[str, tuple[Fraction, Fraction] | None]:
    """The parameters, with their ends where there are some."""
    value = keys.get("parameters", [])
    if isinstance(value, list):
        return dict.fromkeys(_names(keys, "parameters"))
    if not isinstance(value, dict):
        raise StatementError(f"parameters: expected {{name: [lower, upper]}} or names, got {fields.show(value)}")
    boxes: dict[str, tuple[Fraction, Fraction] | None] = {}
    for name, ends in value.items():
        place = f"parameters.{fields.expect_name(name, 'parameters')}"
        pair = fields.expect_list(ends, place, "two numbers, the lower and the upper")
        numbers = [fields.expect_number(end, f"{place}[{i}]") for i, end in enumerate(pair)]
        if len(numbers) != 2 or numbers[0] > numbers[1]:
            raise StatementError(f"{place}: expected [lower, upper], got [{', '.join(map(str, numbers)):.60}]")
        boxes[name] = numbers[0], numbers[1]
    return boxes
