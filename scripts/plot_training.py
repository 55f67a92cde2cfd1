"""Curves of one training or several: loss, gradient norm, coverage rank and seconds of a step.

    python scripts/plot_training.py RUN_FOLDER ... [-o training.png]

Needs matplotlib: pip install "nsos-jax[plot]".
"""

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

Curves = dict[str, tuple[list[int], list[float]]]
PANELS = (
    ("train", "loss", "loss", "log"),
    ("train", "gradient_norm", "gradient norm", "log"),
    ("evaluation", "mean_coverage_rank", "coverage rank / |B*|, mean of families", "linear"),
    ("evaluation", "mean_exact", "exact predictions, share", "linear"),
    ("evaluation", "sampler_share", "making data, share of a step", "linear"),
    ("train", "step_seconds", "seconds a step", "log"),
)
"""(kind of record, key, label, scale); beside `loss`, the losses of the buckets are drawn as thin lines."""


def read_curves(folder: Path) -> dict[str, Curves]:
    """For each kind of record, the numbers by key as (steps, values).

    Raises:
      ValueError: the folder is no run folder, or its metrics file is empty or damaged.
    """
    path = folder / "metrics.jsonl"
    if not path.is_file():
        raise ValueError(f"{folder} is no run folder: it has no metrics.jsonl")
    curves: dict[str, Curves] = defaultdict(lambda: defaultdict(lambda: ([], [])))
    lines = path.read_text("utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
        except ValueError:
            if number == len(lines):  # the run is writing it
                break
            raise ValueError(f"{path}, line {number}: not readable as JSON") from None
        if not isinstance(record, dict) or not {"kind", "step"} <= record.keys():
            raise ValueError(f"{path}, line {number}: expected a record with kind and step, got {line[:60]}")
        for key, value in record.items():
            if isinstance(value, (int, float)) and key != "step":
                steps, values = curves[record["kind"]][key]
                steps.append(record["step"])
                values.append(value)
    if not curves:
        raise ValueError(f"{path} has no record of a training yet")
    return curves


def plot(folders: list[Path], output: Path) -> None:
    """Writes the picture."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 7), layout="constrained")
    grid: Any = figure.subplots(2, 3)
    for run, folder in enumerate(folders):
        curves = read_curves(folder)
        for axes, (kind, key, label, scale) in zip(grid.flat, PANELS, strict=True):
            color = f"C{run}"
            if key == "loss":
                for name, (steps, values) in curves[kind].items():
                    if name.startswith("loss/"):
                        axes.plot(steps, values, color=color, linewidth=0.4, alpha=0.5)
            marker = "o-" if kind == "evaluation" else "-"
            axes.plot(*curves[kind][key], marker, color=color, markersize=3, linewidth=1, label=folder.name)
            axes.set(yscale=scale, xlabel="step", title=label)
            axes.grid(alpha=0.3)
    grid.flat[0].legend()
    figure.savefig(output, dpi=120)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Curves of trainings.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="RUN_FOLDER")
    parser.add_argument("-o", "--output", type=Path, default=Path("training.png"))
    arguments = parser.parse_args()
    try:
        plot(arguments.folders, arguments.output)
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
    except ImportError:
        sys.exit('error: pictures need matplotlib: pip install "nsos-jax[plot]"')
    print(arguments.output)


if __name__ == "__main__":
    main()
