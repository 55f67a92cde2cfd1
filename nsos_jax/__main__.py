"""The console command, also `python -m nsos_jax`: an interruption while it loads ends it without a traceback."""

import sys


def main() -> None:
    try:
        from nsos_jax.command.cli import main as command

        command(prog_name="nsos")
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
