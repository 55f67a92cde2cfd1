"""Runs of the command within the process of the tests."""

from click.testing import CliRunner

from nsos_jax.command.cli import main


def run(*arguments, stdin=None):
    """The finished command; anything but an orderly exit is a failure."""
    done = CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert "Traceback" not in done.output
    assert "\x1b" not in done.output
    return done
