"""Sizes of memory are read as Slurm and `du` write them, and never guessed."""

import dataclasses
import pickle

import pytest

from nsos_jax import CertifyOptions, SolveOptions
from nsos_jax.bases import TooLarge, check_memory
from nsos_jax.memory_sizes import memory_size, memory_text


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("7B", 7),
        ("2kB", 2000),
        ("2KiB", 2048),
        ("2k", 2048),
        (" 1.5 GiB ", 3 << 29),
        ("1gb", 10**9),
        ("3T", 3 << 40),
    ],
)
def test_units(text, size):
    assert memory_size(text) == memory_size(text, alone=1 << 20) == size


def test_a_number_alone_counts_what_the_place_says():
    assert memory_size(4096) == 4096
    assert memory_size("4096", alone=1 << 20) == 4 << 30
    with pytest.raises(ValueError, match="text with a unit"):
        memory_size("4096")


@pytest.mark.parametrize("size", [0, -1, True, 1.5, None, "", "GiB", "-1GiB", "1iB", "1Gi", "1e3B", "0.1B", "1,5GiB"])
def test_what_is_no_size_is_refused(size):
    with pytest.raises(ValueError, match=r"expected a positive integer of bytes or text with a unit"):
        memory_size(size, alone=1)


@pytest.mark.parametrize("kind", [CertifyOptions, SolveOptions])
def test_options_hold_bytes(kind):
    options = kind(memory_limit="3GiB")
    assert options == kind(memory_limit=3 << 30)
    assert pickle.loads(pickle.dumps(options)) == dataclasses.replace(options, time_limit=60.0) == options
    assert options != kind()
    assert kind.memory_limit == kind().memory_limit
    with pytest.raises(dataclasses.FrozenInstanceError):
        options.memory_limit = 5


def test_a_refusal_says_in_which_unit_a_small_limit_is():
    with pytest.raises(TooLarge, match=r"the limit is 4 KiB .*bytes where it has no unit"):
        check_memory(1 << 24, 4096, "this")
    with pytest.raises(TooLarge, match=r"about 16 MiB are needed, the limit is 4 MiB \(memory_limit\)$"):
        check_memory(1 << 24, 4 << 20, "this")


def test_text_can_be_read_again():
    for size in (1 << 20, 5 << 30, 3 << 40):
        assert memory_size(memory_text(size)) == size
