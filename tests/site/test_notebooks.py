"""Each notebook of examples/notebooks/ runs from top to bottom, in a short form: `parameters` are smaller; so do the
pages of docs/ with cells.

The build of the site runs them in full and shows what they print. Here they run in this process, without Jupyter.
"""

import ast
import itertools
import os
import re
import shlex
import subprocess
import sys
import warnings
from pathlib import Path

import jax
import pytest
from click.testing import CliRunner

from nsos_jax.command.cli import main

ROOT = Path(__file__).parents[2]
PAGES = [path for path in sorted((ROOT / "docs").rglob("*.md")) if "```{code-cell}" in path.read_text("utf-8")]
NOTEBOOKS = sorted((ROOT / "examples" / "notebooks").glob("*.md"))
CELL = re.compile(r"^```\{code-cell\} ipython3\n((?::tags: [^\n]*\n)?)(.*?)^```$", re.MULTILINE | re.DOTALL)
SHORT = {
    "batches": {"count": 4},
    "bounds": {"links": 4},
    "control": {"degree": 2, "iterations": 1},
    "gradients": {"steps": 2},
    "training": {"steps": 2},
}


def cells(path):
    """Tags and source of each cell of code."""
    return CELL.findall(path.read_text("utf-8"))


def run_shell(line):
    """A line `!command`, with the programs of this environment; a command of nsos alone runs in this process."""
    if re.fullmatch("!nsos [^|;&<>$]*", line):
        done = CliRunner().invoke(main, shlex.split(line)[1:])
        assert done.exit_code == 0, done.output
        return
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(["bash", "-c", line[1:]], capture_output=True, text=True, env={**os.environ, "PATH": path})
    assert done.returncode == 0, done.stdout + done.stderr


def run_lines(source, names):
    """A cell of statements, with lines of the shell between them."""
    for is_shell, lines in itertools.groupby(source.splitlines(), lambda line: line.startswith("!")):
        if is_shell:
            for line in lines:
                run_shell(line)
        else:
            run_cell("\n".join(lines), names)


def run_cell(source, names):
    """The statements, and what Jupyter would show of a last expression."""
    body = ast.parse(source).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "cell", "exec"), names)
    if last is not None:
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
        shows = [getattr(value, show, None) for show in ("_repr_html_", "_repr_latex_", "__repr__")]
        texts = [show() for show in shows if show is not None]
        assert all(text for text in texts if text is not None)  # figures have no HTML without Jupyter


@pytest.fixture
def in_a_copy(tmp_path, monkeypatch):
    """The folder of the notebooks, in a tree of links, so that what they write stays apart."""
    for name in ("examples/notebooks", "docs/how-to"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("scripts", "configs"):
        (tmp_path / name).symlink_to(ROOT / name)
    for path in (ROOT / "examples").glob("*.*"):
        (tmp_path / "examples" / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NSOS_CACHE_DIR", "")
    monkeypatch.setattr(os, "environ", os.environ.copy())
    yield
    for setting in ("jax_enable_x64", "jax_disable_most_optimizations"):
        jax.config.update(setting, False)


def test_the_notebooks_are_there():
    assert len(NOTEBOOKS) == 10
    assert all(cells(path) for path in NOTEBOOKS)
    assert SHORT.keys() == {path.stem for path in NOTEBOOKS if any("parameters" in tags for tags, _ in cells(path))}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_notebook_runs(path, in_a_copy):
    run_page(path)


@pytest.mark.parametrize("path", PAGES, ids=[path.stem for path in PAGES])
def test_page_runs(path, in_a_copy):
    run_page(path)


def run_page(path):
    """All cells, in the folder where the page is."""
    os.chdir(path.relative_to(ROOT).parent)
    names = {"__name__": "notebook"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # figures are not shown
        for tags, source in cells(path):
            if "raises-exception" in tags:
                with pytest.raises((ValueError, AssertionError)):
                    run_lines(source, names)
                continue
            run_lines(source, names)
            if "parameters" in tags:
                assert SHORT[path.stem].keys() <= names.keys()
                names.update(SHORT[path.stem])


def test_sources_are_formatted(tmp_path):
    """The cells are Python as ruff writes it, and without what it warns of."""
    for path in NOTEBOOKS:
        source = "\n".join(source for _, source in cells(path) if not source.startswith("!"))
        (tmp_path / f"{path.stem.replace('-', '_')}.py").write_text(source, "utf-8")
    ruff = [str(Path(sys.executable).parent / "ruff")]
    lint = [*ruff, "check", "--quiet", "--config", str(ROOT / "pyproject.toml"), "--ignore", "E402,B018,I001", "."]
    done = subprocess.run(lint, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
