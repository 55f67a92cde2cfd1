"""The checker under random attack: valid certificates, mutated, and files made to drown it.

    python scripts/fuzz_checker.py --seconds 3600 --seed 1 --workers 2

Each worker draws cases and checks them under a limit of memory and of seconds per case. What it accepts is checked once
more by `check_certificate`, which shares no code with the package; large files are true or false by construction. The
table counts, by the kind of certificate and of attack, what was

- accepted and is true,
- refused, or refused as beyond the limits of the checker,
- crashed: an exception that is no refusal, a process that died, out of memory or time,
- accepted though FALSE, or refused though valid.

Any of the last three makes the exit status 1; their files are kept in the folder `--keep`.
"""

import argparse
import multiprocessing
import random
import resource
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from importlib.metadata import version
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, NamedTuple

import check_certificate
import fuzz_cases

OUTCOMES = ("true", "refused", "over limits", "crashed", "FALSE", "valid refused")
BAD = ("crashed", "FALSE", "valid refused")


class Finished(NamedTuple):
    family: str
    outcome: str
    seconds: float


def check(case: fuzz_cases.Case) -> str:
    """The outcome of one case; exceptions that are no refusal come through."""
    from nsos_jax.certificates import BeyondLimits, Certificate, InvalidCertificate

    try:
        Certificate.from_json(case.text).verify()
    except BeyondLimits:
        return "over limits"
    except InvalidCertificate:
        return "valid refused" if case.valid else "refused"
    if case.large:  # too large for the slow check: the truth is known by construction
        return "true" if case.valid else "FALSE"
    return "true" if check_certificate.judge(case.text)[0] == "holds" else "FALSE"


def work(send: Connection, folder: Path, seed: int, memory: int, seconds_per_case: int) -> None:
    """Check cases without end; each lies in the folder while it is checked, in case that ends the process."""
    sys.set_int_max_str_digits(0)  # for `check_certificate`
    resource.setrlimit(resource.RLIMIT_AS, (memory << 30, memory << 30))
    for number, case in enumerate(fuzz_cases.cases(random.Random(seed))):
        (folder / f"{seed}.json").write_text(case.text, encoding="utf-8", errors="surrogatepass")
        send.send(case.family)
        signal.alarm(seconds_per_case)
        start = time.process_time()
        try:
            outcome = check(case)
        except Exception as error:
            print(f"{case.family}, seed {seed}, case {number}: {type(error).__name__}: {error}", file=sys.stderr)
            outcome = "crashed"
        seconds = time.process_time() - start
        signal.alarm(0)
        if outcome in BAD:
            name = f"{outcome}-{seed}-{number}.json".replace(" ", "-")
            (folder / name).write_text(case.text, encoding="utf-8", errors="surrogatepass")
        send.send(Finished(case.family, outcome, seconds))


class Worker:
    """A process that checks cases, and what it is at."""

    def __init__(self, folder: Path, seed: int, memory: int, seconds_per_case: int) -> None:
        self.seed, self.family = seed, "start"
        self.receive, send = multiprocessing.Pipe(duplex=False)
        self._process = multiprocessing.Process(
            target=work, args=(send, folder, seed, memory, seconds_per_case), daemon=True
        )
        self._process.start()
        send.close()

    def stop(self) -> int | None:
        """Ends the process; returns its exit status."""
        self._process.kill()
        self._process.join()
        return self._process.exitcode

    def join(self) -> int | None:
        self._process.join()
        return self._process.exitcode


def results(options: argparse.Namespace) -> Iterator[Finished]:
    """Outcomes of all workers until the time is over; a worker that died is replaced."""
    seeds = iter(range(options.seed, sys.maxsize))
    make: Callable[[], Worker] = lambda: Worker(options.keep, next(seeds), options.memory, options.case_seconds)  # noqa: E731
    workers = {worker.receive: worker for worker in (make() for _ in range(options.workers))}
    end = time.monotonic() + options.seconds
    while (left := end - time.monotonic()) > 0:
        for receive in wait(list(workers), timeout=left):
            worker = workers[receive]
            try:
                message = receive.recv()
            except EOFError:
                status = worker.join()
                if status is not None and status > 0:
                    raise RuntimeError(f"the worker with seed {worker.seed} failed outside the checker") from None
                died = options.keep / f"died-{worker.seed}.json"
                (options.keep / f"{worker.seed}.json").rename(died)
                print(f"{worker.family}: the process ended with status {status}, see {died}", file=sys.stderr)
                yield Finished(worker.family, "crashed", float(options.case_seconds))
                del workers[receive]
                worker = make()
                workers[worker.receive] = worker
                continue
            if isinstance(message, str):
                worker.family = message
            else:
                yield message
    for worker in workers.values():
        worker.stop()
        (options.keep / f"{worker.seed}.json").unlink(missing_ok=True)


def table(counts: dict[str, Counter[str]], slowest: dict[str, float]) -> Iterator[str]:
    """One row per family, and the sum."""
    yield f"{'':<26}{'cases':>9}" + "".join(f"{outcome:>14}" for outcome in OUTCOMES) + f"{'slowest s':>11}"
    rows = {**dict(sorted(counts.items())), "all": sum(counts.values(), Counter())}
    for family, row in rows.items():
        longest = slowest.get(family, max(slowest.values(), default=0.0))
        numbers = "".join(f"{row[outcome]:>14}" for outcome in OUTCOMES)
        yield f"{family:<26}{row.total():>9}{numbers}{longest:>11.2f}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0, help="of the first worker; the others take the next ones")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--memory", type=int, default=6, help="GiB of address space of a worker")
    parser.add_argument("--case-seconds", type=int, default=900, help="most seconds for one case")
    parser.add_argument("--keep", type=Path, help="folder for the files that were bad; default: a new temporary one")
    options = parser.parse_args(arguments)
    options.keep = options.keep or Path(tempfile.mkdtemp(prefix="fuzz-checker-"))
    options.keep.mkdir(parents=True, exist_ok=True)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    slowest: dict[str, float] = defaultdict(float)
    for done in results(options):
        counts[done.family][done.outcome] += 1
        slowest[done.family] = max(slowest[done.family], done.seconds)
    packages: Any = ", ".join(f"{name} {version(name)}" for name in ("numpy", "python-flint"))
    print(
        f"{date.today()}, Python {sys.version.split()[0]}, {packages}, {options.workers} workers, {options.seconds:g} s"
    )
    print("\n".join(table(counts, slowest)))
    bad = sum(row[outcome] for row in counts.values() for outcome in BAD)
    if bad:
        print(f"{bad} bad cases, kept in {options.keep}", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
