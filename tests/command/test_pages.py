"""`nsos report`: all records, checked again, and nothing in a file can add to the page."""

import json
import re
from html.parser import HTMLParser

import pytest
from certificate_examples import TEXTS, example
from command_runs import run

pytestmark = pytest.mark.usefixtures("own_folder")


class Tags(HTMLParser):
    """Counts tags, and fails where one is closed that is not open."""

    def __init__(self, text):
        super().__init__()
        self.open, self.counts = [], {}
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.counts[tag] = self.counts.get(tag, 0) + 1
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def reported(tmp_path, *arguments):
    done = run("report", "results.jsonl", "-o", "out.html", *arguments)
    return done, (tmp_path / "out.html").read_text()


def test_a_page(tmp_path):
    run("certify", "x^2 + y^2", "x^2 - y", "x^2 + z^2 + 1", "-o", "results.jsonl")
    done, text = reported(tmp_path)
    assert done.exit_code == 0, done.output
    tags = Tags(text).counts
    assert tags["details"] == 3
    assert text.count('class="holds"') == 3
    assert "negative_point" in text
    assert "(y)^2" in text
    assert '<td class="about">p = x^2 - y</td>' in text


def test_pictures_are_limited(tmp_path):
    pytest.importorskip("matplotlib").use("Agg")
    run("certify", "x^2 + y^2", "x^2 + z^2 + 1", "x^2", "-o", "results.jsonl")
    assert reported(tmp_path, "--pictures", 1)[1].count("<svg") == 1
    assert reported(tmp_path, "--pictures", 9, "--overwrite")[1].count("<svg") == 2
    assert reported(tmp_path, "--pictures", 0, "--overwrite")[1].count("<svg") == 0


def test_a_page_without_matplotlib_says_so(tmp_path, monkeypatch):
    run("certify", "x^2 + y^2", "-o", "results.jsonl")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    done, text = reported(tmp_path)
    assert (done.exit_code, text.count("<svg")) == (0, 0)
    assert 'no pictures: they need matplotlib, pip install "nsos-jax[plot]"' in done.stderr


def test_the_heading_of_a_folder_is_its_name(tmp_path):
    run("certify", "x^2 + y^2", "-o", "results/")
    run("report", "results/", "-o", "out.html", "--pictures", 0)
    assert "<h1>results</h1>" in (tmp_path / "out.html").read_text()


def test_all_kinds_stand_on_a_page(tmp_path):
    lines = [json.dumps({"id": name, "status": "SOS", "certificate": example(name)}) for name in TEXTS]
    (tmp_path / "results.jsonl").write_text("\n".join(lines))
    _, text = reported(tmp_path, "--pictures", 0)
    assert Tags(text).counts["details"] == len(TEXTS)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("inputs.jsonl", '{"polynomial": "x^2"}\n', "; line 1: holds inputs of nsos certify"),
        ("inputs.csv", "polynomial\nx^2 + 1\nx^2\n", "; line 1: holds inputs of nsos certify"),
        ("others.jsonl", '{"a": 1}\n', "; line 1: expected a certificate"),
        ("empty.jsonl", "", ""),
        ("head.csv", "id,status,certificate\n", ""),
    ],
)
def test_without_records_no_page_is_written(tmp_path, name, content, words):
    (tmp_path / name).write_text(content)
    done = run("report", name, "-o", "out.html")
    assert done.exit_code == 2
    assert f"Error: {name} holds no records, so there is nothing to report{words}" in done.stderr
    assert not (tmp_path / "out.html").exists()


def test_an_empty_folder_has_no_page(tmp_path):
    (tmp_path / "results").mkdir()
    assert "results holds no records" in run("report", "results", "-o", "out.html").stderr


def test_what_does_not_hold_is_marked(tmp_path):
    run("certify", "x^2 + y^2", "x^2 + ", "-o", "results.jsonl")
    path = tmp_path / "results.jsonl"
    path.write_text(path.read_text().replace('"polynomial":[["1"', '"polynomial":[["2"'))
    done, text = reported(tmp_path)
    assert done.exit_code == 1
    assert text.count('class="fails"') == 2
    assert "bad input" in text


def test_markup_in_a_file_stays_text(tmp_path):
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)><!--rows-->"
    record = {"id": evil, "polynomial": evil, "status": evil, "error": evil, "seconds": evil, "certificate": None}
    (tmp_path / "results.jsonl").write_text(json.dumps(record))
    _, text = reported(tmp_path, "--title", evil)
    tags = Tags(text).counts
    assert tags["script"] == 1
    assert "img" not in tags
    assert len(re.findall("alert", text)) == len(re.findall(r"&lt;script&gt;alert|onerror=alert", text))


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        ("", ("-o", "out.html"), "holds no records"),
        ("[1]", ("-o", "out.html"), "expected a JSON object"),
        ("{}", ("-o", "out.pdf"), "ends in .html"),
        ("{}", ("-o", "there.html"), "--overwrite replaces it"),
    ],
)
def test_what_cannot_be_reported(tmp_path, content, arguments, message):
    (tmp_path / "results.jsonl").write_text(content)
    (tmp_path / "there.html").write_text("")
    done = run("report", "results.jsonl", *arguments)
    assert (done.exit_code, message in done.output) == (2, True), done.output


def test_a_missing_file_is_named():
    assert "No such file" in run("report", "none.jsonl", "-o", "out.html").output


def test_the_proof_page_is_copied(tmp_path, monkeypatch):
    done = run("proof-page", "checker")
    assert done.exit_code == 0, done.output
    assert "open checker/index.html in a browser" in done.output
    page = (tmp_path / "checker" / "index.html").read_text()
    sources = re.findall(r'(?:src|href)="([^":#]+)"', page)
    assert len(sources) > 50
    assert all((tmp_path / "checker" / name).is_file() for name in sources)
    assert "--overwrite replaces it" in run("proof-page", "checker").output
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert "no browser was found" in run("proof-page", "checker", "--overwrite", "--open").output
    assert opened == [(tmp_path / "checker" / "index.html").as_uri()]
    (tmp_path / "mine").mkdir()
    done = run("proof-page", "mine", "--overwrite")
    assert (done.exit_code, "exists: choose another name" in done.output) == (2, True)
    assert run("proof-page", "checker/index.html/x").exit_code == 2
