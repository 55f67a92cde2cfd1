"""Inputs and outputs that fsspec reaches: here in its file system `memory://`."""

import json
import sys

import pytest
from command_runs import run

from nsos_jax.command import output_folder
from nsos_jax.command.output_folder import RecordFolder
from nsos_jax.command.tables import parts, read_rows, write_rows

fsspec = pytest.importorskip("fsspec")
pytestmark = pytest.mark.usefixtures("own_folder", "empty_memory")
INPUTS = [f"x^2 + {number}" for number in range(5)]
OUT = "memory://bucket/out"


@pytest.fixture
def empty_memory(monkeypatch):
    monkeypatch.setattr(output_folder, "RECORDS", 2)
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
    monkeypatch.setattr(output_folder, "SECONDS_BETWEEN_COPIES", -1.0)
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
