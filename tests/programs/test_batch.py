"""`solve_programs`: each answer is what `solve` proves for the program alone, whatever it shares with others."""

from fractions import Fraction

import numpy as np
import pytest

import nsos_jax as nsos
from nsos_jax.programs.batches.structure import ProgramStructure


def quartic_bound(seed):
    random = np.random.default_rng(seed)
    program = nsos.SosProgram("x y")
    (x, y), g = program.indeterminates, program.scalar("g")
    numbers = random.choice([-7, -3, -2, 1, 3, 5, 8], size=6).astype(object)
    lower = np.array([x**2, x * y, y**2, x, y, x**2 * y], dtype=object)
    program.sos(x**4 + 2 * y**4 + numbers @ lower / 4 - g)
    program.maximize(g)
    return program


def lyapunov(slope):
    program = nsos.SosProgram("x y")
    (x, y), V = program.indeterminates, program.polynomial("V", (2, 2))
    program.sos(V - x**2 - y**2, name="positive")
    program.sos(-(V.gradient() @ np.array([slope * y - x, -x - y], dtype=object)) - x**2 - y**2, name="decrease")
    return program


def on_disc(radius):
    program = nsos.SosProgram("x y")
    (x, y), g = program.indeterminates, program.scalar("g")
    disc = nsos.SemialgebraicSet([radius**2 - x**2 - y**2], [x - 2 * y])
    program.nonnegative(x + x * y - g, on=disc, order=2)
    program.maximize(g)
    return program


def infeasible(number):
    program = nsos.SosProgram("x")
    (x,), a = program.indeterminates, program.scalar("a", lower=number)
    program.sos(x**2 + 2 * a * x + 1)
    return program


def test_batches_agree_with_programs_alone():
    programs = [quartic_bound(seed) for seed in range(6)] + [lyapunov(Fraction(k, 3)) for k in range(1, 6)]
    together = nsos.solve_programs(programs)
    for program, found in zip(programs, together, strict=True):
        alone = program.solve()
        assert found.status is alone.status
        found.certificate.verify()
        assert found.backend == "jax"
        if alone.value is not None:
            assert found.value == pytest.approx(alone.value, rel=1e-6, abs=1e-6)
            assert found.lower <= found.upper <= found.lower + Fraction(1e-6 * max(1, abs(found.value)))
            found.bound_certificate.verify()
            assert found.values["g"] == found.lower
            (moments,) = found.moments.values()
            assert moments[0, 0] == pytest.approx(1.0, abs=1e-6)
        else:
            assert found.margin > 0.1
            assert set(found.values) == {"V"}


def test_certificates_state_their_own_program():
    programs = [quartic_bound(seed) for seed in range(4)]
    for program, found in zip(programs, nsos.solve_programs(programs), strict=True):
        wanted = nsos.programs.statement_of(program).to_dict()
        stated = found.certificate.to_dict()
        assert {key: stated[key] for key in wanted} == wanted
        assert nsos.Certificate.from_json(found.certificate.to_json()).verify()


def test_sets_are_shared_only_where_they_agree():
    programs = [on_disc(radius) for radius in (1, 1, 2, 1, 1, 2)]
    results = nsos.solve_programs(programs)
    assert all(result.status is nsos.ProgramStatus.OPTIMAL for result in results)
    values = [result.value for result in results]
    assert values[0] == pytest.approx(programs[0].solve().value, abs=2e-6)
    assert values[2] == pytest.approx(programs[2].solve().value, abs=5e-6)
    assert {result.backend for result in results} == {"jax", "clarabel"}  # two are too few for a batch


def test_what_the_batch_cannot_prove_is_solved_alone():
    results = nsos.solve_programs([infeasible(2 + k) for k in range(4)])
    assert {result.status for result in results} == {nsos.ProgramStatus.INFEASIBLE}
    for result in results:
        result.certificate.verify()


def test_structures():
    assert ProgramStructure.of(quartic_bound(1)) == ProgramStructure.of(quartic_bound(1))
    assert ProgramStructure.of(on_disc(1)) != ProgramStructure.of(quartic_bound(0))
    assert hash(ProgramStructure.of(on_disc(1))) == hash(ProgramStructure.of(on_disc(2)))


def test_our_solver_by_name():
    result = quartic_bound(3).solve(backend="jax")
    assert result.status is nsos.ProgramStatus.OPTIMAL
    assert result.backend == "jax"
    assert result.value == pytest.approx(quartic_bound(3).solve().value, rel=1e-6)
    program = nsos.SosProgram("x", cone="dd")
    program.sos(program.indeterminates[0] ** 2 + 1)
    with pytest.raises(ValueError, match="semidefinite programs only"):
        program.solve(backend="jax")


def test_wrong_arguments():
    with pytest.raises(TypeError, match="put it in brackets"):
        nsos.solve_programs(quartic_bound(0))
    with pytest.raises(TypeError, match=r"programs\[1\]: got int"):
        nsos.solve_programs([quartic_bound(0), 3])
    assert nsos.solve_programs([]) == []
