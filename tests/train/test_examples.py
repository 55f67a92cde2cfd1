"""Files of labelled polynomials: what is read is what was written, and a batch has it at its candidates."""

import jax
import numpy as np
import pytest
from line_task import tiny

from nsos_jax.proposers.gram_graph import GramGraphConfig
from nsos_jax.proposers.sequence.model import SequenceConfig
from nsos_jax.sampling import Shape
from nsos_jax.train.config import Bucket, Loss, MeshShape
from nsos_jax.train.data import make_stream, training_draws
from nsos_jax.train.examples import SETS, UNKNOWN, read_examples, write_examples
from nsos_jax.train.gram_task import GramTask
from nsos_jax.train.mesh import make_mesh
from nsos_jax.train.sequence_task import SequenceTask

pytestmark = pytest.mark.usefixtures("quick_compilation")

# (x^2 + y)^2 + 4 x^4 + (x y)^2
ROW = {
    "terms": [[5.0, [4, 0]], [2.0, [2, 1]], [1.0, [0, 2]], [1.0, [2, 2]]],
    "pool": [[1, 1], [0, 1], [2, 0]],
    "basis": [0, 1, 2],
    "entries": [[1, 2]],
    "boundary": False,
    "sets": [[True, [0, 1, 2]], [False, [1, 2]]],
}


def bucket(path, **changes):
    values = {"weight": 1.0, "shape": Shape(3, 6, 3), "candidates": 5, "mixture": (), "batch": 2, "examples": str(path)}
    return Bucket(**values | changes)


@pytest.fixture
def path(tmp_path):
    write_examples(tmp_path / "examples.jsonl", [ROW])
    write_examples(tmp_path / "examples.jsonl", [ROW | {"pool": [[1, 1], [0, 1], [2, 0], [3, 0], [4, 0], [5, 0]]}])
    return tmp_path / "examples.jsonl"


def test_what_does_not_fit_is_left_out(path):
    found = read_examples(bucket(path))
    assert found.exponents.shape == (1, 6, 3)
    assert found.coefficients[0].tolist() == [5, 2, 1, 1, 0, 0]
    assert found.works[0].tolist() == [1, 0, *[UNKNOWN] * (SETS - 2)]
    assert len(read_examples(bucket(path, candidates=6)).works) == 2
    with pytest.raises(ValueError, match=r"none of the 2 examples of .* fits"):
        read_examples(bucket(path, candidates=2))


def test_a_batch_has_the_labels_at_its_candidates(path):
    config = GramGraphConfig(1, 8, 2, 4, cover=True, margin=True, boundary=True)
    own = bucket(path)
    make = make_stream(GramTask(config, Loss()), own, 2, make_mesh(MeshShape()))
    batch = jax.device_get(make(training_draws(tiny(), own, 0)))
    # the candidates are x^2, y, x y in the order of their squares
    assert all(np.argwhere(entries).tolist() == [[0, 1], [1, 0]] for entries in batch.entries)
    assert batch.labels[0].tolist() == [True, True, True, False, False]
    assert batch.missing.tolist() == [0, 0]
    assert batch.boundary.tolist() == [0, 0]
    assert batch.sets[0, :2].tolist() == [[True, True, True, False, False], [True, True, False, False, False]]


def test_the_sequence_model_learns_from_them_too(path):
    task = SequenceTask(SequenceConfig(width=8, heads=1, encoder_layers=1, decoder_layers=1, variables=3, exponent=4))
    own = bucket(path)
    task.check_fits(own)
    batch = make_stream(task, own, 2, make_mesh(MeshShape()))(training_draws(tiny(), own, 0))
    assert batch.labels.sum(axis=1).tolist() == batch.basis_valid.sum(axis=1).tolist() == [3, 3]
    low = SequenceTask(SequenceConfig(width=8, heads=1, variables=3, exponent=3))
    with pytest.raises(ValueError, match="exponent 4, the model knows"):
        low.check_fits(own)


@pytest.mark.parametrize("line", ["[]", "{}", '{"terms": 3}', "no JSON"])
def test_a_bad_line_is_named(path, line):
    path.write_text(path.read_text("utf-8") + line + "\n", "utf-8")
    with pytest.raises(ValueError, match=r"examples.jsonl, line 3: expected an example"):
        read_examples(bucket(path))


def test_a_bucket_has_families_or_a_file(path):
    with pytest.raises(ValueError, match="at least one family, or a file"):
        bucket("")
    with pytest.raises(ValueError, match=r"the examples .*none.jsonl cannot be read: No such file"):
        read_examples(bucket(path.with_name("none.jsonl")))
