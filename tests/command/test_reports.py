"""What people see of the seconds: work and compilation apart."""

from nsos_jax import Polynomial, Result, Status
from nsos_jax.command.answers import CERTIFIED, answer_lines
from nsos_jax.command.certifying import KEYS
from nsos_jax.command.records import Outcome
from nsos_jax.command.reports import Report


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
