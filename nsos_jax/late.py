"""Names of a package that are loaded on first use (PEP 562), so that importing it stays quick."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def late_names(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """The `__getattr__` of a package.

    Args:
      package: its `__name__`.
      modules: for each name the module within the package that has it.

    >>> late_names("nsos_jax", {"Polynomial": "polynomials"})("Polynomial").__name__
    'Polynomial'
    """

    def load(name: str) -> Any:
        if name in modules:
            return getattr(import_module(f"{package}.{modules[name]}"), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return load
