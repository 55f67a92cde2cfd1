"""`-o FOLDER/`: parts of bounded length, gone on with, and a manifest only where all is finished."""

import json
import os
from pathlib import Path

import pytest
from command_runs import run

from nsos_jax.command.output import OutputRefused, RecordFile, places, record_folder
from nsos_jax.tables import parts

pytestmark = pytest.mark.usefixtures("own_folder")
NAMES = ["part-000000.jsonl", "part-000001.jsonl", "part-000002.jsonl"]


@pytest.fixture(autouse=True)
def short_parts(monkeypatch):
    monkeypatch.setattr(record_folder, "RECORDS", 2)


def certify(*options, inputs=5):
    return run("certify", *(f"x^2 + {number}" for number in range(inputs)), "-o", "out/", *options)


def ids(folder):
    return [json.loads(line)["id"] for part in parts(folder) for line in Path(part).read_text().splitlines()]


def test_parts_and_manifest(tmp_path):
    assert certify().exit_code == 0
    folder = tmp_path / "out"
    assert [Path(part).name for part in parts(folder)] == NAMES
    assert ids(folder) == [f"x^2 + {number}" for number in range(5)]
    assert json.loads((folder / "manifest.json").read_text())["records"] == 5
    assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", *NAMES]
    done = run("verify", "out")
    assert done.exit_code == 0
    assert "5" in done.output.splitlines()[-1]


def test_an_interrupted_run_goes_on(tmp_path):
    certify()
    folder = tmp_path / "out"
    (folder / NAMES[2]).unlink()
    (folder / "manifest.json").unlink()
    torn = (folder / NAMES[1]).read_text()
    (folder / NAMES[1]).write_text(torn[: len(torn) - 20])
    done = certify("--resume")
    assert "3 of 5 records were finished before" in done.output
    assert ids(folder) == [f"x^2 + {number}" for number in range(5)]
    assert (folder / "manifest.json").exists()


def test_records_are_not_lost_by_mistake(tmp_path):
    certify()
    assert "--resume goes on behind them" in certify().output
    assert "fewer inputs than records" in certify("--resume", inputs=3).output
    assert ids(tmp_path / "out") == [f"x^2 + {number}" for number in range(5)]
    assert certify("--overwrite", inputs=1).exit_code == 0
    assert ids(tmp_path / "out") == ["x^2 + 0"]


def test_a_part_without_those_before_it_is_refused(tmp_path):
    certify()
    folder = tmp_path / "out"
    (folder / NAMES[0]).unlink()
    refused = certify("--resume")
    assert refused.exit_code == 2
    assert f"there is {NAMES[1]}, but no {NAMES[0]} before it" in refused.output
    assert sorted(path.name for path in folder.iterdir()) == NAMES[1:]


def test_an_input_among_the_parts_is_kept(tmp_path):
    certify()
    before = ids(tmp_path / "out")
    refused = run("certify", f"out/{NAMES[0]}", "-o", "out/", "--overwrite")
    assert refused.exit_code == 2
    assert "is also an input" in refused.output
    assert ids(tmp_path / "out") == before


def test_one_run_at_a_time():
    with record_folder.RecordFolder("out/") as folder:
        folder.write({"id": 1})
        done = certify("--resume")
        assert done.exit_code == 2
        assert "another run is writing it" in done.output


def test_a_lock_that_the_run_before_removes_is_made_again(monkeypatch):
    """It was opened just before, and so would keep nobody out."""
    opened = []

    def open_and_lose(path, **options):
        opened.append(RecordFile(path, **options))
        if len(opened) == 1:
            os.remove(path)
        return opened[-1]

    monkeypatch.setattr(places, "RecordFile", open_and_lose)
    with record_folder.RecordFolder("out/"):
        assert len(opened) == 2
        with pytest.raises(OutputRefused, match="another run is writing it"):
            record_folder.RecordFolder("out/")
    assert not Path("out/.lock").exists()


def test_folders_that_cannot_be(tmp_path):
    (tmp_path / "out").write_text("")
    assert "cannot be made" in certify().output
    (tmp_path / "empty").mkdir()
    assert "is a folder without results" in run("verify", "empty").output


def test_a_folder_becomes_a_page_and_a_table(tmp_path):
    certify()
    assert run("report", "out", "-o", "out.html").output == "5 records in out.html\n"
    assert run("convert", "out", "out.csv").output == "5 rows in out.csv\n"
    assert run("verify", "out.csv").exit_code == 0


def test_records_are_no_table():
    assert "nsos convert makes tables" in run("certify", "x^2", "-o", "out.csv").output
