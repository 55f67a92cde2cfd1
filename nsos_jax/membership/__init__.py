"""Is a polynomial a sum of squares? The pipeline from polynomials to proven answers.

In: polynomials and `CertifyOptions`. Out: a `Result` for each, whose certificate the checker has accepted; and the
`Record`s of results files. May import the rooms `polynomials`, `certificates`, `bases`, `proposers` and `proofs`, and
`solvers`. What loads JAX or CVXPY is loaded on first use.
"""

from typing import TYPE_CHECKING

from nsos_jax.late import late_names
from nsos_jax.membership.records import Record, Records, read_results
from nsos_jax.membership.results import (
    COMPACT_SECONDS,
    LAST_RESORTS,
    REFERENCES,
    Attempt,
    CertifyOptions,
    Result,
    SecondOpinion,
    Status,
)

if TYPE_CHECKING:
    from nsos_jax.membership.compacting import Compacted, compact
    from nsos_jax.membership.pipeline import certify, certify_batch, certify_stream
    from nsos_jax.membership.second_opinion import check_solvers, write_final_task

_LOADED_LATE = {
    "Compacted": "compacting",
    "certify": "pipeline",
    "certify_batch": "pipeline",
    "certify_stream": "pipeline",
    "check_solvers": "second_opinion",
    "compact": "compacting",
    "write_final_task": "second_opinion",
}
__all__ = [
    "COMPACT_SECONDS",
    "LAST_RESORTS",
    "REFERENCES",
    "Attempt",
    "CertifyOptions",
    "Compacted",
    "Record",
    "Records",
    "Result",
    "SecondOpinion",
    "Status",
    "certify",
    "certify_batch",
    "certify_stream",
    "check_solvers",
    "compact",
    "read_results",
    "write_final_task",
]

__getattr__ = late_names(__name__, _LOADED_LATE)
