"""Engines: items of work go to several processes, here or on a cluster, and every answer comes back once.

In: items, and what is done with a list of them. Out: the answers, in order, whatever dies. Knows nothing of
polynomials; may import no other room. Ray is loaded when its workers are asked for.
"""

from nsos_jax.engines.kept import Kept
from nsos_jax.engines.processes import Processes, available_cores
from nsos_jax.engines.ray_metrics import RayMetrics
from nsos_jax.engines.ray_workers import RayWorkers
from nsos_jax.engines.scheduler import Failure, RunState, Schedule, run_batches
from nsos_jax.engines.workers import Answered, Died, Event, Work, Workers

__all__ = [
    "Answered",
    "Died",
    "Event",
    "Failure",
    "Kept",
    "Processes",
    "RayMetrics",
    "RayWorkers",
    "RunState",
    "Schedule",
    "Work",
    "Workers",
    "available_cores",
    "run_batches",
]
