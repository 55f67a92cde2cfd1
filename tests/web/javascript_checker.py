"""The checker of the proof page under Node.js, and the scripts that tests of the page use."""

import importlib.util
import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="Node.js is not installed (scripts/install_browser.sh)")


def answers(tasks: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """What `judge_lines.js` says to each task, in one run of Node.js."""
    lines = "".join(json.dumps(task) + "\n" for task in tasks)
    command = [str(NODE), str(ROOT / "scripts" / "judge_lines.js")]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, encoding="utf-8", timeout=600)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def judged(texts: Iterable[str]) -> list[dict[str, Any]]:
    """The verdict, reason and theorems of each text."""
    return answers({"text": text} for text in texts)


def script(name: str) -> ModuleType:
    """A file of `scripts/` as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
