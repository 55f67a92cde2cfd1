"""The proof page in a real browser, from file://: files, keyboard, screen readers, small screens, hostile files."""

import itertools
import json
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from certificate_examples import TEXTS, example
from javascript_checker import ROOT, script

from nsos_jax.polynomials import Rounding, decimal_text

large_certificate = script("large_certificate").large_certificate
PAGE = (ROOT / "web" / "index.html").as_uri()


@pytest.fixture
def page(browser) -> Iterator[Any]:
    """The page, fresh; whatever it complains about, and whatever it asks of a server, is an error."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened, complaints = context.new_page(), []
    opened.on("console", lambda message: complaints.append(message.text) if message.type != "log" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("dialog", lambda dialog: (complaints.append("a dialog"), dialog.dismiss()))
    opened.on(
        "request",
        lambda one: complaints.append(one.url) if not one.url.startswith(("file:", "blob:", "data:")) else None,
    )
    opened.goto(PAGE)
    yield opened
    assert complaints == []
    context.close()


def choose(page: Any, text: str | bytes, name: str = "certificate.json") -> str:
    """Chooses a file and waits; the verdict."""
    content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    page.set_input_files("#file", {"name": name, "mimeType": "application/json", "buffer": content})
    return settled(page)


def settled(page: Any) -> str:
    page.wait_for_selector("body[data-state=idle]", timeout=60_000)
    return str(page.inner_text("#verdict")).split("\n")[-1]


def test_it_says_what_was_proven_for_every_kind(page):
    second = script("check_certificate")
    one_each = {json.loads(text)["kind"] + ("of" in json.loads(text)) * " of": text for text in TEXTS.values()}
    for name, text in one_each.items():
        assert choose(page, text) == "Proven", name
        assert page.inner_text(".sentence code") == second.judge(text)[1]
        assert page.locator(".theorem strong").inner_text().strip() == "Theorem."
        assert page.locator("#proof .katex-error").count() == 0
        page.evaluate("document.getElementById('proof').replaceChildren()")


def test_a_proof_with_all_of_its_pictures(page):
    assert choose(page, TEXTS["sos"]) == "Proven"
    assert page.locator(".newton").get_attribute("aria-label") == "Newton polytope: 3 corners, 4 points of the support"
    assert page.locator(".newton .basis").count() == 3
    assert page.locator(".spectrum .value, .spectrum .zero").count() == 2
    assert page.locator(".squares li").count() == 2
    assert page.locator(".steps li").count() == 2
    page.select_option("#proof select", "1")
    assert page.locator(".spectrum").get_attribute("aria-label") == "The eigenvalue is 1, in floating point"


def test_a_newton_polytope_of_three_variables_is_projected(page):
    choose(page, TEXTS["scheiderer over the reals"])
    assert page.locator(".newton .support").count() == 9
    page.select_option(".axes label:has-text('across') select", label="z")
    page.select_option(".axes label:has-text('up') select", label="y")
    assert page.locator(".axes-note annotation").text_content() == "z,\\ y"


def test_a_false_proof(page):
    assert choose(page, TEXTS["sos"].replace('"12"', '"13"', 1)) == "Not proven"
    assert "at x^2*y^2 they differ by" in page.inner_text(".reason")
    assert page.locator(".theorem").count() == 0


DROP = """text => {
    const data = new DataTransfer();
    data.items.add(new File([text], "dropped.json"));
    for (const type of ["dragenter", "dragover", "drop"]) {
        const options = {dataTransfer: data, bubbles: true, cancelable: true};
        document.getElementById("drop").dispatchEvent(new DragEvent(type, options));
    }
}"""


def test_a_dropped_file(page):
    page.evaluate(DROP, TEXTS["barrier"])
    assert settled(page) == "Proven"
    assert "dropped.json" in page.inner_text(".where")
    assert "none of these sets is empty" in page.inner_text(".theorem")


def test_the_keyboard_alone(page):
    """Tab to the button for texts, paste, tab to the next one; the verdict has the focus and is announced."""
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for wanted in ("file", "paste-toggle"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == wanted
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "text"
    assert page.get_attribute("#paste-toggle", "aria-expanded") == "true"
    page.keyboard.insert_text(TEXTS["negative_point"])
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert settled(page) == "Proven"
    assert page.evaluate("document.activeElement.id") == "verdict"
    assert page.inner_text("#announcer") == "Proven. negative_point: p takes a negative value"
    page.keyboard.press("Tab")  # on, past the proof without controls
    assert page.evaluate("document.activeElement.id") != "verdict"


def test_a_screen_reader_finds_names_and_roles(page):
    choose(page, TEXTS["nonneg"])
    for role, name in [
        ("button", "Paste text"),
        ("button", "Check it"),
        ("combobox", "Or look at an example"),
        ("heading", "Check a proof"),
    ]:
        assert page.get_by_role(role, name=name, exact=True).count() == 1, name
    assert page.get_by_label("Choose a file").count() == 1
    assert page.get_by_role("article", name="Proven").count() == 1
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("select, input, textarea, button")]
            .filter((node) => !node.labels?.length && !node.textContent.trim() && !node.getAttribute("aria-label"))
            .map((node) => node.outerHTML)"""
    )
    assert nameless == []
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map((node) => Number(node.tagName[1]))")
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in itertools.pairwise(levels))
    assert page.locator("svg:not([aria-hidden]):not([role=img])").count() == 0


