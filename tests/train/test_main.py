"""The loop with a task of a millisecond: what is written, what stops it, and what is refused before any work."""

import json
import os
import shutil
import signal
from collections import namedtuple
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental.compilation_cache import compilation_cache
from line_task import LineTask, act_at, losses, records, tiny
from safetensors.numpy import load_file

from nsos_jax.proposers.pretrained import ModelCard
from nsos_jax.train import main as loop
from nsos_jax.train.data import bucket_of_step, make_stream, training_draws
from nsos_jax.train.main import TrainingError, TrainingStopped, train
from nsos_jax.train.mesh import make_mesh, state_shardings
from nsos_jax.train.run.checkpoint import CheckpointFolder
from nsos_jax.train.run.folder import RunFolderError
from nsos_jax.train.step import Trainer

pytestmark = pytest.mark.usefixtures("quick_compilation")


@pytest.fixture(scope="module", autouse=True)
def one_compilation(tmp_path_factory):
    """All runs of this file compile the same functions: from the second run on they come from a cache."""
    wanted = {
        "jax_compilation_cache_dir": str(tmp_path_factory.mktemp("cache")),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    old = {name: getattr(jax.config, name) for name in wanted}
    for settings in (wanted, old):
        for name, value in settings.items():
            jax.config.update(name, value)
        compilation_cache.reset_cache()
        if settings is wanted:
            yield


def test_run_writes_metrics_checkpoints_and_weights(tmp_path, capsys):
    found = train(tiny("evaluation.every=20"), tmp_path, LineTask(), command="python -m nsos_jax.train")
    steps = losses(tmp_path)
    assert steps[:, 0].tolist() == list(range(1, 41))
    assert steps[-1, 1] < steps[0, 1] / 2
    assert [record["step"] for record in records(tmp_path, "evaluation")] == [20, 40]
    assert records(tmp_path, "evaluation")[-1]["sampler_share"] > 0
    assert sorted(int(path.name) for path in (tmp_path / "checkpoints").glob("[0-9]*")) == [30, 40]
    card = ModelCard(**json.loads((tmp_path / "weights" / "latest.json").read_text("utf-8")))
    assert (card.steps, card.command, card.threshold) == (40, "python -m nsos_jax.train", found.threshold)
    assert any((tmp_path / "tensorboard").iterdir())
    output = capsys.readouterr().out
    assert output.count("compiling the first step") == 1
    assert "step 40/40" in output
    assert "mean of families" in output


def test_rates_count_all_work_and_utilisation_needs_the_peak(tmp_path):
    train(tiny("peak_flops=1e9", "steps=10", "log_every=5"), tmp_path, LineTask())
    (last,) = [record for record in records(tmp_path) if record["step"] == 10]
    batch = tiny().batch
    assert last["examples_per_second"] * last["step_seconds"] == pytest.approx(batch)
    assert last["tokens_per_second"] == pytest.approx(32 * last["examples_per_second"])
    matrix = 2 * batch * 32 * 128
    assert last["flops_per_second"] * last["step_seconds"] > 2 * matrix, "forwards, and backwards to the weights"
    assert last["utilisation"] == pytest.approx(last["flops_per_second"] / (1e9 * jax.device_count()))


def test_stop_and_go_on_is_one_run(tmp_path):
    train(tiny(), tmp_path / "whole", LineTask())
    undo = act_at(13, lambda: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(TrainingStopped, match="stopped after step 14; the same command goes on from there"):
        train(tiny("evaluation.every=5"), tmp_path / "parts", LineTask())
    assert len(losses(tmp_path / "parts")) == 14
    undo()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    train(tiny("checkpoints.every=7"), tmp_path / "parts", LineTask())
    assert losses(tmp_path / "parts").tolist() == losses(tmp_path / "whole").tolist()


def test_checkpoint_that_was_not_finished_is_not_taken(finished, tmp_path, capsys):
    shutil.copytree(finished, tmp_path / "run")
    checkpoints = tmp_path / "run" / "checkpoints"
    (checkpoints / "40").rename(checkpoints / "40.orbax-checkpoint-tmp")
    train(tiny(), tmp_path / "run", LineTask())
    assert "steps 30 .. 40" in capsys.readouterr().out
    assert losses(tmp_path / "run").tolist() == losses(finished).tolist()
    assert sorted(path.name for path in checkpoints.iterdir()) == ["30", "40"]


def test_accumulation_changes_nothing_but_rounding(tmp_path):
    for parts in (1, 2):
        train(tiny(f"optimiser.accumulation={parts}", "steps=10"), tmp_path / str(parts), LineTask())
    np.testing.assert_allclose(losses(tmp_path / "2"), losses(tmp_path / "1"), rtol=2e-5)


def test_the_average_of_the_parameters_is_kept_and_exported(tmp_path):
    config = tiny("optimiser.average=0.75", "steps=8", "checkpoints.every=1", "checkpoints.keep=8")
    train(config, tmp_path, LineTask())
    trainer = Trainer(config, LineTask(), make_mesh(config.mesh))
    checkpoints = CheckpointFolder(tmp_path / "checkpoints", config.checkpoints, reads_only=True)
    states = [checkpoints.restore(trainer.abstract_state, step) for step in range(1, 9)]
    kernels = [np.asarray(state.parameters["kernel"][...]) for state in states]
    expected = np.mean(kernels[:4], axis=0)
    for kernel, state in zip(kernels[4:], states[4:], strict=True):
        expected = 0.75 * expected + 0.25 * kernel
        np.testing.assert_allclose(np.asarray(state.average["kernel"][...]), expected, rtol=1e-5, atol=1e-6)
    exported = load_file(tmp_path / "weights" / "latest.safetensors")["kernel"]
    np.testing.assert_allclose(exported, expected, rtol=1e-5, atol=1e-6)
    assert np.abs(kernels[-1] - expected).max() > 1e-3


def test_not_finite_stops_with_step_and_seed(tmp_path):
    settings = ("optimiser.learning_rate=0.005", "seed=5", "checkpoints.every=5")
    with pytest.raises(TrainingError) as stopped:
        train(tiny(*settings), tmp_path, LineTask(breaks=True))
    bad = len(losses(tmp_path))
    assert bad >= 5
    assert f"is nan at step {bad}; its batch is that of seed 5, step {bad}, bucket" in str(stopped.value)
    last = CheckpointFolder(tmp_path / "checkpoints", tiny().checkpoints).latest()
    assert last == bad - bad % 5
    assert f"that of step {last}" in str(stopped.value)


def test_not_finite_before_any_checkpoint(tmp_path):
    with pytest.raises(TrainingError, match="There is no checkpoint yet"):
        train(tiny("checkpoints.every=1000"), tmp_path, LineTask(breaks=True))


def test_refused_start_leaves_the_folder_free(tmp_path):
    with pytest.raises(ValueError, match="there are no weights 'x'"):
        train(tiny("weights=nofolder/x.safetensors", "steps=2"), tmp_path, LineTask())
    train(tiny("steps=2"), tmp_path, LineTask())


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    train(tiny(), folder, LineTask())
    return folder


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("model.width=32", "model.width: 16 there, 32 here"),
        ("stream.1.weight=2", "stream.1.weight: 1.0 there, 2.0 here"),
        ("optimiser.learning_rate=1", "optimiser.learning_rate: 0.005 there, 1.0 here"),
        ("seed=1", "seed: 0 there, 1 here"),
        ("steps=50", "steps: 40 there, 50 here"),
    ],
)
def test_resume_with_another_config_is_refused(finished, setting, line):
    before = losses(finished)
    with pytest.raises(RunFolderError, match=line):
        train(tiny(setting), finished, LineTask())
    assert (losses(finished) == before).all()


