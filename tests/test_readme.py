"""The Python blocks of README.md and pages of docs/ run as they are, each on its own, and so do lines `$ nsos ...`.

Blocks of pages that are notebooks run when the site is built, and those of tutorials in tests/site/ too.
"""

import ast
import inspect
import json
import re
import shlex
from pathlib import Path

import click
import jax
import pytest
from click.testing import CliRunner

import nsos_jax
from nsos_jax.command.cli import main
from nsos_jax.distributed import certify_dataset

ROOT = Path(__file__).parents[1]
PAGES = {
    "README.md": ["SOS\n", "values of 1 unknown satisfy 2 constraints", "is compact, invariant"],
    "docs/control.md": [
        "('sin_th', 'cos_th', 'w') [Fraction(-1, 1), Fraction(0, 1), Fraction(-1, 2)]",
        "PROVEN: the origin is globally asymptotically stable\nV = ",
        "the origin is globally asymptotically stable",
        "2.30447",
        "{V < 1} is bounded",
        "no trajectory from the initial set reaches the unsafe set",
        "reaches the target",
        "which is in the input set: {V <= 1} is compact, invariant",
        "reaches an unsafe set",
        "4/3 ",
        "is compact, invariant and attracted to the origin",
    ],
    "docs/programs.md": [
        "FEASIBLE\n",
        "OPTIMAL 10 10",
        "psd -0.300",
        "OPTIMAL -2 -2",
        "OPTIMAL -2.0000",
        "OPTIMAL ",
        "positive: at these values",
        "x**2 - 2*x + 1",
        "-3.5139",
    ],
    "docs/solver.md": ["INFEASIBLE", "INFEASIBLE", "Array(", "OPTIMAL", "", "1.84"],
    "docs/many-machines.md": [""],
    "docs/training.md": ["--config configs/gram_graph.py"],
}


def blocks(page):
    return re.findall(r"^```python\n(.*?)^```$", (ROOT / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)


CASES = [
    (page, block, expected)
    for page, outputs in PAGES.items()
    for block, expected in zip(blocks(page), outputs, strict=False)
]


def test_all_pages_with_blocks_are_known():
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    assert {str(path.relative_to(ROOT)) for path in pages if blocks(path.relative_to(ROOT))} == PAGES.keys()


@pytest.mark.parametrize("page", PAGES)
def test_the_expected_blocks_are_there(page):
    assert len(blocks(page)) == len(PAGES[page])


@pytest.mark.parametrize(("page", "block", "expected"), CASES)
def test_block_runs(page, block, expected, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name, value in (("NSOS_CACHE_DIR", ""), ("JAX_COMPILATION_CACHE_DIR", "")):
        monkeypatch.setenv(name, value)  # no cache, whose settings would stay
    record = {"id": "square", **nsos_jax.certify(nsos_jax.Polynomial.parse("x^2 - 2*x + 1")).to_record()}
    Path("results.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    try:
        exec(compile(block, page, "exec"), {"__name__": "page"})
    finally:
        jax.config.update("jax_enable_x64", False)
    assert expected in capsys.readouterr().out


def test_the_step_of_ray_is_called_as_it_is_defined():
    """The one block that needs a store of its own to run."""
    text = (ROOT / "docs" / "many-machines.md").read_text("utf-8")
    [block] = re.findall(r"^```\{code-block\} python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    calls = [node for node in ast.walk(ast.parse(block)) if isinstance(node, ast.Call)]
    [call] = [node for node in calls if ast.unparse(node.func) == "certify_dataset"]
    keywords = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    bound = inspect.signature(certify_dataset).bind("polynomials", **keywords)
    assert nsos_jax.CertifyOptions(**bound.arguments["changes"]).time_limit == 20


COMMANDS = ["README.md", "docs/install.md", "docs/control.md", "docs/exports.md", "docs/program-files.md"]
ABOUT_OTHER_FILES = ["docs/many-machines.md", "docs/tables.md", "docs/training.md"]
"""Pages with commands about files of the reader: that these can be read is tested in tests/command/."""


def commands(page):
    """The arguments of each line `$ nsos ...`, without what the shell does with its output."""
    found = re.findall(r"^\$ (?:\.venv/bin/)?nsos (.*)$", (ROOT / page).read_text("utf-8"), re.MULTILINE)
    return [shlex.split(re.split(r" [|>#] ", line)[0]) for line in found]


def test_the_pages_with_commands_are_known():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    assert {str(path.relative_to(ROOT)) for path in pages if commands(path.relative_to(ROOT))} == {
        *COMMANDS,
        *ABOUT_OTHER_FILES,
    }


@pytest.mark.parametrize("page", COMMANDS)
def test_commands_run(page, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    Path("examples").symlink_to(ROOT / "examples")
    for name in ("NSOS_CACHE_DIR", "JAX_COMPILATION_CACHE_DIR"):
        monkeypatch.setenv(name, "")
    for arguments in commands(page):
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 0, (arguments, done.output)


@pytest.mark.parametrize("page", ABOUT_OTHER_FILES)
def test_options_of_commands_exist(page):
    for name, *arguments in commands(page):
        command = main.commands[name]
        command.make_parser(click.Context(command)).parse_args(arguments)


def test_example_script_runs(capsys):
    path = ROOT / "examples" / "certify_batch.py"
    exec(compile(path.read_text("utf-8"), str(path), "exec"), {"__name__": "__main__"})
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[::2]] == ["SOS", "NEGATIVE", "NOT_SOS"]


def test_the_names_of_the_architecture_page_exist():
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    way = text[text.index("## The way of a polynomial") : text.index("## Where to add")]
    for line in re.findall(r"^[0-9]+\. (.*)", way.replace("\n    ", " "), re.MULTILINE):
        files = re.findall(r"`([a-z_/]+\.py)`", line)
        for path in files:
            assert (ROOT / "nsos_jax" / path).is_file() or (ROOT / path).is_file(), path
        sources = " ".join(
            (ROOT / folder / path).read_text("utf-8")
            for path in files
            for folder in ("nsos_jax", ".")
            if (ROOT / folder / path).is_file()
        )
        for name in re.findall(r"`(?:\w+\.)*(\w+)(?:\(\w+\))?(?:\.\w+)?`", line) if files else ():
            assert re.search(rf"\b{name}\b", sources), (line, name)
