"""Work of an actor that dies of one polynomial. Loaded by worker processes, too."""

import os

from nsos_jax.command import make_records

DEADLY = "x^2 + 666"


def die_or_make_records(entries, job):
    if any(entry.given == DEADLY for entry in entries):
        os._exit(9)
    return make_records(entries, job)
