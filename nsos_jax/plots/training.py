"""Curves of trainings: loss, gradient norm, coverage rank and seconds of a step, from the metrics of run folders."""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nsos_jax.plots.style import COLORS, new_grid

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


def training_curves(folders: Sequence[str | Path]) -> Any:
    """Draws the curves of one training or several, each in its colour.

    Args:
      folders: of runs of `python -m nsos_jax.train`; each holds a file metrics.jsonl.

    Returns:
      A `matplotlib.figure.Figure`.

    Raises:
      ImportError: matplotlib is missing.
      ValueError: a folder is no run folder, or its metrics file is empty or damaged.
    """
    runs = {folder: read_curves(Path(folder)) for folder in folders}
    figure, grid = new_grid(2, 3)
    for (folder, curves), color in zip(runs.items(), COLORS * len(runs), strict=False):
        for axes, (kind, key, label, scale) in zip(grid.flat, PANELS, strict=True):
            if key == "loss":
                for name, (steps, values) in curves[kind].items():
                    if name.startswith("loss/"):
                        axes.plot(steps, values, color=color, linewidth=0.4, alpha=0.5)
            marker = "o-" if kind == "evaluation" else "-"
            axes.plot(*curves[kind][key], marker, color=color, markersize=3, linewidth=1, label=Path(folder).name)
            axes.set(yscale=scale, xlabel="step", title=label)
            axes.grid(alpha=0.3)
    if runs:
        grid.flat[0].legend()
    return figure
