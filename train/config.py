"""The configuration of a training: one tree of frozen dataclasses; `configs/*.py` each return one from `config()`."""

import importlib.util
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Literal

from nsos_jax.proposers.gram_graph import GramGraphConfig
from nsos_jax.proposers.sequence import SequenceConfig
from nsos_jax.sampling import Mixture, Shape
from nsos_jax.train.overrides import override


@dataclass(frozen=True)
class Bucket:
    """A part of the stream that shares its padded sizes, and so one compilation.

    Raises:
      ValueError: a family does not fit the shape, a number is not positive, or there are both families and a file.
    """

    weight: float
    """Share of the steps, relative to the other buckets."""
    shape: Shape
    candidates: int
    """Padded number of candidate monomials; draws with more lose the last ones."""
    mixture: Mixture
    batch: int | None = None
    """Examples a step, all devices together; None: `TrainConfig.batch`. Large shapes want smaller batches."""
    name: str = ""
    """For tables and messages."""
    examples: str = ""
    """Path of labelled polynomials (`nsos_jax.train.examples`) to draw from, in place of families; no evaluation takes
    any of them."""

    def __post_init__(self) -> None:
        self.shape.check_fits([family for _, family in self.mixture])
        weights = [self.weight, *(weight for weight, _ in self.mixture)]
        if bool(self.mixture) == bool(self.examples) or not all(0 < weight < math.inf for weight in weights):
            raise ValueError(
                f"bucket {self.name}: wanted at least one family, or a file of examples, and finite positive weights"
            )
        if self.candidates < 1 or (self.batch is not None and self.batch < 1):
            raise ValueError(f"bucket {self.name}: candidates and batch must be at least 1")


@dataclass(frozen=True)
class Optimiser:
    """AdamW with linear warm-up, then a schedule down to `final`."""

    learning_rate: float = 1e-3
    """Largest learning rate."""
    warmup: int = 500
    """Steps."""
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    final: float = 0.01
    """Learning rate of the last step over the largest one ("constant" ignores it)."""
    weight_decay: float = 0.01
    """Of weight matrices; biases, norms and vectors are not decayed."""
    beta2: float = 0.99
    """Decay of the second moment, from 0 to below 1."""
    average: float = 0.0
    """Decay, from 0 to below 1, of the moving average of the parameters, which is then what is evaluated and exported;
    with 0 it is the parameters themselves. Until 1 / (1 - average) steps it is the mean over all."""
    clip: float = 1.0
    """Largest global norm of a gradient."""
    accumulation: int = 1
    """Parts that a batch is computed in, one after the other, to save memory."""


@dataclass(frozen=True)
class Loss:
    """How the Gram-graph model is judged: weight of each part of its loss."""

    membership: float = 1.0
    """Of all that is said of single candidates; with 0, and no `optimiser.weight_decay`, only heads learn."""
    ordering: float = 0.3
    """Of log(1 + sum exp(s_i - s_j)) over pairs of a non-member i and a member j, next to the cross-entropy."""
    cover: float = 1.0
    """Of the cross-entropy of pairs of candidates, where the model has that head."""
    margin: float = 1.0
    """Of the cross-entropy of sets of candidates."""
    boundary: float = 1.0
    """Of the cross-entropy of polynomials."""


@dataclass(frozen=True)
class Checkpoints:
    """What is kept on disk."""

    every: int = 1000
    """Steps."""
    keep: int = 2


@dataclass(frozen=True)
class Evaluation:
    """On held-back seeds, each family on its own."""

    every: int = 1000
    """Steps; the last step is always followed by one."""
    examples: int = 128
    """Per family."""
    also: tuple[Bucket, ...] = ()
    """Families that the stream does not have."""


@dataclass(frozen=True)
class MeshShape:
    """Devices along the two mesh axes."""

    data: int | None = None
    """None: all devices over `model`."""
    model: int = 1


