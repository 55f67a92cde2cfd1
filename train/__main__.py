"""Command line: `python -m nsos_jax.train --config configs/NAME.py --dir RUN_FOLDER [--set a.b=c ...]`."""

import shlex
import sys
from pathlib import Path

import click

from nsos_jax.compilation_cache import enable_compilation_cache


@click.command(context_settings={"show_default": True, "help_option_names": ["-h", "--help"]})
@click.option("--config", "config_path", required=True, type=click.Path(), help="Python file with a function config().")
@click.option("--dir", "folder", type=click.Path(), help="Run folder [default: runs/CONFIG_NAME].")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Another value, e.g. steps=1000.")
@click.option("--coordinator", metavar="HOST:PORT", help="Several processes: the address of the first one.")
@click.option("--processes", type=click.IntRange(1), help="How many there are.")
@click.option("--process", type=click.IntRange(0), help="Which one this is, from 0.")
@click.option("--cluster", is_flag=True, help="Several processes, found by JAX itself (Slurm, TPU pods, MPI).")
def main(
    config_path: str,
    folder: str | None,
    settings: tuple[str, ...],
    coordinator: str | None,
    processes: int | None,
    process: int | None,
    cluster: bool,
) -> None:
    """Trains a proposer. The same command goes on after a stop; checkpoints and metrics are in the run folder.

    Ctrl-C and SIGTERM save a checkpoint first; the exit status is then 130.
    """
    if folder == "":
        raise click.BadParameter("expected a folder, got an empty name", param_hint="--dir")
    _check_processes(coordinator, processes, process, cluster)
    enable_compilation_cache()
    from nsos_jax.train.cluster import connect, exit_statuses
    from nsos_jax.train.config import load_config
    from nsos_jax.train.main import train

    command = shlex.join(["python", "-m", "nsos_jax.train", *sys.argv[1:]])
    with exit_statuses():
        if coordinator is not None or cluster:
            connect(coordinator, processes, process)
        config = load_config(config_path, settings)
        train(config, Path(folder or Path("runs", Path(config_path).stem)), command=command)


def _check_processes(coordinator: str | None, processes: int | None, process: int | None, cluster: bool) -> None:
    """`click.UsageError` unless the options are those of one process, of a cluster, or all three of several ones."""
    given = [option is not None for option in (coordinator, processes, process)]
    if any(given) and (cluster or not all(given)):
        raise click.UsageError("several processes need --coordinator, --processes and --process, or --cluster alone")
    if coordinator is not None and not coordinator.rpartition(":")[2].isdecimal():
        raise click.BadParameter(f"expected HOST:PORT, got {coordinator!r}", param_hint="--coordinator")
    if processes is not None and process is not None and process >= processes:
        raise click.BadParameter(f"expected 0 .. {processes - 1}, got {process}", param_hint="--process")


if __name__ == "__main__":
    main(prog_name="python -m nsos_jax.train")
