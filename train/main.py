"""The training loop, from the first check of the folder to the exported weights, on any number of processes."""

import math
import time
from contextlib import closing, nullcontext, suppress
from pathlib import Path
from typing import Any, NamedTuple

import jax
from jax.stages import Compiled

from nsos_jax.train.cluster import all_must, first_decides, from_first, stop_requests
from nsos_jax.train.config import Bucket, TrainConfig
from nsos_jax.train.data import VALIDATION, BucketStream, bucket_of_step, make_streams, training_draws
from nsos_jax.train.errors import RunFolderError, TrainingError, TrainingStopped
from nsos_jax.train.evaluate import Evaluation, Evaluator, table
from nsos_jax.train.export import export_run, next_command, start_weights
from nsos_jax.train.mesh import make_mesh, replicated
from nsos_jax.train.run.checkpoint import CheckpointFolder, state_bytes
from nsos_jax.train.run.folder import check_space, lock_token, open_run_folder, sees_token, write_config
from nsos_jax.train.run.log import RunLog, Work, was_evaluated
from nsos_jax.train.step import Metrics, Trainer, TrainState
from nsos_jax.train.task import Task
from nsos_jax.train.tasks import make_task


class _Pending(NamedTuple):
    """A step that was sent to the device and whose metrics were not fetched yet."""

    step: int
    bucket: Bucket
    metrics: Metrics
    work: Work | None
    """None if it took part in a compilation, so that its time tells nothing."""


def train(config: TrainConfig, folder: Path, task: Task | None = None, command: str = "") -> Evaluation | None:
    """Trains, or goes on with the training that is in the folder.

    Returns:
      the evaluation after the last step, or None if there was nothing left to do.

    Raises:
      ValueError: devices, weights or folder (`RunFolderError`) do not fit the configuration; no work was done.
      TrainingError: a loss is not finite, or the last checkpoint could not be written.
      TrainingStopped: by SIGINT or SIGTERM; the same call goes on from there.
    """
    task = make_task(config) if task is None else task
    mesh = make_mesh(config.mesh)
    check_batches(config, mesh.shape["data"])
    trainer = Trainer(config, task, mesh)
    size = state_bytes(trainer.abstract_state)
    first = jax.process_index() == 0
    lock = first_decides(lambda: open_run_folder(folder, config, size))
    all_must(sees_token(folder, from_first(lock_token(folder))), f"does not see the run folder {folder} of process 0")
    with lock or nullcontext(), CheckpointFolder(folder / "checkpoints", config.checkpoints) as checkpoints:
        start = int(from_first(str(checkpoints.latest() or 0)))
        if from_first("finished" if start == config.steps and was_evaluated(folder, start) else ""):
            if first:
                print(f"the training in {folder} is finished: nothing to do", flush=True)
            return None
        state = checkpoints.restore(trainer.abstract_state, start) if start else _first_state(config, trainer)
        first_decides(lambda: write_config(folder, config))
        peak = config.peak_flops * mesh.size
        with closing(RunLog(folder, start, config.steps, peak_flops=peak, writes=first)) as log:
            return _Loop(config, folder, trainer, checkpoints, log, command).run(state, start)


def check_batches(config: TrainConfig, data: int) -> None:
    """`ValueError` unless every batch divides into equal parts for the devices along "data"."""
    parts = data * config.optimiser.accumulation
    for bucket in (*config.stream, *config.evaluation.also):
        if (size := config.batch_of(bucket)) % parts:
            raise ValueError(
                f"the batch {size} of bucket {bucket.name!r} is no multiple of {parts}, "
                f"devices along data x optimiser.accumulation"
            )


def _first_state(config: TrainConfig, trainer: Trainer) -> TrainState:
    state = trainer.initialise(jax.random.key(config.seed))
    if config.weights:
        parameters = start_weights(config.weights, trainer, state.parameters)
        state = state._replace(parameters=jax.device_put(parameters, trainer.shardings.parameters))
    return state


