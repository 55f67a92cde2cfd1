"""Configurations: overrides are read by the type of a field, and nothing unknown is accepted."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pytest

from nsos_jax.sampling.reverse_sampling import Family, Shape
from nsos_jax.train.config import Bucket, TrainConfig, load_config
from nsos_jax.train.overrides import as_tree, differences, override

CONFIGS = Path(__file__).parents[2] / "configs"
TINY = CONFIGS / "tiny.py"


@dataclass(frozen=True)
class Leaf:
    rate: float = 0.5
    sizes: tuple[int, ...] = (1, 2)
    kind: Literal["a", "b"] = "a"
    on: bool = False
    name: str = ""
    count: int | None = None


@dataclass(frozen=True)
class Root:
    steps: int = 3
    leaf: Leaf = Leaf()
    leaves: tuple[Leaf, ...] = (Leaf(), Leaf())


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("steps=7", Root(steps=7)),
        ("leaf.rate=1e-3", Root(leaf=Leaf(rate=1e-3))),
        ("leaf.rate=2", Root(leaf=Leaf(rate=2.0))),
        ("leaf.sizes=3,4,5", Root(leaf=Leaf(sizes=(3, 4, 5)))),
        ("leaf.sizes.1=9", Root(leaf=Leaf(sizes=(1, 9)))),
        ("leaf.kind=b", Root(leaf=Leaf(kind="b"))),
        ("leaf.on=true", Root(leaf=Leaf(on=True))),
        ("leaf.name=a=b", Root(leaf=Leaf(name="a=b"))),
        ("leaf.count=4", Root(leaf=Leaf(count=4))),
        ("leaf.count=none", Root()),
        ("leaves.1.on=yes", Root(leaves=(Leaf(), Leaf(on=True)))),
    ],
)
def test_override(setting, expected):
    made = override(Root(), [setting])
    assert made == expected
    assert [type(x) for x in as_tree(made).values()] == [type(x) for x in as_tree(expected).values()]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("stepz=7", r"unknown key 'stepz'; did you mean steps\? The known keys of this part: steps, leaf, leaves"),
        ("leaf.speed=7", r"unknown key 'speed'\. The known keys of this part: rate, sizes, kind, on, name, count"),
        ("steps.deeper=7", "none, it is 3"),
        ("steps", "expected KEY=VALUE"),
        ("steps=1.5", "whole number"),
        ("leaf.rate=fast", "a number"),
        ("leaf.kind=c", "one of a, b"),
        ("leaf.on=perhaps", "true or false"),
        ("leaf=1", "group of fields"),
        ("leaves=1", "structure"),
        ("leaves.2.on=yes", "number from 0 to 1"),
        ("leaves.0=1", "group of fields"),
    ],
)
def test_bad_override(setting, message):
    with pytest.raises(ValueError, match=message):
        override(Root(), [setting])


def test_differences_name_what_changed():
    changed = override(Root(), ["leaf.rate=0.25", "leaves.1.name=x"])
    assert differences(as_tree(Root()), as_tree(Root())) == []
    assert differences(as_tree(Root()), as_tree(changed)) == [
        "leaf.rate: 0.5 there, 0.25 here",
        "leaves.1.name:  there, x here",
    ]


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.py")), ids=lambda path: path.stem)
def test_configurations_load(path):
    config = load_config(path)
    assert isinstance(config, TrainConfig)
    names = [bucket.name for bucket in (*config.stream, *config.evaluation.also)]
    assert len(set(names)) == len(names)
    families = [family for bucket in config.stream for _, family in bucket.mixture]
    held_out = [family for bucket in config.evaluation.also for _, family in bucket.mixture]
    assert not set(families) & set(held_out)
    docstring = path.read_text("utf-8").split('"""')[1]
    assert f"--config configs/{path.name}" in docstring
    assert all(word in docstring for word in ("Machine", "Time", "Score"))


def test_config_files_that_are_none(tmp_path):
    with pytest.raises(ValueError, match=r"tini\.py does not exist; Python files in .*: .*tiny\.py"):
        load_config(CONFIGS / "tini.py")
    with pytest.raises(ValueError, match=r"configs is a folder; Python files in .*configs: .*tiny\.py"):
        load_config(CONFIGS)
    (tmp_path / "README.md").write_text("")
    with pytest.raises(ValueError, match=r"README\.md is no Python file; Python files in .*: none"):
        load_config(tmp_path / "README.md")
    (tmp_path / "empty.py").write_text("")
    with pytest.raises(ValueError, match=r"has no function config\(\)"):
        load_config(tmp_path / "empty.py")
    (tmp_path / "wrong.py").write_text("def config():\n    return 3\n")
    with pytest.raises(ValueError, match="must return a TrainConfig, got int"):
        load_config(tmp_path / "wrong.py")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("steps=0", "steps must be at least 1"),
        ("seed=-1", "seed must lie in"),
        ("checkpoints.keep=0", r"checkpoints\.keep must be at least 1"),
        ("optimiser.accumulation=3", "batch 16 of bucket 'even' is no multiple of optimiser.accumulation = 3"),
        ("stream.0.weight=0", "positive weights"),
        ("stream.0.weight=nan", "positive weights"),
        ("optimiser.learning_rate=nan", r"optimiser\.learning_rate must be a finite number above 0, got nan"),
        ("optimiser.learning_rate=inf", r"optimiser\.learning_rate must be a finite number above 0, got inf"),
        ("optimiser.learning_rate=0", r"optimiser\.learning_rate must be a finite number above 0, got 0\.0"),
        ("optimiser.clip=-1", r"optimiser\.clip must be a finite number above 0"),
        ("optimiser.warmup=-1", r"optimiser\.warmup must be a finite number, at least 0"),
        ("optimiser.beta2=1", r"optimiser\.beta2 must be from 0 to below 1"),
        ("optimiser.average=1", r"optimiser\.average must be from 0 to below 1"),
        ("loss.ordering=nan", r"loss\.ordering must be a finite number, at least 0"),
        ("mesh.data=0", r"mesh\.data must be at least 1"),
        ("model.width=15", "multiple of heads"),
    ],
)
def test_bad_values(setting, message):
    with pytest.raises(ValueError, match=message):
        load_config(TINY, [setting])


def test_bucket_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="does not fit"):
        Bucket(1.0, Shape(2, 21, 6), 12, ((1.0, Family(3, 8, 6, "sparse")),))
    with pytest.raises(ValueError, match="at least one bucket"):
        replace(load_config(TINY), stream=())
