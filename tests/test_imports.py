"""Imports between rooms point one way, and checking a certificate needs no JAX, no SciPy, no SymPy and no solver."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import nsos_jax
import nsos_jax.solvers

ROOT = Path(__file__).parents[1]
ALLOWED = {
    "": {
        "polynomials",
        "bases",
        "certificates",
        "proposers",
        "membership",
        "programs",
        "command",
        "exports",
        "compilation_cache",
        "clones",
        "devices",
        "late",
    },
    "option_changes": set(),
    "compilation_cache": set(),
    "clones": set(),
    "devices": set(),
    "memory_sizes": set(),
    "late": set(),
    "engines": set(),
    "distributed": {"command", "engines", "membership", "option_changes"},
    "polynomials": set(),
    "certificates": {"polynomials"},
    "exports": {"polynomials", "certificates"},
    "tables": set(),
    "bases": {"polynomials", "memory_sizes"},
    "sampling": {"polynomials", "bases"},
    "proposers": {"polynomials", "bases"},
    "solvers": set(),
    "proofs": {"polynomials", "certificates", "bases", "solvers"},
    "membership": {
        "polynomials",
        "certificates",
        "bases",
        "exports",
        "tables",
        "solvers",
        "proofs",
        "proposers",
        "late",
        "memory_sizes",
        "option_changes",
    },
    "programs": {
        "option_changes",
        "polynomials",
        "certificates",
        "exports",
        "bases",
        "solvers",
        "proofs",
        "membership",
        "late",
        "memory_sizes",
    },
    "control": {"polynomials", "certificates", "programs"},
    "train": {"polynomials", "bases", "sampling", "proposers", "compilation_cache", "devices"},
    "plots": {"polynomials", "certificates", "programs", "control", "late"},
    "command": {
        "polynomials",
        "certificates",
        "bases",
        "membership",
        "programs",
        "control",
        "proposers",
        "plots",
        "exports",
        "tables",
        "engines",
        "compilation_cache",
        "devices",
        "late",
        "memory_sizes",
    },
}
"""By room, which other rooms its files may import; "" stands for the files beside the rooms. A new room takes its place
here and in `docs/architecture.md`."""
BY_FILE = (
    "bases.monomial_words",
    "proposers.candidates",
    "proposers.gram_graph",
    "proposers.learned",
    "proposers.padding",
    "proposers.pretrained",
    "proposers.sequence",
    "command.cli",
)
"""What other rooms import by its file, for the room does not load it: it needs JAX, or starts the command."""


def folders():
    """{room: folder}."""
    rooms = {path.parent.name: path.parent for path in (ROOT / "nsos_jax").glob("*/__init__.py")}
    return {"": ROOT / "nsos_jax", **rooms, "solvers": ROOT / "solvers", "train": ROOT / "train"}


def files(room, folder):
    return folder.glob("*.py") if room == "" else folder.rglob("*.py")


def names_imported(path):
    """What a file imports anywhere, also within functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "nsos_jax":
            found |= {f"nsos_jax.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def imported(path):
    """What a file imports of this package, without the leading `nsos_jax.`."""
    return {name.removeprefix("nsos_jax.") for name in names_imported(path) if name.startswith("nsos_jax.")}


def test_every_room_has_its_place():
    files = {"compilation_cache", "clones", "devices", "late", "memory_sizes", "option_changes"}
    assert folders().keys() == ALLOWED.keys() - files


@pytest.mark.parametrize("room", folders())
def test_imports_point_one_way(room):
    backwards = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files(room, folders()[room])
        for name in imported(path)
        if (other := name.split(".")[0]) != room and other not in ALLOWED[room]
    ]
    assert not backwards


@pytest.mark.parametrize("room", folders())
def test_rooms_are_entered_by_their_door(room):
    past_it = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files(room, folders()[room])
        for name in imported(path)
        if name.split(".")[0] != room and "." in name and not name.startswith(BY_FILE)
    ]
    assert not past_it, "import from the room, and let its __init__.py export the name"


def test_there_are_no_circles():
    order: list[str] = []
    while len(order) < len(ALLOWED):
        ready = [room for room in ALLOWED if room not in order and ALLOWED[room] <= set(order)]
        assert ready, f"a circle among {sorted(set(ALLOWED) - set(order))}"
        order += ready


def test_imports_are_read():
    """So that the tests above cannot pass by reading nothing."""
    assert {"bases", "certificates", "proofs"} <= imported(ROOT / "nsos_jax" / "membership" / "pipeline.py")
    assert "solvers.problem" in imported(ROOT / "solvers" / "batch.py")


def test_tests_share_plain_modules():
    """Folders of tests share file names, and of two modules of one name only one can be imported."""
    files = list((ROOT / "tests").rglob("*.py"))
    assert not [path for path in files if any(name.startswith("test_") for name in names_imported(path))]
    shared = [path.stem for path in files if not path.stem.startswith(("test_", "conftest"))]
    assert len(shared) == len(set(shared))


def test_public_names():
    names = {}
    exec("from nsos_jax import *", names)
    assert sorted(names.keys() - {"__builtins__"}) == dir(nsos_jax) == sorted(nsos_jax.__all__)
    assert all(not name.startswith("_") for name in dir(nsos_jax))
    assert dir(nsos_jax.solvers) == sorted(nsos_jax.solvers.__all__)
    assert all(getattr(nsos_jax.solvers, name) for name in dir(nsos_jax.solvers))


CHECK_WITHOUT_SOLVERS = """
import sys

class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"jax", "jaxlib", "flax", "scipy", "sympy", "cvxpy", "mosek", "clarabel", "scs"}:
            raise ImportError(f"{name} is refused here")

sys.meta_path.insert(0, Refused())
from nsos_jax import Certificate
print(Certificate.from_json(sys.argv[1]).verify())
"""


def test_checking_needs_no_solver():
    text = nsos_jax.certify(nsos_jax.Polynomial.parse("x^4 - 2*x^2*y + y^2 + 1")).certificate.to_json()
    command = [sys.executable, "-c", CHECK_WITHOUT_SOLVERS, text]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("sos: ")


def test_the_command_loads_no_solver():
    heavy = "{'jax', 'scipy', 'cvxpy', 'sympy', 'flax', 'mosek', 'clarabel'}"
    code = f"import sys, nsos_jax.command.cli; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_wheel_has_every_package():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"]
    roots = {"nsos_jax": "nsos_jax", "solvers": "nsos_jax.solvers", "train": "nsos_jax.train"}
    found = {
        ".".join([name, *path.parent.relative_to(ROOT / folder).parts])
        for folder, name in roots.items()
        for path in (ROOT / folder).rglob("__init__.py")
    }
    assert set(listed) == found | {"nsos_jax.web"}