def test_a_results_file(page):
    records = [
        {"id": "first", "status": "SOS", "over": "Q", "certificate": example("sos")},
        {"id": "second", "status": "NONNEGATIVE", "certificate": example("nonneg")},
        {"id": "third", "status": "SOS", "certificate": example("not_sos")},
        {"id": "fourth", "status": "UNDECIDED", "certificate": None, "error": "no proof in 60 s"},
    ]
    lines = [json.dumps(record) for record in records]
    assert choose(page, f"\n{lines[0]}\n  \n{lines[1]}\r\n{lines[2]}\n{lines[3]}\n{{torn", "results.jsonl") == "Proven"
    assert page.inner_text("#rows-title") == "5 lines: 2 hold, 1 fails, 1 missing, 1 unreadable"
    assert page.locator(".row-place").all_inner_texts() == [
        *("line 2 · first", "line 4 · second", "line 5 · third", "line 6 · fourth", "line 7")
    ]
    assert page.inner_text("#announcer").startswith("5 lines: 2 hold")
    page.get_by_role("button", name=re.compile("line 4")).click()
    assert settled(page) == "Proven"
    assert "id second" in page.inner_text(".where")
    assert "nonneg: p is nonnegative" in page.inner_text(".theorem")
    assert page.evaluate("document.activeElement.id") == "verdict"
    page.select_option("#filter", "FAILS")
    assert page.locator(".row").count() == 1
    page.locator(".row").click()
    assert settled(page) == "Not proven"
    assert "id third" in page.inner_text(".where")


def test_many_lines_are_shown_by_pages(page):
    line = json.dumps({"status": "NEGATIVE", "certificate": example("negative_point")})
    choose(page, "\n".join(300 * [line]))
    assert page.inner_text("#rows-title") == "300 lines: 300 hold"
    assert page.locator(".row").count() == 50
    page.get_by_role("button", name="Show 50 more of 250").click()
    assert page.locator(".row").count() == 100


def test_a_certificate_with_line_breaks(page):
    assert choose(page, json.dumps(example("program"), indent=2)) == "Proven"


INPUTS = {
    "nsos certify": {"id": "a", "polynomial": "x^2 + 1"},
    "nsos control": {"question": "lyapunov", "states": "x"},
    "nsos solve": {"statement": {"variables": ["x"]}},
}


@pytest.mark.parametrize("command", INPUTS)
def test_inputs_are_called_inputs(page, command):
    line = json.dumps(INPUTS[command])
    for text in (line, f"{line}\n{line}", json.dumps(INPUTS[command], indent=1)):
        assert choose(page, text, "inputs.jsonl") == "Inputs, no proofs"
        assert f"{command} FILE -o results.jsonl" in page.inner_text("#proof")
    assert page.inner_text("#announcer").startswith("Inputs, no proofs. This is an input of")


def test_a_polynomial_is_no_certificate(page):
    assert choose(page, "x^2 + 1", "p.txt") == "Unreadable"
    assert "For a polynomial write one with: nsos certify FILE" in page.inner_text(".reason")


