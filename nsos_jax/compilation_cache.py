"""JAX's persistent compilation cache, so that a second process starts without compiling."""

import os
import sys
from pathlib import Path

_SETTINGS = {
    "jax_persistent_cache_min_compile_time_secs": 0.0,
    "jax_persistent_cache_min_entry_size_bytes": 0,
}


def enable_compilation_cache(folder: str | Path | None = None) -> Path | None:
    """Keeps what JAX compiles in a folder, from where later processes load it; the command `nsos` does the same.

    To be called at any time, before or after JAX was imported: what is compiled from then on is kept. Without `folder`
    it is the one that JAX was told before, by $JAX_COMPILATION_CACHE_DIR or its configuration, else $NSOS_CACHE_DIR
    (empty: no cache), else `nsos-jax` in the user's cache folder; if that cannot be written, there is no cache.
    Processes that are started from this one use the same folder. Whoever can write into it can have this process run
    any code: do not share it with others.

    Returns:
      The folder, or None where there is no cache.

    Raises:
      OSError: the given folder cannot be made or written.
    """
    if folder is not None:
        chosen: Path | None = _writable(Path(folder))
    elif (known := _known_folder()) is not None:
        chosen = Path(known) if known else None
    else:
        chosen = _cache_folder()
    if chosen is None:
        return None
    os.environ["JAX_COMPILATION_CACHE_DIR"] = str(chosen)
    settings = {name: value for name, value in _SETTINGS.items() if name.upper() not in os.environ}
    os.environ.update({name.upper(): f"{value:g}" for name, value in settings.items()})
    if "jax" in sys.modules:
        _tell_jax(str(chosen), settings)
    return chosen


def _known_folder() -> str | None:
    """What JAX was told; empty where it was told to keep nothing."""
    jax = sys.modules.get("jax")
    configured = jax.config.jax_compilation_cache_dir if jax else None
    return configured or os.environ.get("JAX_COMPILATION_CACHE_DIR")


def _tell_jax(folder: str, settings: dict[str, float]) -> None:
    """What JAX reads from the environment only while it is imported."""
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    for name, value in {"jax_compilation_cache_dir": folder, **settings}.items():
        jax.config.update(name, value)
    compilation_cache.reset_cache()  # else it stays with the folder in which it looked first


def _cache_folder() -> Path | None:
    chosen = os.environ.get("NSOS_CACHE_DIR")
    if chosen == "":
        return None
    try:
        return _writable(Path(chosen or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "nsos-jax")))
    except (OSError, RuntimeError):  # RuntimeError: there is no home folder
        return None


def _writable(folder: Path) -> Path:
    """The folder, made where it was missing; OSError if it cannot be written."""
    folder = folder.expanduser().absolute()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(f"the folder {folder} for compiled programs cannot be written")
    return folder
