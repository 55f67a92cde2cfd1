"""Exact Gram matrices on faces: one polynomial for each way in which a face is found, misreadings, determinism."""

import itertools
import json
import random
import time

import numpy as np
import pytest
from complete_systems import complete_system

from nsos_jax import Polynomial
from nsos_jax.bases.coverage import even_support
from nsos_jax.certificates.kinds.sos import SosCertificate
from nsos_jax.proofs.faces import restrict
from nsos_jax.proofs.faces.face import Face
from nsos_jax.proofs.faces.prove import prove_on_faces
from nsos_jax.proofs.faces.rational import integer_nullspace
from nsos_jax.proofs.gram_system import GramSystem

ROSENBROCK = "+".join(f"100*(x{i + 1} - x{i}^2)^2 + (1 - x{i})^2" for i in range(1, 10))
BOUNDARY = {
    "a rational zero": "(x*y - 1)^2 + (x^2 - 2*y + 1)^2 + (x - y)^2*(x + 3)^2",
    "zeros in number fields": "(x^2 + 3*y^2 - x - 5)^2 + (2*x*y - y^2 + 3*x - 1)^2",
    "no real zero, planted": "(x^2 + y*z - 2)^2 + (y^2 - 3*x*z + x)^2 + (z^2 + x*y - y - 1)^2",
    "a curve of zeros": "(x^2 + y^2 + z^2 - 3)^2 + (x*y - z + 1)^2*(x + 2)^2 + (x^2 + y^2 + z^2 - 3)^2*z^2",
    "a form": "(x^2 - y*z)^2 + (y^2 - x*z)^2 + (z^2 - x*y)^2",
    "zeros at infinity": "(x^2*y - 1)^2 + (x - y)^2*x^2*y^2 + x^4*y^4",
    "Motzkin times |x|^2": "(x^2 + y^2 + z^2)*(x^4*y^2 + x^2*y^4 - 3*x^2*y^2*z^2 + z^6)",
    "several blocks": "(x^2 - 4*y^2)^2 + (x*y - 2*z*w)^2 + (z^2 - w^2)^2 + (x*z - 2*y*w)^2",
    "overlapping cliques": ROSENBROCK,
    "an interior": "x^4 + y^4 + 3*x^2*y^2 + x*y + 1",
}
NOT_SOS = {
    "Robinson": "x^6 + y^6 + 1 - x^4*y^2 - x^4 - x^2*y^4 - y^4 - x^2 - y^2 + 3*x^2*y^2",
    "Scheiderer": "x^4 + x*y^3 + y^4 - 3*x^2*y*z - 4*x*y^2*z + 2*x^2*z^2 + x*z^3 + y*z^3 + z^4",
    "negative by a little": "(x*y - 1)^2 + (x^2 - 2*y + 1)^2 - 1/10^7",
}


def certificate(system, proof):
    made = SosCertificate.create(system.polynomial, proof.exact.blocks(proof.system))
    made.verify()
    return made


@pytest.mark.parametrize("name", BOUNDARY)
def test_boundary_polynomials_are_proven(name):
    system = complete_system(BOUNDARY[name])
    certificate(system, prove_on_faces(system))


@pytest.mark.parametrize("name", NOT_SOS)
def test_what_is_not_sos_over_the_rationals_is_not_proven(name):
    proof = prove_on_faces(complete_system(NOT_SOS[name]))
    assert proof.exact is None
    assert (proof.moments is not None) == (name == "Robinson")


@pytest.mark.parametrize("solver", ["clarabel", "auto"])
def test_other_central_solutions_prove_the_same(solver):
    system = complete_system(BOUNDARY["no real zero, planted"])
    certificate(system, prove_on_faces(system, solver=solver))


def test_the_same_input_gives_the_same_bytes():
    for name in ("zeros in number fields", "several blocks", "overlapping cliques"):
        system = complete_system(BOUNDARY[name])
        first, second = (certificate(system, prove_on_faces(system)).to_json() for _ in range(2))
        assert first == second


