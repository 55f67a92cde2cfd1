"""One input of a command: a polynomial, a program, a question of control, or the reason why there is none."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from nsos_jax.tables import json_type

Item = TypeVar("Item")


@dataclass(frozen=True)
class Subject:
    """What entries hold: polynomials, programs or questions.

    Attributes:
      key: of a JSON line.
      word: for messages, in the plural.
      type: of the value, as Python and as people call it.
      as_text: whether arguments and lines may be the value itself.
      bare: a key of a JSON line that is the value itself.
    """

    key: str
    word: str
    type: type
    type_name: str
    as_text: bool
    bare: str | None = None


POLYNOMIALS = Subject("polynomial", "polynomials", str, "text in quotes", as_text=True)
PROGRAMS = Subject("statement", "programs", dict, "an object", as_text=False, bare="variables")
QUESTIONS = Subject("statement", "questions", dict, "an object", as_text=False, bare="question")


@dataclass(frozen=True)
class Entry:
    """One polynomial, program or question, or the reason why there is none.

    Attributes:
      id: the key `id` of a JSON line, else the file, `file:line`, or the text itself.
      place: where it stands, for messages.
      given: the text of the polynomial, or the statement of the program or question; None where there was none.
      problem: what is wrong with the input, if something is.
      extra: all other keys of a JSON line.
    """

    id: Any
    place: str
    given: Any = None
    problem: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    def read(self, read: Callable[[Any], Item]) -> Item:
        """What `read` makes of what was given; ValueError says where something is wrong."""
        if self.problem is not None:
            raise ValueError(f"{self.place}: {self.problem}")
        try:
            return read(self.given)
        except ValueError as error:
            raise ValueError(f"{self.place}: {error}") from None


def entry_of_values(values: Any, place: str, subject: Subject) -> Entry:
    """An entry from the values of a line or row; the id and the other keys are kept for a bad value too."""
    if not isinstance(values, dict):
        return Entry(place, place, problem=f"expected a JSON object, got {json_type(values)}")
    identity = values.pop("id", place)
    if subject.bare in values and subject.key not in values:
        return Entry(identity, place, values)  # a statement itself, such as `SosProgram.to_json` writes
    if subject.key not in values:
        keys = ", ".join(map(repr, values)) or "no other keys"
        wanted = f"the key {(subject.bare if subject is QUESTIONS else subject.key)!r}"
        return Entry(identity, place, problem=f"expected {wanted}, found {keys}", extra=values)
    given = values.pop(subject.key)
    if not isinstance(given, subject.type):
        problem = f"{subject.key}: expected {subject.type_name}, got {json_type(given)}"
        return Entry(identity, place, problem=problem, extra=values)
    return Entry(identity, place, given, extra=values)
