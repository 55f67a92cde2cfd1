"""Programs far from the origin, and badly scaled ones."""

from fractions import Fraction

import numpy as np
import pytest

from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.equations.conic import ConicForm
from nsos_jax.programs.equations.presolve import presolve
from nsos_jax.programs.equations.system import ProgramSystem
from nsos_jax.programs.modelling.program import SosProgram
from nsos_jax.programs.modelling.sets import SemialgebraicSet
from nsos_jax.programs.moving import MovedProgram, far_centre
from nsos_jax.programs.results import ProgramStatus
from nsos_jax.programs.solve import solve_program

x, y = (Polynomial.parse(name) for name in "xy")


def rooms():
    """A barrier between temperatures 21..22 and 18..19 of two rooms that exchange heat, B(f(x)) <= B(x)."""
    program = SosProgram("x y")
    B = program.polynomial("B", 2)
    warm, cold = ((y - x) / 20 + (24 - x) / 10 + x, (x - y) / 20 + (24 - y) / 10 + y)
    everywhere = SemialgebraicSet.box({"x": (18, 24), "y": (18, 24)})
    program.nonnegative(-B, on=SemialgebraicSet.box({"x": (21, 22), "y": (21, 22)}), name="start")
    program.nonnegative(B - 1, on=SemialgebraicSet.box({"x": (18, 19), "y": (18, 24)}), name="unsafe")
    program.nonnegative(B - B.substitute({"x": warm, "y": cold}), on=everywhere, name="decrease")
    return program


def hill(scale=1):
    """The greatest lower bound of (x - 20)^2 (y - 21)^2 + (x - y)^2, both between 18 and 23, in other units."""
    program = SosProgram("x y")
    g = program.scalar("g")
    s, t = x / scale, y / scale
    given = SemialgebraicSet([(s - 18) * (23 - s), (t - 18) * (23 - t)])
    program.nonnegative((s - 20) ** 2 * (t - 21) ** 2 + (s - t) ** 2 - g, on=given, order=2)
    program.maximize(g)
    return program


@pytest.mark.parametrize("scale", [1, 1024, Fraction(1, 1000)])
def test_bounds_far_from_the_origin(scale):
    result = solve_program(hill(scale))
    assert result.status is ProgramStatus.OPTIMAL
    assert result.bound_certificate.statement.to_dict() == result.certificate.statement.to_dict()
    lowest = min((a - 20) ** 2 * (b - 21) ** 2 + (a - b) ** 2 for a in np.linspace(18, 23, 501) for b in (a, 20, 21))
    assert lowest - 1e-2 < result.lower <= lowest


def test_moments_move_along():
    """Near 20 and 20.5, where the minimum is."""
    result = solve_program(hill())
    moments = result.moments["constraint 1"]
    point = moments[1, 0] / moments[0, 0]
    assert 18 < point < 23
    assert moments[2, 0] / moments[0, 0] >= point**2 - 1e-6


def test_refutations_move_along():
    program = SosProgram("x")
    a = program.scalar("a", upper=1)
    program.nonnegative(a * (x - 22) - 1, on=SemialgebraicSet([(x - 18) * (23 - x)]), order=1)
    assert MovedProgram.of(program) is not None
    result = solve_program(program)
    assert result.status is ProgramStatus.INFEASIBLE
    result.certificate.verify()


def test_unknown_polynomials_move_along():
    result = solve_program(rooms())
    assert result.status is ProgramStatus.FEASIBLE
    result.certificate.verify()
    B = result.values["B"]
    for point in ((21, 21), (22, 21), (Fraction(43, 2), 22)):
        assert B.evaluate(point) <= 0
    assert B.evaluate((18, 20)) >= 1


def test_cofactors_move_along():
    """3 x - y on the diagonal of a disc around (20, 20), which is more than on the whole disc."""
    program = SosProgram("x y")
    g = program.scalar("g")
    disc = SemialgebraicSet([2 - (x - 20) ** 2 - (y - 20) ** 2], [x - y])
    program.nonnegative(3 * x - y - g, on=disc, order=1)
    program.maximize(g)
    result = solve_program(program)
    assert result.lower == 38
    result.certificate.verify()
    assert result.certificate.identities[0].cofactors[0].num_terms


def test_where_sets_lie():
    assert far_centre(hill()) == {"x": Fraction(20), "y": Fraction(20)}
    near = SosProgram("x")
    near.nonnegative(x + 3, on=SemialgebraicSet.ball("x", 2))
    assert MovedProgram.of(near) is None
    chosen = SosProgram("x")
    chosen.nonnegative(x, on=SemialgebraicSet([(x - 9) * (11 - x)]))
    chosen.sos((x - 10) ** 2, basis=[x])
    assert MovedProgram.of(chosen) is None


def test_scaling_is_undone_exactly():
    """A point in scaled coordinates satisfies the scaled equations as the exact one satisfies the exact ones."""
    program = SosProgram("x")
    a = program.scalar("a")
    program.nonnegative(4180 * x**2 - a * x**3 / 1000 + x**4 + 10**6, on=SemialgebraicSet([2000 - 3 * x]), order=2)
    presolved = presolve(ProgramSystem.of(program))
    form, system = ConicForm.of(presolved), presolved.system
    random = np.random.default_rng(0)
    free = random.standard_normal(len(presolved.free))
    grams = [(lambda g: g + g.T)(random.standard_normal((side, side))) for side in form.sides]
    scaled = form.rhs + form.free @ free - form.apply(grams)
    total = np.array([float(Fraction(str(constant))) for constant in system.constants])
    for row, linear in enumerate(system.linear):
        for unknown, value in linear.items():
            total[row] += float(Fraction(str(value))) * form.unscaled_free(free)[presolved.free.index(unknown)]
    for block, gram in zip(system.blocks, form.unscaled_grams(grams), strict=True):
        for rows, weight in zip(block.maps, block.weights, strict=True):
            np.subtract.at(total, rows, float(Fraction(str(weight))) * gram)
    np.testing.assert_allclose(scaled, np.ldexp(total, form.row_shifts), rtol=1e-12, atol=1e-12)
    numbers = np.abs(np.concatenate([form.rhs[form.rhs != 0], form.free.data]))
    assert numbers.max() / numbers.min() < 1e3
