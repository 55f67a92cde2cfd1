"""The margin problem on a face in floating point, and interior-point methods for it."""
