"""From floating point solutions of programs to exact ones."""

from nsos_jax.programs.proving.exact import ExactGram, ExactPoint
from nsos_jax.programs.proving.interior import interior_points

__all__ = ["ExactGram", "ExactPoint", "interior_points"]
