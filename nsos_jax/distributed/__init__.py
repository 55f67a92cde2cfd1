"""Datasets of Ray: polynomials in, records out, on as many machines as the cluster has.

In: a dataset with a column of polynomials. Out: one with the records of `nsos certify`. May import `command`, whose
records these are, `engines` and `membership`. Ray Data (the extra `ray`) is loaded on first use.
"""

from nsos_jax.distributed.dataset import certify_dataset

__all__ = ["certify_dataset"]