def test_long_numbers_have_their_digits_in_theorems(page):
    bound = json.loads(TEXTS["lower_bound"])
    exact = Fraction(bound["bound"]) - Fraction(1, 3**20)
    assert exact.denominator > 10**9
    bound["blocks"].append({"basis": [len(bound["variables"]) * [0]], "denominator": str(3**20), "gram": [[0, 0, "1"]]})
    bound["bound"] = str(exact)
    assert choose(page, json.dumps(bound)) == "Proven"
    assert f"{exact} ≈ {decimal_text(exact, 9, Rounding.DOWN)} for all real x" in page.inner_text(".theorem")


def test_the_theorem_is_set_as_mathematics(page):
    choose(page, TEXTS["state_feedback without bounds"])
    theorem = page.locator(".theorem p").first
    assert theorem.inner_text().startswith("Theorem. With u = -y3 - x")
    assert theorem.locator("sup").all_inner_texts() == ["3"]
    choose(page, TEXTS["state_feedback"])
    assert "{V ≤ 1}" in page.locator(".theorem p").first.inner_text()
    assert "u = -2\u2009x" in page.locator(".theorem p").first.inner_text()


def test_bytes_that_are_no_text(page):
    assert choose(page, b"\xff\xfe\x00") == "Unreadable"
    assert choose(page, b"") == "Unreadable"


MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>"


def test_markup_stays_text(page):
    record = example("sos")
    record["variables"] = [MARKUP, "\\href{javascript:alert(3)}{$%^&~_#"]
    choose(page, json.dumps({"id": MARKUP, "status": "SOS", "certificate": record}), f"{MARKUP}.json")
    assert page.locator("#proof img, #proof script, #proof a").count() == 0
    assert MARKUP in page.inner_text(".where")
    missing = json.dumps({"id": MARKUP, "certificate": None, "status": MARKUP, "error": MARKUP})
    choose(page, f"{missing}\n{missing}")
    assert page.locator("main img, main script").count() == 0
    assert page.locator(".row-reason").first.inner_text().endswith(MARKUP)


FRAMES = """() => {
    window.frames_drawn = 0;
    const count = () => { window.frames_drawn += 1; requestAnimationFrame(count); };
    count();
}"""


def test_a_basis_of_250_leaves_the_page_alive(page):
    page.evaluate(FRAMES)
    page.set_input_files(
        "#file", {"name": "large.json", "mimeType": "application/json", "buffer": large_certificate(250).encode()}
    )
    page.wait_for_selector("#progress-text:has-text('250 × 250')", timeout=60_000)
    assert page.evaluate("document.body.dataset.state") == "checking"
    page.evaluate("window.frames_drawn = 0")
    assert settled(page) == "Proven"
    assert page.evaluate("window.frames_drawn") > 5
    assert int(page.get_attribute("#bar", "data-events")) > 5
    assert "side 250" in page.inner_text(".steps")
    assert page.locator(".spectrum .value").count() == 250


def test_a_check_can_be_cancelled(page):
    page.set_input_files(
        "#file", {"name": "large.json", "mimeType": "application/json", "buffer": large_certificate(250).encode()}
    )
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_selector("body[data-state=idle]")
    assert page.inner_text("#proof") == "Cancelled: what was not checked is not proven."
    assert page.inner_text("#announcer") == "Cancelled. Nothing is proven."
    assert choose(page, TEXTS["sos"]) == "Proven"


EXPECTED = {"A false proof: one digit was changed": "Not proven"}


@pytest.mark.parametrize(("width", "scheme", "step"), [(360, "light", 1), (1280, "dark", 5)])
def test_examples_fit_small_and_large_screens(browser, width, scheme, step):
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    page.goto(PAGE)
    titles = page.locator("#example option").all_inner_texts()
    assert len(titles) > 10
    for title in titles[::step]:
        page.evaluate("document.getElementById('proof').replaceChildren()")
        page.select_option("#example", label=title)
        page.click("#try")
        assert settled(page) == EXPECTED.get(title, "Proven"), title
        assert page.evaluate("document.documentElement.scrollWidth") == width, title
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background))) < 150) == (scheme == "dark")
    context.close()
