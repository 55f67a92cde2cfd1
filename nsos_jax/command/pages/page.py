"""The page: its text is escaped here, once; sorting and filtering are `page.js`."""

import html
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from importlib.resources import files
from statistics import median

from nsos_jax.command.pages.entries import Reported

COLORS = {
    "SOS": "#0072b2",
    "NONNEGATIVE": "#56b4e9",
    "OPTIMAL": "#0072b2",
    "FEASIBLE": "#56b4e9",
    "PROVEN": "#0072b2",
    "NEGATIVE": "#d55e00",
    "NOT_SOS": "#e69f00",
    "INFEASIBLE": "#d55e00",
    "REFUTED": "#d55e00",
}
"""Of statuses, in the colours of the pictures; others are grey."""
GREY = "#999999"


def page(title: str, reported: Sequence[Reported]) -> str:
    """The whole HTML file."""
    folder = files("nsos_jax.command.pages")
    template = folder.joinpath("page.html").read_text("utf-8")
    parts = {
        "title": html.escape(title),
        "version": html.escape(version("nsos-jax")),
        "style": folder.joinpath("page.css").read_text("utf-8"),
        "script": folder.joinpath("page.js").read_text("utf-8"),
        "summary": _summary(reported),
        "bar": _bar(reported),
        "filters": "".join(_filter(status, count) for status, count in _counts(reported)),
        "rows": "\n".join(map(_row, reported)),
    }
    for name, text in parts.items():
        template = template.replace(f"<!--{name}-->", text)
    return template


def _counts(reported: Sequence[Reported]) -> list[tuple[str, int]]:
    return Counter(one.status for one in reported).most_common()


def _summary(reported: Sequence[Reported]) -> str:
    holds = sum(one.holds for one in reported)
    seconds = [one.seconds for one in reported if one.seconds is not None]
    facts = {
        "records": str(len(reported)),
        "proofs that hold": str(holds),
        "without a proof that holds": str(len(reported) - holds),
    }
    if seconds:
        facts |= {
            "median seconds": f"{median(seconds):.3g}",
            "longest": f"{max(seconds):.3g} s",
            "all together": f"{sum(seconds):.3g} s",
        }
    return "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts.items())


def _bar(reported: Sequence[Reported]) -> str:
    parts = [
        f'<span style="flex-grow:{count};background:{COLORS.get(status, GREY)}" '
        f'title="{html.escape(status)}: {count}"></span>'
        for status, count in _counts(reported)
    ]
    label = ", ".join(f"{count} {status}" for status, count in _counts(reported))
    return f'<div class="bar" role="img" aria-label="{html.escape(label)}">{"".join(parts)}</div>'


def _filter(status: str, count: int) -> str:
    name = html.escape(status)
    dot = f'<i style="background:{COLORS.get(status, GREY)}"></i>'
    return f'<label><input type="checkbox" value="{name}" checked>{dot}{name} <small>{count}</small></label>'


def _row(one: Reported) -> str:
    seconds = "" if one.seconds is None else f"{one.seconds:.3f}"
    mark = '<span class="holds">holds</span>' if one.holds else '<span class="fails">no proof</span>'
    details = "".join(f"<p>{html.escape(line)}</p>" for line in one.lines or [one.proven])
    status = html.escape(one.status)
    return (
        f'<tbody class="record" data-status="{status}"><tr>'
        f'<td class="number line">{one.line}</td><td class="id">{html.escape(one.id)}</td>'
        f'<td class="about">{html.escape(one.about)}</td>'
        f'<td class="status"><i style="background:{COLORS.get(one.status, GREY)}"></i>{status}</td>'
        f'<td class="checked">{mark}</td>'
        f'<td class="number seconds">{seconds}</td>'
        f'<td class="proven"><details><summary>{html.escape(one.proven)}</summary>'
        f'<div class="proof">{details}</div>{one.picture}</details></td></tr></tbody>'
    )
