"""Files that are made to drown or crash the checker: refused by a stated limit, or checked in little time and memory.

They run in a process of their own with 3 GiB of address space, where a refusal names a limit or what is wrong.
"""

import json
import subprocess
import sys

import pytest

HEAD = {"format": "nsos-certificate/1", "kind": "sos"}
CHECK = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
from nsos_jax.certificates import Certificate, InvalidCertificate
try:
    print("accepted", Certificate.from_json(sys.stdin.read()).verify())
except InvalidCertificate as error:
    print(type(error).__name__, error)
"""


def check(record):
    run = subprocess.run(
        [sys.executable, "-c", CHECK], input=json.dumps(record), capture_output=True, text=True, timeout=600
    )
    assert run.returncode == 0, run.stderr[-500:]
    return run.stdout


def names(count):
    return [f"x{i}" for i in range(count)]


def units(count, power):
    return [[power * (i == j) for j in range(count)] for i in range(count)]


def test_empty_blocks_with_a_long_denominator():
    blocks = [{"basis": [], "denominator": str(denominator), "gram": []} for denominator in (2**63, 1)]
    assert check({**HEAD, "variables": ["x"], "polynomial": [], "blocks": blocks}).startswith("accepted")


@pytest.mark.parametrize("linked", [False, True])
def test_a_huge_diagonal_entry_beside_a_nearly_singular_block(linked):
    side = 600
    huge = "1" + 90_000 * "0"
    gram = [[0, 0, huge], *([i, i, "2"] for i in range(1, side)), *([i, i + 1, "-1"] for i in range(1, side - 1))]
    middle = [["2", [2 * i]] for i in range(1, side)] + [["-2", [2 * i + 1]] for i in range(1, side - 1)]
    if linked:
        gram.append([0, 1, "1"])
        middle.append(["2", [1]])
    block = {"basis": [[i] for i in range(side)], "denominator": "1", "gram": gram}
    answer = check({**HEAD, "variables": ["x"], "polynomial": [[huge, [0]], *middle], "blocks": [block]})
    assert answer.startswith(f"BeyondLimits a matrix of side {side - 1} with" if linked else "accepted")


def test_monomials_in_many_variables():
    basis = [[(7 * i + 3 * j * j) % 10 + (i if j == 0 else 0) for j in range(1200)] for i in range(3000)]
    empty = {"basis": basis, "denominator": "1", "gram": []}
    assert check({**HEAD, "variables": names(1200), "polynomial": [], "blocks": [empty]}).startswith("accepted")
    record = {**HEAD, "kind": "not_sos", "variables": names(1200), "polynomial": [["-1", 1200 * [0]]]}
    record["basis"] = basis[:700]
    assert check({**record, "functional": [["1", 1200 * [0]]], "halfspaces": []}).startswith("accepted")


@pytest.mark.parametrize(("degree", "words"), [(6, "missing 171700 monomials"), (8, "needs 4071925 candidates")])
def test_many_points_in_many_variables(degree, words):
    polynomial = [["-1", 100 * [0]], *(["1", row] for row in units(100, degree))]
    record = {**HEAD, "kind": "not_sos", "variables": names(100), "polynomial": polynomial, "basis": [100 * [0]]}
    assert words in check({**record, "functional": [["1", 100 * [0]]], "halfspaces": [100 * ["1"]]})


def test_halfspaces_times_terms_times_variables_are_limited():
    polynomial = [["-1", 100 * [0]], *(["1", [2 + (i >> k) % 2 for k in range(100)]] for i in range(2000))]
    weights = [[str((i * k) % 7) for k in range(100)] for i in range(5000)]
    record = {**HEAD, "kind": "not_sos", "variables": names(100), "polynomial": polynomial, "basis": [100 * [0]]}
    answer = check({**record, "functional": [["1", 100 * [0]]], "halfspaces": weights})
    assert answer.startswith(
        "BeyondLimits halfspaces: 5000 of them times 2001 terms times 100 variables is too much work"
    )


def test_many_keys_one_of_them_twice():
    text = "{" + ",".join(f'"{k}":1' for k in range(200_000)) + ',"199999":1}'
    run = subprocess.run([sys.executable, "-c", CHECK], input=text, capture_output=True, text=True, timeout=600)
    assert run.stdout.startswith("InvalidCertificate the key '199999' appears twice")


def test_long_powers_are_limited():
    record = {**HEAD, "kind": "negative_point", "variables": ["x"]}
    polynomial = [["-1", [k]] for k in range(10_001)]
    answer = check({**record, "polynomial": polynomial, "point": ["1" + 700 * "0"]})
    assert answer.startswith("BeyondLimits point: the powers in 10001 terms are too large")


PROGRAM = {"format": "nsos-certificate/1", "kind": "program", "unknowns": [], "values": [], "objective": None}
ANYWHERE = {"inequalities": [], "products": [], "equalities": []}


def program(variables, targets, identities):
    constraints = [{"name": f"c{i}", "kind": "sos", "target": one, **ANYWHERE} for i, one in enumerate(targets)]
    return {**PROGRAM, "variables": variables, "constraints": constraints, "identities": identities}


def test_long_gram_matrices_in_many_constraints():
    block = {"basis": [[i] for i in range(100)], "denominator": "1", "gram": [[0, 0, "1"]]}
    identity = {"blocks": [{"multiplier": -1, **block, "range": 100 * [["7" * 20_000]]}], "cofactors": []}
    answer = check(program(["x"], 6 * [[["1", [0], None]]], 6 * [identity]))
    assert answer.startswith("BeyondLimits range: the Gram matrices of 6 blocks are too long to compute from it")


def test_long_denominators_of_a_target():
    target = [[f"1/{10**4000 + i}", [i], None] for i in range(200)]
    answer = check(program(["x"], [target], [{"blocks": [], "cofactors": []}]))
    assert answer.startswith("BeyondLimits constraints[0].target: expanding 200 products in 0 variables of")


def test_a_long_point_in_many_inequalities():
    record = {"format": "nsos-certificate/1", "kind": "lower_bound_on_set", "variables": ["x"], "polynomial": []}
    one = {"multiplier": -1, "basis": [[0]], "denominator": "1", "gram": [[0, 0, "1"]]}
    record |= {"bound": "-1", "point": ["3/" + "7" * 600], "identity": {"blocks": [one], "cofactors": []}}
    answer = check({**record, **ANYWHERE, "inequalities": 2000 * [[["1", [9000]]]]})
    assert answer.startswith("BeyondLimits point: expanding 1 products in 1 variables of")
