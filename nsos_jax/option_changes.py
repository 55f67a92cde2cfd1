"""Options with some fields changed by name, as the calls take them."""

import dataclasses
from collections.abc import Mapping
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
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known)}"
            raise TypeError(f"{type(options).__name__} has no option {name!r}; {hint}")
    return dataclasses.replace(options, **changes)
