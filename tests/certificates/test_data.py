"""What others see of certificates: Python's numbers, NumPy's integers, short reprs; python-flint stays inside."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from certificate_examples import TEXTS
from flint import fmpq

from nsos_jax.certificates import (
    AffineTerms,
    Bases,
    Block,
    Certificate,
    EvenPowers,
    Identity,
    ProgramStatement,
    RealField,
    StatedMode,
    StatedObjective,
    StatedSet,
    StatedSystem,
    StatedUnknown,
    Terms,
)
from nsos_jax.certificates.data import as_fraction
from nsos_jax.certificates.kinds.sos_over_field import FieldBlock
from nsos_jax.polynomials import Polynomial

LARGE = 10**40
PARTS = (
    *(Certificate, Terms, Block, RealField, FieldBlock),
    *(ProgramStatement, StatedUnknown, StatedSet, StatedObjective, AffineTerms, Identity, Bases),
    *(StatedSystem, StatedMode, EvenPowers),
)
CERTIFICATES = {
    "sos": f"""{{"format": "nsos-certificate/1", "kind": "sos", "variables": ["x"],
        "polynomial": [["{LARGE}", [2]], ["1/3", [0]]],
        "blocks": [{{"basis": [[1], [0]], "denominator": "3", "gram": [[0, 0, "{3 * LARGE}"], [1, 1, "1"]]}},
                   {{"basis": [], "denominator": "1", "gram": []}}]}}""",
    "near_sos": """{"format": "nsos-certificate/1", "kind": "sos", "variables": ["x"],
        "polynomial": [["1/10", [2]]], "of": [], "epsilon": "1/10",
        "blocks": [{"basis": [[1]], "denominator": "10", "gram": [[0, 0, "1"]]}]}""",
    "negative_point": """{"format": "nsos-certificate/1", "kind": "negative_point", "variables": ["x", "y"],
        "polynomial": [["1", [3, 0]], ["-1", [0, 1]]], "point": ["-2/3", "4"]}""",
    "not_sos": f"""{{"format": "nsos-certificate/1", "kind": "not_sos", "variables": ["x", "y"],
        "polynomial": [["1", [2, 0]], ["-3", [1, 1]], ["1", [0, 2]]], "basis": [[1, 0], [0, 1]],
        "functional": [["1", [2, 0]], ["1", [1, 1]], ["1", [0, 2]]], "halfspaces": [["-1", "{-LARGE}"]]}}""",
}
EVERY = {name: Certificate.from_json(text) for name, text in {**TEXTS, **CERTIFICATES}.items()}
each_kind = pytest.mark.parametrize("certificate", EVERY.values(), ids=EVERY)


def leaves(value: Any) -> list[Any]:
    """All values that are reached from an object by public attributes and by iteration, down to numbers and text."""
    if isinstance(value, np.ndarray):
        return leaves(tuple(value.ravel().tolist()))
    if isinstance(value, tuple | list):
        return [leaf for item in value for leaf in leaves(item)]
    if isinstance(value, Polynomial):
        return leaves(value.coefficients)
    if isinstance(value, dict):
        return leaves([*value.keys(), *value.values()])
    if isinstance(value, PARTS):
        names = [name for name in dir(value) if not name.startswith("_")]
        return [leaf for name in names if not callable(part := getattr(value, name)) for leaf in leaves(part)]
    return [value]


@each_kind
def test_public_values_are_numbers_of_python(certificate):
    certificate.verify()
    found = leaves(certificate)
    assert {type(leaf) for leaf in found} <= {int, bool, Fraction, str, type(None)}
    assert len(found) > 10


def test_points_can_be_computed_with():
    certificate = Certificate.from_json(CERTIFICATES["negative_point"])
    assert certificate.point == (Fraction(-2, 3), 4)
    assert Polynomial.parse("x^3 - y").evaluate(certificate.point) == Fraction(-8, 27) - 4


def test_values_are_those_of_the_file():
    sos, near, _, not_sos = map(Certificate.from_json, CERTIFICATES.values())
    assert sos.polynomial.values == (LARGE, Fraction(1, 3))
    assert sos.blocks[0].gram.tolist() == [[3 * LARGE, 0], [0, 1]]
    assert sos.blocks[0].denominator == 3
    assert near.epsilon == Fraction(1, 10)
    assert near.of.values == ()
    assert not_sos.functional.values == (1, 1, 1)
    assert not_sos.halfspaces == ((-1, -LARGE),)


@pytest.mark.parametrize("certificate", [EVERY[name] for name in CERTIFICATES], ids=CERTIFICATES)
def test_long_numbers_are_written_and_read_again(certificate):
    """Beyond the 4,300 digits at which Python's `str` and `int` stop."""
    values = certificate.to_dict()
    long = "7" * 5000
    for block in values.get("blocks", []):
        block["denominator"] = long
        block["gram"] = [[i, j, long] for i, j, _ in block["gram"]]
    if "halfspaces" in values:
        values["halfspaces"] = [[long, f"-{long}"]]
    values["polynomial"][0][0] = f"{long}/2"
    again = Certificate.from_dict(values)
    assert again.to_dict() == values
    assert again.polynomial.values[0] == Fraction(7 * (10**5000 - 1) // 9, 2)


@each_kind
def test_reprs_are_short(certificate):
    names = ("polynomial", "statement", "blocks")
    owned = [getattr(certificate, name) for name in names if hasattr(certificate, name)]
    parts = [certificate, *(part for one in owned for part in (one if isinstance(one, tuple) else [one]))]
    for part in parts:
        assert len(repr(part)) < 100
        assert "array" not in repr(part)
    assert repr(parts[0]).startswith(f"<{type(certificate).__name__}: ")


def test_reprs_name_sizes():
    certificate = Certificate.from_json(CERTIFICATES["sos"])
    assert repr(certificate) == "<SosCertificate: 2 terms, 1 variable>"
    assert repr(certificate.blocks[0]) == "<Block: 2 monomials>"
    assert repr(certificate.polynomial) == "<Terms: 2 terms, 1 variable>"
    program = EVERY["program on a set"]
    assert repr(program) == "<ProgramCertificate: 2 unknowns, 3 constraints>"
    assert repr(program.statement) == "<ProgramStatement: 2 unknowns, 3 constraints>"


def test_fractions_are_those_of_flint():
    number = fmpq(7**4000, 10**3000)
    assert as_fraction(number) == Fraction(7**4000, 10**3000)
    assert as_fraction(fmpq(0)) == 0
    assert type(as_fraction(fmpq(3)).numerator) is int


@pytest.mark.parametrize("density", [0.05, 1.0])
def test_gram_matrices_on_ranges_with_few_and_many_entries(density):
    rng = np.random.default_rng(0)
    ranges = np.where(rng.random((40, 30)) < density, rng.integers(-3, 4, (40, 30)), 0)
    core = rng.integers(-9, 10, (30, 30)).astype(object) * 2**70
    core = core + core.T
    block = Block(np.arange(40)[:, None], core, 1, ranges)
    assert (block.gram == ranges.astype(object) @ core @ ranges.astype(object).T).all()
