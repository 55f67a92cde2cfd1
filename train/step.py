"""One step of training: the gradient of the mean loss of a batch, clipped, into AdamW. Knows no model and no data."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jax.stages import Compiled
from jaxtyping import Array, Float, Float32, Int32, Key

from nsos_jax.train.config import Optimiser, TrainConfig
from nsos_jax.train.mesh import replicated, state_shardings
from nsos_jax.train.task import Task

Metrics = dict[str, Float[Array, ""]]


class TrainState(NamedTuple):
    """All that changes from step to step; the stream needs no state."""

    parameters: Any
    """`nnx.State` of the model."""
    optimiser: Any
    step: Int32[Array, ""]
    """Steps done."""
    average: Any = None
    """Of the parameters over the last steps, where `Optimiser.average` asks for one."""

    @property
    def judged(self) -> Any:
        """The parameters that are evaluated and exported."""
        return self.parameters if self.average is None else self.average


def learning_rate(options: Optimiser, steps: int) -> optax.Schedule:
    """Linear from 0 over the warm-up, then the schedule down to `final` of the largest rate at the last step.

    >>> rate = learning_rate(Optimiser(learning_rate=1.0, warmup=10, final=0.1), 110)
    >>> [round(float(rate(step)), 2) for step in (0, 5, 10, 60, 110)]
    [0.0, 0.5, 1.0, 0.55, 0.1]
    """
    peak, warmup = options.learning_rate, min(options.warmup, steps)
    left = max(1, steps - warmup)
    after = {
        "cosine": lambda: optax.cosine_decay_schedule(peak, left, options.final),
        "linear": lambda: optax.linear_schedule(peak, peak * options.final, left),
        "constant": lambda: optax.constant_schedule(peak),
    }[options.schedule]()
    return optax.join_schedules([optax.linear_schedule(0.0, peak, max(1, warmup)), after], [warmup])


def make_optimiser(options: Optimiser, steps: int) -> optax.GradientTransformation:
    """Clipping by the global norm, then AdamW; only matrices are decayed."""
    return optax.chain(
        optax.clip_by_global_norm(options.clip),
        optax.adamw(
            learning_rate(options, steps),
            b2=options.beta2,
            weight_decay=options.weight_decay,
            mask=lambda parameters: jax.tree.map(lambda leaf: leaf.ndim >= 2, parameters),
        ),
    )


class Trainer:
    """The functions of a training, compiled for a mesh."""

    def __init__(self, config: TrainConfig, task: Task, mesh: Mesh) -> None:
        self.config, self.task, self.mesh = config, task, mesh
        self.optimiser = make_optimiser(config.optimiser, config.steps)
        self.rate = learning_rate(config.optimiser, config.steps)
        self.graph = nnx.graphdef(nnx.eval_shape(lambda: task.make_model(nnx.Rngs(0))))
        shapes = jax.eval_shape(self._initialise, jax.random.key(0))
        self.shardings = state_shardings(mesh, shapes)
        self.initialise: Callable[[Key[Array, ""]], TrainState] = jax.jit(
            self._initialise, out_shardings=self.shardings
        )
        self.abstract_state = jax.tree.map(
            lambda leaf, place: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=place), shapes, self.shardings
        )
        examples = NamedSharding(mesh, PartitionSpec("data"))
        self.train_step = jax.jit(
            self._train_step,
            donate_argnums=0,
            in_shardings=(self.shardings, examples),
            out_shardings=(self.shardings, replicated(mesh)),
        )
        self.judge = jax.jit(
            lambda parameters, batch: task.judge(self.merge(parameters), batch),
            in_shardings=(self.shardings.parameters, examples),
            out_shardings=replicated(mesh),
        )

    def compile_step(self, state: TrainState, batch: Any) -> tuple[Compiled, float]:
        """`train_step` for the shapes of a batch, and its floating point operations, see `run.log.Work`."""
        lowered = self.train_step.lower(state, batch)
        costs = lowered.cost_analysis() or {}
        return lowered.compile(), float(costs.get("flops", 0.0))

    def merge(self, parameters: Any) -> Any:
        """The model with these parameters."""
        return nnx.merge(self.graph, parameters)

    def _initialise(self, key: Key[Array, ""]) -> TrainState:
        parameters = nnx.state(self.task.make_model(nnx.Rngs(key)))
        average = jax.tree.map(jnp.copy, parameters) if self.config.optimiser.average else None
        return TrainState(parameters, self.optimiser.init(parameters), jnp.int32(0), average)

    def _train_step(self, state: TrainState, batch: Any) -> tuple[TrainState, Metrics]:
        gradient, metrics = self._gradient(state.parameters, batch)
        norm = jnp.sqrt(sum(jnp.sum(jnp.square(leaf)) for leaf in jax.tree.leaves(gradient)))
        metrics |= {"gradient_norm": norm, "learning_rate": jnp.float32(self.rate(state.step))}
        updates, optimiser = self.optimiser.update(gradient, state.optimiser, state.parameters)
        parameters = optax.apply_updates(state.parameters, updates)
        average = state.average
        if average is not None:
            share = jnp.maximum(1 - self.config.optimiser.average, 1 / (state.step + 1))
            average = optax.incremental_update(parameters, average, share)
        return TrainState(parameters, optimiser, state.step + 1, average), metrics

    def _gradient(self, parameters: Any, batch: Any) -> tuple[Any, Metrics]:
        """Gradient and metrics of the mean over the batch, computed in `accumulation` parts."""

        def mean_loss(parameters: Any, part: Any) -> tuple[Float32[Array, ""], Metrics]:
            losses, numbers = self.task.loss(self.merge(parameters), part)
            return losses.mean(), {"loss": losses.mean()} | {name: value.mean() for name, value in numbers.items()}

        parts = self.config.optimiser.accumulation
        compute = jax.grad(mean_loss, has_aux=True)
        if parts == 1:
            return compute(parameters, batch)
        # part r takes the examples r, r + parts, ...: then every device has its share of every part
        split = jax.tree.map(lambda leaf: leaf.reshape(-1, parts, *leaf.shape[1:]).swapaxes(0, 1), batch)
        first, rest = jax.tree.map(lambda leaf: leaf[0], split), jax.tree.map(lambda leaf: leaf[1:], split)

        def add(total: Any, part: Any) -> tuple[Any, None]:
            return jax.tree.map(jnp.add, total, compute(parameters, part)), None

        total, _ = jax.lax.scan(add, compute(parameters, first), rest)
        return jax.tree.map(lambda leaf: leaf / parts, total)
