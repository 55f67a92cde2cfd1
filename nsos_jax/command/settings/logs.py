"""What is logged, on standard error: nothing but warnings, unless more is asked for."""

import logging
from typing import Any

import click

LEVELS = ("debug", "info", "warning", "error")
_HANDLER = "nsos command"


class _StandardError(logging.Handler):
    """Writes to what standard error is at the time, so that lines stand above a progress bar."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(self.format(record), err=True)


def log_level_option() -> Any:
    """The option --log-level, which takes effect at once."""
    return click.option(
        "--log-level",
        type=click.Choice(LEVELS, case_sensitive=False),
        default="warning",
        show_default=True,
        expose_value=False,
        callback=_log_from,
        help="What is told on standard error; info: each answer, debug: each basis that was tried.",
    )


def _log_from(ctx: click.Context, parameter: click.Parameter, level: str) -> None:
    if ctx.resilient_parsing:
        return
    logger = logging.getLogger("nsos_jax")
    for handler in [one for one in logger.handlers if one.get_name() == _HANDLER]:
        logger.removeHandler(handler)
    handler = _StandardError()
    handler.set_name(_HANDLER)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(level.upper())
    logger.propagate = False
    ctx.call_on_close(lambda: _forget(logger, handler))


def _forget(logger: logging.Logger, handler: logging.Handler) -> None:
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)
    logger.propagate = True
