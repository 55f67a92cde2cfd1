"""Many polynomials through the engines, with workers that are killed: rates, memory, records, restarts.

    python scripts/bench_workers.py speed --count 1000
    python scripts/bench_workers.py run --count 5000 --engine ray --kill-every 30
    python scripts/bench_workers.py restart --kills 5 --engine process
    python scripts/bench_workers.py driver --count 20000

speed runs `nsos certify` on the same polynomials in one process on one core, in one process on all, in as many
processes as there are cores, each alone with its share, which is the most that workers can reach, and with as many
workers. run kills a worker at intervals, looks at the memory of the process that was started once
a second, and then checks that each input has its one record, in order, and all certificates. restart measures how
long a killed worker is missing: from the kill to the first answer of the one that replaces it. driver measures what the
process that was started does for an input: reads it, pickles it for a worker, unpickles the record, and writes it; the
workers are records that were made before.

The polynomials are planted sums of squares in 2 to 10 variables, of all Gram structures, every fourth with a constant
subtracted, so that it may be negative or undecidedly near.
"""

import argparse
import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe_machine
from tables import count, number_above

from nsos_jax.command import Entry, certify_job, make_lines, schedule_of
from nsos_jax.command.inputs import read_entries
from nsos_jax.command.output import RecordFolder
from nsos_jax.compilation_cache import enable_compilation_cache
from nsos_jax.engines import (
    Answered,
    Event,
    Processes,
    RayWorkers,
    Schedule,
    Workers,
    available_cores,
    run_batches,
)
from nsos_jax.membership import CertifyOptions
from nsos_jax.sampling import STRUCTURES, plant

SIZES = ((2, 6, 6), (3, 6, 10), (4, 4, 10), (5, 6, 15), (6, 4, 15), (8, 4, 15), (10, 4, 20), (4, 8, 20))
"""(n, degree, basis)."""
NSOS = (sys.executable, "-m", "nsos_jax")


