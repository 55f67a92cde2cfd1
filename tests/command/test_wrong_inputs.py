"""What people may type by mistake: a true sentence, the exit status of bad input, and no traceback."""

import json
from pathlib import Path

import pytest
from command_runs import run

pytestmark = pytest.mark.usefixtures("own_folder")
BINARY = b"\x93\xff\x00\x80" * 50
HUGE = 10**20
ON = ("--on", "set.json")


@pytest.mark.parametrize(
    ("content", "arguments", "words"),
    [
        (b"", ("verify", "a.csv"), "a.csv: the file has no rows, expected certificates or results"),
        (b"", ("explain", "a.csv"), "a.csv: the file has no rows"),
        (b"id,certificate\n", ("squares", "a.csv"), "a.csv: the file has no rows"),
        (b"", ("plot", "a.csv", "-o", "p.svg"), "a.csv: the file has no rows"),
        (BINARY, ("solve", "a"), "a:1: this is not UTF-8 text (a binary file?), expected one JSON object on the line"),
        (BINARY, ("report", "a", "-o", "p.html"), "a: this is not UTF-8 text"),
        (b"[" * 10**5, ("report", "a", "-o", "p.html"), "line 1: not JSON: nested too deeply"),
        (b"null\n", ("control", "a"), "a:1: expected a JSON object, got null"),
        (BINARY, ("bound", "x", "--on", "a"), "--on a: this is not UTF-8 text (a binary file?), expected an object"),
        (b"[" * 10**5, ("bound", "x", "--on", "a"), "--on a: not JSON: nested too deeply"),
        (b"{}\n{}\n", ("bound", "x", "--on", "a"), "--on a: not JSON: Extra data at line 2, column 1"),
        (b'{"inequalities": ["1 - x^2"]}', ("bound", "x", "--on", "a", "--order", HUGE), "is not in the range 1<=x<="),
        (b"", ("certify", "x", "y", "--workers", HUGE), "is not in the range 1<=x<=10000"),
        (b"", ("proof-page", ""), "FOLDER: expected a name, got an empty one"),
    ],
)
def test_a_true_sentence(content, arguments, words):
    name = next((str(one) for one in arguments if one in ("a", "a.csv")), "a")
    Path(name).write_bytes(content)
    done = run(*arguments)
    assert done.exit_code == 2
    assert words in done.output


SYSTEM = {"question": "lyapunov", "states": ["x"], "dynamics": ["-x"]}
BEYOND = "system: a number is beyond the range of floating point, in which solvers work: change the units"


@pytest.mark.parametrize(
    ("command", "statement", "words"),
    [
        ("solve", {"variables": ["x"], "minimize": "x", "inequalities": ["1 - x^2"], "relaxation_order": HUGE}, "5000"),
        ("control", {**SYSTEM, "states": [], "dynamics": []}, "states: got none, wanted one or more names"),
        ("control", {**SYSTEM, "dynamics": ["-x + 10^400*x^3"]}, BEYOND),
        ("control", {"question": "joint_spectral_radius", "matrices": [[["1e300"]]]}, "a number is beyond 1e+40"),
        ("control", {"question": "joint_spectral_radius", "matrices": [[[1]]], "length": HUGE}, "at most 10000"),
    ],
)
def test_a_number_that_is_too_large(command, statement, words):
    done = run(command, "-", stdin=json.dumps(statement))
    assert done.exit_code == 2
    assert words in done.stderr


def test_a_report_of_results_without_an_ending():
    run("certify", "x^2 + 1", "x^2", "-o", "results")
    assert run("report", "results", "-o", "page.html").output == "2 records in page.html\n"


def test_a_folder_without_results_is_no_table():
    Path("folder").mkdir()
    done = run("convert", "folder", "out.csv")
    assert (done.exit_code, "folder is a folder without results" in done.stderr) == (2, True)


def test_many_powers_of_one_matrix_take_no_time():
    statement = {"question": "joint_spectral_radius", "matrices": [[["1/2"]]], "length": 10_000}
    assert run("control", "-", stdin=json.dumps(statement)).exit_code == 0
