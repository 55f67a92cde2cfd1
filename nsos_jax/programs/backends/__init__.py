"""Other people's solvers, each by its own interface, and ours: conic forms in, floating point points out."""

from nsos_jax.programs.backends.clarabel import clarabel_point
from nsos_jax.programs.backends.functional import improved_functional, interior_functional
from nsos_jax.programs.backends.point import Point, PointStatus

__all__ = ["Point", "PointStatus", "clarabel_point", "improved_functional", "interior_functional"]
