"""`lyapunov_family`: members as if asked alone, margins and their gradients, bad parameters."""

from fractions import Fraction

import jax
import numpy as np
import pytest
from control_cases import check_file

from nsos_jax import control
from nsos_jax.control import ControlStatus, Stability, System, lyapunov, lyapunov_family
from nsos_jax.programs import SemialgebraicSet

PROVEN, REFUTED, UNDECIDED = ControlStatus.PROVEN, ControlStatus.REFUTED, ControlStatus.UNDECIDED


def damped(x, y, a, b, c):
    return a * x + y, -x + b * y + c * x * y - y**3


def halved(x, y, a, b):
    return a * x + y / 4 - x**3 / 16, b * y - x**2 / 8


FAMILIES = {
    "continuous": (damped, {"states": "x y"}, [[-1, -1, 0.5], [-0.5, -2, 0.1], [1, 2, 0], [-1, -0.3, 1.5], [-3, 1, 0]]),
    "quartic": (damped, {"states": "x y", "degree": 4, "lowest": 4}, [[-1, -1, 0.5], [-0.7, -0.9, -1.0]]),
    "rate": (damped, {"states": "x y", "rate": "1/4"}, [[-1, -1, 0.5], [-0.5, -2, 0.1], [-0.01, -0.01, 0]]),
    "discrete on a ball": (
        halved,
        {"states": "x y", "time": "discrete", "on": SemialgebraicSet.ball("x y", Fraction(1, 2))},
        [[0.5, 0.5], [-0.25, 0.5], [2.0, 0.5], [0.1, 0.0]],
    ),
    "continuous on a box": (
        lambda x, a: (a * x + x**3,),
        {"states": "x", "on": SemialgebraicSet.box({"x": (-0.5, 0.5)})},
        [[-1.0], [-0.5], [0.25], [-0.1]],
    ),
    "elsewhere": (
        lambda x, y, a, b: (a * (x - 1) + y - 2, b * (y - 2) - (x - 1) ** 3),
        {"states": "x y", "equilibrium": {"x": 1, "y": 2}, "degree": 4},
        [[-1.0, -1.0], [-2.0, -0.5], [0.5, 1.0]],
    ),
    "switched": (
        [lambda x, y, a: (-x + a * y, -y), lambda x, y, a: (-x, -a * x - y)],
        {"states": "x y"},
        [[0.5], [0.25], [0.0]],
    ),
}


def member(family, name, theta):
    """One member asked alone."""
    _, arguments, _ = FAMILIES[name]
    kept = {key: arguments[key] for key in ("on", "equilibrium", "rate") if key in arguments}
    return lyapunov(family.system(theta), arguments.get("degree", 2), **kept)


def dynamics(certificate):
    """The right-hand sides, whatever the order of their terms."""
    return [[dict(zip(map(bytes, t.exponents), t.values, strict=True)) for t in mode.numerators]
            for mode in certificate.system.modes]  # fmt: skip


@pytest.mark.parametrize("name", FAMILIES)
def test_members_are_as_if_asked_alone(name):
    f, arguments, thetas = FAMILIES[name]
    family = lyapunov_family(f, **arguments)
    result = family(thetas)
    assert len(result) == len(thetas)
    for theta, status, found in zip(thetas, result.status, result, strict=True):
        alone = member(family, name, theta)
        assert found.status is status
        assert found.stability is alone.stability
        if alone.is_asymptotic or alone.status is REFUTED:
            assert (found.status, found.conclusion) == (alone.status, alone.conclusion)
        if found.status is PROVEN:
            assert alone.is_asymptotic
            assert not found.function.is_zero
            assert dynamics(check_file(found)) == dynamics(alone.certificate)
        else:
            assert found.error


def test_conclusions_are_about_the_binary_values():
    family = lyapunov_family(lambda x, a: (-a * x,), states="x")
    (found,) = family([[0.1]])
    ((coefficient,),) = [terms.values for terms in found.certificate.system.modes[0].numerators]
    assert coefficient == -Fraction(0.1) != Fraction(-1, 10)


