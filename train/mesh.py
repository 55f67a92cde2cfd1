"""The device mesh with the axes "data" and "model", and how a train state lies on it."""

from typing import Any

import jax
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from nsos_jax.train.config import MeshShape

SMALLEST_SPLIT = 4096
"""Weight matrices with fewer entries are kept whole: moving their parts would cost more than their products."""


def make_mesh(shape: MeshShape) -> Mesh:
    """All devices of all processes as a (data, model) grid, neighbours along "model" as close as the machine has them.

    Raises:
      ValueError: the devices do not fill the grid.
    """
    devices = jax.device_count()
    data = shape.data if shape.data is not None else max(1, devices // shape.model)
    if data * shape.model != devices:
        raise ValueError(
            f"the mesh data={data} x model={shape.model} needs {data * shape.model} devices, there are {devices}: "
            "set mesh.data and mesh.model so that their product is the number of devices"
        )
    return jax.make_mesh((data, shape.model), ("data", "model"), axis_types=(AxisType.Auto,) * 2)


def replicated(mesh: Mesh) -> NamedSharding:
    """The same value on every device."""
    return NamedSharding(mesh, PartitionSpec())


def state_shardings(mesh: Mesh, state: Any) -> Any:
    """For every array of a train state: matrices of weights and their moments are split over "model" by their last axis
    where it divides evenly, all else is replicated. Nothing is split over "data"; XLA adds the communication."""
    parts = mesh.shape["model"]

    def place(leaf: Any) -> NamedSharding:
        split = parts > 1 and leaf.ndim >= 2 and leaf.size >= SMALLEST_SPLIT and leaf.shape[-1] % parts == 0
        return NamedSharding(mesh, PartitionSpec(*[None] * (leaf.ndim - 1), "model")) if split else replicated(mesh)

    return jax.tree.map(place, state)
