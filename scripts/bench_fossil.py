"""FOSSIL's polynomial benchmarks: `python scripts/bench_fossil.py [--only NAME...]`.

Each is asked once in this process, after a first question that warms up; the certificate is read back from its file and
checked, outside of the time. Published seconds are of other machines; "none found" where no source gave them.
"""

import argparse
import time

from fossil_systems import BENCHMARKS, V1, V2, Benchmark
from machine import describe_machine
from tables import make_console, make_table

from nsos_jax import control
from nsos_jax.certificates import Certificate
from nsos_jax.control import ControlResult, System


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=[], choices=[one.name for one in BENCHMARKS], help="names")
    arguments = parser.parse_args()
    console = make_console()
    console.print(describe_machine("nsos-jax", "clarabel", "python-flint"))
    control.lyapunov(System(lambda x: (-x,), states="x"))
    table = make_table("Seconds", "benchmark", "n", "source", "property", V1, V2, "here, CPU", "status")
    conclusions: list[str] = []
    for one in BENCHMARKS:
        if not arguments.only or one.name in arguments.only:
            started = time.process_time()
            result = one.ask()
            table.add_row(*cells(one, result, time.process_time() - started))
            told = [result.conclusion or result.error or "", *(line for line in result.facts() if "no point" in line)]
            conclusions.append(f"{one.name}: {'; '.join(told)}")
    console.print(table)
    for line in conclusions:
        console.print(line)


def cells(one: Benchmark, result: ControlResult, seconds: float) -> list[str]:
    """A line of the table."""
    if result.certificate is not None:
        Certificate.from_json(result.certificate.to_json()).verify()
    published = [one.published.get(version, "none found" if not one.published else "-") for version in (V1, V2)]
    return [one.name, str(one.size), one.source, one.property, *published, f"{seconds:.2f}", str(result.status)]


if __name__ == "__main__":
    main()
