"""The file of `nsos certify -o`: never lost by mistake, whole after every end, and gone on with where it fits."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from nsos_jax.command.certifying import KEYS
from nsos_jax.command.cli import main
from nsos_jax.command.output import OutputRefused, RecordFile
from nsos_jax.command.records import recorded_options
from nsos_jax.membership import CertifyOptions, pipeline

TEXTS = ["x^2 + 1", "x^2 - 2", "(x", "y", "x^2 - y^2"]
STATUSES = ["SOS", "NEGATIVE", None, "NEGATIVE", "NEGATIVE"]
NSOS = [sys.executable, "-m", "nsos_jax"]


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")


def run(*arguments, stdin=None):
    done = CliRunner().invoke(main, ["certify", *arguments], input=stdin)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def lines(path="out.jsonl"):
    return Path(path).read_bytes().splitlines(keepends=True)


def untimed(path="out.jsonl"):
    """The records but for what they took."""
    found = [json.loads(line) for line in lines(path)]
    return [{key: value for key, value in record.items() if "seconds" not in key} for record in found]


@pytest.fixture
def finished():
    """The lines of an undisturbed run."""
    assert run(*TEXTS, "-o", "out.jsonl").exit_code == 2
    return lines()


def test_existing_file_is_kept_unless_told_otherwise(finished, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "certify_batch", lambda *_: pytest.fail("work was started"))
        done = run("x", "-o", "out.jsonl")
    assert (done.exit_code, lines(), done.stdout) == (2, finished, "")
    assert done.stderr.startswith("error: -o out.jsonl: exists; --resume goes on ")
    assert "--overwrite replaces it" in done.stderr
    assert run("x", "-o", "out.jsonl", "--overwrite").exit_code == 0
    assert [record["id"] for record in untimed()] == ["x"]
    Path("out.jsonl").write_bytes(b"")  # as mktemp makes them
    assert run("x", "-o", "out.jsonl").exit_code == 0


@pytest.mark.parametrize("torn", [b"", b"{", b'{"id":"x^2 - y', b'{"id":"x^2 - y^2","polynomial":"x^2 - y^2"}'])
@pytest.mark.parametrize("kept", [0, 1, 3, 5])
def test_resumed_file_is_that_of_an_undisturbed_run(finished, kept, torn, monkeypatch):
    undisturbed, solved = untimed(), []
    certify_batch = pipeline.certify_batch
    monkeypatch.setattr(pipeline, "certify_batch", lambda p, options: solved.extend(p) or certify_batch(p, options))
    Path("out.jsonl").write_bytes(b"".join(finished[:kept]) + torn)
    done = run(*TEXTS, "-o", "out.jsonl", "--resume")
    assert done.exit_code == 2  # for the bad input, whichever run met it
    assert untimed() == undisturbed
    assert lines()[:kept] == finished[:kept]
    assert len(solved) == sum(status is not None for status in STATUSES[kept:])
    assert "all" in done.stdout
    assert ("records were finished before" in done.stdout) == (kept > 0)
    again = run(*TEXTS, "-o", "out.jsonl", "--resume", "--json")
    assert again.stdout.encode() == b"".join(lines())


def test_resume_without_a_file_begins_one():
    assert run("x", "-o", "out.jsonl", "--resume").exit_code == 0
    assert len(untimed()) == 1


def test_resume_reads_standard_input_behind_the_finished_part():
    stdin = "".join(f"x - {k}\n" for k in range(5))
    run("-", "-o", "out.jsonl", stdin=stdin)
    whole = lines()
    Path("out.jsonl").write_bytes(b"".join(whole[:2]))
    run("-", "-o", "out.jsonl", "--resume", stdin=stdin)
    assert [record["id"] for record in untimed()] == [f"stdin:{k}" for k in range(1, 6)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["x^2 + 1", "x^2 - 3", *TEXTS[2:]], 'line 2: has the id "x^2 - 2", this run has "x^2 - 3" there'),
        (TEXTS[:4], "line 5: there are fewer inputs than records"),
        ([*TEXTS, "--time-limit", "5"], "line 1: has the options"),
        ([*TEXTS, "--time-limit", "inf"], '"time_limit": "inf"'),
        ([*TEXTS, "--proposer", "peel"], "line 1: has the options"),
    ],
)
def test_other_inputs_and_options_are_refused(finished, arguments, words):
    done = run(*arguments, "-o", "out.jsonl", "--resume")
    assert (done.exit_code, lines()) == (2, finished)
    assert done.stderr.startswith("error: -o out.jsonl: line ")
    assert words in done.stderr
    assert "--overwrite replaces the file" in done.stderr


def test_same_id_with_another_polynomial_is_refused():
    for text, code in (("x^2", 0), ("x^2 + 0", 2)):
        Path("in.jsonl").write_text(json.dumps({"id": 1, "polynomial": text}) + "\n")
        done = run("in.jsonl", "-o", "out.jsonl", "--resume")
        assert done.exit_code == code
    assert 'line 1: has the polynomial "x^2", this run has "x^2 + 0" there' in done.stderr


@pytest.mark.parametrize("content", ["x^2", "x^2\n", "{}\n", "[" * 10_000 + "\n", '{"id":1}\n', "\udcff\n"])
def test_file_of_something_else_is_never_cut(content):
    written = content.encode("utf-8", "surrogateescape")
    Path("out.jsonl").write_bytes(written)
    done = run("x", "-o", "out.jsonl", "--resume")
    assert (done.exit_code, Path("out.jsonl").read_bytes()) == (2, written)
    assert "line 1: is no record" in done.stderr


def test_damaged_line_inside_is_named(finished):
    Path("out.jsonl").write_bytes(finished[0] + finished[1][:40] + b"\n" + finished[2])
    done = run(*TEXTS, "-o", "out.jsonl", "--resume")
    assert "line 2: is no record" in done.stderr


def test_options_that_need_a_file():
    assert "--resume needs -o FILE" in run("x", "--resume").stderr
    assert "--overwrite needs -o FILE" in run("x", "--overwrite").stderr
    assert "choose one" in run("x", "-o", "out.jsonl", "--overwrite", "--resume").stderr
    assert not Path("out.jsonl").exists()


def test_output_never_overwrites_an_input():
    Path("p.txt").write_text("x^2")
    for option in ([], ["--overwrite"], ["--resume"]):
        done = run("p.txt", "-o", "./p.txt", *option)
        assert (done.exit_code, Path("p.txt").read_text()) == (2, "x^2")
        assert "is also an input" in done.stderr


def test_two_runs_never_write_the_same_file():
    pytest.importorskip("fcntl")
    with RecordFile("out.jsonl"), pytest.raises(OutputRefused, match="another run is writing it"):
        RecordFile("out.jsonl", resume=True)


def test_recorded_options():
    assert recorded_options(CertifyOptions()).keys() == {"version"}
    changed = recorded_options(CertifyOptions(("peel",), seed=3))
    assert changed.items() >= {"proposers": ["peel"], "seed": 3}.items()
    run("x", "-o", "out.jsonl", "--seed", "3")
    assert untimed()[0]["options"] == recorded_options(CertifyOptions(seed=3))


def test_records_hold_the_text_as_it_was_given():
    Path("p.txt").write_text("(x\n + 1)^2;\n")
    Path("in.jsonl").write_text('{"polynomial": " x ", "options": 1, "id": "a"}\n{"polynomial": 3}\n')
    run("p.txt", "in.jsonl", "missing.txt", "-o", "out.jsonl")
    found = untimed()
    assert [record["polynomial"] for record in found] == ["(x\n + 1)^2;\n", " x ", None, None]
    assert found[1]["input_options"] == 1
    assert all(list(json.loads(line))[: len(KEYS)] == list(KEYS) for line in lines())


# --- streams -------------------------------------------------------------------------------------------------------


def test_records_go_to_standard_output_behind_what_is_there():
    Path("log").write_text("before\n")
    with open("log", "a") as log:
        subprocess.run([*NSOS, "certify", "x", "y", "-o", "/dev/stdout"], stdout=log, check=True)
    text = Path("log").read_text().splitlines()
    assert text[0] == "before"
    assert [json.loads(line)["id"] for line in text[1:3]] == ["x", "y"]
    assert any("NEGATIVE" in line for line in text[3:])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_records_go_to_pipes_and_devices():
    assert run("x", "-o", os.devnull).exit_code == 0
    assert "is no regular file" in run("x", "-o", os.devnull, "--resume").stderr
    os.mkfifo("pipe")
    reader = subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE, text=True)
    assert run("x", "-o", "pipe").exit_code == 0
    assert json.loads(reader.communicate()[0])["id"] == "x"


# --- ends that nobody wanted ---------------------------------------------------------------------------------------


class Full:
    """A file on a disk that takes some bytes more, then has no space."""

    def __init__(self, file, left):
        self.file, self.left = file, left

    def write(self, data):
        if not self.left:
            raise OSError(28, "No space left on device")
        written = self.file.write(data[: self.left])
        self.left -= written
        return written

    def __getattr__(self, name):
        return getattr(self.file, name)


def test_full_disk_keeps_the_finished_records(finished, monkeypatch):
    init = RecordFile.__init__

    def full(self, *arguments):
        init(self, *arguments)
        self._file = Full(self._file, len(finished[0]) + len(finished[1]) + 9)

    with monkeypatch.context() as patch:
        patch.setattr(RecordFile, "__init__", full)
        done = run(*TEXTS, "-o", "out.jsonl", "--overwrite")
    finish = "2 inputs are finished; the same command with --resume goes on from there"
    message = f"cannot write out.jsonl: No space left on device; {finish}"
    assert (done.exit_code, done.stderr) == (2, f"error: {message}\n")
    assert [record["status"] for record in untimed()] == STATUSES[:2]
    run(*TEXTS, "-o", "out.jsonl", "--resume")
    assert [record["status"] for record in untimed()] == STATUSES


def test_failed_write_to_standard_output_takes_back_nothing_of_a_log():
    code = (
        "import os; from nsos_jax.command.output import RecordFile\n"
        "with RecordFile('/dev/stdout') as file:\n"
        "    class Full:\n"
        "        def __getattr__(self, name): return getattr(inner, name)\n"
        "        def write(self, data): raise OSError(28, 'No space left on device')\n"
        "    inner, file._file = file._file, Full()\n"
        "    try: file.write({})\n"
        "    except OSError as error: assert error.filename == '/dev/stdout'\n"
    )
    Path("log").write_text("before\n")
    with open("log", "a") as log:
        subprocess.run([sys.executable, "-c", code], stdout=log, check=True)
    assert Path("log").read_text() == "before\n"


FORKED_RUNS = """
import os, sys
import nsos_jax.membership.pipeline  # once, and no thread is started
from nsos_jax.command.cli import main

