"""From floating point solutions of programs to exact ones: inside the cone by rounding, on its boundary by faces."""

from nsos_jax.programs.proving.exact import ExactGram, ExactPoint
from nsos_jax.programs.proving.faces import face_points
from nsos_jax.programs.proving.interior import interior_points

__all__ = ["ExactGram", "ExactPoint", "face_points", "interior_points"]
