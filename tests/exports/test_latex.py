"""Format `latex`: balanced displays with escaped names. Nothing is typeset here."""

import re

from nsos_jax.exports import export, latex


def check(text):
    """The display, after a check of what TeX would stumble over."""
    assert text.isascii() or all(line.isascii() for line in text.split("\n") if not line.startswith("%"))
    source = "\n".join(line for line in text.split("\n") if not line.startswith("%"))
    assert source.startswith("\\begin{align*}\n")
    assert source.endswith("\n\\end{align*}\n")
    depth = 0
    for char in re.sub(r"\\[{}]", "", source):
        depth += (char == "{") - (char == "}")
        assert depth >= 0
    assert depth == 0
    assert source.count("(") == source.count(")")
    lines = source.split("\n")[1:-2]
    assert all(line.endswith(r" \\") for line in lines[:-1])
    assert not lines[-1].endswith(r"\\")
    assert all(re.sub(r"\\_", "", line).count("&") == 1 for line in lines)
    assert not re.search(r"(?<!\\)[%#$~]", source.replace("$p$", "").replace("$z$", ""))
    return source


def test_displays_of_squares(squares_certificate):
    source = check(export(squares_certificate, "latex"))
    assert (r"\varepsilon" in source) == (squares_certificate.kind == "near_sos")
    assert max(map(len, source.split("\n"))) <= latex.WIDTH + 60


def test_display_of_two_squares(sos):
    assert check(export(sos["plain"], "latex")) == (
        "\\begin{align*}\np &= x^{4} - 2 x^{2} y + y^{2} + 1 \\\\\n &= (x^{2} - y)^{2} + (1)^{2}\n\\end{align*}\n"
    )


def test_displays_of_negative_points(negative_certificate):
    assert " < 0\n" in check(export(negative_certificate, "latex"))


def test_displays_of_multipliers(nonneg_certificate):
    source = check(export(nonneg_certificate, "latex"))
    assert (r"\sigma p &= " in source) == bool(nonneg_certificate.polynomial.num_terms)


def test_display_of_a_functional(motzkin):
    source = check(export(motzkin, "latex"))
    assert r"L(x^{2} y^{4}) &= \tfrac{1}{2}" in source
    assert r"z &= (1, x y, x y^{2}, x^{2} y)^{\mathsf{T}}" in source
    assert "L(p) &= -1 < 0" in source


def test_names(sos):
    text = export(sos["odd names"], "latex")
    assert r"\mathrm{v\_a\_b}" in text
    assert "% The variable v_a_b stands for a\\u0020\\u0022\\u002a\\u0029\\u0020b." in text
