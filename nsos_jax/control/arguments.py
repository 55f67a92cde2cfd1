"""What people ask about systems, checked: the system, degrees, orders, sets in the states."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from nsos_jax.control.dynamics import System
from nsos_jax.programs import SemialgebraicSet, expect_set, whole_number

BEYOND_FLOATS = "a number is beyond the range of floating point, in which solvers work: change the units"
NOT_DEFINITE = "an odd V is not positive definite"


def check_question(system: Any, order: Any = None) -> None:
    """What all questions have: a system, and the order of multipliers.

    Raises:
      TypeError, ValueError: one is something else, or a number of the system is beyond floating point.
    """
    if not isinstance(system, System):
        raise TypeError(f"system: got {type(system).__name__}, wanted a System, as System(f, states='x y')")
    if not all(np.isfinite(part.float_coefficients).all() for mode in system.modes for part in mode.numerators):
        raise ValueError(f"system: {BEYOND_FLOATS}")
    if order is not None:
        whole_number(order, "order")


def even_degree(degree: Any, where: str = "degree", why: str = NOT_DEFINITE) -> int:
    """The degree of V.

    Raises:
      TypeError, ValueError: it is odd, less than 2, or no integer; names `where` and says why.
    """
    if (value := whole_number(degree, where)) < 2 or value % 2:
        raise ValueError(f"{where}: got {degree}, wanted an even number from 2: {why}")
    return value


def listed_sets(given: Any, where: str) -> list[SemialgebraicSet]:
    """One set or several as a list.

    Raises:
      TypeError: it is something else.
    """
    if isinstance(given, SemialgebraicSet):
        return [given]
    if isinstance(given, str | Mapping) or not isinstance(given, Iterable):
        expect_set(given, where)
    return [expect_set(one, f"{where}[{index}]") for index, one in enumerate(given)]


def check_over_states(system: System, sets: Mapping[str, SemialgebraicSet | None]) -> None:
    """Refuses sets, given by the names of arguments, in other variables than the states; only `domain` may be None.

    Raises:
      ValueError: names the argument and the variable; TypeError: it is no set.
    """
    for name, chosen in sets.items():
        if chosen is None and name == "domain":
            continue
        if name == "initial" and isinstance(chosen, list | tuple):
            raise TypeError(f"{name}: got several, wanted one SemialgebraicSet: ask about each")
        for variable in expect_set(chosen, name).variables:
            if variable not in system.states:
                raise ValueError(f"{name}: got the variable {variable!r}, the states are {', '.join(system.states)}")
