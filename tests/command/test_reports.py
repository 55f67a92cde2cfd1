"""What people see: the seconds of work and compilation apart, and how far a run is."""

import io
import sys
import time

import pytest
from rich.console import Console
from rich.progress import Task

from nsos_jax import Polynomial, Result, Status
from nsos_jax.command.answers import CERTIFIED, answer_lines
from nsos_jax.command.certifying import KEYS
from nsos_jax.command.entries import PROGRAMS
from nsos_jax.command.inputs import count_entries
from nsos_jax.command.records import Outcome
from nsos_jax.command.reports import Report
from nsos_jax.command.reports.bar import Bar, _Pace


def outcome(seconds, compile_seconds):
    times = {"seconds": seconds, "compile_seconds": compile_seconds}
    return Outcome(dict.fromkeys(KEYS) | times | {"status": "SOS", "id": "p", "basis_size": 1}, None)


def summary(capsys, *outcomes):
    report = Report(CERTIFIED, as_json=False, is_list=False)
    for one in outcomes:
        report.keep(one.record)
    report.finish()
    return capsys.readouterr().out


def test_summary_shows_compilation_apart(capsys):
    lines = summary(capsys, outcome(1.0, 2.0), outcome(3.0, 2.5)).splitlines()
    [row] = [line.split() for line in lines if "SOS" in line]
    assert row == ["SOS", "2", "2.000", "3.000"]
    assert "  compiling, or loading what was compiled, took 4.5 s besides" in lines
    assert max(map(len, lines)) <= 80


def test_summary_without_compilation_says_nothing_of_it(capsys):
    assert "compil" not in summary(capsys, outcome(1.0, 0.0), outcome(3.0, None))


def test_answer_shows_compilation_apart():
    for seconds, shown in (
        ({"solve": 1.5, "exact": 0.5, "compile": 7.0}, "2, and 7 of compiling"),
        ({"exact": 2.0}, "2"),
    ):
        result = Result(Polynomial.parse("x"), Status.UNDECIDED, seconds=seconds)
        assert f"seconds      {shown}" in list(answer_lines(result, 80))


def shown(total, finished, kept=0):
    """The last lines that a terminal of 100 columns gets."""
    text = io.StringIO()
    bar = Bar(
        "certify", total, Console(file=text, force_terminal=True, width=100, legacy_windows=False), lambda: "TABLE"
    )
    with bar.open():
        for number in range(finished):
            bar.advance(kept=number < kept)
        print("a line of another")
    bar.close()
    return text.getvalue()


def test_bar_shows_the_rate_and_the_time_left(monkeypatch):
    text = shown(10, 4)
    assert "TABLE" in text
    assert "4/10" in text
    assert "/s, 0:00:0" in text
    assert " left" in text
    assert "a line of another" in text
    assert text.rstrip().endswith("\x1b[2K")  # it is gone
    unknown = shown(None, 4)
    assert "4/?" in unknown
    assert "/s" in unknown
    assert " left" not in unknown
    assert "/s" not in shown(10, 3, kept=3)  # what was finished before says nothing of the rate
    assert sys.stdout is not None


@pytest.mark.parametrize(
    ("total", "completed", "kept", "wanted"),
    [(10, 4, 0, "0:00:20, 0.2/s, 0:00:30 left"), (None, 4, 2, "0:00:20, 0.1/s"), (10, 4, 4, "0:00:20")],
)
def test_pace(total, completed, kept, wanted):
    now = time.monotonic()
    task = Task(0, "certify", total, completed, fields={"kept": kept}, _get_time=lambda: now + 20)
    task.start_time = now
    assert str(_Pace().render(task)) == wanted


def test_entries_are_counted(tmp_path):
    lines = tmp_path / "in.jsonl"
    lines.write_text('{"polynomial": "x"}\n\n{"polynomial": "y"}')
    assert count_entries(["x^2", str(lines)]) == 3
    assert count_entries([str(lines)], PROGRAMS) == 2
    assert count_entries(["x^2", "-"]) is None
    assert count_entries([str(tmp_path / "none.jsonl")]) is None
    assert count_entries([str(tmp_path / "in.csv")]) is None
