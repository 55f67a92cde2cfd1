"""What compiling costs: programs and seconds since the start of the process, as JAX itself reports them."""

import threading
from dataclasses import dataclass
from typing import Any

from jax import monitoring

_STAGES = ("jaxpr_trace_duration", "jaxpr_to_mlir_module_duration", "backend_compile_duration")
_DURATIONS = tuple(f"/jax/core/compile/{stage}" for stage in _STAGES)
_LOADED = "/jax/compilation_cache/cache_hits"


@dataclass(frozen=True)
class Compilation:
    """Attributes:
    programs: compiled, or loaded from JAX's persistent cache.
    loaded: of these, from the cache.
    seconds: of tracing, lowering, and compiling or loading.
    """

    programs: int = 0
    loaded: int = 0
    seconds: float = 0.0

    def __sub__(self, before: "Compilation") -> "Compilation":
        """What was added since."""
        return Compilation(self.programs - before.programs, self.loaded - before.loaded, self.seconds - before.seconds)


def compiled_so_far() -> Compilation:
    """All compilation by JAX in this process since this module was imported, whoever asked for it.

    >>> before = compiled_so_far()
    >>> import jax
    >>> _ = jax.jit(lambda x: x + 1)(1.0)
    >>> spent = compiled_so_far() - before
    >>> spent.programs, spent.seconds > 0
    (1, True)
    """
    return _total


_total = Compilation()
_lock = threading.Lock()


def _add(programs: int = 0, loaded: int = 0, seconds: float = 0.0) -> None:
    global _total
    with _lock:
        _total = Compilation(_total.programs + programs, _total.loaded + loaded, _total.seconds + seconds)


def _note_duration(event: str, duration_secs: float, **_: Any) -> None:
    if event in _DURATIONS:
        _add(programs=int(event == _DURATIONS[-1]), seconds=duration_secs)


def _note_event(event: str, **_: Any) -> None:
    if event == _LOADED:
        _add(loaded=1)


monitoring.register_event_duration_secs_listener(_note_duration)
monitoring.register_event_listener(_note_event)
