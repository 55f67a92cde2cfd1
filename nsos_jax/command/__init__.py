"""The command `nsos`: what it reads, what it writes, what it shows.

In: arguments, files, standard input. Out: records, tables, certificates, exit statuses. May import all other rooms but
`sampling`; loads JAX only when something is certified. Names are loaded on first use: the help needs none of them.
"""

from typing import TYPE_CHECKING

from nsos_jax.late import late_names

if TYPE_CHECKING:
    from nsos_jax.command.certifying import certify_job
    from nsos_jax.command.entries import POLYNOMIALS, Entry, entry_of_values
    from nsos_jax.command.records import make_lines, make_records, recorded_outcome
    from nsos_jax.command.running import schedule_of

_FILES = {
    "POLYNOMIALS": "entries",
    "Entry": "entries",
    "certify_job": "certifying",
    "entry_of_values": "entries",
    "make_lines": "records",
    "make_records": "records",
    "recorded_outcome": "records",
    "schedule_of": "running",
}

__all__ = [
    "POLYNOMIALS",
    "Entry",
    "certify_job",
    "entry_of_values",
    "make_lines",
    "make_records",
    "recorded_outcome",
    "schedule_of",
]

__getattr__ = late_names(__name__, _FILES)
