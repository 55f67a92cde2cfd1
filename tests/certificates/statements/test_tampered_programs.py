"""Certificates about bounds, sets and programs that were tampered with are refused, with the place and the reason."""

import json
from typing import Any

import pytest
from certificate_examples import example
from program_examples import TEXTS

from nsos_jax.certificates.certificate import Certificate
from nsos_jax.certificates.data import InvalidCertificate

SET, PROGRAM, FORM = "lower_bound_on_set", "program on a set", "program"
NONE, REFUTED, BOUND = "infeasible_program", "infeasible_program on a set", "program_bound from below"
DROP = object()
EMPTY = {"basis": [], "denominator": "1", "gram": []}
HUGE = "9" * 40

TAMPERED = [
    # what is stated
    (PROGRAM, "unknowns.0.name", "gamma", r"unknowns\[1\].name: the same name as that of unknowns\[0\]"),
    (PROGRAM, "unknowns.0.monomials.1", [2, 0], r"unknowns\[0\].monomials\[1\]: the same monomial as in"),
    (PROGRAM, "unknowns.0.monomials.1", [2], r"unknowns\[0\].monomials\[1\]: expected 2 items, got 1"),
    (PROGRAM, "constraints.0.name", "", r"constraints\[0\].name: expected a name of 1 to 100 printable characters"),
    (PROGRAM, "constraints.0.name", "tied", r"constraints\[2\].name: the same name as that of constraints\[0\]"),
    (PROGRAM, "constraints.0.kind", "psd", r"constraints\[0\].kind: expected sos or zero, got 'psd'"),
    (PROGRAM, "constraints.0.kind", ["sos"], r"constraints\[0\].kind: expected sos or zero, got a list"),
    (PROGRAM, "constraints.1.kind", "zero", r"constraints\[1\].inequalities: expected none, for the target is to be"),
    (PROGRAM, "constraints.2.equalities", [[]], r"constraints\[2\].equalities: expected none"),
    (PROGRAM, "constraints.1.target.0.2", [2, 0], r"constraints\[1\].target\[0\]\[2\]: expected an unknown from 0"),
    (PROGRAM, "constraints.1.target.0.2", [1, 1], r"target\[0\]\[2\]: expected a coefficient of unknown 1 from 0 to 0"),
    (PROGRAM, "constraints.1.target.0.2", [-1, -1], r"target\[0\]\[2\]: expected the index of an unknown"),
    (PROGRAM, "constraints.1.target.0.2", [True, 0], r"target\[0\]\[2\]: expected the index of an unknown"),
    (PROGRAM, "constraints.1.target.0.2", [0], r"target\[0\]\[2\]: expected 2 items, got 1"),
    (PROGRAM, "constraints.1.target.2", ["-1", [2, 0], [0, 0]], r"target\[2\]: this monomial with this unknown"),
    (PROGRAM, "constraints.1.target.0.0", "0", r"target\[0\]\[0\]: expected a coefficient that is not zero"),
    (PROGRAM, "constraints.1.target.0.0", "1/0", r"target\[0\]\[0\]: expected a positive denominator"),
    (PROGRAM, "constraints.1.target.0.0", 1, r"target\[0\]\[0\]: expected a number as a string"),
    (PROGRAM, "constraints.1.products.0", [], r"constraints\[1\].products\[0\]: expected the indices of one or more"),
    (PROGRAM, "constraints.1.products.0", [2], r"constraints\[1\].products\[0\]: expected inequalities from 0 to 1"),
    (PROGRAM, "constraints.1.products.0", [-1], r"constraints\[1\].products\[0\]: expected inequalities from 0 to 1"),
    (PROGRAM, "constraints.1.products.0", ["0"], r"constraints\[1\].products\[0\]: expected indices of inequalities"),
    (PROGRAM, "constraints.1.products.0", 101 * [0], r"constraints\[1\].products\[0\]: expected at most 100 items"),
    (PROGRAM, "constraints.1.inequalities.1", [["0", [1, 0]]], r"constraints\[1\].inequalities\[1\]\[0\]\[0\]:"),
    (PROGRAM, "constraints.1.bound", "1", r"constraints\[1\]: expected only the keys"),
    (PROGRAM, "objective.sense", "min", "objective.sense: expected maximize or minimize, got 'min'"),
    (PROGRAM, "objective.terms.0.1", [7, 0], r"objective.terms\[0\]\[1\]: expected an unknown from 0 to 1, got 7"),
    (PROGRAM, "objective.terms", [["1", [1, 0]], ["1", [1, 0]]], r"objective.terms\[1\]: this unknown appears twice"),
    (PROGRAM, "objective.terms.0.0", "0", r"objective.terms\[0\]\[0\]: expected a coefficient that is not zero"),
    (PROGRAM, "objective", [], "objective: expected an object, got a list"),
    (PROGRAM, "objective", DROP, "certificate: the key 'objective' is missing"),
    # values and identities
    (PROGRAM, "values.0", ["2"], r"values\[0\]: expected 2 items, got 1"),
    (PROGRAM, "values", [["2", "3"]], "values: expected 2 items, got 1"),
    (PROGRAM, "values.0.0", "1/0", r"values\[0\]\[0\]: expected a positive denominator"),
    (PROGRAM, "values.1.0", "4", r"constraints\[1\].target - other summands\[\d\], 1: expected 0, .* got 1"),
    (PROGRAM, "values.0", ["4", "6"], r"constraints\[0\].target\[\d\], "),
    (PROGRAM, "constraints.2.target.0.0", "4", r"constraints\[2\].target: expected the zero polynomial, 1 has the"),
    (PROGRAM, "identities.2.blocks", [{"multiplier": -1, **EMPTY}], r"identities\[2\]: expected no blocks and"),
    (PROGRAM, "identities", [], "identities: expected 3 items, got 0"),
    (PROGRAM, "identities.0.blocks", [], r"constraints\[0\].target\[0\], .*: expected 0, the sum of the blocks, got"),
    (PROGRAM, "identities.0.blocks.0.multiplier", 0, r"identities\[0\].blocks\[0\].multiplier: expected -1 or the"),
    (PROGRAM, "identities.0.blocks.0.multiplier", "V", r"identities\[0\].blocks\[0\]: expected an object with an"),
    (PROGRAM, "identities.0.blocks.0.multiplier", DROP, r"identities\[0\].blocks\[0\]: expected an object with an"),
    (PROGRAM, "identities.1.blocks.0.multiplier", 2, r"blocks\[0\].multiplier: expected -1 or the index of a"),
    (PROGRAM, "identities.1.blocks.0.multiplier", -2, r"blocks\[0\].multiplier: expected -1 or the index of a product"),
    (PROGRAM, "identities.1.blocks.0.multiplier", 1, r"identities\[1\].blocks of multiplier -1: |target - other"),
    (PROGRAM, "identities.1.blocks.0.denominator", "0", r"blocks\[0\].denominator: expected a positive integer"),
    (PROGRAM, "identities.1.cofactors", [], r"identities\[1\].cofactors: expected 1, one for each equality, got 0"),
    (PROGRAM, "identities.1.cofactors", [[], []], r"identities\[1\].cofactors: expected 1, one for each equality,"),
    (PROGRAM, "identities.1.cofactors.0", [], "other summands"),
    (PROGRAM, "identities.0.cofactors", [[]], r"identities\[0\].cofactors: expected 0, one for each equality, got 1"),
    (FORM, "values.0.0", "3", r"constraints\[0\].target\[\d\], x\*y: expected 2, the sum of the blocks, got 3"),
    (FORM, "identities.0.blocks.0.gram.1.2", "2", r"constraints\[0\].target\[\d\], x\*y: expected 4, .* got 2"),
    # functionals
    (NONE, "functionals.0", [["1", [0, 2]], ["-1", [1, 0]], ["-1", [2, 0]]], "moment matrix on the basis of s_0"),
    (NONE, "functionals.0", [["1", [0, 2]], ["1", [2, 0]]], "functionals: at the coefficient of s at 1 expected a"),
    (NONE, "functionals.0", [], "functionals: expected a negative sum over all targets, it is 0"),
    (NONE, "functionals", [], "functionals: expected 1 items, got 0"),
    (NONE, "functionals.0", [["1", [0, 2]], ["1", [0, 2]]], r"functionals\[0\]\[1\]\[1\]: the same monomial as in"),
    (NONE, "bases.0", [], r"bases\[0\]: expected the bases of a constraint of kind sos"),
    (NONE, "bases.0.squares", [], r"bases\[0\].squares: expected 1 bases, got 0"),
    (NONE, "bases.0.cofactors", [[]], r"bases\[0\].cofactors: expected 0 bases, got 1"),
    (NONE, "constraints.0.target.1.0", "1", "functionals: expected a negative sum over all targets, it is 1"),
    (REFUTED, "functionals.0.2.0", "2", r"functionals\[0\]: expected a positive semidefinite .* of products\[0\]"),
    (REFUTED, "functionals.0.3.0", "2", r"functionals\[0\]: expected 0 at equalities\[0\] times the monomial"),
    (REFUTED, "functionals.1.0.0", "1", "functionals: at the coefficient of b at 1 expected a sum of 0 over all"),
    (REFUTED, "functionals.2", [], "functionals: at the coefficient of a at 1 expected a sum of 0 over all"),
    (REFUTED, "bases.2", {"squares": [[]], "cofactors": []}, r"bases\[2\]: expected none"),
    (REFUTED, "bases.2", False, r"bases\[2\]: expected an object, got False"),
    (REFUTED, "bases.0.squares", [[[0], [1]], [[0]]], r"bases\[0\].squares: expected 3 bases, got 2"),
    (REFUTED, "bases.0.cofactors", [], r"bases\[0\].cofactors: expected 1 bases, got 0"),
    (BOUND, "bound", "31/10", "bound: expected 3 or less, got 31/10"),
    (BOUND, "objective.constant", "0", "bound: expected 2 or less, got 5/2"),
    (BOUND, "objective.sense", "maximize", "functionals: at the coefficient of gamma at 1 expected a sum of -2"),
    (BOUND, "objective.terms.0.0", "3", "functionals: at the coefficient of gamma at 1 expected a sum of 3 over all"),
    (BOUND, "objective", None, "objective: expected one, got none"),
    ("program_bound", "bound", "19/10", "bound: expected 2 or more, got 19/10"),
    # bounds and sets
    ("lower_bound", "bound", "-9/10", r"polynomial - bound"),
    ("lower_bound", "point", ["0"], "point: expected 2 items, got 1"),
    ("lower_bound", "point", DROP, "certificate: the key 'point' is missing"),
    (SET, "bound", "3", "polynomial - bound - other summands"),
    (SET, "point", ["3", "-1"], r"point: expected inequalities\[1\] >= 0 there, it is -1"),
    (SET, "point", ["2", "1"], r"point: expected equalities\[0\] = 0 there, it is 1"),
    (SET, "identity.blocks.0.gram.1.2", "-2", "polynomial - bound - other summands"),
    (SET, "identity.blocks.0.multiplier", 0, "polynomial - bound - other summands"),
    (SET, "equalities.0.2.0", "-3", "polynomial - bound - other summands"),
    (SET, "products.1", [2], r"products\[1\]: expected inequalities from 0 to 1, got 2"),
    ("empty_set", "identity.blocks.0.gram.0.2", "-1", "-1 - other summands|positive semidefinite"),
    ("empty_set", "inequalities.1.1.0", "1", "-1 - other summands"),
    ("empty_set", "identity.blocks", [], r"-1\[0\], 1: expected 0, the sum of the blocks, got -1"),
    ("empty_set of an equation", "equalities.0.1.0", "-1", "-1 - other summands"),
]  # fmt: skip