def forget_evaluations(folder):
    metrics = folder / "metrics.jsonl"
    metrics.write_text("".join(line for line in metrics.read_text().splitlines(True) if '"train"' in line))


def test_finished_run_does_nothing(finished, tmp_path, capsys):
    shutil.copytree(finished, tmp_path / "run")
    assert train(tiny(), tmp_path / "run", LineTask()) is None
    assert capsys.readouterr().out == f"the training in {tmp_path / 'run'} is finished: nothing to do\n"
    assert (tmp_path / "run" / "metrics.jsonl").read_bytes() == (finished / "metrics.jsonl").read_bytes()


def test_run_killed_in_its_last_evaluation_makes_up_for_it(finished, tmp_path, capsys):
    shutil.copytree(finished, tmp_path / "run")
    forget_evaluations(tmp_path / "run")
    (tmp_path / "run" / "weights" / "latest.json").unlink()
    assert train(tiny(), tmp_path / "run", LineTask()).mean.coverage_rank >= 1
    assert [record["sampler_share"] for record in records(tmp_path / "run", "evaluation")] == [None]
    assert (tmp_path / "run" / "weights" / "latest.json").exists()
    assert "nan" not in capsys.readouterr().out


def test_damaged_checkpoint_is_named(finished, tmp_path):
    shutil.copytree(finished, tmp_path / "run")
    newest = tmp_path / "run" / "checkpoints" / "40"
    for path in newest.rglob("*"):
        if path.is_file() and "metrics" not in path.name:
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    forget_evaluations(tmp_path / "run")
    with pytest.raises(RunFolderError, match=r"checkpoints/40 cannot be read .* go on from step 30"):
        train(tiny(), tmp_path / "run", LineTask())
    shutil.rmtree(newest)
    train(tiny(), tmp_path / "run", LineTask())
    assert losses(tmp_path / "run").tolist() == losses(finished).tolist()


