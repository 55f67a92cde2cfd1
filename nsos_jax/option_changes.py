"""Options with some fields changed by name, as the calls take them."""

import dataclasses
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any, ClassVar, Protocol, TypeVar


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


Options = TypeVar("Options", bound=_Dataclass)


def changed(options: Options, changes: Mapping[str, Any]) -> Options:
    """A copy of a dataclass with other values for some fields.

    Raises:
      TypeError: for a field that does not exist, with the one that comes nearest.
      What the class itself raises for values out of range.

    >>> Options = dataclasses.make_dataclass("Options", [("time_limit", float, 60.0)])
    >>> changed(Options(), {"time_limit": 3.0})
    Options(time_limit=3.0)
    >>> changed(Options(), {"timelimit": 3.0})
    Traceback (most recent call last):
    TypeError: Options has no option 'timelimit'; did you mean 'time_limit'?
    """
    known = [field.name for field in dataclasses.fields(options)]
    for name in changes:
        if name not in known:
            raise TypeError(f"{type(options).__name__} has no option {name!r}; {meant(name, known)}")
    return dataclasses.replace(options, **changes)


def meant(name: str, known: Collection[str]) -> str:
    """A hint for a name that does not exist: the one that comes nearest, else all."""
    near = get_close_matches(name, known, 1)
    return f"did you mean {near[0]!r}?" if near else f"expected some of {', '.join(known)}"
