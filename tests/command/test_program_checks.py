"""Records with certificates of every kind that a program or bound can have hold, and fail where they claim more."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from program_examples import TEXTS

from nsos_jax.command.cli import main
from nsos_jax.command.programs.records import program_record
from nsos_jax.programs import StatedProblem, answer_problem

PROOFS = {name: json.loads(text) for name, text in TEXTS.items()}
LARGEST = {
    "variables": ["x", "y"],
    "scalars": ["a"],
    "constraints": [{"sos": "x^2 + a*x*y + y^2", "name": "form"}],
    "maximize": "a",
}
SMALL = {"variables": ["x", "y"], "scalars": ["s"], "constraints": [{"sos": "s*x^2 - y^2", "name": "form"}]}
ON_SET = {"variables": ["x", "y"], "minimize": "x^2 + y^2", "inequalities": ["x", "y"], "equalities": ["x + y - 2"]}
EXTREME = {
    **SMALL,
    "constraints": [{"sos": "s*x^2 - g*y^2", "name": "form"}],
    "parameter": {"name": "g", "sense": "max", "bracket": [0, 2]},
}


def record(statement, status, lower=None, upper=None, main=None, bound=None, **more):
    certificates = {"certificate": PROOFS.get(main), "bound_certificate": PROOFS.get(bound)}
    return {"id": 1, "statement": statement, "status": status, "lower": lower, "upper": upper, **certificates, **more}


OPTIMAL = record(LARGEST, "OPTIMAL", "2", "2", "program", "program_bound", value=2.0, values={"a": "2"})
INFEASIBLE = record(SMALL, "INFEASIBLE", main="infeasible_program")
WHOLE = record({"variables": ["x", "y"], "minimize": "(x + 1)^2 - 1 + y^2"}, "OPTIMAL", "-1", "-1", "lower_bound")
SET = record(ON_SET, "OPTIMAL", "2", "2", "lower_bound_on_set", value=2)
EMPTY = record({"variables": ["x"], "minimize": "x^3", "inequalities": ["x", "-x - 1"]}, "EMPTY", main="empty_set")
END = record(EXTREME, "UNDECIDED", upper="1", bound="infeasible_program")


SECOND = Path(__file__).parents[2] / "scripts" / "check_certificate.py"


def verify(tmp_path, value):
    path = tmp_path / "found.jsonl"
    Path(path).write_text(json.dumps(value) + "\n", "utf-8")
    return CliRunner().invoke(main, ["verify", str(path)], env={"COLUMNS": "200"})


@pytest.mark.parametrize(
    "value",
    [
        OPTIMAL,
        OPTIMAL | {"status": "FEASIBLE", "bound_certificate": None, "upper": None},
        OPTIMAL
        | {"status": "UNDECIDED", "certificate": None, "lower": None, "values": {}, "upper": "5/2", "value": 2.5},
        INFEASIBLE,
        WHOLE,
        WHOLE | {"status": "BOUNDED", "upper": None, "lower": "-2"},
        SET,
        SET | {"upper": "5/2", "status": "BOUNDED", "values": {"x": "1/2", "y": "3/2"}},
        EMPTY,
        END,
    ],
)
def test_what_is_proven_holds(tmp_path, value):
    done = verify(tmp_path, value)
    assert (done.exit_code, done.stdout[:5]) == (0, "holds")
    second = subprocess.run([sys.executable, SECOND, tmp_path / "found.jsonl"], capture_output=True, text=True)
    assert (second.returncode, second.stdout[:5]) == (0, "holds")


def test_the_second_checker_reads_both_certificates(tmp_path):
    tampered = json.loads(json.dumps(OPTIMAL))
    tampered["bound_certificate"]["functionals"][0][0][0] = "2"
    for value in (tampered, OPTIMAL | {"status": "INFEASIBLE"}, OPTIMAL | {"bound_certificate": None}):
        assert verify(tmp_path, value).exit_code == 1
        second = subprocess.run([sys.executable, SECOND, tmp_path / "found.jsonl"], capture_output=True, text=True)
        assert (second.returncode, second.stdout[:5]) == (1, "FAILS")


def test_both_certificates_are_told_and_explained(tmp_path):
    told = verify(tmp_path, OPTIMAL).stdout
    assert "program: values of 1 unknown satisfy 1 constraint, objective 2; program_bound: no objective above 2" in told
    done = CliRunner().invoke(main, ["explain", str(tmp_path / "found.jsonl")])
    assert done.exit_code == 0
    assert done.stdout.count("\nanswer ") == 2


@pytest.mark.parametrize(
    ("value", "change", "words"),
    [
        (OPTIMAL, {"upper": "19/10", "value": None}, "upper: 19/10 is not what the certificates prove"),
        (OPTIMAL, {"upper": "3"}, "the record says OPTIMAL, its bounds are 1 apart"),
        (OPTIMAL, {"bound_certificate": None}, "upper: 2 is not what the certificates prove"),
        (OPTIMAL, {"certificate": None}, "the record says OPTIMAL, its certificate is none"),
        (OPTIMAL, {"bound_certificate": PROOFS["infeasible_program"]}, "bound_certificate.unknowns: not those of"),
        (OPTIMAL, {"bound_certificate": PROOFS["lower_bound"]}, "of the kind lower_bound is not about the statement"),
        (OPTIMAL, {"statement": LARGEST | {"maximize": "a + 1"}}, "certificate.objective: not those of the statement"),
        (OPTIMAL, {"statement": LARGEST | {"variables": ["y", "x"]}}, "certificate.variables: not those of"),
        (INFEASIBLE, {"status": "FEASIBLE"}, "the record says FEASIBLE, its certificate is infeasible_program"),
        (INFEASIBLE, {"lower": "0"}, "lower: 0 is not what the certificates prove"),
        (WHOLE, {"lower": "0", "upper": "0"}, "lower: 0 is not what the certificates prove"),
        (WHOLE, {"statement": WHOLE["statement"] | {"minimize": "x^2 + 2*x + 2*y^2"}}, "its polynomial is not that"),
        (WHOLE, {"statement": WHOLE["statement"] | {"inequalities": ["x"]}}, "its set is not that of the statement"),
        (SET, {"statement": ON_SET | {"inequalities": ["x"]}}, "its set is not that of the statement"),
        (SET, {"statement": ON_SET | {"minimize": "x^2 + 2*y^2"}}, "its polynomial is not"),
        (SET, {"statement": ON_SET | {"variables": ["x", "y", "z"], "inequalities": ["x", "z"]}}, "variables: not"),
        (SET, {"values": {"x": "1/2", "y": "1/2"}}, "values: the point is not in the set"),
        (SET, {"values": {"x": "1/2"}}, "values: expected a coordinate 'y'"),
        (SET, {"values": {"x": "y", "y": "1"}}, "values: expected the coordinates of a point"),
        (SET | {"certificate": PROOFS["lower_bound_on_set"] | {"point": None}, "values": {"x": "0", "y": "2"}}, {},
         "upper: 2 is not what the certificates prove"),
        (SET, {"value": 2.1}, "value: 2.1 is neither of the bounds"),
        (EMPTY, {"lower": "0"}, "lower: 0 is not what the certificates prove"),
        (EMPTY, {"status": "OPTIMAL"}, "the record says OPTIMAL, its certificate is empty_set"),
        (OPTIMAL | {"status": "FEASIBLE", "bound_certificate": None}, {"upper": None, "value": 9}, "neither of the"),
        (WHOLE, {"status": "UNBOUNDED"}, "the record says 'UNBOUNDED', which no certificate proves"),
        (WHOLE, {"status": "GLOBAL"}, "the record says 'GLOBAL', which no certificate proves"),
        (END, {"status": "INFEASIBLE", "certificate": END["bound_certificate"], "bound_certificate": None},
         "the record says INFEASIBLE, expected FEASIBLE"),
        (END, {"upper": "1/2"}, "bound_certificate.constraints: not those of the statement"),
        (END, {"upper": None, "lower": "1"}, "upper: expected the value of g that bound_certificate is about"),
        (END, {"statement": EXTREME | {"parameter": {"name": "g", "sense": "max", "bracket": [1]}}}, "statement: par"),
    ],
)  # fmt: skip
def test_what_is_not_proven_fails(tmp_path, value, change, words):
    done = verify(tmp_path, value | change)
    assert (done.exit_code, done.stdout[:5]) == (1, "FAILS")
    assert words in done.stdout


CUBES = {
    "variables": ["x"],
    "scalars": ["g"],
    "constraints": [{"psatz": "x^2 - 1/2*x + 1/17 - g", "inequalities": ["x^3", "(1 - x)^3"], "degree": 4}],
    "maximize": "g",
}


def test_a_bound_for_fewer_multipliers_is_none_for_more(tmp_path):
    """The certificate says nothing about the bases that a higher degree allows."""
    answer = program_record(answer_problem(StatedProblem.read(CUBES)))
    assert verify(tmp_path, {"statement": CUBES, **answer}).exit_code == 0
    higher = CUBES | {"constraints": [CUBES["constraints"][0] | {"degree": 10}]}
    done = verify(tmp_path, {"statement": higher, **answer})
    assert done.exit_code == 1
    assert "bound_certificate.bases[0].squares: smaller than those of the statement" in done.stdout


def test_the_optimum_of_a_relaxation_is_no_minimum(tmp_path):
    """No gamma above -0.37 has a certificate of this order, and the minimum is 5/16."""
    bound = {"variables": ["x"], "minimize": "x^4 - x^2 + x", "inequalities": ["x^3 - 1/8"], "relaxation_order": 2}
    found = StatedProblem.read(bound).program().solve()
    assert found.lower < found.upper < 0
    certificates = {"certificate": found.certificate.to_dict(), "bound_certificate": found.bound_certificate.to_dict()}
    claim = {"statement": bound, "status": "OPTIMAL", "lower": str(found.lower), "upper": str(found.upper)}
    done = verify(tmp_path, claim | certificates)
    assert done.exit_code == 1
    assert "upper:" in done.stdout
    assert verify(tmp_path, claim | certificates | {"status": "UNDECIDED", "upper": None}).exit_code == 0
