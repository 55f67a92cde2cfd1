"""What does not depend on the number of devices: batches, and losses up to rounding."""

import json

import numpy as np
import pytest
from eight_devices import MARK
from train_processes import ROOT, finish, start


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
        patch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
        script = ROOT / "tests" / "train" / "eight_devices.py"
        output = finish(start([script, tmp_path_factory.mktemp("runs")], devices=8))
    return json.loads(output.splitlines()[-1].removeprefix(MARK))


def test_batches_are_equal_on_all_meshes(results):
    first, *others = results["batches"]
    assert len(others) == 4
    assert all(other == first for other in others)


def test_parameters_are_split_over_model(results):
    assert results["parts"] == [[[32, 128]], [[32, 64]], [[32, 32]]]


@pytest.mark.parametrize("name", ["1x2", "2x4"])
def test_split_parameters_and_accumulated_gradients_give_the_same_losses(results, name):
    np.testing.assert_allclose(results[name], results["whole"], rtol=2e-5)


def test_stopped_on_eight_resumed_on_four_and_again_on_eight(results):
    np.testing.assert_allclose(results["moved"], results["whole"], rtol=2e-5)
