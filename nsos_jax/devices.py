"""JAX without a device to work on: that is no fault of an input or a program, and the end of a run."""

import os

REMEDY = "unset JAX_PLATFORMS, or set it to cpu"
_JAX_SAYS = "Unable to initialize backend"


class NoDevice(Exception):
    """JAX has no device; says what to do."""


def no_device(error: Exception) -> NoDevice | None:
    """What to say instead of the error by which JAX says that it has no device; None for other errors.

    >>> no_device(RuntimeError("Unable to initialize backend 'rocm': Backend 'rocm' is not in the list"))
    NoDevice('JAX finds no device: unset JAX_PLATFORMS, or set it to cpu')
    """
    if not (isinstance(error, RuntimeError) and str(error).startswith(_JAX_SAYS)):
        return None
    platforms = os.environ.get("JAX_PLATFORMS")
    return NoDevice(f"JAX finds no device{f' for JAX_PLATFORMS={platforms}' if platforms else ''}: {REMEDY}")
