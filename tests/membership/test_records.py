"""Results files are read back with types; what is no record is named by file and line."""

import json
import math
from fractions import Fraction

import pytest
from certificate_examples import example
from click.testing import CliRunner

from nsos_jax import Record, Records, Status, certify, read_results
from nsos_jax.certificates import NegativePointCertificate, SosCertificate
from nsos_jax.command.certifying import KEYS
from nsos_jax.command.cli import main
from nsos_jax.polynomials import Polynomial

INPUTS = [
    {"id": "square", "polynomial": "x^2 - 2*x + 1", "label": 3, "status": "unknown"},
    {"id": 7, "polynomial": "x^2 - 1/2"},
    {"id": "bad", "polynomial": "x +"},
    {"id": ["a", 1], "polynomial": "x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1"},
]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """What the command wrote about INPUTS."""
    folder = tmp_path_factory.mktemp("results")
    (folder / "in.jsonl").write_text("".join(json.dumps(line) + "\n" for line in INPUTS))
    arguments = ["certify", str(folder / "in.jsonl"), "-o", str(folder / "out.jsonl")]
    assert CliRunner(env={"NSOS_CACHE_DIR": ""}).invoke(main, arguments).exit_code == 2
    return folder / "out.jsonl"


def test_records_are_typed(path):
    records = read_results(path)
    square = records["square"]
    assert (square.status, square.proof, square.error) == (Status.SOS, "exact", None)
    assert isinstance(square.certificate, SosCertificate)
    assert square.certificate.verify() == "sos: 3 terms = 1 block of 2 monomials"
    assert square.certificate.squares()
    assert square.margin[0] <= square.margin[1]
    assert (square.basis_size, type(square.proposer), type(square.seconds)) == (2, str, float)
    assert square.extra == {"label": 3, "input_status": "unknown"}
    negative = records[7]
    assert isinstance(negative.certificate, NegativePointCertificate)
    assert Polynomial.parse("x^2 - 1/2").evaluate(negative.certificate.point) < 0
    assert all(isinstance(value, Fraction) for value in negative.certificate.point)
    assert negative.margin == (-math.inf, math.inf)
    assert (records['["a", 1]'].status, records['["a", 1]'].over) == (Status.NOT_SOS, "R")


def test_bad_inputs_have_no_status(path):
    bad = read_results(path)["bad"]
    assert (bad.status, bad.certificate, bad.proof, bad.seconds) == (None, None, None, None)
    assert "column 4: expected a number" in bad.error
    assert bad.place == f"{path}:3"


def test_all_keys_of_the_command_are_read(path):
    """None of ours ends up among those of the input."""
    for record in read_results(path).in_order:
        assert not record.extra.keys() & set(KEYS)
    assert set(KEYS) <= {*Record.__dataclass_fields__}


def test_records_are_in_order_and_by_id(path):
    records = read_results(str(path))
    assert [record.id for record in records.in_order] == ["square", 7, "bad", ["a", 1]]
    assert list(records) == ["square", 7, "bad", '["a", 1]']
    assert len(records) == 4
    with pytest.raises(KeyError):
        records["other"]


def test_results_are_those_of_python(path):
    """A record says what the result for the same polynomial says."""
    result = certify(Polynomial.parse("x^2 - 2*x + 1"))
    record = read_results(path)["square"]
    assert record.status is result.status
    assert record.margin == result.margin
    assert record.certificate.to_dict() == result.certificate.to_dict()


def test_repeated_ids_are_named_when_they_are_looked_up(path, tmp_path):
    twice = tmp_path / "twice.jsonl"
    twice.write_bytes(2 * path.read_bytes())
    records = read_results(twice)
    assert len(records) == 4
    assert len(records.in_order) == 8
    with pytest.raises(
        ValueError, match=rf"the id 7 stands at {twice}:2 and {twice}:6: take the records from `in_order`"
    ):
        records[7]


def test_torn_ends_are_refused_unless_asked_for(path, tmp_path):
    torn = tmp_path / "torn.jsonl"
    content = path.read_bytes()
    torn.write_bytes(content[:-20])
    with pytest.raises(
        ValueError, match=rf"^{torn}:4: not JSON: .*; the line is cut off \(torn_end=True leaves it out\)"
    ):
        read_results(torn)
    assert len(read_results(torn, torn_end=True)) == 3
    torn.write_bytes(content[:-1])  # whole, but for the line break
    assert len(read_results(torn)) == 4
    torn.write_bytes(content[:50] + b"\n" + content)
    with pytest.raises(ValueError, match=rf"^{torn}:1: not JSON"):
        read_results(torn, torn_end=True)


