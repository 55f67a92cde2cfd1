"""Polynomials of a dataset of Ray to records, on actors that keep their compiled programs."""

from typing import TYPE_CHECKING, Any

from nsos_jax.distributed.certifier import BATCH, Certifier
from nsos_jax.membership import CertifyOptions
from nsos_jax.option_changes import changed

if TYPE_CHECKING:
    from ray.data import Dataset


def certify_dataset(
    dataset: "Dataset",
    options: CertifyOptions | None = None,
    *,
    column: str = "polynomial",
    workers: int = 1,
    cores_per_worker: float = 1,
    gpus_per_worker: float = 0,
    **changes: Any,
) -> "Dataset":
    """The records of all polynomials of a dataset: one row for each, whatever dies.

    Nothing is computed before the dataset that is returned is read or written. Rows come in the order in which they are
    finished, unless `ray.data.DataContext` asks for theirs. A polynomial that cannot be read, or that kills the process
    that works on it, or that takes ten times its time limit and a minute, has a row whose `error` says so, after its
    batch was halved until it was alone, and it was tried twice.

    Args:
      dataset: with a column of polynomials as text; its other columns are kept, and `id` names a row.
      options: as for `certify`; `close_margins` makes labels for training.
      column: the name of that of the polynomials.
      workers: most actors, each with a process of its own that it replaces when that dies; Ray starts with one and adds
        others where there are cores that reading and writing do not need.
      cores_per_worker, gpus_per_worker: what Ray reserves for each.
      changes: fields of `CertifyOptions` by name, in place of those of `options`.

    Returns:
      A dataset with the keys of the records of `nsos certify` as columns; what is an object there, such as a
      certificate, is JSON text. `nsos verify` reads the Parquet and JSON files that it is written to. A column of the
      input that is called like a key of records is `input_NAME`.

    Raises:
      ImportError: Ray Data is missing; says how it is installed.
      ValueError: for a column that is not there, no workers, and options out of their range.
    """
    try:
        import ray.data
    except ImportError as error:
        raise ImportError("certify_dataset needs Ray Data: pip install 'nsos-jax[ray]'") from error
    if workers < 1:
        raise ValueError(f"workers must be at least 1, got {workers!r}")
    chosen = changed(options or CertifyOptions(), changes)
    columns = dataset.columns() or []
    if columns and column not in columns:
        raise ValueError(f"column: there is no column {column!r}, only {', '.join(map(repr, columns))}")
    return dataset.map_batches(
        Certifier,
        fn_constructor_args=(chosen, column, max(1, int(cores_per_worker))),
        batch_size=BATCH,
        batch_format="pyarrow",
        # from one on: a pool that takes all cores of a cluster at once leaves none to read with, and waits for ever
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=workers),
        num_cpus=cores_per_worker,
        num_gpus=gpus_per_worker,
    )