def test_one_member_and_many_agree():
    rng = np.random.default_rng(0)
    family = lyapunov_family(damped, 4, states="x y", lowest=4)
    thetas = rng.normal(size=(140, 3)) * [0.3, 0.3, 1] - [1, 1, 0]
    many = family(thetas)
    for index in range(0, 140, 20):
        (one,) = family(thetas[index : index + 1])
        assert (one.status, one.conclusion) == (many[index].status, many[index].conclusion)
    assert (many.status == PROVEN).sum() > 100
    assert all(result.certificate.verify() for result in many if result.status is PROVEN)
    assert repr(many).startswith("<LyapunovFamilyResult: ")


def test_unstable_and_marginal_members():
    family = lyapunov_family(lambda x, y, a: (a * x + y, -x + a * y), states="x y")
    tiny = np.nextafter(0.0, 1.0)
    result = family([[-1.0], [1.0], [0.0], [tiny], [-tiny], [1e-9], [-1e-300]])
    assert result.status.tolist()[:4] == [PROVEN, REFUTED, UNDECIDED, REFUTED]
    assert result.status[5] is REFUTED
    assert "grows" in result[1].error
    kinds = [Stability.STABLE, Stability.UNSTABLE, Stability.CRITICAL, Stability.UNSTABLE, Stability.STABLE]
    assert result.stability[:5] == kinds
    assert result[4].status in (PROVEN, UNDECIDED)
    assert "control.lyapunov" in result[2].error


def test_stable_but_not_globally():
    """x' = -x + a x^3 has other equilibria for a > 0: never a global proof."""
    family = lyapunov_family(lambda x, a: (-x + a * x**3,), 6, states="x")
    result = family([[1.0], [1e-6], [-1.0], [1e-30], [0.0]])
    assert result.status.tolist() == [UNDECIDED, UNDECIDED, PROVEN, UNDECIDED, UNDECIDED]
    assert result[0].stability is Stability.STABLE
    assert "alone=True" in result[0].error


def test_open_members_are_asked_alone():
    """Powers other than squares, a basis of its own where a number vanishes, and stability that is not asymptotic."""
    family = lyapunov_family(lambda x, y, a, b: (a * x + y, -x - b * y**3), states="x y")
    thetas = [[-1.0, 1.0], [-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]]
    quick, result = family(thetas), family(thetas, alone=True)
    assert [quick.status[index] for index in (0, 2, 3)] == [UNDECIDED, UNDECIDED, REFUTED]
    assert result.status.tolist() == [PROVEN, PROVEN, PROVEN, REFUTED]
    assert result.is_asymptotic.tolist() == [True, True, False, False]
    for theta, found in zip(thetas, result, strict=True):
        alone = lyapunov(family.system(theta))
        assert (found.status, found.conclusion) == (alone.status, alone.conclusion)


def test_members_that_are_no_numbers():
    family = lyapunov_family(lambda x, a, b: (a * x - b * x**3,), states="x")
    result = family([[-1, 1], [np.nan, 1], [-1, np.inf], [1e308, 1], [-1e200, 1e200], [-1e-200, 1]])
    assert result.status.tolist()[:4] == [PROVEN, UNDECIDED, UNDECIDED, REFUTED]
    assert "thetas[1]: got [nan, 1.0], wanted finite numbers" in result[1].error
    assert all(found.status is not REFUTED for found in result[4:])


def test_no_members():
    family = lyapunov_family(lambda x, a: (a * x,), states="x")
    for empty in ([], np.zeros((0, 1))):
        result = family(empty)
        assert len(result) == 0
        assert result[:] == []


@pytest.mark.parametrize("wrong", [[1.0], [[1.0, 2.0]], 3.0, [[[1.0]]]])
def test_wrong_shapes(wrong):
    family = lyapunov_family(lambda x, a: (a * x,), states="x")
    with pytest.raises(ValueError, match=r"thetas: got the shape .* wanted \(N, 1\), a row of a for each"):
        family(wrong)
    with pytest.raises(ValueError, match="thetas: got list"):
        family([["a"]])


