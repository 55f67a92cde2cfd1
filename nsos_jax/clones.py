"""Notices that two clones of this package are at hand, or even mixed, and names both."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path


def other_clone() -> str | None:
    """One line that names the folder in use and the other one, None where there is only one.

    An editable install shows `nsos_jax.solvers` and `nsos_jax.train` where another clone's `nsos_jax` was found first,
    as it is when Python starts in that clone. Or the install is used although the current folder is a clone.
    """
    package = Path(__file__).resolve().parent
    solvers = find_spec("nsos_jax.solvers")
    if solvers is not None and solvers.origin is not None:
        folder = Path(solvers.origin).resolve().parent
        if folder not in (package / "solvers", package.parent / "solvers"):
            return (
                f"nsos_jax is {package}, but nsos_jax.solvers is {folder}, of another clone: "
                f"install this one (pip install -e {package.parent}) or start elsewhere"
            )
    for place in (os.curdir, sys.path[0] if sys.path else os.curdir):
        near = os.path.join(place or os.curdir, "nsos_jax", "__init__.py")
        if os.path.isfile(near) and not os.path.samefile(near, package / "__init__.py"):
            return f"nsos_jax is {package}, not {os.path.dirname(os.path.abspath(near))}, which is another clone"
    return None
