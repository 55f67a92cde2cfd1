"""What is written whole: pictures, pages and tables, where the disk is full or the target cannot be replaced."""

import json
from pathlib import Path

import pytest
from certificate_examples import example
from command_runs import run

pytestmark = pytest.mark.usefixtures("own_folder")
COMMANDS = {
    "page.html": ("report", "results.jsonl", "--pictures", 0, "-o", "page.html"),
    "picture.png": ("plot", "results.jsonl", "--line", 1, "-o", "picture.png"),
    "table.csv": ("convert", "results.jsonl", "table.csv"),
}


@pytest.fixture(autouse=True)
def results(own_folder):
    record = {"status": "SOS", "over": "Q", "certificate": example("sos")}
    Path("results.jsonl").write_text("".join(json.dumps({"id": k, **record}) + "\n" for k in range(20)))


def others():
    return sorted(path.name for path in Path().iterdir() if path.name != "results.jsonl")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_leaves_what_was_there(name):
    resource = pytest.importorskip("resource")
    if name == "picture.png":
        pytest.importorskip("matplotlib").use("Agg")
    Path(name).write_text("before")
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, most))
    try:
        done = run(*COMMANDS[name], "--overwrite")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    assert (done.exit_code, done.stderr) == (2, f"error: cannot write {name}: File too large\n")
    assert (others(), Path(name).read_text()) == ([name], "before")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_folder_in_its_place_is_told(name):
    if name == "picture.png":
        pytest.importorskip("matplotlib").use("Agg")
    Path(name).mkdir()
    done = run(*COMMANDS[name], "--overwrite")
    assert (done.exit_code, done.stderr) == (2, f"error: cannot write {name}: Is a directory\n")
    assert others() == [name]
