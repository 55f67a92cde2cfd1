"""Which task trains which model."""

from nsos_jax.proposers.gram_graph import GramGraphConfig
from nsos_jax.train.config import TrainConfig
from nsos_jax.train.gram_task import GramTask
from nsos_jax.train.sequence_task import SequenceTask
from nsos_jax.train.task import Task


def make_task(config: TrainConfig) -> Task:
    """The task for the model of a configuration; `ValueError` if a bucket does not fit the model."""
    if isinstance(config.model, GramGraphConfig):
        return GramTask(config.model, config.loss)
    task = SequenceTask(config.model)
    for bucket in (*config.stream, *config.evaluation.also):
        task.check_fits(bucket)
    return task
