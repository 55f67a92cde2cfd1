"""The counter of compilations."""

import os
import subprocess
import sys

import jax
import jax.numpy as jnp

from nsos_jax.solvers.interpreted.compilation import compiled_so_far


def test_every_new_shape_counts_once():
    double = jax.jit(lambda x: 2 * x)
    two, three = jnp.zeros(2), jnp.zeros(3)
    before = compiled_so_far()
    double(two)
    first = compiled_so_far() - before
    double(two)
    assert compiled_so_far() - before == first
    double(three)
    both = compiled_so_far() - before
    assert (first.programs, both.programs) == (1, 2)
    assert 0 < first.seconds < both.seconds


def test_programs_of_the_persistent_cache_count_as_loaded(tmp_path):
    code = (
        "import jax; from nsos_jax.solvers.interpreted.compilation import compiled_so_far;"
        "jax.jit(lambda x: x + 3)(1.0); spent = compiled_so_far(); print(spent.programs, spent.loaded)"
    )
    cache = {
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path),
        "JAX_ENABLE_COMPILATION_CACHE": "true",
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "0",
    }
    command = [sys.executable, "-c", code]
    first, second = (
        subprocess.run(command, env=os.environ | cache, capture_output=True, text=True, check=True) for _ in range(2)
    )
    assert (first.stdout.split(), second.stdout.split()) == (["1", "0"], ["1", "1"])
