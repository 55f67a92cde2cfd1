"""`--set a.b=c`: new values for the fields of a tree of frozen dataclasses, read by the type of each field."""

import dataclasses
import difflib
import types
from collections.abc import Sequence
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

Tree = TypeVar("Tree")
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def override(config: Tree, settings: Sequence[str]) -> Tree:
    """The tree with each `path=value` applied in order; a number in a path picks an entry of a tuple.

    >>> @dataclasses.dataclass(frozen=True)
    ... class Leaf:
    ...     rate: float = 0.1
    >>> @dataclasses.dataclass(frozen=True)
    ... class Root:
    ...     steps: int = 10
    ...     leaves: tuple[Leaf, ...] = (Leaf(),)
    >>> override(Root(), ["steps=20", "leaves.0.rate=1e-3"])
    Root(steps=20, leaves=(Leaf(rate=0.001),))

    Raises:
      ValueError: a key is unknown (the message lists the known ones), or a value does not fit its field.
    """
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals:
            raise ValueError(f"--set {setting}: expected KEY=VALUE, for example steps=1000")
        config = _set(config, path.strip().split("."), text.strip(), setting)
    return config


def _set(node: Any, path: list[str], text: str, setting: str) -> Any:
    name, rest = path[0], path[1:]
    if isinstance(node, tuple):
        if not name.isdecimal() or int(name) >= len(node):
            raise ValueError(f"--set {setting}: {name!r} must be a number from 0 to {len(node) - 1}")
        index = int(name)
        new = _set(node[index], rest, text, setting) if rest else _leaf(node[index], type(node[index]), text, setting)
        return (*node[:index], new, *node[index + 1 :])
    names = [field.name for field in dataclasses.fields(node)] if dataclasses.is_dataclass(node) else []
    if name not in names:
        near = difflib.get_close_matches(name, names, 1)
        hint = f"; did you mean {near[0]}?" if near else "."
        known = ", ".join(names) or f"none, it is {node!r}"
        raise ValueError(f"--set {setting}: unknown key {name!r}{hint} The known keys of this part: {known}")
    value = getattr(node, name)
    new = _set(value, rest, text, setting) if rest else _leaf(value, get_type_hints(type(node))[name], text, setting)
    return dataclasses.replace(node, **{name: new})


def _leaf(old: Any, kind: Any, text: str, setting: str) -> Any:
    if dataclasses.is_dataclass(old):
        names = ", ".join(field.name for field in dataclasses.fields(old))
        raise ValueError(f"--set {setting}: this is a group of fields; set one of them: {names}")
    try:
        return _parse(text, kind)
    except ValueError as error:
        raise ValueError(f"--set {setting}: {error}") from None


def _parse(text: str, kind: Any) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        chosen = [choice for choice in arguments if str(choice) == text]
        if not chosen:
            raise ValueError(f"expected one of {', '.join(map(str, arguments))}, got {text!r}")
        return chosen[0]
    if origin in (Union, types.UnionType):
        if type(None) in arguments and text.lower() == "none":
            return None
        return _parse(text, next(option for option in arguments if option is not type(None)))
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(_parse(item.strip(), arguments[0]) for item in text.split(",") if item.strip())
    if kind is bool:
        if text.lower() not in _WORDS:
            raise ValueError(f"expected true or false, got {text!r}")
        return _WORDS[text.lower()]
    if kind in (int, float, str):
        try:
            return kind(text)
        except ValueError:
            raise ValueError(f"expected {'a whole' if kind is int else 'a'} number, got {text!r}") from None
    raise ValueError("this field holds a structure; change it in the configuration file")


def as_tree(node: Any) -> Any:
    """Dataclasses as dictionaries with a key "type", tuples as lists: what JSON can hold."""
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        fields = {field.name: as_tree(getattr(node, field.name)) for field in dataclasses.fields(node)}
        return {"type": type(node).__name__} | fields
    if isinstance(node, (tuple, list)):
        return [as_tree(item) for item in node]
    return node


def differences(old: Any, new: Any, path: str = "") -> list[str]:
    """Where two trees from `as_tree` differ, one line each.

    >>> differences({"steps": 10, "model": {"width": 64}}, {"steps": 10, "model": {"width": 32}})
    ['model.width: 64 there, 32 here']
    """
    if isinstance(old, dict) and isinstance(new, dict):
        keys = list(dict.fromkeys([*old, *new]))
        absent = "nothing"
        return [
            line
            for key in keys
            for line in differences(old.get(key, absent), new.get(key, absent), f"{path}.{key}" if path else key)
        ]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = enumerate(zip(old, new, strict=True))
        return [line for index, (a, b) in pairs for line in differences(a, b, f"{path}.{index}")]
    return [] if old == new else [f"{path}: {_short(old)} there, {_short(new)} here"]


def _short(value: Any, most: int = 60) -> str:
    text = str(value)
    return text if len(text) <= most else text[: most - 3] + "..."
