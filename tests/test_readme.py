"""The Python blocks of README.md run as they are, each on its own."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCKS = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
EXPECTED = ["SOS\n", "NEGATIVE", "SOS\n", "refused:", "gram_graph"]


def test_readme_has_the_expected_blocks():
    assert len(BLOCKS) == len(EXPECTED)


@pytest.mark.parametrize(("block", "expected"), list(zip(BLOCKS, EXPECTED, strict=False)))
def test_block_runs(block, expected, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "README.md", "exec"), {"__name__": "readme"})
    assert expected in capsys.readouterr().out


def test_example_script_runs(capsys):
    path = ROOT / "examples" / "certify_batch.py"
    exec(compile(path.read_text("utf-8"), str(path), "exec"), {"__name__": "__main__"})
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[::2]] == ["SOS", "NEGATIVE", "NOT_SOS"]
