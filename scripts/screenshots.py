"""The pictures of the site, the proof page and a report in docs/pictures: `python scripts/screenshots.py [build/site]`.

They are taken with Chromium (scripts/install_browser.sh) at widths of 360 and 1,280 pixels, of the site that
`make docs` has built, of web/index.html, and of a report on what `nsos certify` answers for the polynomials of
examples/. They have to be looked at: that nothing is wider than its screen is tested in tests/web/.
"""

import argparse
import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
COLORS = 256
WIDE, NARROW = 1280, 360
EXAMPLES = {"light": "A sum of squares", "dark": "The minimum of x^4", "narrow-light": "A barrier"}
"""The example of the proof page for each of its pictures, by the beginning of its title."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", nargs="?", type=Path, default=ROOT / "build" / "site", help="what make docs has built")
    site = parser.parse_args().site
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        if site.is_dir():
            take_site(browser, site)
        else:
            print(f"{site} is no folder: the pictures of the site are left as they are", file=sys.stderr)
        take_proof_page(browser)
        take_report(browser, Path(folder))
        browser.close()


def take_site(browser: Any, site: Path) -> None:
    """The start page, and a tutorial on a small screen."""
    for name, path, width in (
        ("site-wide", "docs/index.html", WIDE),
        ("site-narrow", "examples/notebooks/membership.html", NARROW),
    ):
        with opened(browser, site / path, width) as page:
            save(page, name, 900)


def take_proof_page(browser: Any) -> None:
    """One example each: large and light, large and dark, small."""
    for name, title in EXAMPLES.items():
        scheme = "dark" if name == "dark" else "light"
        width = NARROW if name.startswith("narrow") else WIDE
        with opened(browser, ROOT / "web" / "index.html", width, scheme) as page:
            titles = page.locator("#example option").all_inner_texts()
            page.select_option("#example", label=next(text for text in titles if text.startswith(title)))
            page.click("#try")
            page.wait_for_selector("body[data-state=idle] #verdict")
            page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
            save(page, f"proof-page-{name}", 1240 if width == WIDE else 1500)


def take_report(browser: Any, folder: Path) -> None:
    """Of the polynomials of examples/."""
    inputs = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "examples").glob("*.txt"))
    results, page = str(folder / "results.jsonl"), str(folder / "report.html")
    nsos = [sys.executable, "-m", "nsos_jax", "--config", "none"]
    for command in (["certify", *inputs, "-o", results], ["report", results, "-o", page, "--title", "The examples"]):
        subprocess.run([*nsos, *command], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    for name, width in (("wide", WIDE), ("narrow", NARROW)):
        with opened(browser, folder / "report.html", width) as page:
            page.locator("summary").first.click()
            page.evaluate("document.activeElement.blur()")
            save(page, f"report-{name}", 900 if width == WIDE else 1200)


@contextmanager
def opened(browser: Any, path: Path, width: int, scheme: str = "light") -> Iterator[Any]:
    """A page of a file, in a window of a width."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(path.resolve().as_uri())
    yield page
    context.close()


def save(page: Any, name: str, height: int) -> None:
    """The top of the page, with few colours."""
    page.set_viewport_size({"width": page.viewport_size["width"], "height": height})
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    path = PICTURES / f"{name}.png"
    picture.quantize(COLORS).save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {picture.width} x {picture.height}, {path.stat().st_size >> 10} KiB")


if __name__ == "__main__":
    main()
