"""The command `nsos`: answers, records, bad inputs, bad options, interrupted and failing output, verify, explain."""

import json
import os
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
from click.testing import CliRunner
from command_runs import run

from nsos_jax.command import inputs
from nsos_jax.command.answers import CERTIFIED
from nsos_jax.command.certifying import KEYS
from nsos_jax.command.cli import main
from nsos_jax.command.reports import report
from nsos_jax.membership import pipeline
from nsos_jax.membership.results import CertifyOptions
from nsos_jax.solvers.reference import mosek_license_available

EXAMPLES = Path(__file__).parents[2] / "examples"
ANSWERS = {
    "sos_interior": "SOS",
    "sos_boundary": "SOS",
    "perfect_square": "SOS",
    "quartic_form": "SOS",
    "decimal": "SOS",
    "sparse_chain": "SOS",
    "lyapunov": "SOS",
    "negative": "NEGATIVE",
    "odd_degree": "NEGATIVE",
    "motzkin": "NOT_SOS",
    "robinson": "NOT_SOS",
    "choi_lam": "NOT_SOS",
}
GOOD = "x^2 + 1"
NEEDS_FULL_DEVICE = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")


pytestmark = pytest.mark.usefixtures("own_folder")


def records(*arguments, stdin=None):
    """Exit status and records of `nsos certify --json`."""
    done = run("certify", "--json", *arguments, stdin=stdin)
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()]