def test_bad_families():
    cases = [
        (lambda: lyapunov_family(lambda x: (-x,), states="x"), "parameters: got none"),
        (lambda: lyapunov_family(lambda x, a: (a * x,)), "states: got None"),
        (lambda: lyapunov_family(lambda x, a: (a * x + 1,), states="x"), "dx/dt is 1"),
        (lambda: lyapunov_family(lambda x, a: (a * x + a,), states="x"), "dx/dt is a"),
        (lambda: lyapunov_family(lambda x, a: (a * x / (1 + x**2),), states="x"), "denominator"),
        (lambda: lyapunov_family(lambda x, *a: (a[0] * x,), states="x"), "takes any number of arguments"),
        (lambda: lyapunov_family(lambda x, a: (a * x,), 3, states="x"), "degree: got 3"),
        (lambda: lyapunov_family(lambda x, a: (a * x,), states="x", example=[1, 2]), "example: got"),
        (lambda: lyapunov_family(lambda x, a: (a * x,), states="x", rate=-1), "rate: got -1"),
        (lambda: lyapunov_family(System(lambda x, a: (a * x,), "x", parameters="a"), states="x"), "f: got a System"),
    ]
    for make, message in cases:
        with pytest.raises(ValueError, match=message):
            make()


def test_a_system_with_boxes_is_robust():
    spring = System(lambda x, v, k, d: (v, -k * x - d * v), "x v", parameters={"k": (1, 2), "d": (1, 2)})
    with pytest.raises(ValueError, match="parameters: got none without a box"):
        lyapunov_family(spring)
    uncertain = SemialgebraicSet([Fraction(1, 4) - control.System(lambda e: (e,), "e").modes[0].numerators[0] ** 2])
    system = System(lambda x, e, a: (a * x + e * x,), "x", inputs="e", parameters="a", uncertain=uncertain)
    result = lyapunov_family(system)([[-1.0], [-0.75], [-0.25]])
    assert result.status.tolist() == [PROVEN, PROVEN, UNDECIDED]
    assert "for all signals e in the uncertain set" in result[0].conclusion


def test_angles():
    pendulum = System(
        lambda th, w, k: (w - k * control.sin(th), -control.sin(th) - w), "th w", angles="th", parameters="k"
    )
    family = lyapunov_family(pendulum, on=SemialgebraicSet([]), equilibrium=None)
    for found, theta in zip(family([[1.0], [2.0], [0.5], [-2.0]]), (1.0, 2.0, 0.5, -2.0), strict=True):
        alone = lyapunov(family.system([theta]), on=SemialgebraicSet([]))
        assert found.status is alone.status or (found.status is UNDECIDED and not alone.is_asymptotic)


def test_angles_are_proven_in_the_batch_with_margins_of_one_member():
    pendulum = System(lambda th, w, k, d: (w, -k * control.sin(th) - d * w), "th w", angles="th", parameters="k d")
    family = lyapunov_family(pendulum)
    found = family([[1.0, 1.0], [2.0, 0.5], [-2.0, 1.0]])
    assert found.status.tolist() == [PROVEN, PROVEN, REFUTED]
    for one, theta in zip(found[:2], ([1.0, 1.0], [2.0, 0.5]), strict=True):
        alone = lyapunov(family.system(theta))
        assert one.conclusion == alone.conclusion
        assert one.decrease == alone.decrease
        check_file(one)


def differences(function, theta, step=1e-4):
    result = np.zeros(theta.shape)
    for place in range(theta.size):
        change = step * np.eye(theta.size)[place]
        result[place] = (float(function(theta + change)) - float(function(theta - change))) / (2 * step)
    return result


@pytest.mark.parametrize("name", ["continuous", "discrete on a ball"])
def test_gradients_of_margins(name):
    f, arguments, thetas = FAMILIES[name]
    family = lyapunov_family(f, **arguments)
    with jax.enable_x64(True):
        chosen = np.array(thetas[:2])
        margins = jax.vmap(family.margin)(chosen)
        assert (np.asarray(margins) > 0).all()
        slopes = jax.jit(jax.vmap(jax.grad(family.margin)))(chosen)
        for theta, slope in zip(chosen, slopes, strict=True):
            np.testing.assert_allclose(slope, differences(family.margin, theta), rtol=2e-3, atol=1e-4)


def test_margins_have_the_sign_of_proofs():
    family = lyapunov_family(lambda x, y, a: (-x + y, -a * x - y), states="x y")
    thetas = np.array([[0.5], [2.0], [-0.5], [-2.0], [-1.5]])
    with jax.enable_x64(True):
        margins = np.asarray(jax.vmap(family.margin)(thetas))
    assert ((margins > 0) == (family(thetas).status == PROVEN)).all()
    assert np.isnan(float(family.margin(np.array([np.nan]))))
