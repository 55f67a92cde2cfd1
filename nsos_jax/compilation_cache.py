"""JAX's persistent compilation cache for the command line, so that a second `nsos` starts without compiling."""

import os
from pathlib import Path

_SETTINGS = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "0",
}


def enable_compilation_cache() -> None:
    """Sets JAX's own environment variables; to be called before JAX is imported, and only by the command line.

    The folder is $JAX_COMPILATION_CACHE_DIR, else $NSOS_CACHE_DIR (empty: no cache), else `nsos-jax` in the user's
    cache folder. A folder that cannot be written is not used, and nothing else depends on it.
    """
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        folder = _cache_folder()
        if folder is None:
            return
        os.environ["JAX_COMPILATION_CACHE_DIR"] = str(folder)
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)


def _cache_folder() -> Path | None:
    chosen = os.environ.get("NSOS_CACHE_DIR")
    if chosen == "":
        return None
    folder = Path(chosen or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "nsos-jax"))
    try:
        folder = folder.expanduser().absolute()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # RuntimeError: there is no home folder
        return None
    return folder if os.access(folder, os.W_OK | os.X_OK) else None
