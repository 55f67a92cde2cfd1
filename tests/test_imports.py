"""Imports point one way, and checking a certificate needs no JAX, no SciPy and no solver."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# A module imports only modules that stand before it, line by line. A new module takes its place here.
LAYERS = """
    terms lexer parsing conversions evaluation polynomials
    tokenizer monomial_words sequence_layers sequence_model decode
    certificate_data certificate_reader exact_psd certificate_checks completeness certificates certificate_files
    exponents newton bases blocks schedules sampling
    gram_features gram_graph pretrained proposals learned_proposer gram_graph_proposer sequence_proposer proposers
    monomial_sampling gram_sampling reverse_sampling families
    solvers.status solvers.problem solvers.packing solvers.sign_schedule solvers.products solvers.psd
    solvers.normal_form solvers.admm solvers.acceleration solvers.bracket solvers.bounds solvers.interior
    solvers.newton solvers.chunks solvers.groups
    solvers.verdicts solvers.batch solvers.programs solvers.sdpa solvers.processes solvers.gradients solvers.reference
    solvers
    gram exact refute results search evidence limits pipeline
    compilation_cache
    train.overrides train.config train.task train.data train.gram_task train.sequence_task train.tasks
    train.mesh train.step train.evaluate train.run_folder train.checkpoint train.run_log train.export
    train.main train.__main__ train
    explain inputs records reports interruption cli __main__
"""
ORDER = LAYERS.split()


def source_files():
    """{module name without the leading package: path}; the package itself, which imports lazily, is left out."""
    files = {path.stem: path for path in (ROOT / "nsos_jax").glob("*.py") if path.stem != "__init__"}
    for folder in ("solvers", "train"):
        for path in (ROOT / folder).glob("*.py"):
            files[folder if path.stem == "__init__" else f"{folder}.{path.stem}"] = path
    return files


def imported(path, modules):
    """The modules of this package that a file imports anywhere, also within functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names] + [node.module]
        own = {name.removeprefix("nsos_jax.") for name in names if name.startswith("nsos_jax.")}
        direct = {name for name in own if name in modules}
        # `from nsos_jax.solvers import admm` is an import of the submodule alone
        found |= {name for name in direct if not any(other.startswith(f"{name}.") for other in direct)}
    return found


def test_every_module_has_its_place():
    unplaced = [name for name in source_files() if name not in ORDER]
    assert not unplaced, f"put these modules into LAYERS of {Path(__file__).name}: {unplaced}"
    assert len(ORDER) == len(set(ORDER))


def test_imports_point_one_way():
    files = source_files()
    backwards = [
        f"{name} imports {other}"
        for name, path in files.items()
        for other in imported(path, files)
        if ORDER.index(other) >= ORDER.index(name)
    ]
    assert not backwards


def test_imports_are_read():
    """So that the test above cannot pass by reading nothing."""
    files = source_files()
    assert {"bases", "certificates", "newton", "search"} <= imported(files["pipeline"], files)
    assert "solvers.problem" in imported(files["solvers.batch"], files)


def test_lazy_names_are_listed():
    code = (
        "import sys, nsos_jax; print(set(nsos_jax.__all__) <= set(dir(nsos_jax)), 'nsos_jax.pipeline' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]


@pytest.mark.parametrize("module", ["nsos_jax.certificates", "nsos_jax.cli"])
def test_checker_and_command_import_no_solver(module):
    heavy = "{'jax', 'scipy', 'cvxpy', 'sympy', 'flax', 'mosek', 'clarabel'}"
    code = f"import sys, {module}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
