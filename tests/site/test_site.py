"""The reference names all public names; links are checked; docstrings, mathematics and the flowchart become HTML."""

import doctest
import importlib
import re
import sys
from pathlib import Path

import pytest

import nsos_jax
import nsos_jax.control
import nsos_jax.plots
import nsos_jax.solvers

ROOT = Path(__file__).parents[2]
EXTENSIONS = ROOT / "docs" / "_site"
REFERENCE = "\n".join(path.read_text("utf-8") for path in (ROOT / "docs" / "api").glob("*.md"))
LEFT_OUT = {"QUESTIONS"}
"""Tables, whose elements have pages of their own."""


@pytest.fixture
def extension(monkeypatch):
    monkeypatch.syspath_prepend(str(EXTENSIONS))

    def load(name):
        monkeypatch.delitem(sys.modules, name, raising=False)
        return importlib.import_module(name)

    return load


def documented(module):
    """Names after the `currentmodule` of that module."""
    parts = re.split(r"\.\. currentmodule:: (\S+)\n", REFERENCE)
    texts = [text for name, text in zip(parts[1::2], parts[2::2], strict=True) if name == module]
    return set(re.findall(r"^\.\. auto\w+:: (\w+)$", "\n".join(texts), re.MULTILINE))


@pytest.mark.parametrize("module", [nsos_jax, nsos_jax.control, nsos_jax.solvers, nsos_jax.plots])
def test_the_reference_has_all_public_names(module):
    assert documented(module.__name__) == set(module.__all__) - LEFT_OUT


def test_kinds_of_certificates_are_in_the_reference():
    kinds = {kind.__name__ for kind in importlib.import_module("nsos_jax.certificates.kinds").KINDS.values()}
    assert kinds <= documented("nsos_jax.certificates")


def test_broken_links_are_found(extension, tmp_path):
    broken_links = extension("check_links").broken_links
    (tmp_path / "b.html").write_text('<p id="there">')
    good = '<a href="b.html#there">x</a><a href="#here" id="here">y</a><a href="https://example.org/z">z</a>'
    (tmp_path / "a.html").write_text(good)
    assert broken_links(tmp_path) == []
    (tmp_path / "a.html").write_text('<a href="b.html#gone">x</a><img src="c.png"><a href="%23">y</a>')
    assert [text.split(": ")[-1] for text in broken_links(tmp_path)] == [
        "no such anchor",
        "no such file",
        "no such file",
    ]
    assert broken_links(tmp_path / "empty") != []


def test_docstrings_are_plain_text(extension):
    module = pytest.importorskip("sphinx") and extension("plain_docstrings")
    assert doctest.testmod(module).failed == 0
    lines = ["p. `q` of x_1 * |y|, `z'", "and` `name`_y1", "", ">>> 2*x_", "2*x_", "", "x_"]
    shown = module.plain_lines(lines)
    assert shown[0].startswith("``p``. ``q`` of x_1 \\* \\|y\\|")
    assert module.plain_line("`certify` gives a `Result`") == ":py:obj:`certify` gives a :py:obj:`Result`"
    assert shown[3:6] == [">>> 2*x_", "2*x_", ""]
    assert shown[6] == "x\\_"


def test_mathematics(extension):
    mathml = pytest.importorskip("sphinx") and extension("mathml").mathml
    shown = mathml(r"\{ x : x^2 \ge 0 \}", None, block=False)
    assert shown.startswith("<math")
    assert '<mo stretchy="false">{</mo>' in shown
    polynomial = nsos_jax.Polynomial.parse("x1^2 - 1/3*rate*y + 10^40*y^2")
    for text in (polynomial._repr_latex_(), nsos_jax.SemialgebraicSet([polynomial])._repr_latex_()):
        assert "<math" in mathml(text.strip("$"), None, block=True)
    assert mathml(r"\unknown", None, block=False) == r"<code>\unknown</code>"


def test_the_flowchart_of_the_architecture(extension):
    rooms = pytest.importorskip("sphinx") and extension("rooms")
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    chart = re.search(r"```mermaid\n(.*?)```", text, re.DOTALL)[1]
    labels, arrows = rooms.read_flowchart(chart.splitlines())
    assert {"polynomials", "command"} <= labels.keys()
    assert ("proofs", "bases") in arrows
    level = rooms.levels(list(labels), arrows)
    assert all(level[start] > level[end] for start, end in arrows)
    picture = rooms.svg(labels, arrows)
    assert picture.count("<rect") == len(labels)
    assert "membership imports proofs" in picture
