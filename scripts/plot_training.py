"""Curves of one training or several: loss, gradient norm, coverage rank and seconds of a step.

    python scripts/plot_training.py RUN_FOLDER ... [-o training.png]

Needs matplotlib: pip install "nsos-jax[plot]".
"""

import argparse
import sys
from pathlib import Path

from nsos_jax.plots import training_curves


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Curves of trainings.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="RUN_FOLDER")
    parser.add_argument("-o", "--output", type=Path, default=Path("training.png"))
    arguments = parser.parse_args()
    try:
        training_curves(arguments.folders).savefig(arguments.output, dpi=120)
    except (ImportError, ValueError, OSError) as error:
        sys.exit(f"error: {error}")
    print(arguments.output)


if __name__ == "__main__":
    main()
