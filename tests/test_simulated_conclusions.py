"""The script that holds conclusions against simulation: a short run of it, and that it would see a wrong one."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from nsos_jax import Polynomial
from nsos_jax.control import System

SCRIPTS = Path(__file__).parents[1] / "scripts"


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(SCRIPTS)
    return importlib.import_module("simulate_conclusions")


def test_no_conclusion_is_refuted(script, monkeypatch, capsys):
    monkeypatch.setattr(script, "KINDS", (script.maps, script.gains))
    monkeypatch.setattr(sys, "argv", ["simulate_conclusions", "--systems", "1", "--trajectories", "100"])
    assert script.main() == 0
    told = capsys.readouterr().out
    assert "trajectories, no counterexample" in told
    assert int(told.splitlines()[-1].split()[0]) >= 50


@pytest.mark.parametrize(("level", "holds"), [(0.999, True), (4.0, False)])
def test_a_region_that_is_too_large_is_seen(script, level, holds):
    system = System(lambda x: (-x + x**3,), states="x")
    found = script.rises(system, Polynomial.parse("x^2"), level)(20, np.random.default_rng(0))
    assert (found is None) == holds
    assert holds or abs(found[0]) > 1


def test_a_counterexample_ends_the_script(script, monkeypatch, capsys):
    def wrong(rng):
        system = System(lambda x: (x,), states="x")
        result = script.ControlResult(script.ControlStatus.PROVEN, "wrong", Polynomial.parse("x^2"))
        return [script.Asked("lyapunov", result, script.rises(system, result.function, np.inf))]

    monkeypatch.setattr(script, "KINDS", (wrong,))
    monkeypatch.setattr(sys, "argv", ["simulate_conclusions", "--systems", "1", "--trajectories", "5"])
    assert script.main() == 1
    assert "lyapunov is refuted from" in capsys.readouterr().out
