"""What a first run costs: `python scripts/bench_startup.py [--sos1k FILE.jsonl] [--repeats 3]`.

Each case runs in a process of its own with an empty compilation cache (cold), then in another one with the cache that
the first one left (warm); what compiles nothing runs once, and `pass` says what Python itself takes. Medians over the
repeats:

  process s  the whole process, start of Python and imports included
  cpu s      of that process, on all cores: what other work on the machine hardly changes
  call s     the call alone, after imports (of the command: with those it makes itself)
  compile s  of the call: tracing, lowering, compiling or loading, as JAX reports them
  programs   that JAX compiled, one for each function and shape; in brackets those that it loaded from the cache
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from machine import describe_machine
from rich.table import Table
from tables import count, make_console

QUICK = {
    'python -c "pass"': ["-c", "pass"],
    'python -c "import nsos_jax"': ["-c", "import nsos_jax"],
    "nsos --help": ["-m", "nsos_jax", "--help"],
    "nsos certify --help": ["-m", "nsos_jax", "certify", "--help"],
}
"""Arguments of Python, of what compiles nothing."""
CASES = {
    "sos1k": """
import json
texts = [json.loads(line)["polynomial"] for line in open(argument)]
certify_batch = nsos.certify_batch
run = lambda: certify_batch([nsos.Polynomial.parse(text) for text in texts])
""",
    'nsos certify "x^2+1"': """
from nsos_jax.command.cli import main
sys.argv = ["nsos", "certify", "x^2+1"]
def run():
    try:
        main(prog_name="nsos")
    except SystemExit as end:
        assert not end.code
""",
    "polynomial, basis of 6": """
certify = nsos.certify
run = lambda: certify(nsos.Polynomial.parse("(x^2 + x*y - 1)^2 + (y^2 - x)^2 + (x + y - 1)^2 + 1/100"))
""",
    "program": """
import numpy as np
from nsos_jax.solvers import GramProgram, SolverOptions, solve_programs
hankel = np.add.outer(np.arange(3), np.arange(3))
bound = GramProgram((hankel,), np.array([0.0, 1, -3, 0, 1]), np.eye(5)[:, :1], np.array([-1.0]))
run = lambda: solve_programs([bound], SolverOptions(tolerance=1e-8))
""",
}
"""What defines `run`; its `argument` is the path of the file."""
FRAME = """
import sys, time
from nsos_jax.compilation_cache import enable_compilation_cache
enable_compilation_cache()
import nsos_jax as nsos
argument = sys.argv[1]
{case}
started = time.perf_counter()
run()
seconds = time.perf_counter() - started
from nsos_jax.solvers.interpreted.compilation import compiled_so_far
spent = compiled_so_far()
print(seconds, spent.seconds, spent.programs, spent.loaded, file=sys.stderr)
"""


class Spent(NamedTuple):
    """Seconds and programs of one process, or their medians."""

    process: float
    cpu: float
    call: float
    compile: float
    programs: float
    loaded: float


def main() -> None:
    options = _options()
    console = make_console()
    console.print(describe_machine("nsos-jax", "jax", "numpy"), highlight=False)
    table = Table("case", "cache", "process s", "cpu s", "call s", "compile s", "programs")
    for name, arguments in QUICK.items():
        runs = [timed([sys.executable, *arguments], dict(os.environ))[:2] for _ in range(options.repeats)]
        table.add_row(name, "", *(f"{statistics.median(values):.2f}" for values in zip(*runs, strict=True)))
    for name, case in CASES.items():
        if name == "sos1k" and not options.sos1k.is_file():
            console.print(f"sos1k is left out: there is no file {options.sos1k}", style="yellow", highlight=False)
            continue
        cold, warm = [], []
        for _ in range(options.repeats):
            with tempfile.TemporaryDirectory() as cache:
                cold.append(measure(case, options.sos1k, cache))
                warm.append(measure(case, options.sos1k, cache))
            print(name, *cold[-1], *warm[-1], file=sys.stderr)
        for which, runs in (("empty", cold), ("filled", warm)):
            median = Spent(*map(statistics.median, zip(*runs, strict=True)))
            programs = f"{median.programs:.0f}" + f" ({median.loaded:.0f})" * bool(median.loaded)
            seconds = (f"{value:.2f}" for value in median[:4])
            table.add_row(name, which, *seconds, programs)
    console.print(table)


def _options() -> argparse.Namespace:
    shared = Path(__file__).parents[2] / "shared" / "data" / "sos1k_half.jsonl"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sos1k", type=Path, default=shared, help="JSON lines with the key `polynomial`")
    parser.add_argument("--repeats", type=count, default=3, help="pairs of processes for each case (default 3)")
    return parser.parse_args()


def measure(case: str, path: Path, cache: str) -> Spent:
    """What one process spends on a case."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    command = [sys.executable, "-c", FRAME.format(case=case), str(path)]
    seconds, cpu, told = timed(command, settings | {"NSOS_CACHE_DIR": cache})
    return Spent(seconds, cpu, *json.loads(f"[{told.splitlines()[-1].replace(' ', ', ')}]"))


def timed(command: list[str], settings: dict[str, str]) -> tuple[float, float, str]:
    """Seconds of a process and of the processor, and what it wrote on standard error."""
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=True)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stderr


if __name__ == "__main__":
    main()