def tampered(name: str, path: str, value: Any) -> dict[str, Any]:
    """The example with another value, or none, at a place."""
    record = example(name)
    box: Any = record
    *keys, last = (int(key) if key.isdigit() else key for key in path.split("."))
    for key in keys:
        box = box[key]
    if value is DROP:
        del box[last]
    else:
        box[last] = value
    return record


@pytest.mark.parametrize(("name", "path", "value", "message"), TAMPERED)
def test_tampered_certificates_are_refused(name, path, value, message):
    with pytest.raises(InvalidCertificate, match=message):
        Certificate.from_dict(tampered(name, path, value)).verify()


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        (SET, "identity.blocks.1", {"multiplier": 1, "basis": [[0, 0]], "denominator": "1", "gram": [[0, 0, "-1"]]}),
        (PROGRAM, "identities.1.blocks.0.gram.0.2", "-5"),
        (PROGRAM, "identities.0.blocks.0.gram.0.2", "-1"),
    ],
)
def test_no_matrix_goes_unseen(name, path, value):
    """Each example with a matrix that is not PSD, and the statement changed so that the identity holds."""
    record = tampered(name, path, value)
    if name == SET:
        record["polynomial"] = [["1", [2, 0]], ["1", [0, 2]], ["-1", [1, 1]]]
    elif path.startswith("identities.1"):
        record["constraints"][1]["target"] += [["-5", [0, 0], None], ["5", [2, 0], None], ["5", [0, 2], None]]
    else:
        record["constraints"][0]["target"][2][0] = "-3"
    with pytest.raises(InvalidCertificate, match=r"gram: expected a positive semidefinite matrix"):
        Certificate.from_dict(record).verify()


