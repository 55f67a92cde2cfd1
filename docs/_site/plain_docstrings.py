"""Docstrings as plain text: `code` in backticks as in Markdown, every other character as it stands.

Sphinx reads docstrings as reStructuredText, to which 2*x, |x| and x_ are markup. Here such characters are escaped; a
word in backticks becomes a link where the reference has that name, else code. Sections such as "Args:" are left to
napoleon.
"""

import re
from typing import Any

from sphinx.application import Sphinx

import nsos_jax

CODE = re.compile(r"`+([^`]+)`+")
LINKED = re.compile(rf"[A-Z]\w*|\w+(\.\w+)+|{'|'.join(nsos_jax.__all__)}")
"""Classes, dotted names and public functions; `name` alone would be that of any class."""
MARKUP = re.compile(r"([\\*|]|_(?!\w))")
ENUMERATOR = re.compile(r"(^\s*|: )([A-Za-z])\.(?=\s|$)")
"""A sentence such as "p." that would begin a list."""


def plain_line(line: str) -> str:
    """One line of text.

    >>> print(plain_line("`p` is x_1 * y, of `2*x`"))
    ``p`` is x_1 \\* y, of ``2*x``
    """
    parts = CODE.split(ENUMERATOR.sub(r"\1`\2`.", line))
    text, codes = parts[::2], parts[1::2]
    shown = [MARKUP.sub(r"\\\1", text[0])]
    for code, after in zip(codes, text[1:], strict=True):
        shown.append(f":py:obj:`{code}`" if LINKED.fullmatch(code) else f"``{code}``")
        shown.append(("\\" if after[:1].isalnum() or after[:1] == "_" else "") + MARKUP.sub(r"\\\1", after))
    return "".join(shown)


def plain_lines(lines: list[str]) -> list[str]:
    """A docstring; examples, from >>> to the next empty line, stay as they are."""
    shown, in_example, opened = [], False, False
    for line in lines:
        in_example = line.lstrip().startswith(">>>") or (in_example and bool(line.strip()))
        if in_example:
            shown.append(line)
            continue
        if line.count("`") % 2:  # code that goes on in the next line is text in both
            before, _, after = line.partition("`") if opened else line.rpartition("`")
            line, opened = before + after, not opened
        shown.append(plain_line(line))
    return shown


def process(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    lines[:] = plain_lines(lines)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", process, priority=400)  # napoleon comes at 500
    return {"parallel_read_safe": True, "parallel_write_safe": True}
