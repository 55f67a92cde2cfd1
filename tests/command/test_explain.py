"""What `nsos explain` says of every kind."""

from fractions import Fraction

import pytest
from certificate_examples import TEXTS, example
from control_examples import TEXTS as CONTROL_TEXTS
from program_examples import TEXTS as PROGRAM_TEXTS

from nsos_jax.certificates import Certificate
from nsos_jax.certificates.kinds import KINDS
from nsos_jax.certificates.kinds.near_sos import NearSosCertificate
from nsos_jax.command.explain import FULL, LINES, Room, explain
from nsos_jax.polynomials import Rounding, decimal_text

ANSWERS = {
    "sos": "p is a sum of squares",
    "sos on a range": "p is a sum of squares",
    "near_sos": "p + epsilon z'z is a sum of squares, z being the basis; p itself is undecided",
    "sos_over_field": "p is a sum of squares over the real numbers, with coefficients in Q(theta)",
    "scheiderer over the reals": "p is a sum of squares over the real numbers, with coefficients in Q(theta)",
    "nonneg": "p is nonnegative: sigma * p and sigma are sums of squares, and sigma is not 0",
    "negative_point": "p takes a negative value",
    "not_sos": "p is no sum of squares (it may still be nonnegative)",
    "not_sos_over_q": "p is no sum of squares of rational polynomials (it may be one over the real numbers)",
    "not_sos_over_q with a functional": "p is no sum of squares of rational polynomials (it may be one over the real "
    "numbers)",
    "lower_bound": "p >= gamma everywhere",
    "lower_bound without a point": "p >= gamma everywhere",
    "lower_bound_on_set": "p >= gamma on the set",
    "lower_bound_on_set with a multiplier": "p >= gamma on the set",
    "empty_set": "the set is empty",
    "empty_set of an equation": "the set is empty",
    "program": "these values satisfy the constraints, with objective 2",
    "program on a set": "these values satisfy the constraints, with objective 7/2",
    "infeasible_program": "no values of the unknowns satisfy the constraints with these bases",
    "no quadratic Lyapunov function": "no values of the unknowns satisfy the constraints with these bases",
    "infeasible_program on a set": "no values of the unknowns satisfy the constraints with these bases",
    "program_bound": "no values that satisfy the constraints with these bases",
    "program_bound from below": "no values that satisfy the constraints with these bases",
}


def lines(name, room=FULL):
    return explain(Certificate.from_dict(example(name)), room)


def test_every_kind_has_its_lines():
    assert set(LINES) == {*KINDS.values(), NearSosCertificate}


@pytest.mark.parametrize(
    ("name", "key", "line"),
    [
        ("lower_bound", "bound", "gamma        ~{}"),
        ("lower_bound_on_set", "bound", "gamma        ~{}"),
        ("near_sos", "epsilon", "epsilon      ~{}"),
        ("program_bound", "bound", "have an objective above ~{}"),
        ("program_bound from below", "bound", "have an objective below ~{}"),
        ("region_of_attraction", "level", "level        ~{}"),
        ("barrier", "epsilon", "epsilon      ~{}"),
        ("reach_avoid", "speed", "speed        ~{}"),
        ("joint_spectral_radius", "bound", "bound        ~{}"),
    ],
)
def test_shortened_bounds_are_rounded_to_their_side(name, key, line):
    up = name in ("near_sos", "program_bound", "joint_spectral_radius")
    record = example(name)
    exact = Fraction(record[key]) + Fraction(1, 3**60)
    shown = explain(Certificate.from_dict(record | {key: str(exact)}), Room(bits=8))
    wanted = line.format(decimal_text(exact, 6, Rounding.UP if up else Rounding.DOWN))
    assert any(text.strip() == wanted or text.strip().startswith(wanted + ",") for text in shown), shown


@pytest.mark.parametrize("name", [name for name in TEXTS if name not in CONTROL_TEXTS])
def test_answers(name):
    assert f"answer       {ANSWERS[name]}" in lines(name)


def test_squares_on_a_range():
    shown = lines("sos on a range")
    assert shown[shown.index("squares      p =") + 1 :] == ["  + (x - 1/2*y - 1)^2", "  + 7/4 * (y - 2)^2"]


def test_the_controller_stands_by_the_names_of_its_inputs():
    assert "controller   u = -2*x" in lines("state_feedback")
    shown = lines("state_feedback and a target")
    first = shown.index("controller   u = 1")
    assert shown[first + 1] == "             v = 1"


def test_squares_over_a_field():
    shown = lines("scheiderer over the reals")
    assert "theta        the root of theta^3 - 4*theta - 1 from -2 to -1, about -1.86081" in shown
    assert shown[-2:] == [
        "  + (1) * (x^2 + (1/2*theta)*y^2 + (-1/2)*y*z + (1/2*theta^2 - 1)*z^2)^2",
        "  + (-theta) * (x*y + (theta^2 - 4)*x*z + (-1/2*theta^2 + 2)*y^2 + (1/2*theta)*y*z + (-1/2)*z^2)^2",
    ]
    assert lines("scheiderer over the reals", Room(width=60))[-1].endswith(" + ...)^2")
    assert lines("scheiderer over the reals", Room(side=5))[-1].startswith(
        "squares      not computed for blocks above 5"
    )