for _ in sys.stdin:
    if pid := os.fork():
        print(pid, flush=True)
        print(os.waitpid(pid, 0)[1], flush=True)
    else:
        sys.stdout = sys.stderr = open(os.devnull, "w")
        main(sys.argv[1:])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")
def test_killed_runs_lose_at_most_their_chunk():
    """Runs that are killed at random moments, and the last one that is not, write what one alone writes."""
    texts = [f"(x - {k})^2 - {k % 3}*y^{k % 2 + 1}" for k in range(400)]
    Path("in.jsonl").write_text("".join(json.dumps({"polynomial": text}) + "\n" for text in texts))
    run("in.jsonl", "-o", "whole.jsonl", "--chunk", "4")
    command = [sys.executable, "-W", "ignore", "-c", FORKED_RUNS, "certify", "in.jsonl", "-o", "out.jsonl"]
    runs = subprocess.Popen(
        [*command, "--chunk", "4", "--resume"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    out, chance, finished = Path("out.jsonl"), random.Random(0), 0

    def start():
        runs.stdin.write("\n")
        runs.stdin.flush()
        return int(runs.stdout.readline())

    for _ in range(5):
        pid = start()
        while not out.exists() or out.read_bytes().count(b"\n") <= finished:
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.06))  # in which a small part of the inputs is finished
        os.kill(pid, signal.SIGKILL)
        assert runs.stdout.readline() == f"{int(signal.SIGKILL)}\n"
        written = out.read_bytes()
        finished = written.count(b"\n")
        assert finished < len(texts)
        Path("complete.jsonl").write_bytes(written[: written.rfind(b"\n") + 1])
        assert untimed("complete.jsonl") == untimed("whole.jsonl")[:finished]
    start()
    assert runs.stdout.readline() == "0\n"
    runs.communicate()
    assert untimed() == untimed("whole.jsonl")
