"""What is installed and found on this machine."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from nsos_jax.compilation_cache import enable_compilation_cache
from nsos_jax.devices import REMEDY

PACKAGES = (
    "nsos-jax",
    "jax",
    "jaxlib",
    "flax",
    "numpy",
    "scipy",
    "sympy",
    "python-flint",
    "clarabel",
    "highspy",
    "scs",
    "cvxpy",
    "mosek",
)
EXTRAS = {
    "matplotlib": ("plot", "pictures"),
    "pyarrow": ("data", "Parquet and Arrow files"),
    "ray": ("ray", "many machines"),
    "tensorboardX": ("train", "training curves"),
}
"""Optional modules, the extra that installs each, and what it is for."""
PROGRAMS = {"lean": "proofs of --format lean", "coqc": "proofs of --format rocq"}
"""Of other people, and what they check."""
VARIABLES = (
    "NSOS_CACHE_DIR",
    "NSOS_CONFIG",
    "NSOS_LOG_LEVEL",
    "XDG_CACHE_HOME",
    "JAX_COMPILATION_CACHE_DIR",
    "JAX_PLATFORMS",
    "XLA_FLAGS",
    "CUDA_VISIBLE_DEVICES",
    "MOSEKLM_LICENSE_FILE",
    "OMP_NUM_THREADS",
)
"""Environment variables that change what happens here."""


@dataclass(frozen=True)
class Fact:
    """One line: its label, what was found, and what to do about it."""

    label: str
    text: str
    remedy: str = ""


def facts() -> dict[str, list[Fact]]:
    """All of them, by heading."""
    environment = _environment()  # before the cache is looked for, which sets some of them
    return {
        "machine": _machine(),
        "versions": [Fact(name, _version(name)) for name in PACKAGES],
        "devices": _devices(),
        "solvers": _solvers(),
        "optional": [*_extras(), *_programs()],
        "environment": environment,
    }


def _machine() -> list[Fact]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    found = [
        Fact("system", platform.platform()),
        Fact("Python", f"{platform.python_version()}, {sys.executable}"),
        Fact("cores", str(cores)),
    ]
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        found.append(Fact("memory", f"{pages / 2**30:.1f} GiB"))
    return [*found, _cache()]


def _cache() -> Fact:
    folder = enable_compilation_cache()
    if folder is None:
        if os.environ.get("NSOS_CACHE_DIR") == "":
            return Fact("compile cache", "none, as NSOS_CACHE_DIR is empty")
        return Fact(
            "compile cache", "none", "set NSOS_CACHE_DIR to a folder that can be written: later runs start faster"
        )
    files = [path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()]
    return Fact("compile cache", f"{folder}, {len(files)} files, {sum(files) / 2**20:.0f} MiB")


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _devices() -> list[Fact]:
    import jax

    try:
        devices = jax.devices()
    except RuntimeError as error:
        return [Fact("JAX", f"finds none: {error}", REMEDY)]
    kinds = [f"{device.platform}:{device.id} {device.device_kind}" for device in devices]
    default = (
        "on"
        if jax.config.read("jax_enable_x64")
        else "off outside of nsos, whose solver turns it on for its own programs"
    )
    return [Fact("JAX", ", ".join(kinds)), Fact("float64", default)]


def _solvers() -> list[Fact]:
    from nsos_jax.programs import BACKENDS, check_backend

    found = []
    for name in BACKENDS:
        if name == "auto":
            continue
        try:
            check_backend(name)
        except RuntimeError as error:
            found.append(Fact(name, str(error)))
        else:
            found.append(Fact(name, "ready"))
    return found


def _extras() -> list[Fact]:
    found = []
    for module, (extra, purpose) in EXTRAS.items():
        missing = importlib.util.find_spec(module) is None
        remedy = f"pip install 'nsos-jax[{extra}]' for {purpose}" if missing else ""
        found.append(Fact(module, "not installed" if missing else _version(module), remedy))
    return found


def _programs() -> list[Fact]:
    return [Fact(name, shutil.which(name) or f"not found; it checks {purpose}") for name, purpose in PROGRAMS.items()]


def _environment() -> list[Fact]:
    """The known variables, and those that set options of commands."""
    options = sorted(name for name in os.environ if name.startswith("NSOS_") and name not in VARIABLES)
    return [Fact(name, repr(os.environ[name]) if name in os.environ else "not set") for name in (*VARIABLES, *options)]
