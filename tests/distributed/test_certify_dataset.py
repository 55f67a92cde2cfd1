"""Datasets of Ray: one record for each row, whatever is in it; `nsos verify` reads what is written."""

import os
import re
from functools import partial
from pathlib import Path

import pytest
from command_runs import run
from dataset_work import DEADLY, die_or_make_records

from nsos_jax.distributed import certify_dataset
from nsos_jax.distributed.certifier import Certifier
from nsos_jax.engines import Kept, Processes
from nsos_jax.membership import CertifyOptions

pa = pytest.importorskip("pyarrow")
PAGE = Path(__file__).parents[2] / "docs" / "many-machines.md"
MOTZKIN = "x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1"


@pytest.fixture(scope="module")
def certifier():
    """One for all tests: its process takes seconds to start."""
    made = Certifier(CertifyOptions(time_limit=20.0, close_margins=True), "expr")
    made._workers = Kept(Processes(partial(die_or_make_records, job=made._job), 1, 1))
    yield made
    made._workers.end()


def test_every_row_has_its_record(certifier):
    given = ["x^4 + x + 1", "x^ + 1", MOTZKIN, None, "-x^2"]
    table = certifier(pa.table({"id": range(5), "expr": given, "seconds": [0.5] * 5, "note": [[n] for n in range(5)]}))
    assert table["id"].to_pylist() == list(range(5))
    assert table["polynomial"].to_pylist() == given
    statuses = table["status"].to_pylist()
    assert statuses == ["SOS", None, "NOT_SOS", None, "NEGATIVE"]
    assert [error is None for error in table["error"].to_pylist()] == [status is not None for status in statuses]
    assert table["note"].to_pylist() == [[n] for n in range(5)]
    assert table["input_seconds"].to_pylist() == [0.5] * 5
    lower, upper = table["margin"][0].as_py()
    assert upper - lower <= 1e-5 * upper


def test_columns_do_not_depend_on_the_rows(certifier):
    """So that tables of several batches are one dataset; all are answered by the same process."""
    batches = [[], ["x"], ["x^2"], ["?"], [None]]
    tables = [certifier(pa.table({"expr": pa.array(texts, pa.string())})) for texts in batches]
    assert len({str(table.schema) for table in tables}) == 1
    assert [table.num_rows for table in tables] == [0, 1, 1, 1, 1]
    assert len(certifier._workers._workers._running) == 1


def test_what_is_written_is_read_by_verify(certifier, tmp_path):
    from pyarrow import parquet

    parquet.write_table(certifier(pa.table({"expr": ["x^2 + y^2", MOTZKIN, "x"]})), tmp_path / "out.parquet")
    done = run("verify", tmp_path / "out.parquet")
    assert done.exit_code == 0
    assert "3 holds" in done.output


def test_what_kills_the_process_has_its_record(certifier):
    table = certifier(pa.table({"expr": ["x^ + 1", DEADLY]}))
    assert table["status"].to_pylist() == [None, None]
    assert "expected" in table["error"][0].as_py()
    assert "ended with the status 9" in table["error"][1].as_py()


def test_bad_arguments_are_named():
    pytest.importorskip("ray.data")

    class Columns:
        def columns(self):
            return ["id", "text"]

    with pytest.raises(ValueError, match="no column 'polynomial', only 'id', 'text'"):
        certify_dataset(Columns())
    with pytest.raises(ValueError, match="workers must be at least 1, got 0"):
        certify_dataset(Columns(), workers=0)
    with pytest.raises(ValueError, match="time_limit"):
        certify_dataset(Columns(), time_limit=0.0)


@pytest.mark.slow
def test_a_cluster_answers_each_row_once(tmp_path):
    """The example of docs/many-machines.md, with an actor killed in the middle."""
    import signal
    import threading
    import time

    pytest.importorskip("ray.data")
    import ray
    from pyarrow import parquet

    before = signal.getsignal(signal.SIGTERM)
    os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    texts = [f"x^4 + {i % 7}*x^2 + x + {1 + i}" for i in range(300)]
    (tmp_path / "in").mkdir()
    for part in range(10):
        rows = pa.table({"id": range(part, 300, 10), "polynomial": texts[part::10]})
        parquet.write_table(rows, tmp_path / "in" / f"{part}.parquet")
    example = re.search(r"```{code-block} python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[1]
    for written, used in (
        ("s3://bucket/polynomials/", tmp_path / "in"),
        ("s3://bucket/results/", tmp_path / "out"),
        ("workers=64, gpus_per_worker=1", "workers=2"),
    ):
        assert written in example
        example = example.replace(written, str(used))
    killed = []

    def kill():
        for _ in range(600):
            time.sleep(0.1)
            for path in os.listdir("/proc"):
                if path.isdigit() and not killed and _is_actor(path):
                    time.sleep(10)
                    killed.append(os.kill(int(path), signal.SIGKILL))

    threading.Thread(target=kill, daemon=True).start()
    try:
        exec(example, {})
    finally:
        ray.shutdown()
        signal.signal(signal.SIGTERM, before)
    assert killed
    tables = [parquet.read_table(path) for path in (tmp_path / "out").glob("*.parquet")]
    ids = sorted(value for table in tables for value in table["id"].to_pylist())
    assert ids == list(range(300))
    assert {status for table in tables for status in table["status"].to_pylist()} <= {"SOS", "NEGATIVE"}
    assert all(run("verify", "-q", path).exit_code == 0 for path in (tmp_path / "out").glob("*.parquet"))


def _is_actor(process):
    try:
        with open(f"/proc/{process}/cmdline", "rb") as file:
            return b"ray::" in (words := file.read()) and b"Map" in words
    except OSError:
        return False
