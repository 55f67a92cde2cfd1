"""From floating point solutions of programs to exact ones: inside the cone by rounding, on its boundary by faces.

Nothing here is trusted: the checker of certificates has the last word.
"""

from nsos_jax.programs.proving.exact import ExactGram, ExactPoint, identities_of
from nsos_jax.programs.proving.faces import face_points, faces_fit
from nsos_jax.programs.proving.interior import interior_points
from nsos_jax.programs.proving.levels import at_level, backed_off, pretty_values
from nsos_jax.programs.proving.plain import plain_points

__all__ = [
    "ExactGram",
    "ExactPoint",
    "at_level",
    "backed_off",
    "face_points",
    "faces_fit",
    "identities_of",
    "interior_points",
    "plain_points",
    "pretty_values",
]