def test_damaged_config_is_named(finished, tmp_path):
    shutil.copytree(finished, tmp_path / "run")
    (tmp_path / "run" / "config.json").write_text("{")
    with pytest.raises(RunFolderError, match=r"config\.json is not readable"):
        train(tiny(), tmp_path / "run", LineTask())


def test_unwritable_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match="cannot be written: Not a directory"):
        train(tiny(), tmp_path / "file" / "run", LineTask())


def test_folder_in_use(tmp_path, monkeypatch):
    def again(*_):
        with pytest.raises(RunFolderError, match="in use by another process"):
            train(tiny(), tmp_path, LineTask())
        raise InterruptedError

    monkeypatch.setattr(loop, "_first_state", again)
    with pytest.raises(InterruptedError):
        train(tiny(), tmp_path, LineTask())


Usage = namedtuple("Usage", "free")


def test_full_disk_is_refused_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1000))
    with pytest.raises(RunFolderError, match=r"has 0 MB left, the checkpoints need 50 MB"):
        train(tiny(), tmp_path, LineTask())
    assert not (tmp_path / "metrics.jsonl").exists()


def test_disk_that_fills_up_is_told_and_training_goes_on(tmp_path, monkeypatch, capsys):
    usage, calls = shutil.disk_usage, []

    def full_for_a_while(folder):
        calls.append(folder)
        return Usage(1000) if len(calls) in (2, 3) else usage(folder)

    monkeypatch.setattr(shutil, "disk_usage", full_for_a_while)
    train(tiny(), tmp_path, LineTask())
    assert capsys.readouterr().out.count("WARNING: the disk of") == 2
    assert sorted(int(path.name) for path in (tmp_path / "checkpoints").glob("[0-9]*")) == [30, 40]


def test_last_checkpoint_must_be_written(tmp_path, monkeypatch):
    undo = act_at(39, lambda: monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1000)))
    with pytest.raises(TrainingError, match="MB left"):
        train(tiny(), tmp_path, LineTask())
    undo()


def test_batches_must_divide():
    with pytest.raises(ValueError, match=r"bucket 'even' is no multiple of 5"):
        loop.check_batches(tiny(), 5)


def test_mesh_must_fit_the_devices():
    with pytest.raises(ValueError, match=r"needs 3 devices|set mesh.data and mesh.model"):
        make_mesh(replace(tiny().mesh, model=3, data=None))


def test_large_matrices_are_split_over_model():
    mesh = jax.sharding.AbstractMesh((4, 2), ("data", "model"))
    shapes = {"large": (64, 128), "odd": (64, 129), "small": (8, 8), "vector": (8192,), "stack": (2, 64, 64)}
    state = {name: jax.ShapeDtypeStruct(shape, jnp.float32) for name, shape in shapes.items()}
    specs = {name: sharding.spec for name, sharding in state_shardings(mesh, state).items()}
    assert [name for name, spec in specs.items() if "model" in spec] == ["large", "stack"]
    assert all(spec[-1] == "model" for spec in specs.values() if spec)


def test_stream_is_a_function_of_seed_and_step():
    config, task = tiny(), LineTask()
    bucket = config.stream[0]
    make = make_stream(task, bucket, 16, make_mesh(config.mesh))
    first = np.asarray(make(training_draws(config, bucket, 3)))
    assert (first == np.asarray(make(training_draws(config, bucket, 3)))).all()
    for other in (training_draws(config, bucket, 4), training_draws(replace(config, seed=1), bucket, 3)):
        assert not np.isin(first, np.asarray(make(other))).any()
    assert not np.isin(first, np.asarray(make(training_draws(config, bucket, 3)._replace(split=np.int32(1))))).any()
    later = np.asarray(make(training_draws(config, bucket, 3)._replace(first=np.int32(8))))
    assert (later[:8] == first[8:]).all()


def test_buckets_come_with_their_weights():
    config = tiny()
    drawn = [bucket_of_step(config, step) for step in range(3000)]
    assert drawn == [bucket_of_step(config, step) for step in range(3000)]
    assert np.mean(drawn) == pytest.approx(1 / 3, abs=0.03)
    assert drawn[:1024] != drawn[1024:2048]


def test_bf16_and_float32_parameters():
    trainer = Trainer(
        tiny("model.dtype=bfloat16"), loop.make_task(tiny("model.dtype=bfloat16")), make_mesh(tiny().mesh)
    )
    assert {leaf.dtype for leaf in jax.tree.leaves(trainer.abstract_state.parameters)} == {jnp.dtype("float32")}