def test_renaming_variables_changes_no_outcome():
    text = BOUNDARY["no real zero, planted"]
    for names in itertools.permutations("xyz"):
        renamed = text.translate(str.maketrans("xyz", "".join(names)))
        assert prove_on_faces(complete_system(renamed)).exact is not None


def planted(seed, squares, zeros):
    """A sum of squares of conics with common rational zeros."""
    rng = random.Random(seed)
    monomials = [(i, j) for i in range(3) for j in range(3 - i)]
    points = [(rng.randint(-3, 3), rng.randint(-3, 3)) for _ in range(zeros)]
    rows = np.array([[x**i * y**j for i, j in monomials] for x, y in points], dtype=object).reshape(-1, 6)
    space = integer_nullspace(rows) if zeros else np.eye(6, dtype=int).astype(object)
    total = Polynomial.from_arrays(monomials, [0] * 6)
    for _ in range(squares):
        values = space @ np.array([rng.randint(-5, 5) for _ in range(space.shape[1])], dtype=object)
        square = Polynomial.from_arrays(monomials, [int(v) for v in values])
        total = total + square * square
    return total


@pytest.mark.parametrize("seed", range(12))
def test_planted_sums_of_squares(seed):
    polynomial = planted(seed, 2 + seed % 3, seed % 4)
    system = complete_system(polynomial)
    certificate(system, prove_on_faces(system))


def test_a_misread_kernel_costs_time_only(monkeypatch):
    """Every face is followed by wrong ones: at first a coordinate that must stay is dropped."""
    right, read = restrict.restrictions, restrict.Exposed.read

    def wrong(exposed, zeros, deadline):
        face = exposed.face
        for block in range(len(face.ranges)):
            for column in range(min(face.sizes[block], 3)):
                ranges = list(face.ranges)
                ranges[block] = np.delete(ranges[block], column, axis=1)
                yield Face(face.system, tuple(ranges))
        yield from read(exposed)
        yield from right(exposed, zeros, deadline)

    monkeypatch.setattr("nsos_jax.proofs.faces.prove.restrictions", wrong)
    monkeypatch.setattr(restrict.Exposed, "read", lambda exposed: iter(()))
    for name in ("a rational zero", "a form", "several blocks"):
        system = complete_system(BOUNDARY[name])
        proof = prove_on_faces(system)
        assert proof.faces > 3
        if proof.exact is not None:
            certificate(system, proof)
    assert prove_on_faces(complete_system(NOT_SOS["Scheiderer"])).exact is None


def test_a_deadline_ends_the_search():
    proof = prove_on_faces(complete_system(BOUNDARY["a form"]), deadline=time.monotonic() - 1)
    assert proof.exact is None
    assert "time limit" in proof.outcome


def test_cliques_are_tried_before_the_blocks():
    polynomial = Polynomial.parse(ROSENBROCK)
    system = GramSystem.build(polynomial, even_support(polynomial.exponents))
    assert max(map(len, system.rows)) == 20
    made = certificate(system, prove_on_faces(system))
    assert max(len(block["basis"]) for block in json.loads(made.to_json())["blocks"]) <= 4


@pytest.mark.parametrize("text", [ROSENBROCK, ROSENBROCK + "+ 1/10"])
def test_sparse_and_dense_equations_lead_to_proofs(text, monkeypatch):
    """Chains have few rows here: those of thousands of variables are sparse."""
    monkeypatch.setattr("nsos_jax.proofs.faces.margin.row_pairs.MANY_ROWS", 1)
    monkeypatch.setattr("nsos_jax.proofs.faces.margin.row_pairs.SPARSE", 1.0)
    polynomial = Polynomial.parse(text)
    system = GramSystem.build(polynomial, even_support(polynomial.exponents))
    certificate(system, prove_on_faces(system))
