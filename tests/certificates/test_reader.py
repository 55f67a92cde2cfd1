"""What is written wrongly is refused, with its place in the file and what was expected there."""

from typing import Any

import pytest

from nsos_jax.certificates import reader
from nsos_jax.certificates.certificate import Certificate
from nsos_jax.certificates.data import InvalidCertificate

SOS: dict[str, Any] = {
    "format": "nsos-certificate/1",
    "kind": "sos",
    "variables": ["x1", "x2"],
    "polynomial": [["4", [4, 0]], ["12", [2, 2]], ["9", [0, 4]]],
    "blocks": [{"basis": [[2, 0], [0, 2]], "denominator": "1", "gram": [[0, 0, "4"], [0, 1, "6"], [1, 1, "9"]]}],
}


def test_the_example_holds():
    assert Certificate.from_dict(SOS).verify() == "sos: 3 terms = 1 block of 2 monomials"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "nsos-certificate/2"}, "format: expected 'nsos-certificate/1', got 'nsos-certificate/2'"),
        ({"kind": "SOS"}, "kind: expected one of sos, .*, got 'SOS'"),
        ({"kind": []}, "kind: expected one of .*, got a list"),
        ({"margin": 1}, "certificate: expected only the keys format, .*, got 'margin'"),
        ({"epsilon": "1"}, "certificate: the key 'of' is missing"),
        ({"variables": ["x", "x"]}, "variables: expected distinct names"),
        ({"variables": ["x", ""]}, r"variables\[1\]: expected a name"),
        ({"variables": ["x", "\ud800"]}, r"variables\[1\]: expected a name"),
        ({"variables": ["x"]}, r"polynomial\[0\]\[1\]: expected 1 items, got 2"),
        ({"polynomial": {}}, "polynomial: expected a list, got an object"),
        ({"polynomial": [["0", [2, 0]]]}, r"polynomial\[0\]\[0\]: expected a coefficient that is not zero"),
        (
            {"polynomial": [["1", [2, 0]], ["1", [2, 0]]]},
            r"polynomial\[1\]\[1\]: the same monomial as in polynomial\[0\]",
        ),
        ({"polynomial": [[4, [2, 0]]]}, r"polynomial\[0\]\[0\]: expected a number as a string .*, got 4"),
        ({"polynomial": [["1/0", [2, 0]]]}, r"polynomial\[0\]\[0\]: expected a positive denominator"),
        ({"polynomial": [["1" * 100_001, [2, 0]]]}, r"polynomial\[0\]\[0\]: expected at most 100000 digits"),
        ({"polynomial": [["1", [2, True]]]}, r"polynomial\[0\]\[1\]: expected integers from 0 to 10000, got True"),
        ({"polynomial": [["1", [2, 10_001]]]}, r"expected integers from 0 to 10000, got 10001"),
        ({"polynomial": [["1", [2, -1]]]}, r"expected integers from 0 to 10000, got -1"),
        ({"polynomial": [["1", [2, 10**5000]]]}, r"got a huge integer"),
        ({"blocks": [{"basis": [[0, 0]], "gram": []}]}, r"blocks\[0\]: the key 'denominator' is missing"),
        ({"blocks": [{"basis": [], "gram": [], "denominator": "-1"}]}, r"blocks\[0\].denominator: expected a positive"),
        ({"blocks": [{"basis": [[1]], "gram": [], "denominator": "1"}]}, r"blocks\[0\].basis\[0\]: expected 2 items"),
    ],
)
def test_messages(change, message):
    with pytest.raises(InvalidCertificate, match=message):
        Certificate.from_dict({**SOS, **change})


@pytest.mark.parametrize(
    ("gram", "message"),
    [
        ([[1, 0, "1"]], "expected indices 0 <= i <= j < 2, got 1 and 0"),
        ([[0, 2, "1"]], "expected indices"),
        ([[False, 1, "1"]], "expected indices .* got False and 1"),
        ([[0, 0, "1"], [0, 0, "1"]], r"gram\[1\]: the entry 0, 0 appears twice"),
        ([[0, 0, "1/2"]], r"gram\[0\]\[2\]: expected an integer"),
        ([[0, 0]], r"gram\[0\]: expected 3 items, got 2"),
    ],
)
def test_gram_messages(gram, message):
    record = {**SOS, "blocks": [{**SOS["blocks"][0], "gram": gram}]}
    with pytest.raises(InvalidCertificate, match=message):
        Certificate.from_dict(record)


def test_all_blocks_together_are_limited():
    basis = [[i, 0] for i in range(reader.MAX_BASIS)]
    block = {"basis": basis, "denominator": "1", "gram": []}
    empty = {"basis": [], "denominator": "1", "gram": []}
    with pytest.raises(InvalidCertificate, match=r"blocks\[2\]: expected at most 9000000 Gram matrix entries in all"):
        Certificate.from_dict({**SOS, "blocks": [block, empty, SOS["blocks"][0], block]})


@pytest.mark.parametrize(
    "text", ["+1", " 1", "1 ", "1.0", "1e3", "1_0", "0x1", "/2", "1/", "1/-2", "--1", "", "１", "1\n"]
)
def test_number_syntax(text):
    record = {"format": SOS["format"], "kind": "negative_point", "variables": ["x"], "polynomial": [], "point": [text]}
    with pytest.raises(InvalidCertificate, match=r"point\[0\]: expected a number as a string"):
        Certificate.from_dict(record)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1,", "NaN", '{"format":Infinity}', "[" * 100_000, '{"a":' * 100_000, '"\0"', "\0", "null", "[]", '"x"'],
    ids=lambda text: ascii(text[:20]),
)
def test_texts_that_are_no_certificates(text):
    with pytest.raises(InvalidCertificate):
        Certificate.from_json(text)


def test_json_details_are_refused():
    text = Certificate.from_dict(SOS).to_json()
    for old, new, message in (
        ("[4,0]", "[4.0,0]", "expected integers"),
        ("[4,0]", "[1e999,0]", "expected integers"),
        ("[4,0]", "[NaN,0]", "the token NaN"),
        ("[4,0]", "[" + "9" * 5000 + ",0]", "JSON integer of 5000 characters"),
        ('"kind"', '"kind":"sos","kind"', "the key 'kind' appears twice"),
    ):
        with pytest.raises(InvalidCertificate, match=message):
            Certificate.from_json(text.replace(old, new, 1))


def test_files_that_are_no_certificates(tmp_path):
    path = tmp_path / "bad.json"
    for content in (b"\xff\xfe{}", "{}".encode("utf-16"), b"", b"\x00" * 100, b"\xef\xbb\xbf{}"):
        path.write_bytes(content)
        with pytest.raises(InvalidCertificate):
            Certificate.load(path)
    with pytest.raises(FileNotFoundError, match=r"missing\.json"):
        Certificate.load(tmp_path / "missing.json")
    with pytest.raises(OSError, match=tmp_path.name):
        Certificate.load(tmp_path)
