"""Programs as JSON: statements to programs, and programs to statements.

In: JSON objects, or programs. Out: `StatedProblem`, which gives the program for each value of its parameter; JSON
objects. Loads neither JAX nor a solver. May import the files of `programs` that state programs, and `polynomials`.
"""

from nsos_jax.programs.reading import fields
from nsos_jax.programs.reading.fields import StatementError
from nsos_jax.programs.reading.problem import Parameter, StatedBound, StatedProblem, read_program
from nsos_jax.programs.reading.splitting import split_arguments
from nsos_jax.programs.reading.writing import write_statement

__all__ = [
    "Parameter",
    "StatedBound",
    "StatedProblem",
    "StatementError",
    "fields",
    "read_program",
    "split_arguments",
    "write_statement",
]
