"""Central solutions to as many digits as it takes: for margins that floating point cannot tell from zero.

In: a face and its central solution in floating point. Out: a Gram matrix inside the face whose equations hold to all
digits that were kept, or a central solution from which kernels are read more exactly. May import what `margin` may, and
that room. Nothing here is trusted.
"""
