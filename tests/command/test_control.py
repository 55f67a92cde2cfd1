"""The command `nsos control`: records, bad questions, what people see; verify refuses what a record claims too much."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_runs import run

from nsos_jax.command.control.records import KEYS

SECOND = Path(__file__).parents[2] / "scripts" / "check_certificate.py"
PLANE = {"states": ["x", "y"]}
BALL, FAR = {"inequalities": ["1 - x^2 - y^2"]}, {"inequalities": ["x - 2"]}
QUESTIONS = {
    "lyapunov": {"question": "lyapunov", **PLANE, "dynamics": ["-x + y", "-x - y^3"]},
    "region": {"question": "region_of_attraction", "states": ["x"], "dynamics": ["-x + x^3"], "V": "x^2"},
    "swing": {
        "question": "region_of_attraction",
        "states": ["th", "w"],
        "angles": ["th"],
        "parameters": {"k": ["1/2", 1]},
        "dynamics": ["w", "-sin(th) - k*w"],
        "iterations": 0,
    },
    "barrier": {
        "question": "barrier",
        **PLANE,
        "modes": [["-x + y", "-x - y"]],
        "initial": BALL,
        "unsafe": [FAR],
        "degree": 2,
    },
    "reach": {
        "question": "reach_avoid",
        "states": ["x"],
        "dynamics": ["-x"],
        "initial": {"inequalities": ["(x - 1)*(2 - x)"]},
        "target": {"inequalities": ["1/2 - x"]},
        "unsafe": [{"inequalities": ["x - 5/2"]}],
        "domain": {"inequalities": ["(x + 1)*(3 - x)"]},
        "degree": 1,
    },
    "dissipation": {
        "question": "dissipation",
        "states": ["x"],
        "inputs": ["u"],
        "dynamics": ["-x^3 + u"],
        "supply": "u*x",
    },
    "gain": {"question": "l2_gain", "states": ["x"], "inputs": ["u"], "dynamics": ["-x + u"], "output": ["x"]},
    "radius": {"question": "joint_spectral_radius", "matrices": [[["1/2", 1], [0, "1/2"]]], "degree": 2},
    "steered": {
        "question": "stabilizing_controller",
        "states": ["x"],
        "inputs": ["u"],
        "dynamics": ["x + u"],
        "bounds": {"u": [-1, 1]},
        "iterations": 0,
    },
    "shielded": {
        "question": "safe_controller",
        "states": ["x"],
        "inputs": ["u"],
        "dynamics": ["x/2 + u"],
        "initial": {"inequalities": ["1 - x^2"]},
        "unsafe": {"inequalities": ["x - 2"]},
        "domain": {"inequalities": ["9 - x^2"]},
        "degree": 2,
        "controller": {"u": "-x"},
    },
    "unstable": {"question": "lyapunov", "states": ["x"], "dynamics": ["x/(1 + x^2)"]},
    "meets": {
        "question": "barrier",
        **PLANE,
        "dynamics": ["-x", "-y"],
        "initial": BALL,
        "unsafe": {"inequalities": ["x"]},
    },
    "doomed": {
        "question": "safe_controller",
        "states": ["x"],
        "inputs": ["u"],
        "dynamics": ["x + u"],
        "initial": {"inequalities": ["1 - x^2"]},
        "unsafe": {"inequalities": ["x"]},
        "degree": 2,
    },
}
PROVEN = [name for name in QUESTIONS if name not in ("unstable", "meets", "doomed")]
UPRIGHT = {"sin_th": "0", "cos_th": "-1", "w": "0", "k": "1/2"}
BAD = {"question": "lyapunov", "states": ["x"], "dynamics": ["-x + z"]}


pytestmark = pytest.mark.usefixtures("own_folder")


def lines_of(*values):
    return "".join(json.dumps(value) + "\n" for value in values)


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """The records by id, and the file."""
    folder = tmp_path_factory.mktemp("answered")
    lines = [{"id": name, **question} for name, question in QUESTIONS.items()]
    (folder / "in.jsonl").write_text(lines_of(*lines, {"id": "bad", "statement": BAD, "note": "kept"}))
    done = run("control", folder / "in.jsonl", "-o", folder / "out.jsonl")
    assert done.exit_code == 2
    records = map(json.loads, (folder / "out.jsonl").read_text().splitlines())
    return {record["id"]: record for record in records}, folder / "out.jsonl"


def test_records(answered):
    records, _ = answered
    assert all(tuple(record)[: len(KEYS)] == KEYS for record in records.values())
    assert {name: record["status"] for name, record in records.items()} == {
        **dict.fromkeys(PROVEN, "PROVEN"),
        **{"unstable": "REFUTED", "meets": "REFUTED", "doomed": "REFUTED", "bad": None},
    }
    assert records["lyapunov"]["statement"] == QUESTIONS["lyapunov"]
    assert records["lyapunov"]["conclusion"] == "the origin is globally asymptotically stable"
    region = records["region"]
    assert (region["value"], region["values"]["level"], region["function"]) == (1.0, "1", "x^2")
    assert records["gain"]["values"] == {"gain_squared": "1"}
    assert records["radius"]["values"]["lower"] == "1/2"
    assert records["radius"]["evidence"]["product"] == [0]
    assert set(records["meets"]["evidence"]["meeting"]) == {"x", "y"}
    assert "unknown name 'z'" in records["bad"]["error"]
    assert records["bad"]["note"] == "kept"


def test_both_checkers_accept_all_proofs(answered):
    records, path = answered
    done = run("verify", path)
    assert done.stdout.splitlines()[-1] == "13 holds, 1 missing"
    assert "[unstable] refuted: the linearisation" in done.stdout
    for name in PROVEN:
        assert records[name]["conclusion"] in done.stdout
    second = subprocess.run([sys.executable, SECOND, path], capture_output=True, text=True)
    assert [line.split()[0] for line in second.stdout.splitlines()] == 10 * ["holds"] + 4 * ["missing"]


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("lyapunov", {"conclusion": "the origin is globally exponentially stable"}, "conclusion: is not what"),
        ("lyapunov", {"function": "x^2"}, "function: is not that of the certificate"),
        ("lyapunov", {"status": "REFUTED"}, "status: the certificate proves lyapunov"),
        ("lyapunov", {"statement": {"dynamics": ["-x + y", "-x - y"]}}, "certificate.system: not that"),
        ("lyapunov", {"statement": {"time": "discrete", "dynamics": ["x/2", "y/2"]}}, "certificate.system: not that"),
        ("lyapunov", {"statement": {"domain": BALL}}, "certificate.domain: not that"),
        ("lyapunov", {"statement": QUESTIONS["barrier"]}, "certificate: is lyapunov, of a question about barrier"),
        ("region", {"statement": {"V": "2*x^2"}}, "certificate.V: not that"),
        ("region", {"values": {"level": "2"}}, "values.level: is not what"),
        ("region", {"values": {"escape_level": "1/2"}, "evidence": {"escape": {"x": "1/2"}}}, "values.escape_level"),
        (
            "swing",
            {"evidence": {"escape": {"sin_th": "0", "cos_th": "-1", "w": "0"}}},
            "evidence.escape: expected one number",
        ),
        ("swing", {"evidence": {"escape": {**UPRIGHT, "k": "1/3"}}}, "values.escape_level"),
        ("swing", {"evidence": {"escape": {**UPRIGHT, "cos_th": "-2"}}}, "values.escape_level"),
        ("swing", {"evidence": {"escape": {**UPRIGHT, "cos_th": "1"}}}, "values.escape_level"),
        ("region", {"value": 1.5}, "value: is not the number"),
        ("barrier", {"statement": {"initial": FAR}}, "certificate.initial: not that"),
        ("barrier", {"statement": {"unsafe": [FAR, BALL]}}, "certificate.unsafe: not that"),
        ("reach", {"values": {"duration": "1/2"}}, "values.duration: is not what"),
        ("reach", {"value": 0.5}, "value: is not the number"),
        ("reach", {"statement": {"target": {"inequalities": ["-x"]}}}, "certificate.target: not that"),
        ("dissipation", {"statement": {"supply": "-u*x"}}, "certificate.supply: not that"),
        ("gain", {"values": {"gain_squared": "1/2"}}, "values.gain_squared: is not what"),
        ("gain", {"statement": {"output": "2*x"}}, "certificate.outputs: not that"),
        ("radius", {"values": {"lower": "2/3"}}, "values.lower: is not what"),
        ("radius", {"evidence": {"product": [1]}}, "evidence.product: expected a list of indices"),
        ("radius", {"statement": {"matrices": [[["1/2", 2], [0, "1/2"]]]}}, "certificate.matrices: not that"),
        ("steered", {"statement": {"dynamics": ["x + 2*u"]}}, "certificate.plant: not that"),
        ("steered", {"statement": {"bounds": {"u": [-1, 2]}}}, "certificate.input_set: not that"),
        ("steered", {"statement": {"bounds": {}}}, "certificate.input_set: not that"),
        (
            "steered",
            {"statement": {"inputs": ["v"], "dynamics": ["x + v"], "bounds": {}}},
            "certificate.inputs: not that",
        ),
        ("steered", {"statement": {"equilibrium": {"x": 1}}}, "certificate.equilibrium: not that"),
        ("steered", {"values": {"level": "10"}}, "values.level: is not what"),
        ("steered", {"statement": QUESTIONS["shielded"]}, "certificate.plant: not that"),
        ("shielded", {"statement": {"initial": {"inequalities": ["4 - x^2"]}}}, "certificate.initial: not that"),
        ("shielded", {"statement": QUESTIONS["barrier"]}, "certificate: is state_feedback, of a question about"),
        ("doomed", {"evidence": {"meeting": {"x": "-1/2"}}}, "evidence.meeting: is not in"),
        ("unstable", {"statement": {"dynamics": ["-x"]}}, "status: the linearisation is not unstable"),
        ("unstable", {"conclusion": "the origin is stable"}, "conclusion: there is no certificate"),
        ("meets", {"evidence": {"meeting": {"x": "-1/2", "y": "0"}}}, "evidence.meeting: is not in"),
        ("meets", {"statement": {"domain": {"inequalities": ["x - 2"]}}}, "evidence.meeting: is not in the domain"),
        ("meets", {"evidence": {}}, "evidence.meeting: expected a point"),
    ],
)
def test_what_is_claimed_too_much_fails(answered, tmp_path, name, change, reason):
    record = json.loads(json.dumps(answered[0][name]))
    stated = change.get("statement", {})
    wanted = stated if "question" in stated else {**record["statement"], **stated}
    (tmp_path / "tampered.jsonl").write_text(lines_of({**record, **change, "statement": wanted}))
    done = run("verify", "tampered.jsonl")
    assert done.exit_code == 1
    assert done.stdout.startswith("FAILS")
    assert reason in done.stdout


def test_a_level_that_is_refused_has_a_point(answered):
    """That x^2 does not fall at a point with V = 1 is checked with exact arithmetic."""
    record = answered[0]["region"]
    assert record["values"]["escape_level"] == "1"
    assert record["evidence"]["escape"]["x"] in ("1", "-1")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"question": "stability"}, "question: expected one of lyapunov, region_of_attraction"),
        ({"dynamic": ["-x"]}, "unknown key 'dynamic', did you mean 'dynamics'?"),
        ({"supply": "x"}, "lyapunov: unknown key 'supply'"),
        ({"dynamics": ["-x", "-x"]}, "dynamics: expected 1 texts, one for each state, got 2"),
        ({"dynamics": ["1 - x"]}, "the point does not rest: dx/dt is 1 there: give a point"),
        ({"dynamics": ["sin(x)"]}, "dynamics[0]: line 1, column 5: sin of 'x', expected angles: list them"),
        ({"dynamics": ["exp(x)"]}, "unknown name 'exp'"),
        ({"degree": 3}, "degree: expected an even number, got 3: try 4"),
        ({"domain": {"inequalities": ["x - 1"]}}, "domain.inequalities[0]: is -1 at the equilibrium"),
        ({"domain": {"inequality": ["1 - x^2"]}}, "domain: unknown key 'inequality', did you mean 'inequalities'?"),
        ({"equilibrium": {"z": 0}}, "equilibrium: unknown key 'z'"),
        ({"parameters": {"k": [2, 1]}}, "parameters.k: expected [lower, upper], got [2, 1]"),
        ({"time": "sampled"}, "time: expected 'continuous' or 'discrete', got 'sampled'"),
        ({"uncertain": {"inequalities": ["1 - x^2"]}}, "uncertain.inequalities[0]: line 1, column 5: unknown name 'x'"),
        ({"order": 0}, "order: expected an integer of at least 1, got 0"),
    ],
)
def test_bad_questions_name_the_key(change, reason):
    question = {"question": "lyapunov", "states": ["x"], "dynamics": ["-x"], **change}
    done = run("control", "-", "--json", stdin=lines_of(question))
    [record] = map(json.loads, done.stdout.splitlines())
    assert done.exit_code == 2
    assert record["status"] is None
    assert record["error"].startswith("stdin:1: ")
    assert reason in record["error"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"inputs": [], "dynamics": ["x"], "bounds": {}}, "inputs: the system has none to choose"),
        ({"bounds": {"u": 3}}, "bounds.u: expected a list of two numbers"),
        ({"bounds": {"u": [1, 2]}}, "bounds: u is from 1 to 2, wanted 0 between them"),
        ({"bounds": {"v": [-1, 1]}}, "bounds: unknown key 'v'"),
        ({"controller": {"u": "-2*y"}}, "controller.u: line 1, column 4: unknown name 'y'"),
        ({"dynamics": ["x + u^2"]}, "inputs: the dynamics are not affine in them"),
        ({"time": "discrete"}, "time: expected continuous time"),
        ({"controller_degree": 0}, "controller_degree: expected an integer of at least 1"),
    ],
)
def test_bad_plants_name_the_key(change, reason):
    done = run("control", "-", "--json", stdin=lines_of({**QUESTIONS["steered"], **change}))
    [record] = map(json.loads, done.stdout.splitlines())
    assert record["status"] is None
    assert reason in record["error"]


def test_a_function_that_is_refused_when_it_is_asked():
    question = {**QUESTIONS["region"], "V": "x^2 + 1"}
    done = run("control", "-", stdin=lines_of(question))
    assert done.exit_code == 2
    assert "stdin:1: V: is 1 at the equilibrium" in done.stderr


def test_a_single_answer_is_told():
    done = run("control", "-", stdin=lines_of(QUESTIONS["radius"]))
    assert done.exit_code == 0
    told = done.stdout.splitlines()
    assert told[0] == "PROVEN: the conclusion is a theorem, proven exactly"
    assert told[1].startswith("conclusion   the joint spectral radius of the matrix is at most")


def test_inputs_are_no_records(tmp_path):
    (tmp_path / "in.jsonl").write_text(lines_of(QUESTIONS["radius"]))
    assert "holds inputs of nsos control" in run("verify", "in.jsonl").stdout
    (tmp_path / "no.jsonl").write_text(lines_of({"dynamics": ["x"]}))
    assert "expected the key 'question'" in run("control", "no.jsonl").stderr