@dataclass(frozen=True)
class TrainConfig:
    """All that a training depends on.

    Raises:
      ValueError: a number is out of its range, or a batch cannot be divided into the parts of `accumulation`.
    """

    model: GramGraphConfig | SequenceConfig
    stream: tuple[Bucket, ...]
    steps: int
    batch: int = 64
    """Examples a step, all devices together."""
    seed: int = 0
    optimiser: Optimiser = field(default_factory=Optimiser)
    loss: Loss = field(default_factory=Loss)
    checkpoints: Checkpoints = field(default_factory=Checkpoints)
    evaluation: Evaluation = field(default_factory=Evaluation)
    mesh: MeshShape = field(default_factory=MeshShape)
    log_every: int = 50
    """Steps per line of the metrics file."""
    peak_flops: float = 0.0
    """Floating point operations per second that one device can do, for the utilisation; 0: it is not told."""
    weights: str = ""
    """Path or name of exported weights to start from, heads that they lack being random; empty: random ones."""

    def __post_init__(self) -> None:
        if not self.stream:
            raise ValueError("stream: wanted at least one bucket")
        for name in _COUNTS:
            if (value := attrgetter(name)(self)) is not None and value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        for name in _POSITIVE:
            if not 0 < (value := attrgetter(name)(self)) < math.inf:
                raise ValueError(f"{name} must be a finite number above 0, got {value}")
        for name in _NOT_NEGATIVE:
            if not 0 <= (value := attrgetter(name)(self)) < math.inf:
                raise ValueError(f"{name} must be a finite number, at least 0, got {value}")
        for name in _DECAYS:
            if not 0 <= (value := attrgetter(name)(self)) < 1:
                raise ValueError(f"{name} must be from 0 to below 1, got {value}")
        if self.seed < 0 or self.seed >= 2**31:
            raise ValueError(f"seed must lie in 0 .. 2^31 - 1, got {self.seed}")
        for bucket in self.stream:
            if self.batch_of(bucket) % self.optimiser.accumulation:
                raise ValueError(
                    f"the batch {self.batch_of(bucket)} of bucket {bucket.name!r} is no multiple of "
                    f"optimiser.accumulation = {self.optimiser.accumulation}"
                )

    def batch_of(self, bucket: Bucket) -> int:
        """Examples a step of this bucket."""
        return bucket.batch or self.batch


_COUNTS = (
    "steps",
    "batch",
    "log_every",
    "optimiser.accumulation",
    "checkpoints.every",
    "checkpoints.keep",
    "evaluation.every",
    "evaluation.examples",
    "mesh.data",
    "mesh.model",
)
_DECAYS = ("optimiser.beta2", "optimiser.average")
_POSITIVE = ("optimiser.learning_rate", "optimiser.clip")
_NOT_NEGATIVE = (
    "optimiser.warmup",
    "optimiser.final",
    "optimiser.weight_decay",
    "loss.membership",
    "loss.ordering",
    "loss.cover",
    "loss.margin",
    "loss.boundary",
    "peak_flops",
)

FREE_TO_CHANGE = ("checkpoints", "evaluation", "mesh", "optimiser.accumulation", "log_every", "peak_flops")
"""Fields that a resumed training may have changed: the losses do not depend on them (on `mesh` and `accumulation` only
by rounding)."""


def load_config(path: str | Path, settings: Sequence[str] = ()) -> TrainConfig:
    """What `config()` of a Python file returns, with `--set` settings applied.

    Raises:
      ValueError: there is no such Python file, it has no `config`, or a setting is bad.
    """
    path = Path(path)
    if path.suffix != ".py" or not path.is_file():
        folder = path if path.is_dir() else path.parent
        near = ", ".join(sorted(map(str, folder.glob("*.py")))) or "none"
        wrong = "is a folder" if path.is_dir() else "is no Python file" if path.is_file() else "does not exist"
        raise ValueError(f"the configuration {path} {wrong}; Python files in {folder}: {near}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not hasattr(module, "config"):
        raise ValueError(f"{path} has no function config() that returns a TrainConfig")
    chosen = module.config()
    if not isinstance(chosen, TrainConfig):
        raise ValueError(f"config() of {path} must return a TrainConfig, got {type(chosen).__name__}")
    return override(chosen, settings)
