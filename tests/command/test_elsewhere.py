"""Inputs and outputs that fsspec reaches: here in its file system `memory://`."""

import json
import sys

import pytest
from command_runs import run

from nsos_jax.command.output import OutputRefused, RecordFolder, places, record_folder
from nsos_jax.tables import parts, read_rows, write_rows

fsspec = pytest.importorskip("fsspec")
pytestmark = pytest.mark.usefixtures("own_folder", "empty_memory")
INPUTS = [f"x^2 + {number}" for number in range(5)]
OUT = "memory://bucket/out"


@pytest.fixture
def empty_memory(monkeypatch):
    monkeypatch.setattr(record_folder, "RECORDS", 2)
    monkeypatch.setattr(places, "SECONDS_TO_SETTLE", 0.0)
    memory = fsspec.filesystem("memory")
    yield memory
    for name in memory.find("/"):
        memory.rm(name)


def certify(*options, inputs=INPUTS):
    return run("certify", *inputs, "-o", f"{OUT}/", *options)


def ids():
    return [row["id"] for row in read_rows(OUT)]


def test_shards_are_read(tmp_path, empty_memory):
    empty_memory.pipe("/shards/a.jsonl", b'{"polynomial": "x^2"}\n{"polynomial": "-x^2"}\n')
    empty_memory.pipe("/shards/b.csv", b"id,polynomial\nb,x^4 + 1\n")
    write_rows("c.parquet", lambda: iter([{"id": "c", "polynomial": "1"}]))
    empty_memory.pipe("/shards/c.parquet", (tmp_path / "c.parquet").read_bytes())
    records = run("certify", "memory://shards/*", "--json").stdout.splitlines()
    assert [json.loads(line)["id"] for line in records] == [
        "memory:///shards/a.jsonl:1",
        "memory:///shards/a.jsonl:2",
        "b",
        "c",
    ]
    assert [json.loads(line)["status"] for line in records] == ["SOS", "NEGATIVE", "SOS", "SOS"]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("memory://shards/none.jsonl", "cannot be read"),
        ("memory://shards/*.jsonl", "no such file"),
        ("nowhere://shards/a.jsonl", "Protocol not known: nowhere"),
    ],
)
def test_what_is_not_there_is_named(url, told):
    done = run("certify", url)
    assert done.exit_code == 2
    assert told in done.output


@pytest.mark.parametrize(("package", "told"), [("fsspec", "pip install 'nsos-jax[data]'"), ("s3fs", "s3fs")])
def test_a_missing_package_is_named(monkeypatch, package, told):
    monkeypatch.setitem(sys.modules, package, None)
    done = run("certify", "s3://bucket/a.jsonl", "-o", "s3://bucket/out/")
    assert done.exit_code == 2
    assert told in done.output


def test_parts_and_manifest(empty_memory):
    assert certify().exit_code == 0
    names = [f"part-{number:06d}.jsonl" for number in range(3)]
    assert [name.rpartition("/")[2] for name in parts(OUT)] == names
    assert ids() == INPUTS
    assert sorted(name.rpartition("/")[2] for name in empty_memory.find("/bucket/out")) == ["manifest.json", *names]
    assert json.loads(empty_memory.cat("/bucket/out/manifest.json"))["records"] == 5
    assert run("verify", "-q", OUT).exit_code == 0
    assert run("report", OUT, "-o", "out.html").output == "5 records in out.html\n"
    assert run("convert", OUT, "out.csv").output == "5 rows in out.csv\n"


def test_an_interrupted_run_goes_on(empty_memory):
    certify(inputs=INPUTS[:3])
    assert "--resume goes on behind them" in certify().output
    assert "3 of 5 records were finished before" in certify("--resume").output
    assert ids() == INPUTS
    assert "fewer inputs than records" in certify("--resume", inputs=INPUTS[:3]).output
    assert certify("--overwrite", inputs=INPUTS[:1]).exit_code == 0
    assert ids() == INPUTS[:1]


def test_one_run_at_a_time():
    with RecordFolder(f"{OUT}/") as folder:
        folder.write({"id": 1})
        done = certify("--resume")
        assert done.exit_code == 2
        assert "remove memory://bucket/out/.lock" in done.output
    assert "holds records" in certify().output