def write_lines(path, *values):
    Path(path).write_text("".join(json.dumps(value) + "\n" for value in values), "utf-8")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A results file with an SOS, a NEGATIVE and a NOT_SOS record."""
    path = tmp_path_factory.mktemp("results") / "results.jsonl"
    assert run("certify", "-o", path, "(x - y)^2 + 1", "x^2 - y^2", EXAMPLES / "motzkin.txt").exit_code == 0
    return path


def certificates(path):
    return [json.loads(line)["certificate"] for line in path.read_text().splitlines()]


# --- certify -------------------------------------------------------------------------------------------------------


def test_examples_have_their_answers_and_verify():
    paths = sorted(EXAMPLES.glob("*.txt"))
    assert [path.stem for path in paths] == sorted(ANSWERS)
    done = run("certify", *paths, EXAMPLES / "polynomials.jsonl", "-o", "results.jsonl")
    assert done.exit_code == 0, done.output
    found = [json.loads(line) for line in Path("results.jsonl").read_text().splitlines()]
    assert [record["status"] for record in found[: len(paths)]] == [ANSWERS[path.stem] for path in paths]
    for record in found[len(paths) :]:
        answer = {"negative": "NEGATIVE", "nonnegative, not SOS": "NOT_SOS"}.get(record["family"], "SOS")
        assert record["status"] == answer, record["id"]
    assert all(list(record)[: len(KEYS)] == list(KEYS) and record["proof"] == "exact" for record in found)
    assert run("verify", "results.jsonl").exit_code == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("(x - y)^2 + 1", ["SOS: a sum of squares, proven exactly", "margin", "monomials", "  + (x - y)^2"]),
        ("-x^2 - y + 1", ["NEGATIVE", "value", "point", "x = "]),
        ("x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1", ["NOT_SOS", "may still be nonnegative"]),
    ],
)
def test_single_input_gets_a_short_answer(text, words):
    done = run("certify", text)
    assert done.exit_code == 0
    assert all(word in done.stdout for word in words), done.stdout
    assert len(done.stdout.splitlines()) < 15


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("-x^2 - y + 1", "x = 0, y = 2"),
        ("x^2 - 1", "the origin"),
        ("-7", "the origin"),
        (" + ".join(f"x{i}^2" for i in range(9)) + " - 3*x4", "zero except for x4 = 1"),
    ],
)
def test_points_are_short(text, point):
    lines = run("certify", text).stdout.splitlines()
    assert lines[-1] == f"point        {point}"


def test_single_input_is_repeated_with_its_variables():
    Path("p.txt").write_text("+".join(f"a{i:02}^2" for i in range(99)))
    for argument, shown in {
        "nope": ("nope", "1: nope"),
        "x/2 + y": ("1/2*x + y", "2: x, y"),
        "7": ("7", "0"),
        "p.txt": (
            "a00^2 + a01^2 + a02^2 + a03^2 + a04^2 + a05^2 ... (99 terms)",
            "99: a00, a01, a02, a03, a04, a05, a06, a07, a08, a09, a10, a11, ...",
        ),
    }.items():
        lines = run("certify", argument).stdout.splitlines()
        assert lines[1:3] == [f"polynomial   {shown[0]}", f"variables    {shown[1]}"]
        assert max(map(len, lines)) <= 80
    assert lines[-1] == "squares      shown by nsos explain FILE, after nsos certify -o FILE"


def test_several_inputs_get_lines_and_a_summary_within_80_columns():
    done = run("certify", GOOD, "x - 1", "2*" * 200 + "x^2", "(x", "y " * 30)
    lines = done.stdout.splitlines()
    assert done.exit_code == 2
    assert [line.split()[0] for line in lines[:5]] == ["status", "SOS", "NEGATIVE", "SOS", "bad"]
    assert lines[2].split() == ["NEGATIVE", "-", lines[2].split()[2], "x", "-", "1"]  # no basis, hence no size of one
    assert max(map(len, lines)) <= 80
    assert lines[-2].split()[:2] == ["all", "5"]
    assert any(line.split()[:3] == ["bad", "input", "2"] for line in lines)
    assert done.stderr.splitlines() == [
        "error: argument 4: line 1, column 1: this '(' is never closed in: (x",
        "error: argument 5: line 1, column 3: expected an operator after 'y', found 'y' in: " + "y " * 18 + "y...",
    ]


def test_output_file_and_json_hold_the_same_records():
    done = run("certify", GOOD, "x", "--json", "-o", "results.jsonl")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["status"] for record in found] == ["SOS", "NEGATIVE"]
    assert Path("results.jsonl").read_text() == done.stdout


def test_standard_input_as_lines_and_as_json_lines():
    status, found = records("-", stdin="\n x^2\n\n y ; \n")
    assert status == 0
    assert [(record["id"], record["status"]) for record in found] == [("stdin:2", "SOS"), ("stdin:4", "NEGATIVE")]
    status, found = records("-", stdin='\ufeff\n {"polynomial": "x^2", "id": 5}\n')
    assert (status, found[0]["id"], found[0]["status"]) == (0, 5, "SOS")
    for text in ("", "\n \n"):
        done = run("certify", "-", stdin=text)
        message = "error: stdin: holds no polynomials, expected one per line\n"
        assert (done.exit_code, done.stdout, done.stderr) == (2, "", message)


def test_first_chunks_are_small(monkeypatch):
    sizes = []
    certify_batch = pipeline.certify_batch
    monkeypatch.setattr(pipeline, "certify_batch", lambda p, options: sizes.append(len(p)) or certify_batch(p, options))
    status, found = records("-", "--chunk", 40, stdin="x\n" * 100)
    assert (status, len(found), sizes) == (0, 100, [16, 32, 40, 12])


def test_files_win_over_text_and_may_have_line_breaks():
    Path("x").write_text("y^2\r\n - 1 ;\n\n", "utf-8")
    Path("p.txt").write_text("\ufeff(a\n+ b)^2\n;", "utf-8")
    _, found = records("x", "p.txt")
    assert [(record["id"], record["status"]) for record in found] == [("x", "NEGATIVE"), ("p.txt", "SOS")]


def test_keys_of_the_input_are_copied_and_overwrite_nothing():
    write_lines("in.jsonl", {"polynomial": "x^2", "id": {"n": 1}, "status": "mine", "input_status": 0, "k": [None]})
    _, [record] = records("in.jsonl")
    assert (record["id"], record["status"], record["k"]) == ({"n": 1}, "SOS", [None])
    assert sorted(str(value) for key, value in record.items() if key.startswith("input_")) == ["0", "mine"]


def test_input_is_read_in_chunks_and_answered_in_order(monkeypatch):
    sizes = []
    certify_batch = pipeline.certify_batch
    monkeypatch.setattr(pipeline, "certify_batch", lambda p, options: sizes.append(len(p)) or certify_batch(p, options))
    stdin = "\n".join("x -" if i == 3 else f"x^2 - {i}" for i in range(5))
    status, found = records("-", "--chunk", 2, stdin=stdin)
    assert (status, sizes) == (2, [2, 1, 1])
    assert [record["status"] for record in found] == ["SOS", "NEGATIVE", "NEGATIVE", None, "NEGATIVE"]


# --- bad inputs ----------------------------------------------------------------------------------------------------

BAD_TEXTS = {
    "": ["the text is empty", "expected a polynomial"],
    "  ": ["the text is empty", "expected a polynomial"],
    "(x + 1": ["line 1, column 1", "never closed"],
    "x + 1)": ["line 1, column 6", "never opened"],
    "1/x": ["line 1, column 3", "division by a variable, expected a constant divisor"],
    "1/(x + 1)": ["line 1", "division by a polynomial, expected a constant divisor"],
    "1/0": ["line 1", "division by zero"],
    "x^-2": ["line 1, column 3", "expected a nonnegative integer exponent"],
    "x^(-2)": ["line 1, column 4", "expected a nonnegative integer exponent"],
    "x^1.5": ["line 1, column 3", "expected a nonnegative integer exponent"],
    "x^(1/2)": ["line 1", "exponents are nonnegative integers"],
    "x^2 + nan": ["line 1, column 7", "not a finite number"],
    "inf*x^2": ["line 1, column 1", "not a finite number"],
    "x +\n-Infinity": ["line 2, column 2", "not a finite number"],
    "x^10001": ["line 1, column 3", "larger than 10000"],
    "x^6000*y^6000": ["line 1", "10000"],
    "1e99999": ["line 1, column 1", "exponent beyond"],
    "x $ y": ["line 1, column 3", "unexpected character"],
    "x +": ["line 1, column 4", "expected a number, a variable or '('"],
    "sin(x)": ["line 1, column 4", "expected an operator"],
    "x^2 = 1": ["line 1, column 5", "unexpected character"],
    " + ".join(f"v{i}" for i in range(10_001)): ["got 10001 variables, wanted at most 10000"],
    "(x + y + z + 1)^3000": ["limit"],
}


@pytest.mark.parametrize("text", BAD_TEXTS, ids=lambda text: text[:12] or "empty")
def test_bad_text_gets_a_record_and_the_rest_goes_on(text):
    stdin = "".join(json.dumps({"polynomial": value, "n": i}) + "\n" for i, value in enumerate([GOOD, text, GOOD]))
    status, found = records("-", stdin=stdin)
    assert status == 2
    assert [record["status"] for record in found] == ["SOS", None, "SOS"]
    assert [record["n"] for record in found] == [0, 1, 2]
    bad = found[1]
    assert all(bad[key] is None for key in KEYS if key not in ("id", "polynomial", "options", "error"))
    assert bad["polynomial"] == text
    assert bad["error"].startswith("stdin:2: ")
    assert all(words in bad["error"] for words in BAD_TEXTS[text]), bad["error"]
    done = run("certify", "--", text)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("error: argument 1: ")


BAD_LINES = {
    '{"poly": "x"}': ["expected the key 'polynomial'", "'poly'"],
    "{}": ["expected the key 'polynomial'"],
    '{"polynomial": 3}': ["polynomial: expected text in quotes, got int"],
    '{"polynomial": null}': ["polynomial: expected text in quotes, got null"],
    '{"polynomial": ["x"]}': ["polynomial: expected text", "list"],
    "[1]": ["expected a JSON object, got list"],
    '{"polynomial": "x"': ["not JSON", "column 19", "expected one JSON object"],
    '{"polynomial": "x", "v": NaN}': ["NaN is no JSON number"],
    '{"polynomial": "x", "v": 1e999}': ["1e999 is no JSON number"],
    "[" * 100_000: ["nested too deeply"],
    '{"polynomial": "\udcff"}': ["not UTF-8"],
    '{"polynomial": "x", "v": %s}' % ("9" * 5000): ["a number has too many digits"],
}


@pytest.mark.parametrize("line", BAD_LINES, ids=lambda line: ascii(line[:24]))
def test_bad_json_line_gets_a_record_and_the_rest_goes_on(line):
    good = json.dumps({"polynomial": GOOD}).encode()
    Path("in.jsonl").write_bytes(b"\n".join([good, line.encode("utf-8", "surrogateescape"), good]))
    status, found = records("in.jsonl")
    assert status == 2
    assert [record["status"] for record in found] == ["SOS", None, "SOS"]
    assert found[1]["id"] == "in.jsonl:2"
    assert all(words in found[1]["error"] for words in ["in.jsonl:2: ", *BAD_LINES[line]]), found[1]["error"]


def test_bad_files_get_records_and_the_rest_goes_on(monkeypatch):
    Path("folder").mkdir()
    Path("binary.txt").write_bytes(bytes(range(128, 200)))
    Path("utf16.txt").write_text("x^2", "utf-16")
    Path("zero.bin").write_bytes(b"x^2\0")
    Path("empty.txt").touch()
    Path("empty.jsonl").touch()
    Path("large.txt").write_text("x^2 + 1 + " * 20 + "1")
    Path("large.jsonl").write_text(json.dumps({"polynomial": GOOD}) + "\n" + "1" * 200 + "\n")
    monkeypatch.setattr(inputs, "MAX_BYTES", 100)
    expected = {
        "folder": "is a folder, expected a file or polynomial text",
        "missing.txt": "no such file",
        "missing.jsonl": "no such file",
        "./missing": "no such file",
        "../missing": "no such file",
        "/missing": "no such file",
        "~/missing": "no such file",
        "binary.txt": "not UTF-8 text (a binary file?), expected a polynomial",
        "utf16.txt": "not UTF-8 text",
        "zero.bin": "not UTF-8 text",
        "missing.csv": "no such file",
        "empty.jsonl": "holds no polynomials, expected one per line",
        "empty.txt": "the text is empty, expected a polynomial",
        "large.txt": "expected at most",
    }
    status, found = records(*expected, "large.jsonl", GOOD)
    assert status == 2
    errors = {record["id"]: record["error"] for record in found}
    for path, words in expected.items():
        assert errors[path].startswith(f"{path}: ")
        assert words in errors[path]
    assert "expected at most" in errors["large.jsonl:2"]
    assert [record["status"] for record in found] == [None] * len(expected) + ["SOS", None, "SOS"]


SEVERAL = "holds one polynomial, several go one per line through standard input (nsos certify - < FILE)"


@pytest.mark.parametrize(
    "text",
    ["x^2 + 1\ny^2 + 2\n", "(x + 1)^2\r\n\r\n  (y + 1)^2", "x^2;\ny^2;\n", "2\n3*x", "x\ny", "x\r2*y", "x\u2028y"],
)
def test_second_polynomial_in_a_text_file_is_refused(text):
    Path("two.txt").write_text(text, newline="")
    status, [record] = records("two.txt")
    assert (status, record["status"]) == (2, None)
    line = text.strip().count("\n") + 1  # as editors that know no other line breaks count
    assert record["error"].startswith(f"two.txt: line {line}, column ")
    assert SEVERAL in record["error"]


def test_other_errors_on_later_lines_do_not_speak_of_several_polynomials():
    for text in ("x +\n", "x +\n* y", "(x\ny)", "x^2\n+ y z", "x y\nz"):
        Path("one.txt").write_text(text)
        _, [record] = records("one.txt")
        assert "several" not in record["error"]
        assert record["status"] is None


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file():
    Path("secret.txt").write_text(GOOD)
    Path("secret.txt").chmod(0)
    _, [record] = records("secret.txt")
    assert record["error"] == "secret.txt: cannot be read: Permission denied"


def test_internal_error_stops_only_its_own_polynomial(monkeypatch):
    certify_batch = pipeline.certify_batch

    def fragile(polynomials, options):
        if any(p.degree == 6 for p in polynomials):
            raise RuntimeError("broken")
        return certify_batch(polynomials, options)

    monkeypatch.setattr(pipeline, "certify_batch", fragile)
    status, found = records(GOOD, "x^6 + 1", "y")
    assert (status, [record["status"] for record in found]) == (1, ["SOS", None, "NEGATIVE"])
    assert found[1]["error"] == "internal error, please report it: RuntimeError: broken"


# --- options and output --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Missing argument 'INPUT...'"),
        (["x", "--ratio", "1"], "ratio must be a finite number above 1, got 1.0"),
        (["x", "--ratio", "nan"], "ratio must be a finite number above 1"),
        (["x", "--ratio", "big"], "'big' is not a valid float"),
        (["x", "--time-limit", "0"], "time_limit must be a positive number of seconds"),
        (["x", "--time-limit", "nan"], "time_limit"),
        (["x", "--max-iterations", "0"], "max_iterations must be an integer of at least 1"),
        (["x", "--max-iterations", "1.5"], "not a valid integer"),
        (["x", "--memory-limit", "-1"], "--memory-limit"),
        (
            ["x", "--memory-limit", "many"],
            "got 'many', expected a positive size such as 4GiB; a number alone counts MiB",
        ),
        (["x", "--memory-limit", "4294967296"], "4294967296 MiB are more than any machine has; bytes are written"),
        (["x", "--seed", "-1"], "--seed"),
        (["x", "--chunk", "0"], "--chunk"),
        (["x", "--proposer", "oracle"], "unknown proposer 'oracle', expected one of"),
        (["x", "--nonsense"], "No such option"),
        (["x", "-o", "missing/out.jsonl"], "-o missing/out.jsonl: cannot be written: No such file or directory"),
    ],
)
def test_bad_option_is_refused_before_any_work(arguments, words, monkeypatch):
    monkeypatch.setattr(pipeline, "certify_batch", lambda *_: pytest.fail("work was started"))
    done = run("certify", *arguments)
    assert done.exit_code == 2
    assert words in done.stderr


def test_options_reach_the_pipeline(monkeypatch):
    seen = []
    certify_batch = pipeline.certify_batch
    monkeypatch.setattr(pipeline, "certify_batch", lambda p, options: seen.append(options) or certify_batch(p, options))
    limits = ["--ratio=2", "--max-iterations=30", "--time-limit=5", "--memory-limit=64", "--seed=7"]
    assert run("certify", GOOD).exit_code == 0
    assert run("certify", GOOD, *limits, "--proposer", "even_support").exit_code == 0
    assert run("certify", GOOD, "--memory-limit", "1.5GiB").exit_code == 0
    assert seen == [
        CertifyOptions(),
        CertifyOptions(("even_support",), 2.0, 30, 5.0, 64 << 20, 7),
        CertifyOptions(memory_limit=3 << 29),
    ]


def test_interrupted_run_keeps_finished_records(monkeypatch):
    certify_batch = pipeline.certify_batch

    def interrupt(polynomials, options):
        if polynomials[0].degree == 6:
            raise KeyboardInterrupt
        return certify_batch(polynomials, options)

    monkeypatch.setattr(pipeline, "certify_batch", interrupt)
    done = run("certify", GOOD, "x", "x^6 + 1", "--chunk", 1, "-o", "results.jsonl")
    assert done.exit_code == 130
    assert done.stderr == "interrupted: 2 inputs are finished; the same command with --resume goes on from there\n"
    assert [json.loads(line)["status"] for line in Path("results.jsonl").read_text().splitlines()] == [
        "SOS",
        "NEGATIVE",
    ]


def test_interruption_while_the_command_loads_is_quiet(monkeypatch, capsys):
    class Interrupt:
        def find_spec(self, name, path=None, target=None):
            if name == "nsos_jax.command.cli":
                raise KeyboardInterrupt

    project = tomllib.loads((EXAMPLES.parent / "pyproject.toml").read_text("utf-8"))["project"]
    start = EntryPoint("nsos", project["scripts"]["nsos"], "console_scripts").load()
    monkeypatch.delitem(sys.modules, "nsos_jax.command.cli")
    monkeypatch.setattr(sys, "meta_path", [Interrupt(), *sys.meta_path])
    with pytest.raises(SystemExit) as ended:
        start()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "interrupted\n"


@NEEDS_FULL_DEVICE
def test_full_disk_is_one_clear_line(results):
    done = run("certify", GOOD, "-o", "/dev/full")
    message = "error: cannot write /dev/full: No space left on device; no input is finished\n"
    assert (done.exit_code, done.stderr) == (2, message)
    command = [sys.executable, "-m", "nsos_jax", "verify", str(results)]
    with open("/dev/full", "w") as full:
        outcome = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (outcome.returncode, outcome.stderr) == (2, "error: cannot write the output: No space left on device\n")


@pytest.mark.parametrize(
    "arguments", [["verify", "r.jsonl"], ["explain", "r.jsonl", "--line=1"], ["certify", GOOD], ["certify", GOOD, "x"]]
)
def test_closed_pipe_is_quiet(results, arguments):
    Path("r.jsonl").write_text(results.read_text())
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "nsos_jax", *arguments]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


def test_summary_in_a_closed_pipe_is_quiet(tmp_path):
    """Only the summary is written: the lines are not, because of -o."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "nsos_jax", "certify", "x", "y", "-o", str(tmp_path / "out.jsonl")]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("out_is_terminal", [True, False])