def polynomials(total: int, seed: int = 0) -> Iterator[str]:
    """Texts, of all sizes and structures in turn."""
    rng = np.random.default_rng(seed)
    for number in range(total):
        structure = STRUCTURES[number // len(SIZES) % len(STRUCTURES)]
        planted = plant(rng, *SIZES[number % len(SIZES)], structure).polynomial
        yield str(planted - int(rng.integers(1, 30)) if number % 4 == 3 else planted)


def write_inputs(path: Path, total: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.read_bytes().count(b"\n") == total:
        return
    with path.open("w") as file:
        for number, text in enumerate(polynomials(total)):
            file.write(json.dumps({"id": number, "polynomial": text}) + "\n")


def descendants(root: int) -> list[int]:
    """The processes that a process has started, and theirs."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(path.name))
    found = [root]
    for process in found:
        found += children.get(process, [])
    return found[1:]


def workers_of(root: int) -> list[int]:
    """Those that answer inputs."""
    found = []
    for process in descendants(root):
        try:
            words = Path(f"/proc/{process}/cmdline").read_bytes()
        except OSError:
            continue
        if b"ray::_Actor" in words or b"spawn_main" in words:
            found.append(process)
    return found


def resident(process: int) -> float:
    """MiB."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except OSError:
        return float("nan")


def lines(folder: Path) -> int:
    return sum(part.read_bytes().count(b"\n") for part in folder.glob("part-*.jsonl"))


def speed(given: argparse.Namespace, folder: Path) -> None:
    write_inputs(folder / "in.jsonl", given.count)
    cores = available_cores()
    pinned = [["taskset", "-c", str(core)] for core in cores]
    texts = (folder / "in.jsonl").read_text().splitlines(keepends=True)
    for number in range(len(cores)):
        (folder / f"share-{number}.jsonl").write_text("".join(texts[number :: len(cores)]))
    alone = [[*pin, *certify(f"share-{number}")] for number, pin in enumerate(pinned)]
    several = ["--workers", str(len(cores))]
    base = 0.0
    for name, commands in (
        ("one process on one core", [[*pinned[0], *certify("in")]]),
        ("one process on all cores", [certify("in")]),
        (f"{len(cores)} processes, a share each", alone),
        (f"{len(cores)} workers", [[*certify("in"), *several]]),
        (f"{len(cores)} workers, ray", [[*certify("in"), *several, "--engine", "ray"]]),
    ):
        started, used = time.monotonic(), os.times()
        running = [
            subprocess.Popen(c, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for c in commands
        ]
        if any(process.wait() for process in running):
            raise SystemExit(f"{name}: it failed")
        seconds, now = time.monotonic() - started, os.times()
        base = base or seconds
        processor = now.children_user + now.children_system - used.children_user - used.children_system
        print(f"{name:28} {given.count / seconds:7.1f} a second, {base / seconds:5.2f} times, ", end="")
        print(f"{processor / given.count * 1000:6.1f} ms of a processor for each", flush=True)


def certify(name: str) -> list[str]:
    return [*NSOS, "certify", f"{name}.jsonl", "-o", f"{name}-out.jsonl", "--overwrite"]


def run(given: argparse.Namespace, folder: Path) -> None:
    write_inputs(folder / "in.jsonl", given.count)
    options = ["--engine", given.engine, "--workers", str(given.workers)]
    started = time.monotonic()
    process = subprocess.Popen([*NSOS, "certify", "in.jsonl", "-o", "out/", "--overwrite", *options], cwd=folder)
    kills, killed, seen, told = 0, started, [], started
    while process.poll() is None:
        time.sleep(1.0)
        now = time.monotonic()
        seen.append((lines(folder / "out"), resident(process.pid)))
        if now - killed >= given.kill_every and (victims := workers_of(process.pid)):
            os.kill(victims[kills % len(victims)], signal.SIGKILL)
            kills, killed = kills + 1, now
        if now - told >= 60:
            told = now
            print(f"{now - started:7.0f} s {seen[-1][0]:8} records {seen[-1][1]:7.1f} MiB {kills} kills", flush=True)
    seconds = time.monotonic() - started
    records = [
        (record["id"], record["status"])
        for part in sorted((folder / "out").glob("part-*.jsonl"))
        for record in map(json.loads, part.open())
    ]
    in_order = [number for number, _ in records] == list(range(given.count))
    statuses = Counter(status for _, status in records)
    print(f"{given.engine}, {given.workers} workers: {given.count} inputs in {seconds:.0f} s, {kills} workers killed")
    print(f"{len(records)} records, {'each input one, in order' if in_order else 'NOT those of the inputs'}")
    print(", ".join(f"{number} {status}" for status, number in statuses.most_common()))
    print(f"{statuses[None]} without an answer")
    print_slope(np.array([pair for pair in seen if pair[0] and pair[1]]))
    checked = subprocess.run([*NSOS, "verify", "out"], cwd=folder, capture_output=True, text=True, check=False)
    print(f"nsos verify: {checked.stdout.splitlines()[-1]}")


def print_slope(seen: np.ndarray) -> None:
    """Of the memory of the process that was started, from the first quarter of the time with records on."""
    seen = seen[len(seen) // 4 :]
    if len(seen) > 10 and np.ptp(seen[:, 0]):
        slope = np.polyfit(seen[:, 0], seen[:, 1], 1)[0] * 10_000
        print(f"memory {seen[0, 1]:.1f} to {seen[-1, 1]:.1f} MiB, {slope:+.2f} MiB for 10,000 inputs")


class Killed:
    """Workers of which one is killed when it has answered some batches, and what it takes until another one answers.

    Args:
      workers: that do `time_texts`, whose answers tell which process to kill.
      kills: how often.
    """

    def __init__(self, workers: Workers, kills: int) -> None:
        self._workers, self._left = workers, kills
        self._answered: Counter[int] = Counter()
        self._processes: dict[int, int] = {}
        self._missing: dict[int, float] = {}
        self._ended = 0.0
        self.seconds: list[tuple[float, float]] = []
        """From each kill to the first answer of the new worker, and of a processor, which that one has used."""

    def start(self) -> int:
        number = self._workers.start()
        if self._ended:
            self._missing[number], self._ended = self._ended, 0.0
        return number

    def send(self, worker: int, items: Sequence[Any]) -> None:
        self._workers.send(worker, items)
        if self._left and self._answered[worker] >= 5 and not self._missing and not self._ended:
            self._left -= 1
            self._ended = time.monotonic()
            os.kill(self._processes[worker], signal.SIGKILL)

    def wait(self, seconds: float | None) -> list[Event]:
        events = self._workers.wait(seconds)
        for event in events:
            if isinstance(event, Answered):
                self._answered[event.worker] += 1
                self._processes[event.worker], used = event.answers[0]
                if (ended := self._missing.pop(event.worker, None)) is not None:
                    self.seconds.append((time.monotonic() - ended, used))
        return events

    def stop(self, worker: int) -> None:
        self._workers.stop(worker)

    def close(self) -> None:
        self._workers.close()


def time_texts(texts: Sequence[str]) -> list[tuple[int, float]]:
    """Certifies them; the process, and what it has used of a processor since it began."""
    import nsos_jax as nsos

    nsos.certify_batch(map(nsos.Polynomial.parse, texts))
    return [(os.getpid(), time.process_time())] * len(texts)


def restart(given: argparse.Namespace, folder: Path) -> None:
    print(f"compiled programs are kept in {enable_compilation_cache()}")
    started = RayWorkers(time_texts) if given.engine == "ray" else Processes(time_texts, given.workers)
    workers = Killed(started, given.kills)
    endless = (text for seed in range(1000) for text in polynomials(1000, seed))
    answers = run_batches(endless, workers, given.workers, Schedule(size=16, first=16))
    while len(workers.seconds) < given.kills:
        next(answers)
    answers.close()
    found, used = (sorted(column) for column in zip(*workers.seconds, strict=True))
    middle = len(found) // 2
    print(f"{given.engine}, {len(found)} kills: missing for {found[0]:.1f} to {found[-1]:.1f} s, median ", end="")
    print(f"{found[middle]:.1f} s, of which {used[middle]:.1f} s of a processor until the first 16 answers")


class Canned:
    """Workers that answer at once, with records that were made before."""

    def __init__(self, records: dict[str, bytes]) -> None:
        self._records = records
        self._sent: list[tuple[int, bytes]] = []
        self._started = 0

    def start(self) -> int:
        self._started += 1
        return self._started

    def send(self, worker: int, items: Sequence[Any]) -> None:
        self._sent.append((worker, pickle.dumps(items)))

    def wait(self, seconds: float | None) -> list[Event]:
        worker, items = self._sent.pop(0)
        return [Answered(worker, [pickle.loads(self._records[item.given]) for item in pickle.loads(items)])]

    def stop(self, worker: int) -> None:
        pass

    def close(self) -> None:
        pass


def driver(given: argparse.Namespace, folder: Path) -> None:
    texts = list(polynomials(64))
    entries = [Entry(text, text, text) for text in texts]
    job = certify_job(CertifyOptions())
    records = make_lines(entries, job)
    workers = Canned({record.short["polynomial"]: pickle.dumps(record) for record in records})
    with (folder / "in.jsonl").open("w") as file:
        file.writelines(json.dumps({"id": n, "polynomial": texts[n % 64]}) + "\n" for n in range(given.count))
    seen: list[tuple[int, float]] = []
    started = time.process_time()
    inputs = read_entries([str(folder / "in.jsonl")], sys.stdin.buffer)
    with RecordFolder(f"{folder}/out/") as written:
        for number, record in enumerate(run_batches(inputs, workers, 100, schedule_of(job, 60.0))):
            written.write_line(record.line)
            if number % 1000 == 0:
                seen.append((number, resident(os.getpid())))
    seconds = time.process_time() - started
    size = sum(part.stat().st_size for part in (folder / "out").glob("part-*.jsonl"))
    print(f"{given.count} inputs: {seconds / given.count * 1e6:.0f} us of a processor for each, ", end="")
    print(f"{given.count / seconds:.0f} a second, records of {size / given.count:.0f} bytes")
    print_slope(np.array(seen))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("speed", "run", "restart", "driver"))
    parser.add_argument("--count", type=count, default=1000)
    parser.add_argument("--workers", type=count, default=2)
    parser.add_argument("--engine", choices=("process", "ray"), default="ray", help="of run and restart")
    parser.add_argument("--kill-every", type=number_above(0), default=30.0, help="seconds")
    parser.add_argument("--kills", type=count, default=5, help="of restart")
    parser.add_argument("--folder", help="for inputs and results; in.jsonl is kept where it has as many inputs")
    given = parser.parse_args()
    print(describe_machine("nsos-jax", "jax", "numpy", "ray"))
    parts: dict[str, Callable[[argparse.Namespace, Path], None]]
    parts = {"speed": speed, "run": run, "restart": restart, "driver": driver}
    if given.folder:
        Path(given.folder).mkdir(parents=True, exist_ok=True)
        parts[given.what](given, Path(given.folder))
        return
    with tempfile.TemporaryDirectory() as folder:
        parts[given.what](given, Path(folder))


if __name__ == "__main__":
    main()
