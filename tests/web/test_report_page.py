"""The page of `nsos report` in a real browser: nothing beside a small screen, filters, sorting."""

import json

import pytest
from certificate_examples import example
from click.testing import CliRunner

from nsos_jax.command.cli import main

RECORDS = [
    {"id": "squares", "status": "SOS", "over": "Q", "seconds": 0.5, "certificate": example("sos")},
    {"id": "a point", "status": "NEGATIVE", "seconds": 0.25, "certificate": example("negative_point")},
    {"id": "nothing" * 20, "status": "UNDECIDED", "seconds": 2.0, "certificate": None, "error": "no proof in 60 s"},
]
"""The second is the quickest."""


@pytest.fixture
def report(tmp_path):
    """The address of a page."""
    results, page = tmp_path / "results.jsonl", tmp_path / "report.html"
    results.write_text("\n".join(map(json.dumps, RECORDS)))
    assert CliRunner().invoke(main, ["report", str(results), "-o", str(page), "--pictures", "1"]).exit_code == 1
    return page.as_uri()


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_hides_beside_the_screen(browser, report, width):
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(report)
    page.locator("summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for text in ("holds", "no proof", "SOS", "UNDECIDED", "0.500"):
        box = page.locator("td").get_by_text(text).first.bounding_box()
        assert 0 <= box["x"] < box["x"] + box["width"] <= width, text
    page.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_records_are_sorted_and_filtered(browser, report, width):
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(report)
    page.get_by_role("button", name="seconds").click()
    assert page.locator("td.id").first.inner_text() == "a point"
    page.get_by_role("checkbox", name="NEGATIVE").uncheck()
    assert page.locator("td.id >> visible=true").count() == 2
    assert page.inner_text("output") == "2 of 3 shown"
    page.close()