@pytest.mark.parametrize(("as_json", "is_list"), [(False, False), (True, False), (False, True)])
def test_bar_only_where_it_cannot_collide_with_records(monkeypatch, as_json, is_list, out_is_terminal):
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(isatty=lambda: out_is_terminal))
    made = []
    monkeypatch.setattr(report, "Bar", lambda *given: made.append(given) or MagicMock())
    with report.Report(CERTIFIED, as_json, is_list).progress(2):
        pass
    assert bool(made) == (not (as_json and out_is_terminal))


def test_version_and_help_start_light():
    code = "import sys; from nsos_jax.command.cli import main; main(sys.argv[1:], standalone_mode=False)"
    code += "; print('jax' in sys.modules)"
    for argument in ("--version", "--help"):
        done = subprocess.run([sys.executable, "-c", code, argument], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "False"
    assert run("--version").stdout.startswith("nsos, version ")


# --- verify and explain --------------------------------------------------------------------------------------------


def test_verify_holds_for_results_and_single_certificates(results):
    done = run("verify", results)
    assert (done.exit_code, done.stdout.count("holds  "), done.stdout.splitlines()[-1]) == (0, 3, "3 holds")
    Path("one.json").write_text(json.dumps(certificates(results)[0], indent=2))
    assert run("verify", "one.json").stdout.startswith("holds      one.json: sos: ")
    assert run("verify", "-q", "one.json", results).stdout == ""
    for text in (results.read_text(), Path("one.json").read_text()):
        done = run("verify", "-", stdin=text)
        assert done.exit_code == 0
        assert done.stdout.startswith("holds      stdin")
    assert run("explain", "-", "--line", 2, stdin=results.read_text()).exit_code == 0


def test_verify_names_the_records(results, monkeypatch):
    monkeypatch.chdir(results.parent)
    lines = run("verify", results.name).stdout.splitlines()
    assert lines[0] == "holds      results.jsonl:1: [(x - y)^2 + 1] sos: 4 terms = 2 blocks of at most 2 monomials"
    assert lines[1] == "           p = x^2 - 2*x*y + y^2 + 1"
    assert lines[2].startswith("holds      results.jsonl:2: [x^2 - y^2] negative_point: ")
    assert "...] not_sos: L(4 terms) < 0, complete basis of 3 monomials" in lines[4]  # the id is a file elsewhere
    assert lines[5] == "           p = x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1"


def _tamper(record, *path, value):
    for key in path[:-1]:
        record = record[key]
    record[path[-1]] = value


@pytest.mark.parametrize(
    ("position", "path", "value", "words"),
    [
        (0, ("polynomial", 0, 0), "7", "polynomial[0], "),
        (0, ("blocks", 0, "gram", 0, 2), "-1000", "expected"),
        (0, ("blocks", 0, "gram", 0, 2), "1e3", "blocks[0].gram[0][2]: expected an integer as a string"),
        (0, ("blocks", 0, "denominator"), "0", "blocks[0].denominator: expected a positive integer"),
        (0, ("kind",), "proof", "kind: expected one of"),
        (0, ("surprise",), 1, "only the keys"),
        (1, ("point", 0), "0/0", "point[0]: expected a positive denominator"),
        (1, ("point",), ["9", "0"], "point: expected a negative value"),
        (2, ("functional",), [], "functional: expected L(polynomial) < 0"),
        (2, ("basis",), [], "basis: expected a complete basis"),
    ],
)
def test_tampered_certificate_fails_and_the_others_are_still_checked(results, position, path, value, words):
    found = [json.loads(line) for line in results.read_text().splitlines()]
    _tamper(found[position]["certificate"], *path, value=value)
    write_lines("bad.jsonl", *found)
    done = run("verify", "bad.jsonl")
    assert done.exit_code == 1
    lines = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert [line.split()[0] for line in lines[:3]].count("holds") == 2
    line = lines[position]
    assert line.startswith(f"FAILS      bad.jsonl:{position + 1}: ")
    assert words in line
    explained = run("explain", "bad.jsonl", "--line", position + 1)
    assert (explained.exit_code, explained.stdout) == (1, "")
    assert explained.stderr.startswith(f"FAILS        bad.jsonl:{position + 1}: ")


def test_record_that_claims_another_status_fails(results):
    found = [json.loads(line) for line in results.read_text().splitlines()]
    write_lines("bad.jsonl", found[1] | {"status": "SOS"}, found[0] | {"status": None, "id": "unclaimed"})
    done = run("verify", "bad.jsonl")
    assert done.exit_code == 1
    assert "the record says 'SOS', its certificate is negative_point" in done.stdout


def test_missing_certificates_are_listed():
    run("certify", GOOD, "x^", "-o", "results.jsonl")
    done = run("verify", "results.jsonl")
    lines = done.stdout.splitlines()
    assert (done.exit_code, lines[-1]) == (1, "1 holds, 1 missing")
    missing = "not proven: bad input: argument 2: line 1, column 3: expected"
    assert lines[2].startswith(f"missing    results.jsonl:2: [x^] {missing}")
    explained = run("explain", "results.jsonl", "--line", 2)
    assert (explained.exit_code, explained.stdout) == (1, "")
    assert explained.stderr.startswith(f"missing      results.jsonl:2: {missing}")


def test_inputs_are_no_certificates():
    write_lines("in.jsonl", {"polynomial": "x^2"}, {"polynomial": "y^2"})
    Path("p.txt").write_text("x^2 + 1")
    assert "for a polynomial, nsos certify FILE -o results.jsonl writes one" in run("verify", "p.txt").stdout
    words = "in.jsonl: holds inputs of nsos certify (key 'polynomial'), not certificates"
    done = run("verify", "in.jsonl")
    assert (done.exit_code, len(done.stdout.splitlines())) == (2, 1)
    assert done.stdout.startswith(f"unreadable {words}")
    assert run("explain", "in.jsonl").stderr.startswith(f"unreadable   {words}")


def test_unreadable_files_and_lines(results):
    Path("binary").write_bytes(b"\xff\xfe\x00")
    Path("empty").touch()
    Path("text").write_text("x^2")
    write_lines("other.json", {"polynomial": "x"})
    done = run("verify", "missing", ".", "binary", "empty", "text", "other.json", results)
    assert done.exit_code == 2
    lines = done.stdout.splitlines()
    reasons = [
        "No such file",
        "is a folder without results",
        "not UTF-8",
        "is empty",
        "not JSON",
        "expected a certificate",
    ]
    for line, reason in zip(lines, reasons, strict=False):
        assert line.startswith("unreadable ")
        assert reason in line
    assert lines[-1] == "3 holds, 6 unreadable"
    Path("cut.jsonl").write_text(results.read_text()[:-50])
    done = run("verify", "cut.jsonl")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (2, "2 holds, 1 unreadable")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (1, ["p is a sum of squares", "eigenvalue", "half Newton polytope has", "1, x, y\n", "(x - y)^2"]),
        (2, ["p takes a negative value", "value", "point", "y = "]),
        (3, ["p is no sum of squares", "L(p)", "moment", "halfspace", "x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1"]),
        (3, ["L(x^2*y^2) = 1", "basis        3 monomials", "1, x*y^2, x^2*y"]),
    ],
)
def test_explain(results, line, words):
    done = run("explain", results, "--line", line)
    assert done.exit_code == 0
    assert all(word in done.stdout for word in words), done.stdout


