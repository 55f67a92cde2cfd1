"""The checker and `scripts/check_certificate.py`, which share no code, agree on every kind and on mutations."""

import importlib.util
import itertools
import json
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest
from certificate_examples import TEXTS, example, mutation
from control_examples import known_set
from flint import fmpz_poly

from nsos_jax.certificates.certificate import Certificate
from nsos_jax.certificates.data import InvalidCertificate
from nsos_jax.certificates.files import StoredCertificate, read_certificates
from nsos_jax.certificates.kinds import KINDS
from nsos_jax.certificates.kinds.near_sos import NearSosCertificate

SCRIPT = Path(__file__).parents[2] / "scripts" / "check_certificate.py"


def load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_certificate", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


second = load_script()
STATUSES = (
    *("SOS", "NEAR_SOS", "NOT_SOS", "NEGATIVE", "NONNEGATIVE"),
    *("BOUNDED", "EMPTY", "FEASIBLE", "INFEASIBLE", "OPTIMAL"),
)


def holds(record: object) -> bool:
    try:
        Certificate.from_dict(record).verify()
    except InvalidCertificate:
        return False
    return True


@pytest.mark.parametrize("name", TEXTS)
def test_both_accept_every_kind(name):
    assert holds(example(name))
    assert second.judge(TEXTS[name])[0] == "holds"


FALSE = {
    "0 * (-x^2) = 0": """{"format": "nsos-certificate/1", "kind": "nonneg", "variables": ["x"],
        "polynomial": [["-1", [2]]], "sos_multiplier": {"blocks": []}, "product": {"blocks": []}}""",
    "x^2 + y^2 and a reducible field": """{"format": "nsos-certificate/1", "kind": "not_sos_over_q",
        "variables": ["x", "y"], "polynomial": [["1", [2, 0]], ["1", [0, 2]]],
        "field": {"minimal_polynomial": ["-1", "1", "-1", "1"], "interval": ["1/2", "2"]},
        "zero": [["1/2", "0", "-1/2"], ["-1/2", "1", "-1/2"]],
        "basis": [[1, 0], [0, 1]], "halfspaces": [], "functional": null}""",
    "x^2 + y^2 and a complex zero": """{"format": "nsos-certificate/1", "kind": "not_sos_over_q",
        "variables": ["x", "y"], "polynomial": [["1", [2, 0]], ["1", [0, 2]]],
        "field": {"minimal_polynomial": ["1", "0", "1"], "interval": ["-9", "9"]}, "zero": [["1"], ["0", "1"]],
        "basis": [[1, 0], [0, 1]], "halfspaces": [], "functional": null}""",
    "no field at all": """{"format": "nsos-certificate/1", "kind": "not_sos_over_q",
        "variables": ["x"], "polynomial": [["-1", [2]]], "field": null, "zero": null,
        "basis": [[1]], "halfspaces": [], "functional": [["1", [2]]]}""",
    "x^2 - 2 x y over Q(sqrt 2)": """{"format": "nsos-certificate/1", "kind": "sos_over_field",
        "variables": ["x", "y"], "polynomial": [["1", [2, 0]], ["-2", [1, 1]]],
        "field": {"minimal_polynomial": ["-2", "0", "1"], "interval": ["1", "2"]},
        "blocks": [{"basis": [[1, 0], [0, 1]], "gram": [[0, 0, ["1", "0"]], [0, 1, ["-1", "0"]]]}]}""",
    "-x^2 on a range": """{"format": "nsos-certificate/1", "kind": "sos", "variables": ["x"],
        "polynomial": [["-1", [2]]],
        "blocks": [{"basis": [[1]], "range": [["1"]], "denominator": "1", "gram": [[0, 0, "-1"]]}]}""",
}


@pytest.mark.parametrize("name", FALSE)
def test_both_refuse_false_proofs(name):
    assert not holds(json.loads(FALSE[name]))
    assert second.judge(FALSE[name])[0] == "FAILS"


def test_every_kind_has_an_example():
    assert {example(name)["kind"] for name in TEXTS} == set(second.KINDS)


