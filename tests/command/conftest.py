"""What tests of the command share."""

import pytest


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    """An empty working folder, no compile cache, and a terminal of 80 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NSOS_CACHE_DIR", "")
    monkeypatch.setenv("COLUMNS", "80")
