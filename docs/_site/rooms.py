"""The flowchart of docs/architecture.md as a picture: GitHub draws Mermaid itself, here it becomes SVG, no script."""

import re
import textwrap
from html import escape
from itertools import pairwise

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

BOX = re.compile(r'(\w+)\["([^"]*)"\]')
WIDTH, HEIGHT, ACROSS, DOWN = 196, 62, 214, 106
"""Pixels: of a box, and from one box to the next."""
LETTERS = 32
"""On a line of a box."""
TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0 8 4 0 8z"/></marker></defs>'
)


def read_flowchart(lines: list[str]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """{box: label} and the arrows (from, to) of a flowchart with lines such as `a["label"] --> b & c`."""
    labels: dict[str, str] = {}
    arrows: list[tuple[str, str]] = []
    for line in lines[1:]:
        labels.update(BOX.findall(line))
        ends = [[name.strip() for name in side.split("&")] for side in BOX.sub(r"\1", line).split("-->")]
        arrows += [(start, end) for left, right in pairwise(ends) for start in left for end in right]
    return labels, arrows


def levels(names: list[str], arrows: list[tuple[str, str]]) -> dict[str, int]:
    """By box the longest way down; arrows point down."""
    below = {name: [end for start, end in arrows if start == name] for name in names}

    def depth(name: str) -> int:
        return 1 + max(map(depth, below[name]), default=-1)

    return {name: depth(name) for name in names}


def spoken(arrows: list[tuple[str, str]]) -> str:
    """The arrows in words, for screen readers."""
    starts = dict.fromkeys(start for start, _ in arrows)
    return "; ".join(f"{start} imports {', '.join(end for a, end in arrows if a == start)}" for start in starts)


def svg(labels: dict[str, str], arrows: list[tuple[str, str]]) -> str:
    """The picture, in the colours of the page."""
    level = levels(list(labels), arrows)
    rows = [[name for name in labels if level[name] == k] for k in range(max(level.values()) + 1)][::-1]
    wide, high = max(map(len, rows)) * ACROSS, len(rows) * DOWN - DOWN + HEIGHT + 8
    left = {name: (wide - len(row) * ACROSS) / 2 + i * ACROSS + 9 for row in rows for i, name in enumerate(row)}
    top = {name: k * DOWN + 4 for k, row in enumerate(rows) for name in row}
    out = [f'<svg class="rooms" viewBox="0 0 {wide} {high}" role="img" aria-label="{escape(spoken(arrows))}">', TIP]
    for start, end in arrows:
        x1, x2 = left[start] + WIDTH / 2, left[end] + WIDTH / 2
        out.append(f'<path class="arrow" marker-end="url(#tip)" d="M{x1} {top[start] + HEIGHT}L{x2} {top[end] - 2}"/>')
    for name, label in labels.items():
        title, _, text = label.partition("<br/>")
        x, y = left[name] + WIDTH / 2, top[name]
        out.append(f'<rect x="{left[name]}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="5"/>')
        out.append(f'<text class="room" x="{x}" y="{y + 19}">{escape(title)}</text>')
        for k, line in enumerate(textwrap.wrap(text, LETTERS)):
            out.append(f'<text x="{x}" y="{y + 36 + 15 * k}">{escape(line)}</text>')
    return "".join([*out, "</svg>"])


class Mermaid(SphinxDirective):
    has_content = True

    def run(self) -> list[nodes.Node]:
        return [nodes.raw("", svg(*read_flowchart([line for line in self.content if line.strip()])), format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("mermaid", Mermaid)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