GOOD = {"id": 1, "status": "UNDECIDED", "certificate": None}
POINT = json.loads(NegativePointCertificate.create(Polynomial.parse("x"), [Fraction(-1)]).to_json())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[]", "expected a record of nsos certify .*, got something else"),
        ('{"polynomial": "x"}', "got something else"),
        (json.dumps(POINT), r"got a certificate \(Certificate.load reads it\)"),
        ("\udcff", "not UTF-8"),
        ("[" * 100_000, "nested too deeply"),
        (json.dumps({**GOOD, "status": "yes"}), 'status: got "yes", wanted null or one of SOS, NEGATIVE'),
        (json.dumps({**GOOD, "status": 1}), "status: got 1"),
        (json.dumps({**GOOD, "margin": [1]}), r"margin: got \[1\], wanted two numbers or nulls"),
        (json.dumps({**GOOD, "margin": ["a", 1]}), "margin: got"),
        (json.dumps({**GOOD, "margin": [10**400, None]}), "margin: got"),
        (json.dumps({**GOOD, "margin": [True, None]}), "margin: got"),
        (json.dumps({**GOOD, "basis_size": True}), "basis_size: got true, wanted int or null"),
        (json.dumps({**GOOD, "seconds": "1"}), 'seconds: got "1", wanted a number or null'),
        (json.dumps({**GOOD, "certificate": {}}), "certificate: format: expected"),
        (json.dumps({**GOOD, "certificate": POINT}), "status: got UNDECIDED, its certificate is one of NEGATIVE"),
        (
            json.dumps({**GOOD, "status": "NOT_SOS", "certificate": example("not_sos_over_q")}),
            "status: got NOT_SOS, its certificate is one of NOT_SOS over Q",
        ),
        (
            json.dumps({**GOOD, "status": "SOS", "over": "Q", "certificate": example("sos_over_field")}),
            "status: got SOS over Q, its certificate is one of SOS over R",
        ),
    ],
)
def test_what_is_no_record_is_named(line, message, tmp_path):
    file = tmp_path / "r.jsonl"
    file.write_bytes(json.dumps(GOOD).encode() + b"\n\n" + line.encode("utf-8", "surrogateescape") + b"\n")
    with pytest.raises(ValueError, match=f"^{file}:3: .*{message}"):
        read_results(file)


def test_older_records_lack_keys(tmp_path):
    (tmp_path / "r.jsonl").write_text(json.dumps(GOOD))
    record = read_results(tmp_path / "r.jsonl")[1]
    assert (record.polynomial, record.compile_seconds, record.options) == (None, None, {})
    assert record.margin == (-math.inf, math.inf)


def test_missing_files_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.jsonl"):
        read_results(tmp_path / "none.jsonl")


def test_reprs_are_short(path):
    records = read_results(path)
    assert repr(records) == "<Records: 4 records>"
    for record in records.in_order:
        assert len(repr(record)) <= 110
    long = Record("f" * 500, "i" * 500, Status.SOS)
    assert len(repr(long)) <= 110
    assert isinstance(records, Records)


def test_folders_and_tables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    texts = ["x^2 + 1", "x^2 - 1", "x^"]
    run(main, ["certify", *texts, "-o", "results.jsonl"])
    run(main, ["certify", *texts, "-o", "folder/"])
    wanted = read_results("results.jsonl")
    assert [record.status for record in wanted.in_order] == ["SOS", "NEGATIVE", None]
    for name in ("folder", "results.csv", "results.tsv"):
        if name != "folder":
            assert run(main, ["convert", "results.jsonl", name]).exit_code == 0
        records = read_results(name)
        for one, other in zip(records.in_order, wanted.in_order, strict=True):
            assert (one.id, one.status, one.polynomial, one.margin) == (
                other.id,
                other.status,
                other.polynomial,
                other.margin,
            )
            assert one.extra == other.extra == {}
            assert (one.certificate is None) == (other.certificate is None)
            assert one.certificate is None or one.certificate.verify()
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="a folder without results"):
        read_results("empty")
    (tmp_path / "other.csv").write_text("id,status\n1,SOS\n")
    with pytest.raises(ValueError, match=r"other\.csv:1: expected a record"):
        read_results("other.csv")
    (tmp_path / "bad.csv").write_text("id,id\n1,SOS\n")
    with pytest.raises(ValueError, match=r"bad\.csv: two columns"):
        read_results("bad.csv")
