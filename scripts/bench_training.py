"""What a training step costs on this device, and what follows for many of them, on paper.

    python scripts/bench_training.py [--config configs/gram_graph.py] [--bucket NAME] [--batch 2] [--faster 1 100]

Measured here, for one bucket of the stream: seconds to make a batch, seconds of a step with two batch sizes (so a part
that every device has in full, the update among it, and a part per example), and of a checkpoint; bytes that the
compiled step sums over devices, counted in its program. On a CPU these are processor seconds, so a device is a core.

Assumed: --bandwidth and --latency of the network between devices, a ring for large sums and a tree for small ones, no
overlap of sums and computation, and, with --faster, devices that compute so many times faster than this one. No pod
has run this.
"""

import argparse
import math
import os
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=2 --xla_cpu_multi_thread_eigen=false")

import jax
from jax.sharding import AxisType, Mesh
from machine import describe_machine
from tables import count, make_console, make_table, number_above

from nsos_jax.train.config import Bucket, TrainConfig, load_config
from nsos_jax.train.data import make_stream, training_draws
from nsos_jax.train.run.checkpoint import CheckpointFolder, state_bytes
from nsos_jax.train.step import Trainer
from nsos_jax.train.tasks import make_task

DEVICES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_BYTES = {"f64": 8, "s64": 8, "f32": 4, "s32": 4, "u32": 4, "bf16": 2, "f16": 2, "pred": 1}


class Costs(NamedTuple):
    """Seconds and bytes of a step on one device."""

    data: float
    """Seconds to make one example."""
    example: float
    """Seconds of the gradient of one example."""
    fixed: float
    """Seconds of a step that do not depend on the batch."""
    summed: int
    """Bytes that a step sums over devices."""
    saved: float
    """Seconds that a checkpoint holds the training up."""


class Step(NamedTuple):
    """Seconds of a step on N devices, by what takes them."""

    data: float
    gradient: float
    fixed: float
    sums: float
    checkpoints: float

    @property
    def seconds(self) -> float:
        """All of it."""
        return sum(self)


def main() -> None:
    options = _options()
    console = make_console()
    console.print(describe_machine("nsos-jax", "jax", "jaxlib", "flax", "optax", "orbax-checkpoint"), highlight=False)
    config = load_config(options.config)
    names = [bucket.name for bucket in config.stream]
    if options.bucket and options.bucket not in names:
        raise SystemExit(f"--bucket: there is none of this name; those of the configuration: {', '.join(names)}")
    bucket = next(each for each in config.stream if each.name == (options.bucket or names[0]))
    costs = measure(config, bucket, options.batch, console.print)
    for faster in options.faster:
        quick = costs._replace(**{name: getattr(costs, name) / faster for name in ("data", "example", "fixed")})
        times = "" if faster == 1 else f", devices {faster:g} times as fast"
        for title, per_device in (
            (f"{options.batch} examples per device{times}", lambda _: options.batch),
            (f"{config.batch_of(bucket)} examples in all{times}", lambda n: config.batch_of(bucket) / n),
        ):
            rows = {n: step_on(quick, n, per_device(n), config, options) for n in DEVICES if per_device(n) >= 1}
            console.print(_table(title, rows, per_device))
            console.print(_first_to_break(rows, per_device), highlight=False)


def measure(config: TrainConfig, bucket: Bucket, batch: int, say: Callable[[str], None]) -> Costs:
    """The costs on the first device."""
    task = make_task(config)
    trainer = Trainer(config, task, _mesh(1))
    state = trainer.initialise(jax.random.key(0))
    saved = _checkpoint_seconds(config, state)
    seconds, making = [], []
    for size in (batch, 2 * batch):
        make = make_stream(task, bucket, size, trainer.mesh)
        making.append(_seconds(lambda make=make: make(training_draws(config, bucket, 0))))
        examples = make(training_draws(config, bucket, 0))
        compiled, _ = trainer.compile_step(state, examples)

        def step(compiled: Any = compiled, examples: Any = examples) -> Any:
            nonlocal state
            state, metrics = compiled(state, examples)
            return metrics

        seconds.append(_seconds(step))
    example = max(seconds[1] - seconds[0], 0.0) / batch
    summed = _summed_bytes(config, bucket, 2 * batch)
    costs = Costs(making[1] / (2 * batch), example, max(seconds[0] - batch * example, 0.0), summed, saved)
    parameters = sum(leaf.size for leaf in jax.tree.leaves(state.parameters))
    say(
        f"{bucket.name}: {parameters:,} parameters; an example {1e3 * costs.data:.2f} ms to make, "
        f"{1e3 * costs.example:.2f} ms to learn from; {1e3 * costs.fixed:.2f} ms a step besides\n"
        f"sums over devices {summed:,} bytes a step, {summed / (4 * parameters):.3f} times the gradient in float32; "
        f"a checkpoint {state_bytes(state):,} bytes, {1e3 * saved:.0f} ms of the training, and what it writes beside"
    )
    return costs


