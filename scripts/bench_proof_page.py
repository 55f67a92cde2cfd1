"""The checker of the proof page beside both others: `python scripts/bench_proof_page.py [--sides 50 100 250]`.

Certificates of kind sos with one dense block of a random Gram matrix, definite or of the given rank: processor time of
the check in seconds, reading of JSON included. The page runs under Node.js, `verify` in this process,
`check_certificate.py`, which eliminates, only up to 50 rows.
"""

import argparse
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import check_certificate
from large_certificate import large_certificate
from machine import describe_machine
from rich.table import Table
from tables import count, make_console

from nsos_jax import Certificate

SCRIPTS = Path(__file__).parent
MOST_ELIMINATED = 50


def page_seconds(text: str) -> float:
    """Of the checker of the page."""
    command = ["node", str(SCRIPTS / "judge_lines.js")]
    done = subprocess.run(command, input=json.dumps({"text": text}), capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    if answer["verdict"] != "holds":
        raise ValueError(f"expected a proof, got {answer}")
    return float(answer["seconds"])


def seconds(check: Callable[[str], object], text: str) -> float:
    """Of a function in this process."""
    began = time.process_time()
    check(text)
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sides", type=count, nargs="+", default=[50, 100, 250])
    options = parser.parse_args()
    console = make_console()
    console.print(describe_machine("python-flint"))
    console.print(f"Node.js {subprocess.run(['node', '--version'], capture_output=True, text=True).stdout.strip()}")
    table = Table("side", "rank", "page s", "verify s", "check_certificate.py s")
    for side in options.sides:
        for rank in (side, side - 1, side // 5):
            text = large_certificate(side, rank)
            second = f"{seconds(check_certificate.judge, text):.2f}" if side <= MOST_ELIMINATED else ""
            first = seconds(lambda one: Certificate.from_json(one).verify(), text)
            table.add_row(str(side), str(rank), f"{page_seconds(text):.2f}", f"{first:.2f}", second)
    console.print(table)


if __name__ == "__main__":
    main()