def test_multipliers():
    shown = lines("nonneg")
    assert "sigma        x^2 + y^2" in shown
    assert shown[-3:] == ["  + (-x*y^2 + x)^2", "  + (-x^2*y + y)^2", "  + (x^3*y + x*y^3 - 2*x*y)^2"]
    assert lines("nonneg", Room(side=2))[-1].startswith("squares      not computed for blocks above 2")


def test_zeros_in_fields():
    shown = lines("not_sos_over_q with a functional")
    assert "zero of p    x = 1/4*theta^5 + 1/2*theta^2 - 2*theta, y = -theta, z = 1" in shown
    assert "             rational combinations of the basis that do: 4 independent ones" in shown
    assert "L(p)         -1, below 0" in shown
    assert "             rational combinations of the basis that do: only 0" in lines("not_sos_over_q")


def test_programs():
    """The statement, the values, what is used of each set, and why no values exist."""
    shown = lines("program on a set")
    for line in (
        "unknowns     V (2 coefficients), gamma",
        "objective    minimize gamma + 1/2",
        "values       V = 2*x^2 + 3*y^2",
        "constraint   bounded: the target is nonnegative, by sums of squares, on the set",
        "target       gamma - V[x^2]*x^2 - V[y^2]*y^2",
        "at values    3 - 2*x^2 - 3*y^2",
        "             h_1 = x - y = 0",
        "identity     target = s_0 + g_1 * s_1 + g_2 * g_1 * g_1 * s_2 + l_1 * h_1",
        "cofactors    l_1 = x + y",
        "constraint   tied: the target is zero",
    ):
        assert line in shown, line
    shown = lines("no quadratic Lyapunov function")
    assert "             L_1(x2^2) = 49/324" in shown
    assert shown[-2] == "sum          all unknowns cancel, and the functionals of the targets add up to"
    assert shown[-1] == "             -49/32400, which values that satisfy them would make nonnegative"
    shown = lines("program_bound from below")
    assert shown[1] == "             have an objective below 5/2"
    assert shown[-2] == "sum          the functionals of the targets add up to -2"
    assert shown[-1] == "             plus the objective's terms, nonnegative for all such values"
    shown = lines("lower_bound_on_set")
    assert "minimum      min p on the set in [gamma, p(point)] = [2, 2]" in shown
    assert "             h_1 = x + y - 2 = 0" in shown


@pytest.mark.parametrize("name", CONTROL_TEXTS)
def test_answers_about_control_are_the_conclusions(name):
    assert lines(name)[0] == f"answer       {Certificate.from_dict(example(name)).conclusion}"


def test_control():
    """The statement, then each claim with the polynomial that the checker built, its set and its identity."""
    shown = lines("lyapunov of a rational system")
    for line in (
        "others       p",
        "dynamics     x' = (-x + 1) / d",
        "             d = x^2 + p^2 + 1",
        "equilibrium  x = 1",
        "decrease     2*(x - 1)^2",
        "claim        denominators: q >= 0 for q = denominator - bound",
        "             x^2 + p^2",
    ):
        assert line in shown, line
    shown = lines("lyapunov of a switched map")
    assert {"mode 1       x+ = 1/2*x", "mode 2       x+ = x*k", "rate         3/4", "decrease     0"} <= set(shown)
    assert "ideal        s^2 + c^2 - 1 = 0" in lines("lyapunov of a pendulum")
    shown = lines("region_of_attraction")
    assert {"level        1/2", "shape        4*x^2 <= 1", "set          g_1 = 1/2 - x^2 >= 0"} <= set(shown)
    shown = lines("barrier")
    assert {"epsilon      1", "rate         -1", "claim        initial: q >= 0 for q = -B"} <= set(shown)
    shown = lines("dissipation")
    assert {"inputs       u", "output 1     x", "supply w     -x^2 + u^2", "storage V    x^2"} <= set(shown)
    shown = lines("joint_spectral_radius")
    assert {"bound        1", "matrices     2 square ones with 2 rows", "V            x^2 + 4*y^2"} <= set(shown)


@pytest.mark.parametrize("name", [*PROGRAM_TEXTS, *CONTROL_TEXTS])
def test_explanations_of_statements_fit_the_terminal(name):
    """80 columns; less room shortens lists and says so."""
    assert all(len(line) <= 80 for line in lines(name, Room()))
    little = Room(squares=1, side=1, coordinates=1, blocks=1)
    assert len(lines(name, little)) <= len(lines(name, Room()))
    assert name != "program on a set" or lines(name, little)[-1] == "and 2 constraints more"
    assert name != "barrier" or lines(name, little)[-1] == "and 3 claims more"


def test_a_name_of_an_unknown_cannot_pass_for_a_polynomial():
    record = example("program")
    record["unknowns"][0]["name"] = "a - 9"
    assert "target       x^2 + y^2 + 'a - 9'*x*y" in explain(Certificate.from_dict(record), FULL)