@pytest.mark.parametrize("name", TEXTS)
def test_an_easier_problem_does_not_pass(name):
    """Evidence that proves one program proves no other: each constraint with a target made smaller everywhere."""
    record = example(name)
    if record["kind"] == "program":
        for j, constraint in enumerate(record["constraints"]):
            changed = json.loads(json.dumps(record))
            changed["constraints"][j]["target"].append(["-1/1000", [8] * len(record["variables"]), None])
            with pytest.raises(InvalidCertificate, match=rf"constraints\[{j}\].target"):
                Certificate.from_dict(changed).verify()
            assert constraint["name"]
    elif "identity" in record:
        record["identity"]["blocks"].pop(0)
        with pytest.raises(InvalidCertificate, match=r"other summands|the sum of the blocks"):
            Certificate.from_dict(record).verify()


def test_more_than_the_limits_is_refused():
    """Products that would take too long, and too many entries of Gram and moment matrices."""
    record = example("lower_bound_on_set with a multiplier")
    record["inequalities"] = [[["1", [i]] for i in range(4000)]]
    record["products"] = [100 * [0]]
    record["identity"]["blocks"][1]["gram"] = [[0, 0, "1"]]
    with pytest.raises(InvalidCertificate, match=r"products\[0\]: expanding .* is too much work"):
        Certificate.from_dict(record).verify()
    record = example("program on a set")
    basis = [[i, 0] for i in range(3000)]
    for identity in record["identities"]:
        identity["blocks"] = [{"multiplier": -1, "basis": basis, "denominator": "1", "gram": []}]
    with pytest.raises(InvalidCertificate, match=r"identities\[1\].blocks\[0\]: expected at most 9000000 Gram matrix"):
        Certificate.from_dict(record)
    record = example("infeasible_program on a set")
    for bases in record["bases"][:2]:
        bases["squares"][0] = [[i] for i in range(3000)]
    with pytest.raises(InvalidCertificate, match="bases: expected at most 9000000 entries of all moment matrices"):
        Certificate.from_dict(record)


def test_long_numbers_hold():
    """A scale beyond 64 bits changes nothing."""
    record = example("infeasible_program on a set")
    for functional in record["functionals"]:
        for term in functional:
            term[0] = f"{HUGE}" if term[0] == "1" else f"{'-' * term[0].startswith('-')}{HUGE}/2"
    assert (
        Certificate.from_dict(record).verify().endswith(f"add up to a negative number of {int(HUGE).bit_length()} bits")
    )
