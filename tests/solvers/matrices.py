"""Matrices with chosen eigenvalues, for tests of projections."""

import numpy as np


def with_spectrum(values, seed):
    """Random eigenvectors for each row of eigenvalues."""
    vectors, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(*values.shape, values.shape[-1])))
    return (vectors * values[..., None, :]) @ np.swapaxes(vectors, -1, -2)