def step_on(costs: Costs, devices: int, batch: float, config: TrainConfig, options: argparse.Namespace) -> Step:
    """A step on so many devices, each with so many examples."""
    ring = 2 * (devices - 1) / devices * costs.summed / options.bandwidth
    sums = ring + 2 * math.ceil(math.log2(devices)) * options.latency
    checkpoints = costs.saved / config.checkpoints.every
    return Step(batch * costs.data, batch * costs.example, costs.fixed, sums, checkpoints)


def _table(title: str, rows: dict[int, Step], per_device: Callable[[int], float]) -> Any:
    table = make_table(
        title, "devices", *(f"{name} ms" for name in Step._fields), "examples/s", "per device", "per cent"
    )
    best = per_device(1) / rows[1].seconds
    for devices, step in rows.items():
        rate = per_device(devices) / step.seconds
        parts = [f"{1e3 * seconds:.3f}" for seconds in step]
        table.add_row(str(devices), *parts, f"{devices * rate:,.0f}", f"{rate:,.2f}", f"{100 * rate / best:.1f}")
    return table


def _first_to_break(rows: dict[int, Step], per_device: Callable[[int], float]) -> str:
    """The first number of devices that are used to less than 90 per cent, and what takes their time."""
    best = per_device(1) / rows[1].seconds
    for devices, step in rows.items():
        if per_device(devices) / step.seconds < 0.9 * best:
            overheads = step._asdict()
            overheads["fixed"] -= rows[1].fixed * per_device(devices) / per_device(1)
            name = max(("fixed", "sums", "checkpoints"), key=overheads.__getitem__)
            return f"from {devices} devices on below 90 per cent, most of it: {name}\n"
    last = max(rows)
    end = "the largest number here" if last == DEVICES[-1] else "where the batch has an example for each device"
    return f"above 90 per cent up to {last} devices, {end}\n"


def _summed_bytes(config: TrainConfig, bucket: Bucket, batch: int) -> int:
    """What the results of all all-reduces of a step on two devices take."""
    if jax.device_count() < 2:
        raise SystemExit("the sums are counted in a program for two devices; this machine has one")
    trainer = Trainer(config, make_task(config), _mesh(2))
    make = make_stream(trainer.task, bucket, batch, trainer.mesh)
    examples = jax.eval_shape(make, training_draws(config, bucket, 0))
    text = trainer.train_step.lower(trainer.abstract_state, examples).compile().as_text()
    found = re.findall(r"= (.*?) all-reduce(?:-start)?\(", text)
    shapes = [shape for result in found for shape in re.findall(r"(\w+)\[([\d,]*)\]", result)]
    return sum(_BYTES[kind] * math.prod(map(int, filter(None, sides.split(",")))) for kind, sides in shapes)


def _checkpoint_seconds(config: TrainConfig, state: Any) -> float:
    """Seconds until the state may change again, of the second checkpoint."""
    with tempfile.TemporaryDirectory() as folder, CheckpointFolder(Path(folder), config.checkpoints) as checkpoints:
        for step in (1, 2):
            checkpoints.wait()
            start = time.perf_counter()
            checkpoints.save(step, state)
            seconds = time.perf_counter() - start
    return seconds


def _seconds(call: Callable[[], Any], rounds: int = 3) -> float:
    """The smallest of some runs: processor seconds on a CPU, else seconds."""
    clock = time.process_time if jax.default_backend() == "cpu" else time.perf_counter
    jax.block_until_ready(call())
    found = []
    for _ in range(rounds):
        start = clock()
        jax.block_until_ready(call())
        found.append(clock() - start)
    return min(found)


def _mesh(devices: int) -> Mesh:
    kinds = (AxisType.Auto,) * 2
    return jax.make_mesh((devices, 1), ("data", "model"), axis_types=kinds, devices=jax.devices()[:devices])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default="configs/gram_graph.py", help="default configs/gram_graph.py")
    parser.add_argument("--bucket", help="of its stream (default: the first)")
    parser.add_argument("--batch", type=count, default=2, help="examples per device (default 2)")
    parser.add_argument("--faster", type=number_above(0), nargs="+", default=[1.0], help="assumed (default 1)")
    parser.add_argument("--bandwidth", type=number_above(0), default=25e9, help="bytes per second (default 25e9)")
    parser.add_argument("--latency", type=number_above(0), default=1e-5, help="seconds per message (default 1e-5)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
