"""Weights with a model card, for `nsos_jax.proposers.pretrained.load_pretrained`.

    python -m nsos_jax.train.export --config configs/NAME.py --dir RUN_FOLDER --name NAME --out FOLDER [--examples 500]

The threshold is chosen on the validation split, the scores of the card are those of the test split at that threshold.
"""

import datetime
import shlex
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import click
import jax
from flax import nnx

from nsos_jax.proposers.gram_graph import HEADS
from nsos_jax.proposers.pretrained import ModelCard, find_weights, load_pretrained, save_weights
from nsos_jax.train.config import load_config
from nsos_jax.train.data import TEST, VALIDATION, make_streams
from nsos_jax.train.evaluate import Evaluation, Evaluator, table
from nsos_jax.train.mesh import make_mesh
from nsos_jax.train.overrides import as_tree, differences
from nsos_jax.train.run.checkpoint import CheckpointFolder
from nsos_jax.train.run.folder import check_same_run
from nsos_jax.train.step import Trainer
from nsos_jax.train.tasks import make_task

_PACKAGES = ("nsos-jax", "jax", "flax", "optax")


def export_run(
    folder: Path,
    name: str,
    trainer: Trainer,
    steps: int,
    parameters: Any,
    found: Evaluation,
    command: str,
    dtype: str = "float32",
) -> ModelCard:
    """Writes parameters, with a card that tells how they were made and how good they are."""
    config = trainer.config
    card = ModelCard(
        name=name,
        kind=trainer.task.kind,
        model=asdict(config.model),
        threshold=found.threshold,
        scores=found.as_json(),
        command=command,
        training=as_tree(config),
        seed=config.seed,
        steps=steps,
        parameters=sum(leaf.size for leaf in jax.tree.leaves(parameters)),
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        versions={package: version(package) for package in _PACKAGES},
    )
    return save_weights(folder, card, jax.device_get(parameters), dtype)


def next_command(weights: Path) -> str:
    """The line that says what can be done with weights, whose path is given without the ending.

    >>> next_command(Path("my_weights"))
    'next: nsos certify INPUT --proposer ./my_weights'
    """
    path = str(weights) if len(weights.parts) > 1 else f"./{weights}"
    return f"next: nsos certify INPUT --proposer {shlex.quote(path)}"


def start_weights(source: str, trainer: Trainer, parameters: Any) -> Any:
    """Parameters of exported weights, a shipped name or the path of weights, to train further.

    Heads that the weights lack stay as they are in `parameters`.

    Raises:
      ValueError: there are none, or they belong to another model.
    """
    found = find_weights(source)
    new, old = asdict(trainer.config.model), asdict(found.model.config)
    lacking = {name for name in HEADS if new.get(name) and not old[name]}
    wanted = {"kind": trainer.task.kind, "model": new | dict.fromkeys(lacking, False)}
    if wrong := differences({"kind": found.card.kind, "model": old}, wanted):
        raise ValueError(f"weights={source} belong to another model: {'; '.join(wrong)}")
    state = jax.tree.map(lambda leaf: leaf, parameters)
    nnx.replace_by_pure_dict(state, nnx.to_pure_dict(parameters) | nnx.to_pure_dict(nnx.state(found.model)))
    return state


def _check_target(folder: Path, name: str) -> None:
    """`ValueError` unless weights of this name can be written to the folder, which is made if there is none."""
    if not name or name != Path(name).name:
        raise ValueError(f"--name: expected the name of files, without separators, got {name!r}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ValueError(f"--out {folder} cannot be written: {error.strerror}") from None


@click.command(context_settings={"show_default": True, "help_option_names": ["-h", "--help"]})
@click.option("--config", "config_path", required=True, type=click.Path(), help="The configuration of the run.")
@click.option(
    "--dir",
    "folder",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The run folder.",
)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="As in the training.")
@click.option("--name", required=True, help="Name of the weights and their files.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write to.")
@click.option("--examples", default=500, type=click.IntRange(1), help="Polynomials per family.")
@click.option("--dtype", default="float32", type=click.Choice(["float32", "float16"]), help="In the file.")
@click.option("--command", default="", help="Training command for the card [default: the one of the last evaluation].")
def main(
    config_path: str,
    folder: Path,
    settings: tuple[str, ...],
    name: str,
    out: Path,
    examples: int,
    dtype: str,
    command: str,
) -> None:
    """Evaluates the newest checkpoint of a run and writes its weights and model card."""
    try:
        config = load_config(config_path, settings)
        check_same_run(folder, config)
        _check_target(out, name)
        trainer = Trainer(config, make_task(config), make_mesh(config.mesh))
        if not (folder / "checkpoints").is_dir():
            raise ValueError(f"there is no checkpoint in {folder}")
        checkpoints = CheckpointFolder(folder / "checkpoints", config.checkpoints, reads_only=True)
        if (newest := checkpoints.latest()) is None:
            raise ValueError(f"there is no checkpoint in {folder / 'checkpoints'}")
        state = checkpoints.restore(trainer.abstract_state, newest)
        command = command or load_pretrained("latest", folder / "weights").card.command
        evaluator = Evaluator(trainer, make_streams(config, trainer.task, trainer.mesh), examples)
        threshold = evaluator(state.judged, VALIDATION).threshold
        found = evaluator(state.judged, TEST, threshold)
        click.echo(table(found))
        card = export_run(out, name, trainer, int(state.step), state.judged, found, command, dtype)
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{out / name}.safetensors: {card.parameters} parameters after {card.steps} steps")
    click.echo(next_command(out / name))


if __name__ == "__main__":
    main(prog_name="python -m nsos_jax.train.export")
