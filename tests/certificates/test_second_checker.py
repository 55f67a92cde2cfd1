"""The checker and `scripts/check_certificate.py`, which share no code, agree on every kind and on mutations."""

import importlib.util
import json
import random
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest
from certificate_examples import TEXTS, example, mutation

from nsos_jax.certificates.certificate import Certificate
from nsos_jax.certificates.data import InvalidCertificate

SCRIPT = Path(__file__).parents[2] / "scripts" / "check_certificate.py"


def load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_certificate", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


second = load_script()


def holds(record: object) -> bool:
    try:
        Certificate.from_dict(record).verify()
    except InvalidCertificate:
        return False
    return True


@pytest.mark.parametrize("name", TEXTS)
def test_both_accept_every_kind(name):
    assert holds(example(name))
    assert second.judge(TEXTS[name])[0] == "holds"


def test_every_kind_has_an_example():
    assert {example(name)["kind"] for name in TEXTS} == set(second.KINDS)


@pytest.mark.parametrize("count", [3000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_they_agree_on_mutations(count):
    verdicts: Counter[tuple[str, bool]] = Counter()
    for seed in range(count):
        name, record = mutation(random.Random(seed))
        both = holds(record), second.judge(json.dumps(record))[0] == "holds"
        assert both[0] == both[1], (seed, both, record)
        verdicts[name, both[0]] += 1
    assert all(verdicts[name, True] > count / 500 and verdicts[name, False] > count / 50 for name in TEXTS)
