"""The configuration file, environment variables, logs, completion, and the texts of --help."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import BashComplete, FishComplete, ZshComplete
from command_runs import run

from nsos_jax.command.cli import COMMANDS, main
from nsos_jax.command.doctor.facts import VARIABLES
from nsos_jax.proposers import PROPOSERS

pytestmark = pytest.mark.usefixtures("own_folder")


def recorded(*arguments):
    """The options that a record of `certify` names."""
    done = run(*arguments, "certify", "x^2", "--json")
    assert done.exit_code == 0, done.output
    return {key: value for key, value in json.loads(done.stdout)["options"].items() if key != "version"}


def test_the_command_line_wins_over_the_environment_that_wins_over_the_file(tmp_path, monkeypatch):
    assert recorded() == {}
    (tmp_path / "nsos.toml").write_text('[certify]\nratio = 2\nproposer = ["peel"]\nnonnegative = true\n')
    assert recorded() == {"ratio": 2.0, "proposers": ["peel"], "nonnegative": True}
    monkeypatch.setenv("NSOS_CERTIFY_RATIO", "3")
    assert recorded()["ratio"] == 3.0
    done = run("certify", "x^2", "--json", "--ratio", "4", "--proposer", "even_support")
    assert json.loads(done.stdout)["options"]["ratio"] == 4.0
    assert json.loads(done.stdout)["options"]["proposers"] == ["even_support"]


def test_where_the_file_is_found(tmp_path, monkeypatch):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    (tmp_path / "pyproject.toml").write_text("[tool.other]\n\n[tool.nsos.certify]\nratio = 2\n")
    assert recorded() == {"ratio": 2.0}
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.other]\nnsos = 1\n")
    assert recorded() == {"ratio": 2.0}
    (tmp_path / "a" / "nsos.toml").write_text("[certify]\nratio = 3\n")
    assert recorded() == {"ratio": 3.0}
    assert recorded("--config", "none") == {}
    assert recorded("--config", tmp_path / "pyproject.toml") == {"ratio": 2.0}
    monkeypatch.setenv("NSOS_CONFIG", "none")
    assert recorded() == {}


@pytest.mark.parametrize(("value", "seconds"), [("true", 10.0), ("2", 2.0), ("false", None)])
def test_compact_without_seconds(tmp_path, monkeypatch, value, seconds):
    """In the file, and in the environment, `true` is the option without its value."""
    (tmp_path / "nsos.toml").write_text(f"[certify]\ncompact = {value}\n")
    assert recorded().get("compact") == seconds
    monkeypatch.setenv("NSOS_CERTIFY_COMPACT", value)
    assert recorded("--config", "none").get("compact") == seconds


@pytest.mark.parametrize("value", ["3072", "'3GiB'", "'3072'"])
def test_memory_has_a_unit_or_counts_mebibytes(tmp_path, monkeypatch, value):
    (tmp_path / "nsos.toml").write_text(f"[certify]\nmemory-limit = {value}")
    assert recorded()["memory_limit"] == 3 << 30
    monkeypatch.setenv("NSOS_CERTIFY_MEMORY_LIMIT", value.strip("'"))
    assert recorded("--config", "none")["memory_limit"] == 3 << 30


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[certify]\ncompact = "x"', "compact: expected a number, got 'x'"),
        ("[certify]\ncompact = -1", "compact: got -1, expected a number of seconds"),
        ("[certify]\nrato = 2", "nsos.toml: [certify]: rato: there is no such option; did you mean ratio?"),
        ("[certify]\ntime_limit = 2", "did you mean time-limit?"),
        ("[certifi]\n", "nsos.toml: [certifi]: no command has that name; did you mean certify?"),
        ("rato = 2", "nsos.toml: rato: there is no such option; expected one of bound, certify, "),
        ("ratio = 2", "nsos.toml: ratio: an option of certify stands in the table of its command, below [certify]"),
        ("certify = 2", "nsos.toml: certify: a command has a table, [certify], below which its options stand"),
        ("[tool.nsos.certify]\nratio = 2", "nsos.toml: tool: these tables are for pyproject.toml"),
        ("help = true", "there is no such option"),
        ('[certify]\nratio = "2"', "[certify]: ratio: expected a number, got '2'"),
        ("[certify]\nratio = true", "expected a number, got True"),
        ("[certify]\nchunk = 2.5", "chunk: expected an integer, got 2.5"),
        ("[certify]\nchunk = 0", "chunk: 0 is not in the range x>=1"),
        ("[certify]\nmemory-limit = 2.5", "memory-limit: expected an integer of MiB, or a size in quotes, got 2.5"),
        ('[certify]\nmemory-limit = "2XB"', "memory-limit: got '2XB', expected a positive size such as 4GiB"),
        ("[certify]\nnonnegative = 1", "nonnegative: expected true or false, got 1"),
        ('[certify]\nproposer = "peel"', "proposer: expected a list, got 'peel'"),
        ("[certify]\nproposer = [1]", "proposer: expected text in quotes, got 1"),
        ('[certify]\nengine = "x"', "engine: 'x' is not one of 'process', 'ray'"),
        ('log-level = "loud"', "log-level: 'loud' is not one of"),
        ('[certify]\nproposer = ["magic"]', "nsos.toml sets proposer)"),
        ("[certify]\nratio = 0.5", "nsos.toml sets ratio)"),
        ("ratio = ", "nsos.toml: this is no TOML"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(tmp_path, text, message):
    (tmp_path / "nsos.toml").write_text(text)
    done = run("certify", "x^2")
    assert (done.exit_code, message in done.stderr) == (2, True), done.output
    assert done.stdout == ""


def test_files_that_cannot_be_read(tmp_path):
    assert "none.toml: No such file" in run("--config", "none.toml", "doctor", "--quick").stderr
    (tmp_path / "nsos.toml").write_bytes(b"\xff")
    assert "this is no TOML" in run("verify", "-").stderr
    (tmp_path / "pyproject.toml").write_text("[tool]\nnsos = 1\n")
    assert "tool.nsos: expected a table" in run("--config", "pyproject.toml", "verify", "-").stderr


def test_errors_name_the_environment(monkeypatch):
    monkeypatch.setenv("NSOS_CERTIFY_RATIO", "many")
    done = run("certify", "x^2")
    assert done.exit_code == 2
    assert "NSOS_CERTIFY_RATIO" in done.stderr


@pytest.mark.parametrize(
    ("variable", "nearest"),
    [
        ("NSOS_CERTIFY_TIMELIMIT", "NSOS_CERTIFY_TIME_LIMIT"),
        ("NSOS_CERTFY_RATIO", "NSOS_CERTIFY_RATIO"),
        ("NSOS_CACHEDIR", "NSOS_CACHE_DIR"),
        ("NSOS_CERTIFY_PROPOSERS", "NSOS_CERTIFY_PROPOSER"),
    ],
)
def test_a_misspelt_variable_is_named(monkeypatch, variable, nearest):
    monkeypatch.setenv(variable, "1")
    told = run("verify", "none").stderr
    assert f"warning: the environment sets {variable}, which is no option; did you mean {nearest}?" in told


@pytest.mark.parametrize("command", [*COMMANDS, ""])
def test_every_option_has_the_variable_of_its_long_name(command):
    options = (main.commands[command] if command else main).params
    for option in options:
        names = [name[2:] for name in option.opts if name.startswith("--")]
        if names and names[0] not in ("help", "version"):
            assert option.envvar == "_".join(filter(None, ["NSOS", command, names[0]])).upper().replace("-", "_")


def test_variables_of_options_are_known(monkeypatch):
    for name in ("NSOS_PROOF_PAGE_OPEN", "NSOS_BOUND_BACKEND", "NSOS_CACHE_DIR", "NSOS_CONFIG"):
        monkeypatch.setenv(name, "")
    assert run("verify", "none").stderr == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("x^2 + 1",), "a polynomial or a file of them is asked about by nsos certify 'x^2 + 1'"),
        (("certfy", "x"), "there is no command certfy; did you mean certify?"),
        (("certify", "--log-level", "debug", "x"), "stands before the command: nsos --log-level ... certify ..."),
        (("certify", "x", "--config=none"), "--config is an option of nsos itself"),
        (("certify", "--compact", "x^2"), "got 'x^2', expected a number of seconds, 0 or more; for 10 of them"),
    ],
)
def test_a_hint_for_what_stands_elsewhere(arguments, message):
    done = run(*arguments)
    assert (done.exit_code, message in done.stderr) == (2, True), done.output


def test_logs(tmp_path):
    assert run("certify", "x^2").stderr == ""
    done = run("--log-level", "info", "certify", "x^2", "x^3 +")
    assert "INFO nsos_jax.command.cli: options of no configuration file" in done.stderr
    assert "INFO nsos_jax.command.running: x^2: SOS in 0." in done.stderr
    assert "INFO nsos_jax.command.running: x^3 +: argument 2: line 1" in done.stderr
    debug = run("--log-level", "debug", "certify", "x^4 + x*y + y^4 + 3").stderr
    assert "DEBUG nsos_jax.membership.pipeline:   peel: 4 monomials, cover " in debug
    (tmp_path / "nsos.toml").write_text('log-level = "info"\n')
    assert "nsos.toml" in run("verify", "-").stderr
    assert logging.getLogger("nsos_jax").handlers == []
    assert logging.getLogger("nsos_jax").level == logging.NOTSET


@pytest.mark.parametrize("shell", [BashComplete, ZshComplete, FishComplete])
def test_shells_complete(shell):
    complete = shell(main, {}, "nsos", "_NSOS_COMPLETE")

    def values(words, begun):
        return [item.value for item in complete.get_completions(words, begun)]

    assert values([], "c") == ["certify", "control", "convert"]
    assert values(["certify"], "--time") == ["--time-limit"]
    assert values(["explain", "x.jsonl", "--format"], "l") == ["lean", "leanprover-sos", "latex"]
    assert values(["certify", "--proposer"], "") == [*PROPOSERS]
    assert values(["certify", "--proposer"], "e") == ["even_support"]
    for words, begun in ((["verify"], "res"), (["certify", "--proposer"], "weights/")):
        assert [item.type for item in complete.get_completions(words, begun)] == ["file"]


def test_completion_by_the_installed_command(tmp_path):
    (tmp_path / "nsos.toml").write_text("spoilt")
    code = "import sys; sys.argv = ['nsos']; from nsos_jax.__main__ import main; main()"
    settings = {"_NSOS_COMPLETE": "bash_complete", "COMP_WORDS": "nsos squa", "COMP_CWORD": "1"}
    environment = {**os.environ, **settings, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert (done.stdout, done.stderr) == ("plain,squares\n", "")


def test_summaries_are_whole():
    assert "..." not in run("--help").stdout.split("Commands:")[1]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_has_an_example(command):
    text = run(command, "--help").stdout
    assert f"nsos {command}" in text.split("Example")[1]


def test_variables_are_documented():
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "settings.md").read_text()
    assert all(f"`{name}`" in page for name in VARIABLES)


@pytest.mark.parametrize("name", COMMANDS)
def test_summaries_are_the_first_sentences(name):
    assert main.commands[name].name == name
    assert COMMANDS[name].summary == main.commands[name].get_short_help_str(limit=100)


def test_help_loads_no_command():
    code = "import sys, nsos_jax.command.cli as cli; cli.main(['--help'], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1].split()
    assert "numpy" not in loaded
    assert "nsos_jax.command.certifying" not in loaded