@pytest.mark.parametrize("count", [3000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_they_agree_on_mutations(count):
    verdicts: Counter[tuple[str, bool]] = Counter()
    for seed in range(count):
        name, record = mutation(random.Random(seed))
        both = holds(record), second.judge(json.dumps(record))[0] == "holds"
        assert both[0] == both[1], (seed, both, record)
        verdicts[name, both[0]] += 1
    each = count / len(TEXTS)
    assert all(verdicts[name, True] > each / 50 and verdicts[name, False] > each / 4 for name in TEXTS), verdicts


@pytest.mark.parametrize("name", TEXTS)
def test_they_agree_on_what_a_record_may_claim(name):
    statuses = (*STATUSES, "", None, 3, ["SOS"])
    for status, over in itertools.product(statuses, ("Q", "R", None, "", 1)):
        record = {"status": status, "over": over, "certificate": example(name)}
        first = StoredCertificate("here", values=record["certificate"], status=status, over=over).check()[0]
        assert second.judge(json.dumps(record))[0] == first, (status, over)


def test_claims_over_q_and_r():
    """SOS over Q is SOS over R, NOT_SOS over R is NOT_SOS over Q, and not the other way round."""
    allowed = {
        ("sos", "SOS", None),
        ("sos", "SOS", "Q"),
        ("sos", "SOS", "R"),
        ("sos_over_field", "SOS", None),
        ("sos_over_field", "SOS", "R"),
        ("not_sos", "NOT_SOS", None),
        ("not_sos", "NOT_SOS", "Q"),
        ("not_sos", "NOT_SOS", "R"),
        ("not_sos_over_q", "NOT_SOS", "Q"),
        ("nonneg", "NONNEGATIVE", None),
        ("near_sos", "NEAR_SOS", None),
        ("negative_point", "NEGATIVE", None),
        ("lower_bound", "BOUNDED", None),
        ("lower_bound_on_set", "BOUNDED", None),
        ("empty_set", "EMPTY", None),
        ("program", "FEASIBLE", None),
        ("infeasible_program", "INFEASIBLE", None),
        ("program_bound", "BOUNDED", None),
        ("lyapunov", "FEASIBLE", None),
        ("region_of_attraction", "FEASIBLE", None),
        ("barrier", "FEASIBLE", None),
        ("reach_avoid", "FEASIBLE", None),
        ("dissipation", "FEASIBLE", None),
        ("state_feedback", "FEASIBLE", None),
        ("joint_spectral_radius", "BOUNDED", None),
    }
    kinds = (*KINDS.values(), NearSosCertificate)
    found = {(k.kind, s, o) for k in kinds for s in STATUSES for o in ("Q", "R", None) if k.proves(s, o)}
    assert found == allowed


def test_irreducible_polynomials_are_told_from_others():
    """By values at integers, as flint does by factoring; also x^2 + x + 4, whose values are even, and contents."""
    rng = random.Random(5)
    known = [
        [4, 1, 1],
        [-2, 0, 1],
        [6, 0, 6],
        [1, 0, 0, 0, 1],
        [1, 0, -10, 0, 1],
        [4, 0, 0, 0, 1],
        [-1, 0, 1],
        [0, 7],
        [0, 0, 1],
    ]
    drawn = [[rng.randint(-9, 9) for _ in range(rng.randint(1, 8))] + [rng.randint(1, 9)] for _ in range(300)]
    squares = [list(map(int, (fmpz_poly(m) * fmpz_poly(m)).coeffs())) for m in drawn if len(m) < 5]
    counts = Counter()
    for m in known + drawn + squares:
        factors = fmpz_poly(m).factor()[1]
        expected = len(factors) == 1 and factors[0][1] == 1
        assert second.is_irreducible(m) == expected, m
        counts[expected] += 1
    assert min(counts.values()) > 50


def test_the_command(tmp_path):
    """Verdicts, places and exit statuses are those of `nsos verify`; a certificate may have line breaks."""
    records = [
        {"status": "SOS", "over": "Q", "certificate": example("sos")},
        {"status": "UNDECIDED", "certificate": None, "error": "time"},
        {"status": "SOS", "certificate": example("not_sos")},
    ]
    files = {
        "good.json": json.dumps(example("nonneg"), indent=1),
        "results.jsonl": "".join(json.dumps(record) + "\n\n" for record in records),
        "torn.jsonl": json.dumps(records[0]) + "\n" + '{"status"',
        "empty.json": "",
        "long.json": TEXTS["negative_point"].replace("-2/3", "-" + "7" * 10_000),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    expected = {
        "good.json": (0, ["holds"]),
        "results.jsonl": (1, ["holds", "missing", "FAILS"]),
        "torn.jsonl": (2, ["holds", "unreadable"]),
        "empty.json": (2, ["unreadable"]),
        "long.json": (0, ["holds"]),
        "none.json": (2, ["unreadable"]),
    }
    for name, (status, verdicts) in expected.items():
        command = [sys.executable, "-I", "-S", str(SCRIPT), str(tmp_path / name)]  # -S: the standard library alone
        done = subprocess.run(command, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (status, "")
        assert [line.split()[0] for line in done.stdout.splitlines()] == verdicts
        assert verdicts == [stored.check()[0] for stored in read_certificates(str(tmp_path / name))]


def test_the_file_stays_short():
    assert len(SCRIPT.read_text().splitlines()) < 1000


FREE = {"inequalities": [], "products": [], "equalities": []}
SCALAR = {"variables": [], "unknowns": [{"name": "a", "monomials": [[]]}]}
AT_LEAST_ONE = {"name": "c", "kind": "sos", "target": [["1", [], [0, 0]], ["-1", [], None]], **FREE}
TWO = {"multiplier": -1, "basis": [[]], "denominator": "1", "gram": [[0, 0, "2"]]}
NOTHING = {"variables": ["x"], "unknowns": [{"name": "e", "monomials": []}], "objective": None}
ONE_IS_ZERO = {"name": "c", "kind": "zero", "target": [["1", [0], None]], **FREE}
SMALL = {
    "a program without variables": {"kind": "program", **SCALAR, "constraints": [AT_LEAST_ONE], "objective": None}
    | {"values": [["3"]], "identities": [{"blocks": [TWO], "cofactors": []}]},
    "its bound": {"kind": "program_bound", **SCALAR, "constraints": [AT_LEAST_ONE], "bound": "1"}
    | {"objective": {"sense": "minimize", "terms": [["1", [0, 0]]], "constant": "0"}}
    | {"bases": [{"squares": [[[]]], "cofactors": []}], "functionals": [[["1", []]]]},
    "1 = 0, with an unknown that has no coefficients": {"kind": "infeasible_program", **NOTHING}
    | {"constraints": [ONE_IS_ZERO], "bases": [[]], "functionals": [[["-1", [0]]]]},
    "no basis at all": {"kind": "infeasible_program", **NOTHING, "constraints": [{**ONE_IS_ZERO, "kind": "sos"}]}
    | {"bases": [{"squares": [[]], "cofactors": []}], "functionals": [[["-1", [0]]]]},
    "the zero polynomial on 0 >= 0 and 0 = 0": {"kind": "lower_bound_on_set", "variables": ["x"], "polynomial": []}
    | {"bound": "0", "inequalities": [[]], "products": [[0]], "equalities": [[]], "point": ["1"]}
    | {"identity": {"blocks": [], "cofactors": [[["5", [1]]]]}},
}


@pytest.mark.parametrize("name", SMALL)
def test_both_accept_the_smallest(name):
    record = {"format": "nsos-certificate/1", **SMALL[name]}
    assert holds(record)
    assert second.judge(json.dumps(record))[0] == "holds"


PAGE = Path(__file__).parents[2] / "docs" / "control-certificates.md"
BLOCKS = re.findall(r"```json\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("text", BLOCKS, ids=lambda text: json.loads(text)["kind"])
def test_both_accept_the_examples_of_the_page_on_control(text):
    assert holds(json.loads(text))
    assert second.judge(text)[0] == "holds"


def test_the_page_on_control_has_an_example_of_each_kind():
    kinds = [kind for kind, (_, keys, _) in second.KINDS.items() if keys[0] in ("system", "inputs", "matrices")]
    assert [json.loads(text)["kind"] for text in BLOCKS] == kinds


@pytest.mark.parametrize(
    ("name", "names"), [("dissipation with a supply rate", "x u"), ("barrier of a map", "x p"), ("barrier", "x d")]
)
def test_both_refuse_domains_without_the_states_that_are_named(name, names):
    """The equilibrium of a storage function, members of initial and unsafe sets."""
    record = example(name)
    record["domain"] = known_set(names, ("x - 1",))
    assert not holds(record)
    verdict, reason = second.judge(json.dumps(record))
    assert verdict == "FAILS"
    assert "domain" in reason


def test_a_closed_pipe_is_quiet(tmp_path):
    lines = [json.dumps(example(name)) for name in TEXTS] * 3
    (tmp_path / "many.jsonl").write_text("\n".join(lines))
    command = f"{sys.executable} {SCRIPT} {tmp_path / 'many.jsonl'} | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stderr == ""