def test_explain_shortens_to_the_terminal_and_shows_near_certificates(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    gram = [[i, j, "1"] for i in range(40) for j in range(i, 40)]
    basis = [[k] for k in range(40)]
    terms = [[str(min(k + 1, 79 - k)), [k]] for k in range(79)]
    block = {"basis": basis, "denominator": "1", "gram": gram}
    common = {"format": "nsos-certificate/1", "kind": "sos", "variables": ["x"]}
    Path("sos.json").write_text(json.dumps(common | {"polynomial": terms, "blocks": [block]}))
    done = run("explain", "sos.json")
    assert "... (79 terms)" in done.stdout
    assert "... (40 terms))^2" in done.stdout
    full = run("explain", "sos.json", "--full").stdout
    assert "..." not in full
    assert all(f"x^{k}" in full.splitlines()[1] for k in range(2, 79))
    shifted = [[str(int(c) + (k % 2 == 0)), [k]] for c, [k] in terms]
    lifted = block | {"gram": [[i, j, "2" if i == j else "1"] for i, j, _ in gram]}
    near = {"polynomial": shifted, "blocks": [lifted], "epsilon": "1", "of": terms}
    Path("near.json").write_text(json.dumps(common | near))
    done = run("explain", "near.json")
    assert "epsilon      1" in done.stdout
    assert "p + epsilon z'z is a sum of squares" in done.stdout


def test_explain_needs_one_certificate(results):
    assert "choose one with --line N" in run("explain", results).stderr
    assert "no certificate on line 9, it has 3 lines" in run("explain", results, "--line", 9).stderr
    done = run("explain", "missing.json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "unreadable   missing.json: cannot be read: No such file or directory\n"


def test_explain_in_full_shows_the_functional_and_the_completeness_proof(results):
    moments = certificates(results)[2]["functional"]
    lines = run("explain", results, "--line", 3, "--full").stdout.splitlines()
    assert sum(line.count("L(x") for line in lines) == len(moments)
    halfspaces = [line.split(maxsplit=1)[1] for line in lines if line.startswith("halfspace ")]
    assert halfspaces == [", ".join(row) for row in certificates(results)[2]["halfspaces"]]
    assert "halfspace  " not in run("explain", results, "--line", 3).stdout


def test_explain_in_full_shows_all_squares_coordinates_and_digits():
    tiny = f"1/{10**40 + 1}"
    text = " + ".join(f"{tiny}*x{i}^2" for i in range(1, 71))
    assert run("certify", text, text + " - 10^9", "-o", "results.jsonl").exit_code == 0
    short = run("explain", "results.jsonl", "--line", 1).stdout
    assert "polynomial p ~1e-40*x1^2 + " in short
    assert "... (70 terms)" in short
    assert "50 squares more" in short
    full = run("explain", "results.jsonl", "--line", 1, "--full").stdout
    assert text in full
    assert full.count(f"  + {tiny} * (x") == 70
    assert "more" not in full
    assert "~" not in full


def test_a_cache_folder_that_cannot_be_written_is_named(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NSOS_CACHE_DIR", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr("nsos_jax.compilation_cache._known_folder", lambda: None)
    result = CliRunner().invoke(main, ["certify", "x^2"])
    assert result.exit_code == 0
    assert "cannot be written" in result.stderr


@pytest.mark.skipif(mosek_license_available(), reason="a licence of MOSEK is here")
def test_mosek_without_a_licence_is_a_bad_option():
    outcome = CliRunner().invoke(main, ["certify", "x^2 + 1", "--last-resort", "mosek"])
    assert outcome.exit_code == 2
    assert "needs a licence of MOSEK" in outcome.output


@pytest.mark.parametrize(("arguments", "shown"), [((), False), (("--compact",), True), (("--compact", "0.5"), True)])
def test_shorter_certificates_are_sought_where_that_is_asked(arguments, shown):
    done = run("certify", "x^2 + 1", *arguments)
    assert done.exit_code == 0, done.output
    assert ("compact  " in done.stdout) is shown
