"""What Ray's dashboard and Prometheus see of a run, beside Ray's own metrics of nodes and actors."""

from nsos_jax.engines.scheduler import RunState


class RayMetrics:
    """Gauges `nsos_...` with the tag `run`, in the process that hands out batches.

    Args:
      run: the name of what runs. Ray has to be started.
    """

    def __init__(self, run: str) -> None:
        from ray.util.metrics import Gauge

        told = {
            "answered": "Items that are answered, all before them included.",
            "busy": "Workers that have a batch.",
            "idle": "Workers that have none.",
            "died": "Workers that died or were given up.",
            "split": "Batches whose halves were given to workers that had nothing else to do.",
        }
        self._gauges = {name: Gauge(f"nsos_{name}", text, tag_keys=("run",)) for name, text in told.items()}
        self._tags = {"run": run}

    def show(self, progress: RunState) -> None:
        """Sets all gauges."""
        for name, gauge in self._gauges.items():
            gauge.set(getattr(progress, name), tags=self._tags)