def test_what_there_is_of_a_part_is_copied_from_time_to_time(monkeypatch):
    monkeypatch.setattr(record_folder, "SECONDS_BETWEEN_COPIES", -1.0)
    with RecordFolder(f"{OUT}/") as folder:
        folder.write({"id": 1})
        assert ids() == [1]
        folder.write({"id": 2})
        folder.write({"id": 3})
        assert ids() == [1, 2, 3]


def test_what_a_failed_run_finished_is_kept():
    def fail():
        with RecordFolder(f"{OUT}/") as folder:
            folder.write({"id": 1})
            raise RuntimeError("as it was told")

    with pytest.raises(RuntimeError):
        fail()
    assert ids() == [1]


# --- stores that fail ----------------------------------------------------------------------------------------------


def fail(*_, **__):
    raise RuntimeError("the store is down")  # as clients of stores have exceptions of their own


def test_a_store_without_exclusive_files_lets_one_of_two_runs_in(empty_memory, monkeypatch):
    """Both saw no lock; the other one wrote its own a moment later."""
    whole = type(empty_memory).open

    def without_exclusive(self, path, mode="rb", **options):
        if "x" in mode:
            raise NotImplementedError("File mode not supported")
        return whole(self, path, mode, **options)

    monkeypatch.setattr(type(empty_memory), "open", without_exclusive)
    monkeypatch.setattr(places.time, "sleep", lambda _: empty_memory.pipe("/bucket/out/.lock", b"other"))
    done = certify()
    assert done.exit_code == 2
    assert "another run is writing it" in done.output
    assert empty_memory.cat("/bucket/out/.lock") == b"other"


def test_a_run_removes_no_lock_but_its_own(empty_memory):
    with RecordFolder(f"{OUT}/"):
        empty_memory.pipe("/bucket/out/.lock", b"other")
    assert empty_memory.cat("/bucket/out/.lock") == b"other"


@pytest.mark.parametrize("method", ["ls", "rm_file"])
def test_a_run_that_cannot_begin_leaves_no_lock(empty_memory, monkeypatch, method):
    certify()
    with monkeypatch.context() as patch:
        patch.setattr(type(empty_memory), method, fail)
        with pytest.raises(OutputRefused, match="RuntimeError: the store is down"):
            RecordFolder(f"{OUT}/", resume=method == "ls", overwrite=method == "rm_file")
        patch.undo()
    names = {name.rpartition("/")[2] for name in empty_memory.find("/bucket/out")}
    assert (".lock" in names) == (method == "rm_file")  # which cannot be removed either


def test_a_run_that_has_no_place_for_copies_leaves_no_lock(empty_memory, monkeypatch):
    monkeypatch.setattr(places.tempfile, "mkdtemp", fail)
    with pytest.raises(RuntimeError):
        RecordFolder(f"{OUT}/")
    assert not empty_memory.find("/bucket/out")


@pytest.mark.parametrize("method", ["put_file", "pipe_file"])
def test_what_a_store_raises_while_records_are_written_is_told(empty_memory, monkeypatch, method):
    def broken(self, *arguments, **options):
        is_ours = str(arguments[method == "put_file"]).endswith((".jsonl", "manifest.json"))
        return fail() if is_ours else whole(self, *arguments, **options)

    whole = getattr(type(empty_memory), method)
    with monkeypatch.context() as patch:
        patch.setattr(type(empty_memory), method, broken, raising=False)
        done = certify()
    assert done.exit_code == 2
    assert f"cannot write {OUT}/: cannot be reached: RuntimeError: the store is down" in done.output
    assert "--resume goes on from there" in done.output
    assert certify("--resume").exit_code == 0
    assert ids() == INPUTS


def test_what_a_store_raises_while_inputs_are_read_is_told(empty_memory, monkeypatch):
    """The first line is answered, and there is one record that says what is missing."""
    empty_memory.pipe("/shards/a.jsonl", b'{"polynomial": "x^2"}\n' + b" " * 2**21)
    read = fsspec.implementations.memory.MemoryFile.read
    monkeypatch.setattr(
        fsspec.implementations.memory.MemoryFile,
        "read",
        lambda self, size=-1: fail() if self.tell() else read(self, size),
    )
    records = [json.loads(line) for line in run("certify", "memory://shards/a.jsonl", "--json").stdout.splitlines()]
    assert [record["status"] for record in records] == ["SOS", None]
    assert "RuntimeError: the store is down" in records[1]["error"]