class _Loop:
    """What the loop holds besides the state."""

    def __init__(
        self,
        config: TrainConfig,
        folder: Path,
        trainer: Trainer,
        checkpoints: CheckpointFolder,
        log: RunLog,
        command: str,
    ) -> None:
        self.config, self.folder, self.trainer, self.command = config, folder, trainer, command
        self.checkpoints, self.log = checkpoints, log
        self.streams = make_streams(config, trainer.task, trainer.mesh)
        self.evaluator = Evaluator(trainer, self.streams, config.evaluation.examples)
        self.steps: dict[int, tuple[Compiled, Work]] = {}
        """By bucket, once it has been met."""

    def run(self, state: TrainState, start: int) -> Evaluation:
        """Steps `start` .. `steps` - 1; metrics are fetched while the next step runs."""
        config, log = self.config, self.log
        parameters = sum(leaf.size for leaf in jax.tree.leaves(state.parameters))
        devices = f"{jax.device_count()} {jax.devices()[0].platform} device(s), {jax.process_count()} process(es)"
        log.say(f"{self.trainer.task.kind}: {parameters} parameters, {devices}, steps {start} .. {config.steps}")
        pending: _Pending | None = None
        done = start
        with stop_requests(start) as stop_at:
            for step in range(start, config.steps):
                state, sent = self._dispatch(state, step)
                self._fetch(pending)
                pending = sent
                done = step + 1
                last = stop_at(done) or done == config.steps
                if last or done % config.log_every == 0 or done % config.checkpoints.every == 0:
                    self._fetch(pending)
                    pending = None
                    log.flush(done)
                if last or done % config.checkpoints.every == 0:
                    self._save(done, state, last)
                if last:
                    break
                if done % config.evaluation.every == 0:
                    self._evaluate(done, state)
            if done < config.steps:
                raise TrainingStopped(f"stopped after step {done}; the same command goes on from there")
            found = self._evaluate(done, state)
            log.say(f"weights: {self.folder / 'weights' / 'latest'}.safetensors, their model card beside them")
            log.say(next_command(self.folder / "weights" / "latest"))
            return found

    def _dispatch(self, state: TrainState, step: int) -> tuple[TrainState, _Pending]:
        index = bucket_of_step(self.config, step)
        bucket = self.config.stream[index]
        if not self.steps:
            self.log.say("compiling the first step")
        batch = self.streams[index].make(training_draws(self.config, bucket, step))
        is_new = index not in self.steps
        if is_new:
            compiled, flops = self.trainer.compile_step(state, batch)
            examples = self.config.batch_of(bucket)
            self.steps[index] = compiled, Work(examples, examples * self.trainer.task.tokens(bucket), flops)
        run, work = self.steps[index]
        state, metrics = run(state, batch)
        return state, _Pending(step, bucket, metrics, None if is_new else work)

    def _fetch(self, pending: _Pending | None) -> None:
        """Waits for the metrics of a step and checks them."""
        if pending is None:
            return
        numbers = {name: float(value) for name, value in jax.device_get(pending.metrics).items()}
        bad = [name for name, value in numbers.items() if not math.isfinite(value)]
        if bad:
            with suppress(RunFolderError):
                self.checkpoints.wait()
            last = self.checkpoints.latest()
            kept = "There is no checkpoint yet" if last is None else f"The last checkpoint is that of step {last}"
            raise TrainingError(
                f"{bad[0]} is {numbers[bad[0]]} at step {pending.step}; its batch is that of seed {self.config.seed}, "
                f"step {pending.step}, bucket {pending.bucket.name!r} (nsos_jax.train.data.make_stream). {kept}"
            )
        self.log.add(numbers, pending.bucket.name, pending.work)
        if pending.work is None:
            self.log.restart_clock()

    def _save(self, step: int, state: TrainState, last: bool) -> None:
        """Between checkpoints, a failure is told and training goes on: the next one may succeed.

        Unless one of several processes fails in writing, which the others would wait for.
        """
        must_end = last
        try:
            first_decides(lambda: check_space(self.folder, state_bytes(state)))
            must_end |= jax.process_count() > 1
            self.checkpoints.save(step, state)
            if last:
                self.checkpoints.wait()
        except RunFolderError as error:
            if must_end:
                raise TrainingError(str(error)) from error
            self.log.say(f"WARNING: {error}. Training goes on")

    def _evaluate(self, step: int, state: TrainState) -> Evaluation:
        seconds = time.perf_counter()
        share = self._sampler_share()
        found = self.evaluator(state.judged, VALIDATION)
        record: dict[str, Any] = found.as_json()
        record |= {f"mean_{name}": value for name, value in record["mean"].items()} | {"sampler_share": share}
        self.log.say(table(found))
        took = time.perf_counter() - seconds
        data = "" if share is None else f"data are {100 * share:.1f} % of a step; "
        self.log.say(f"threshold {found.threshold:.3f}; {data}{took:.0f} s to evaluate")
        whole = jax.jit(lambda leaves: leaves, out_shardings=replicated(self.trainer.mesh))(state.judged)
        if jax.process_index() == 0:
            export_run(self.folder / "weights", "latest", self.trainer, step, whole, found, self.command)
        self.log.write("evaluation", step, record)  # comes last: it tells that the weights are there
        self.log.restart_clock()
        return found

    def _sampler_share(self) -> float | None:
        """Seconds to make a batch over seconds of a step (data and training), both means with the bucket weights; None
        if no step was timed."""
        if not math.isfinite(self.log.step_seconds):
            return None
        seconds = {index: _seconds(self.config, self.streams[index]) for index in sorted(self.steps)}
        weights = {index: self.config.stream[index].weight for index in seconds}
        mean = sum(weights[index] * seconds[index] for index in seconds) / max(sum(weights.values()), 1e-9)
        return mean / self.log.step_seconds


def _seconds(config: TrainConfig, stream: BucketStream) -> float:
    draws = training_draws(config, stream.bucket, 0)
    jax.block_until_ready(stream.make(draws))
    start = time.perf_counter()
    for _ in range(2):
        jax.block_until_ready(stream.make(draws))
    return (time.perf_counter() - start) / 2
