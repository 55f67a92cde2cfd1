"""Mathematics as MathML, which browsers draw themselves: no script, no network, and read aloud by screen readers."""

import re
from html import escape

from docutils import nodes
from docutils.utils.math import latex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

FENCE = re.compile("<mo>([{}|‖])</mo>")
"""What browsers would stretch to the height of the line; docutils keeps parentheses alone from that."""
LOGGER = logging.getLogger(__name__)


def mathml(code: str, node: nodes.Node, *, block: bool) -> str:
    """The element <math>; what docutils cannot read is a warning, and so an error of the strict build."""
    try:
        return FENCE.sub(r'<mo stretchy="false">\1</mo>', latex2mathml.tex2mathml(code, as_block=block))
    except Exception as error:
        LOGGER.warning("math: %s in %s", error, code, location=node)
        return f"<code>{escape(code)}</code>"


def visit_inline(translator: HTML5Translator, node: nodes.math) -> None:
    translator.body.append(mathml(node.astext(), node, block=False))
    raise nodes.SkipNode


def visit_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    translator.body.append(f'<div class="math-block">{mathml(node.astext(), node, block=True)}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", inline_renderers=(visit_inline, None), block_renderers=(visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
