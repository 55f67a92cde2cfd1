"""The commands `nsos solve` and `nsos bound`: records, bad inputs, resuming, what people see; verify and explain."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from command_runs import run

from nsos_jax.command.programs.answers import BOUND_MEANINGS, OPEN, PROGRAM_MEANINGS
from nsos_jax.command.programs.records import KEYS
from nsos_jax.programs import SosProgram, answering, backends

DATA = Path(__file__).parents[3] / "shared" / "data" / "programs.jsonl"
MIDDLE = {"variables": ["x", "y"], "scalars": ["a"], "constraints": [{"sos": "x^2 + a*x*y + y^2"}], "maximize": "a"}
LYAPUNOV = {
    "variables": ["x", "y"],
    "polynomials": {"V": {"degrees": [2, 2]}},
    "constraints": [{"sos": "V - x^2 - y^2"}, {"sos": "-(diff(V,x)*(-x^3 - y) + diff(V,y)*(x - y^3))"}],
}
BOUND = {"variables": ["x"], "minimize": "x^4 - 2*x^2 + x"}
EXTREME = {
    "variables": ["x"],
    "constraints": [{"sos": "x^4 + 2*x^2 + g*x + 1"}],
    "parameter": {"name": "g", "sense": "max", "bracket": [0, 10], "steps": 8},
}
BAD = {"variables": ["x"], "constraints": [{"sos": "x^2 -"}]}


pytestmark = pytest.mark.usefixtures("own_folder")


def write_lines(path, *values):
    Path(path).write_text("".join(json.dumps(value) + "\n" for value in values), "utf-8")


def read_lines(path):
    return [json.loads(line) for line in Path(path).read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """The records of four problems and a bad one."""
    folder = tmp_path_factory.mktemp("solved")
    inputs = [{"id": name, "statement": statement, "value": 2, "note": "kept"} for name, statement in (
        ("middle", MIDDLE), ("lyapunov", LYAPUNOV), ("bad", BAD), ("bound", BOUND), ("extreme", EXTREME)
    )]  # fmt: skip
    write_lines(folder / "in.jsonl", *inputs)
    assert run("solve", folder / "in.jsonl", "-o", folder / "out.jsonl").exit_code == 2
    return {record["id"]: record for record in read_lines(folder / "out.jsonl")}


# --- records -------------------------------------------------------------------------------------------------------


def test_records_hold_exact_answers_and_what_was_given(solved):
    middle = solved["middle"]
    assert tuple(middle)[: len(KEYS)] == KEYS
    assert middle["statement"] == MIDDLE
    assert (middle["input_value"], middle["note"]) == (2, "kept")
    assert middle["status"] in ("FEASIBLE", "OPTIMAL")
    assert (middle["value"], middle["lower"], middle["values"], middle["proof"]) == (2.0, "2", {"a": "2"}, "exact")
    assert middle["certificate"]["kind"] == "program"
    assert solved["lyapunov"]["values"]["V"]
    assert (solved["lyapunov"]["lower"], solved["lyapunov"]["upper"], solved["lyapunov"]["value"]) == (None, None, None)
    assert Fraction(solved["bound"]["lower"]) == pytest.approx(-2.0563, abs=1e-3)
    assert 3.0 < Fraction(solved["extreme"]["lower"]) < 3.09
    assert solved["extreme"]["certificate"]["kind"] == "program"
    bad = solved["bad"]
    assert (bad["status"], bad["certificate"], bad["note"]) == (None, None, "kept")
    assert bad["error"].endswith("found end of text\n  x^2 -\n       ^")
    assert ".jsonl:3: constraints[0].sos: line 1, column 6: expected a number" in bad["error"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[]", "expected a JSON object, got list"),
        ("{", "not JSON"),
        ('{"polynomial": "x"}', "expected the key 'statement', found 'polynomial'"),
        ('{"statement": "x"}', "statement: expected an object, got str"),
        ('{"statement": null}', "statement: expected an object, got null"),
        ('{"statement": {}}', "statement: expected the key 'variables', found no keys"),
        ('{"statement": {"variables": ["x"], "minimise": "x"}}', "unknown key 'minimise', did you mean 'minimize'?"),
        (json.dumps({"statement": MIDDLE | {"maximize": "a*a"}}), "maximize: line 1, column 1: a product of unknowns"),
        (json.dumps({"statement": MIDDLE | {"maximize": "b"}}), "maximize: line 1, column 1: unknown name 'b'"),
    ],
)
def test_bad_line_gets_a_record_and_the_rest_goes_on(line, words):
    done = run("solve", "-", "--json", stdin=f"{line}\n{json.dumps({'statement': MIDDLE})}\n")
    first, second = map(json.loads, done.stdout.splitlines())
    assert done.exit_code == 2
    assert words in first["error"]
    assert first["error"].startswith("stdin:1: ")
    assert (first["status"], second["id"], second["lower"]) == (None, "stdin:2", "2")


def test_bad_files():
    Path("empty.jsonl").touch()
    done = run("solve", "missing.jsonl", "x^2", ".", "empty.jsonl", "--json")
    errors = [json.loads(line)["error"] for line in done.stdout.splitlines()]
    assert done.exit_code == 2
    assert errors[:2] == ["missing.jsonl: no such file", "x^2: no such file"]
    assert errors[2].startswith(".: is a folder, expected a file (for its files: ./*.jsonl)")
    assert errors[3] == "empty.jsonl: holds no programs, expected one per line"
    for arguments, words in (
        (["--time-limit", "0"], "time_limit must be a positive number of seconds"),
        (["--tolerance", "nan"], "tolerance must be a finite number"),
        (["--backend", "oracle"], "'oracle' is not one of"),
        (["--resume"], "--resume needs -o FILE"),
    ):
        assert words in run("solve", "empty.jsonl", *arguments).stderr


def test_the_memory_limit_is_said():
    names = [f"x{i}" for i in range(20)]
    square = f"(1 + {' + '.join(names)})^2 + {' + '.join(f'{name}^2' for name in names)}"
    statement = {"variables": names, "constraints": [{"sos": square}]}
    done = run("solve", "-", "--memory-limit", "2", "--json", stdin=json.dumps({"statement": statement}))
    assert json.loads(done.stdout)["error"].endswith("the limit is 2 MiB (memory_limit)")


def test_a_saved_program_is_solved():
    program = SosProgram("x y")
    x, y = program.indeterminates
    a = program.scalar("a")
    program.sos(x**2 + a * x * y + y**2)
    program.maximize(a)
    Path("program.json").write_text(program.to_json())
    done = run("solve", "program.json")
    assert done.exit_code == 0
    assert "a = 2" in done.stdout
    assert "2, proven" in done.stdout


def test_interrupted_run_is_resumed(monkeypatch):
    write_lines("in.jsonl", *({"statement": s} for s in (MIDDLE, BOUND, LYAPUNOV)))
    answer, seen = answering.answer_problem, []

    def interrupt(problem, options):
        seen.append(problem)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return answer(problem, options)

    with monkeypatch.context() as patch:
        patch.setattr(answering, "answer_problem", interrupt)
        done = run("solve", "in.jsonl", "-o", "out.jsonl")
    assert (done.exit_code, len(read_lines("out.jsonl"))) == (130, 1)
    assert done.stderr == "interrupted: 1 input is finished; the same command with --resume goes on from there\n"
    assert "exists" in run("solve", "in.jsonl", "-o", "out.jsonl").stderr
    assert "has the options" in run("solve", "in.jsonl", "-o", "out.jsonl", "--resume", "--time-limit", "9").stderr
    write_lines("other.jsonl", {"id": "in.jsonl:1", "statement": BOUND})
    assert "line 1: has the statement" in run("solve", "other.jsonl", "-o", "out.jsonl", "--resume").stderr
    assert run("solve", "in.jsonl", "-o", "out.jsonl", "--resume").exit_code == 0
    assert [record["id"] for record in read_lines("out.jsonl")] == ["in.jsonl:1", "in.jsonl:2", "in.jsonl:3"]


def test_internal_error_stops_only_its_own_program(monkeypatch):
    answer = answering.answer_problem

    def fragile(problem, options):
        if problem.bound:
            raise RuntimeError("broken")
        return answer(problem, options)

    monkeypatch.setattr(answering, "answer_problem", fragile)
    write_lines("in.jsonl", {"statement": BOUND}, {"statement": MIDDLE})
    done = run("solve", "in.jsonl", "--json")
    first, second = map(json.loads, done.stdout.splitlines())
    assert (done.exit_code, first["error"]) == (1, "internal error, please report it: RuntimeError: broken")
    assert second["lower"] == "2"


def test_lines_and_summary_within_80_columns():
    write_lines("in.jsonl", *({"id": "a long name " * 9, "statement": s} for s in (MIDDLE, BAD, EXTREME)))
    done = run("solve", "in.jsonl")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["status", "lower", "upper", "seconds", "input"]
    assert lines[1].split()[:2] == [lines[1].split()[0], "2"]
    assert lines[2].startswith("bad input")
    assert max(map(len, lines)) <= 80
    assert "all" in done.stdout


@pytest.mark.parametrize("meanings", [BOUND_MEANINGS, PROGRAM_MEANINGS, OPEN])
def test_what_a_status_means_fits_into_80_columns(meanings):
    assert max(len(f"{status}: {meaning}") for status, meaning in meanings.items()) <= 80


# --- bound ---------------------------------------------------------------------------------------------------------


def test_bounds_of_polynomials():
    done = run("bound", "x^4 + 10*x", "-x^2 + x^4", "x +", "5", "--json")
    first, second, third, constant = map(json.loads, done.stdout.splitlines())
    assert done.exit_code == 2
    assert first["statement"] == {"variables": ["x"], "minimize": "x^4 + 10*x"}
    assert Fraction(first["lower"]) == pytest.approx(-10.179066, abs=1e-4)
    assert Fraction(second["lower"]) == pytest.approx(-0.25, abs=1e-4)
    assert Fraction(second["upper"]) == pytest.approx(-0.25, abs=1e-4)
    assert second["status"] == "OPTIMAL"
    assert (third["statement"], third["status"], constant["lower"]) == (None, None, "5")
    assert third["error"].startswith("argument 3: line 1, column 4: expected a number")


def test_shown_bounds_hold():
    """Shortened ones are rounded outwards, in lists, answers and explanations; they may be beyond float64."""
    long = Fraction(1, 3**20)
    least = [Fraction(-1, 4) + 2 * long, 10**400 + long, -(10**9) - long, 5 + long]
    texts = [f"x^4 - x^2 + {2 * long}", *(f"x^2 + ({value})" for value in least[1:])]
    run("bound", *texts, "-o", "out.jsonl")
    listed = run("bound", *texts).stdout.splitlines()[1:]
    for value, text, line, record in zip(least, texts, listed, read_lines("out.jsonl"), strict=False):
        lower, upper = map(Fraction, line.split()[1:3])
        assert lower <= value <= upper
        assert Fraction(record["lower"]) <= value <= Fraction(record["upper"])
        Path("one.json").write_text(json.dumps(record["certificate"]))
        shown = [*run("explain", "one.json").stdout.splitlines(), *run("bound", text).stdout.splitlines()]
        facts = {line.split()[0]: line.replace(",", " ").split()[1] for line in shown if not line.startswith(" ")}
        assert Fraction(facts["gamma"].lstrip("~")) <= value
        assert Fraction(facts["lower"].lstrip("~")) <= value <= Fraction(facts["upper"].lstrip("~"))


def test_no_bound_is_proven_and_verified():
    done = run("bound", "x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1", "x^3", "-o", "out.jsonl")
    assert done.exit_code == 0
    motzkin, cubic = read_lines("out.jsonl")
    assert (motzkin["status"], motzkin["lower"], motzkin["certificate"]["kind"]) == (
        "NO_BOUND",
        None,
        "infeasible_program",
    )
    assert (cubic["status"], cubic["certificate"]) == ("UNBOUNDED", None)
    told = run("verify", "out.jsonl").stdout
    assert told.splitlines()[-1] == "1 holds, 1 missing"


def test_bounds_on_a_set():
    Path("set.json").write_text(json.dumps({"inequalities": ["1 - x^2 - y^2"], "equalities": ["x - y"]}))
    done = run("bound", "x", "--on", "set.json", "--order", 2, "-o", "out.jsonl")
    assert done.exit_code == 0
    [record] = read_lines("out.jsonl")
    assert record["statement"]["variables"] == ["x", "y"]
    assert record["statement"]["relaxation_order"] == 2
    assert Fraction(record["lower"]) == pytest.approx(-(0.5**0.5), abs=1e-3)
    assert run("verify", "out.jsonl").exit_code == 0
    small = run("bound", "x^4", "--on", "set.json", "--order", 1)
    assert small.exit_code == 2
    assert "relaxation_order: 1 is too small for minimize of degree 4, expected 2 or more" in small.stderr


def test_a_backend_that_does_not_fit_is_told():
    done = run("bound", "x^4 - x*y + y^4", "--backend", "highs")
    assert done.exit_code == 2
    assert 'error: argument 1: backend "highs" solves linear programs only' in done.stderr


def test_products_of_inequalities_prove_more():
    Path("set.json").write_text(json.dumps({"inequalities": ["x", "y"]}))
    done = run("bound", "x*y", "--on", "set.json", "--order", 1, "--products", "-o", "out.jsonl")
    assert done.exit_code == 0
    [record] = read_lines("out.jsonl")
    assert (record["status"], record["lower"], record["statement"]["products"]) == ("OPTIMAL", "0", True)
    assert run("verify", "out.jsonl").exit_code == 0
    assert json.loads(run("bound", "x*y", "--on", "set.json", "--order", 1, "--json").output)["status"] == "NO_BOUND"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "not JSON"),
        ("[]", "expected an object with the keys inequalities and equalities"),
        ("{}", "expected an object with the keys"),
        ('{"inequality": []}', "unknown key 'inequality', expected inequalities and equalities"),
        ('{"inequalities": "x"}', "inequalities: expected a list of polynomials"),
        ('{"inequalities": [1]}', "inequalities[0]: expected text in quotes"),
        ('{"equalities": ["x", "y +"]}', "equalities[1]: line 1, column 4: expected a number"),
    ],
)
def test_bad_sets_are_refused_before_any_work(content, words):
    Path("set.json").write_text(content)
    done = run("bound", "x", "--on", "set.json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"--on set.json: {words}" in done.stderr


def test_a_missing_licence_is_said_before_any_work(monkeypatch):
    def refuse(name):
        raise RuntimeError(f"backend {name!r} cannot solve here")

    monkeypatch.setattr(backends, "check_backend", refuse)
    write_lines("in.jsonl", MIDDLE)
    done = run("solve", "in.jsonl", "--backend", "mosek", "-o", "out.jsonl")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Error: backend 'mosek' cannot solve here" in done.stderr
    assert not Path("out.jsonl").exists()


def test_bad_options_of_bound():
    assert "--on missing.json: cannot be read: No such file" in run("bound", "x", "--on", "missing.json").stderr
    assert "--order needs --on FILE" in run("bound", "x", "--order", 2).stderr
    assert "--products needs --on FILE" in run("bound", "x", "--products").stderr


# --- verify and explain --------------------------------------------------------------------------------------------


def verify(*found):
    write_lines("found.jsonl", *found)
    return run("verify", "found.jsonl")


def test_records_hold(solved):
    done = verify(*solved.values())
    assert done.exit_code == 1  # for the bad input
    assert done.stdout.splitlines()[-1] == "4 holds, 1 missing"
    assert "[middle] program: values of 1 unknown satisfy 1 constraint, objective 2" in done.stdout
    assert "the program in x, y for V" in done.stdout
    explained = run("explain", "found.jsonl", "--line", 1)
    assert explained.exit_code == 0
    assert "values       a = 2" in explained.stdout
    write_lines("in.jsonl", {"statement": MIDDLE})
    assert "holds inputs of nsos solve (key 'statement')" in run("verify", "in.jsonl").stdout


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("middle", {"lower": "2000001/1000000", "value": 2.000001}, "lower: 2000001/1000000 is not what"),
        ("middle", {"upper": "3/2", "value": None}, "upper: 3/2 is not what the certificates prove"),
        ("middle", {"lower": "two"}, "lower: expected a fraction as text or null, got 'two'"),
        ("middle", {"lower": 2.0}, "lower: expected a fraction as text or null, got 2.0"),
        ("middle", {"value": 1.9}, "value: 1.9 is neither of the bounds"),
        ("middle", {"value": "2"}, "value: expected a number or null, got '2'"),
        ("middle", {"values": {"a": "1"}}, "values.a: not what the certificate proves"),
        ("middle", {"values": {"b": "1"}}, "values.b: not what the certificate proves"),
        ("middle", {"values": {"a": "1 +"}}, "values.a: line 1, column 4"),
        ("middle", {"status": "INFEASIBLE"}, "the record says INFEASIBLE, its certificate is program"),
        ("middle", {"status": "OPTIMAL", "upper": None}, "OPTIMAL, expected a lower and an upper bound"),
        ("middle", {"statement": MIDDLE | {"maximize": "2*a"}}, "certificate.objective: not those of the statement"),
        ("middle", {"statement": LYAPUNOV}, "certificate.unknowns: not those of the statement"),
        ("middle", {"statement": {"variables": []}}, "statement: expected the key 'constraints'"),
        ("lyapunov", {"statement": LYAPUNOV | {"constraints": LYAPUNOV["constraints"][:1]}}, "certificate.constraints"),
        ("lyapunov", {"lower": "0"}, "lower: 0 is not what the certificates prove"),
        ("bound", {"statement": BOUND | {"minimize": "x^4 - 2*x^2 + 2*x"}}, "of the statement of the record"),
        ("bound", {"lower": "-1", "value": -1.0}, "lower: -1 is not what the certificates prove"),
        ("extreme", {"lower": "4", "value": 4.0}, "certificate.constraints: not those of the statement"),
        ("extreme", {"lower": None}, "lower: expected the value of g that certificate is about, got null"),
        ("extreme", {"status": "OPTIMAL"}, "the record says OPTIMAL, expected FEASIBLE"),
    ],
)  # fmt: skip
def test_claims_beyond_the_certificates_fail(solved, name, change, words):
    done = verify(solved[name] | change)
    assert done.exit_code == 1
    assert done.stdout.startswith("FAILS      found.jsonl:1: ")
    assert words in done.stdout
    assert run("explain", "found.jsonl").exit_code == 1


def test_weaker_claims_hold_and_tampered_certificates_fail(solved):
    weaker = solved["middle"] | {"lower": "1", "upper": None, "value": None, "status": "FEASIBLE", "values": {}}
    assert verify(weaker).exit_code == 0
    tampered = json.loads(json.dumps(solved["middle"]))
    tampered["certificate"]["values"][0][0] = "3"
    assert "FAILS" in verify(tampered | {"lower": "1"}).stdout


# --- the collected problems ----------------------------------------------------------------------------------------

QUICK = ("bivariate_quadratic_middle_coefficient", "tssos_quartic_3", "switched_ando_shih_quartic_feasible",
         "lyap_fossil_poly3", "symmetric_quartic_cube", "yalmip_sos_3", "vdp_fixed_quadratic_level_s2")  # fmt: skip


@pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data/programs.jsonl")
def test_collected_problems_of_each_kind_have_their_values():
    rows = [json.loads(line) for line in DATA.read_text("utf-8").splitlines()]
    write_lines("in.jsonl", *(row for row in rows if row["id"] in QUICK))
    assert run("solve", "in.jsonl", "-o", "out.jsonl").exit_code == 0
    assert run("verify", "-q", "out.jsonl").stdout == ""
    found = read_lines("out.jsonl")
    assert len(found) == len(QUICK)
    for record in found:
        wanted = record["input_value"]
        if wanted == "feasible":
            assert record["status"] == "FEASIBLE", record["id"]
        else:
            assert record["value"] == pytest.approx(float(Fraction(wanted)), rel=10 ** -(record["digits"] - 2)), record[
                "id"
            ]


def test_examples_are_proven():
    examples = Path(__file__).parents[2] / "examples" / "programs.jsonl"
    assert run("solve", examples, "-o", "out.jsonl").exit_code == 0
    assert run("verify", "out.jsonl").exit_code == 0
    found = {record["id"]: record for record in read_lines("out.jsonl")}
    assert found["largest coefficient"]["value"] == pytest.approx(1.4641016, abs=1e-4)
    assert found["bound on a disc"]["value"] == pytest.approx(-1.2990381, abs=1e-4)
    assert found["lyapunov"]["status"] == "FEASIBLE"
