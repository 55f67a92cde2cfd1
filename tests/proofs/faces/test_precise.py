"""Margins that floating point cannot tell from zero."""

import time

import numpy as np
import pytest
from complete_systems import complete_system
from flint import ctx

from nsos_jax import Polynomial, Status, certify
from nsos_jax.certificates import SosCertificate
from nsos_jax.proofs.faces import prove, prove_on_blocks
from nsos_jax.proofs.faces.exact.rounded import precisely_inside
from nsos_jax.proofs.faces.face import Face
from nsos_jax.proofs.faces.margin.central import central_point
from nsos_jax.proofs.faces.margin.equations import FaceEquations
from nsos_jax.proofs.faces.precise.equations import PreciseEquations, floats, numbers

TOUCHING = {
    "rational zeros": "(x^2 + y^2 - 2)^2 + (x*y - 1)^2",
    "zeros in a number field": "(x^2 - 2)^2 + (y^2 - x*y - 1)^2 + x^2*(y^2 - x*y - 1)^2",
    "a curve of zeros": "(x^2 + y^2 - 3)^2 + (x^2 + y^2 - 3)^2*x^2 + x^4*(x^2 + y^2 - 3)^2",
}


def verify(proof):
    SosCertificate.create(proof.system.polynomial, proof.exact.blocks(proof.system)).verify()


def squares(text):
    """The sum of the squares of the basis monomials."""
    system = complete_system(text)
    return "+".join(
        str(Polynomial.from_arrays(2 * row[None], [1], system.polynomial.variables)) for row in system.basis
    )


@pytest.mark.parametrize("digits", [9, 14, 20])
@pytest.mark.parametrize("name", TOUCHING)
def test_just_inside_the_cone(name, digits):
    text = TOUCHING[name]
    verify(prove_on_blocks(complete_system(f"{text} + 1/10^{digits}*({squares(text)})")))


@pytest.mark.parametrize("name", ["rational zeros", "zeros in a number field"])
def test_just_above_zero(name):
    verify(prove_on_blocks(complete_system(f"{TOUCHING[name]} + 1/10^20")))


def test_just_below_zero():
    for text in TOUCHING.values():
        assert prove_on_blocks(complete_system(f"{text} - 1/10^20")).exact is None


def test_scales_and_blocks():
    text = "(x^2 - 2*y^2)^2 + (x*y - 3*z^2)^2 + 1/10^19*(x^4 + y^4 + z^4 + 7*x^2*y^2)"
    verify(prove_on_blocks(complete_system(text)))
    wide = text.replace("x", "(1/1000*x)").replace("z", "(5000*z)")
    verify(prove_on_blocks(complete_system(wide)))


@pytest.mark.parametrize("scale", ["10^18", "1/10^18", "2^60", "1/2^60"])
def test_scales_beyond_what_floats_hold(scale):
    """Gram matrices are symmetric to the last bit, and margins of high powers no floats at all."""
    high = "(X^9 - y)^2 + (X^7 - y)^2 + (X*y - 1)^2 + 1/10^14*(1 + X^2 + y^2 + X^2*y^2 + X^18 + X^16 + X^14)"
    quartic = "(X^2 - 2*y*z - 1)^2 + (y^2 - 3*X*z)^2 + 1/10^19*(1 + X^4 + y^4 + z^4 + X^2 + y^2*z^2)"
    for text in (high, quartic):
        result = certify(Polynomial.parse(text.replace("X", f"({scale}*x)")))
        assert result.status is Status.SOS
        assert result.certificate.verify()


def test_just_inside_a_face():
    text = "(x - 1)^2*((x^2 + y^2 - 2)^2 + (x*y - 1)^2 + 1/10^19*(1 + x^2 + y^2 + x^4 + x^2*y^2 + y^4))"
    system = complete_system(text)
    verify(prove_on_blocks(system))


def test_an_end_of_the_path_exposes_the_kernel():
    system = complete_system(TOUCHING["rational zeros"])
    face = Face.whole(system)
    exact, end = precisely_inside(face, central_point(FaceEquations(face)), np.inf)
    assert exact is None
    assert end.complementarity < 1e-29
    for zero in ([1, 1], [-1, -1]):
        for basis, slack in zip(system.bases, end.slacks, strict=True):
            values = np.prod(np.array(zero) ** basis, axis=1) / np.exp2(basis @ system.scaling.shifts)
            assert abs(values @ slack @ values) < 1e-12 * np.trace(slack)


def test_an_end_that_is_not_reached_exposes_nothing():
    face = Face.whole(complete_system(TOUCHING["rational zeros"]))
    assert precisely_inside(face, central_point(FaceEquations(face)), -np.inf) == (None, None)


def test_no_digits_are_asked_for_without_time(monkeypatch):
    monkeypatch.setattr(prove, "precisely_inside", lambda *_: pytest.fail("there was no time"))
    monkeypatch.setattr(prove, "precise_seconds", lambda _: 1e9)
    text = TOUCHING["rational zeros"]
    system = complete_system(f"{text} + 1/10^16*({squares(text)})")
    assert prove_on_blocks(system, time.monotonic() + 60).exact is None


def test_newton_matrices_are_squares_of_polynomials():
    system = complete_system("(x^2 - 2*y^2)^2 + (x*y - 3*z^2)^2 + x^4 + y^4 + z^4")
    rng = np.random.default_rng(0)
    factors = [rng.normal(size=(len(rows), len(rows))) for rows in system.rows]
    count = len(system.targets)
    expected = np.zeros((count, count))
    for rows, factor in zip(system.rows, factors, strict=True):
        wide = factor @ factor.T
        spread = (rows[:, :, None] == np.arange(count)).astype(float)
        expected += np.einsum("ijr,ik,jl,kls->rs", spread, wide, wide, spread)
    with ctx.workprec(200):
        equations = PreciseEquations(Face.whole(system), range(count), 1.0)
        found = floats(equations.newton_matrix([numbers(factor) for factor in factors], 100))
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_margins_that_floating_point_resolves_are_rounded(monkeypatch):
    monkeypatch.setattr(prove, "precisely_inside", lambda *_: pytest.fail("no more digits are needed"))
    text = TOUCHING["rational zeros"]
    verify(prove_on_blocks(complete_system(f"{text} + 1/10^9*({squares(text)})")))
