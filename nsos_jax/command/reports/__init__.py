"""What the commands that answer many inputs show to people: lines, a summary, and on terminals how far they are.

In: outcomes as they come. Out: text on standard output, problems and progress on standard error. May import what
`command` may.
"""

from nsos_jax.command.reports.report import BAD_INPUT, BUG, Display, Report
from nsos_jax.command.reports.text import printable, shorten, terminal_width

__all__ = ["BAD_INPUT", "BUG", "Display", "Report", "printable", "shorten", "terminal_width"]
