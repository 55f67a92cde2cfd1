"""The browser of the tests of pages."""

import importlib.util
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium; the test is skipped where there is none."""
    if CHROMIUM is None or importlib.util.find_spec("playwright") is None:
        pytest.skip("Chromium or Playwright is not installed (scripts/install_browser.sh, pip install playwright)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Without its sandbox Chromium also starts as root, in a container.
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()
