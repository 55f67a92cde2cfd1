"""The command `nsos`: what it reads, what it writes, what it shows.

In: arguments, files, standard input. Out: records, tables, certificates, exit statuses. May import all other rooms but
`sampling`; loads JAX only when something is certified.
"""

from nsos_jax.command.certifying import certify_job
from nsos_jax.command.entries import POLYNOMIALS, Entry, entry_of_values
from nsos_jax.command.records import make_lines, make_records, recorded_outcome
from nsos_jax.command.running import schedule_of

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
