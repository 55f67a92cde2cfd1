"""Other solvers see the program that was decided, and what they say changes no answer."""

import dataclasses

import pytest

from nsos_jax import CertifyOptions, Polynomial, Status, certify, certify_batch
from nsos_jax.membership import second_opinion as opinions
from nsos_jax.solvers.reference import ReferenceSolution, mosek_license_available

TEXTS = ("x^4 - 2*x^2*y + y^2 + 1", "x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1", "x^2 - y^2", "0", "(x - 1)^2*(x + 2)^2")


@pytest.mark.parametrize("solver", ["clarabel", "scs"])
def test_solvers_agree_with_the_proofs(solver):
    polynomials = [Polynomial.parse(text) for text in TEXTS]
    plain = certify_batch(polynomials)
    results = certify_batch(polynomials, reference=solver)
    assert [result.status for result in results] == [result.status for result in plain]
    asked = [result for result in results if result.reference]
    assert {result.status for result in asked} >= {Status.SOS}
    for result in asked:
        assert result.reference.agrees is True
        assert result.reference.status in ("optimal", "optimal_inaccurate")
        assert result.to_record()["reference"]["solver"] == solver
    assert results[2].reference is None  # a point needs no program
    assert results[3].reference is None


def test_of_a_multiplier_the_product_is_solved():
    result = certify(Polynomial.parse(TEXTS[1]), nonnegative=True, reference="clarabel")
    assert result.status is Status.NONNEGATIVE
    assert result.reference.agrees


def test_a_disagreement_is_shown_and_changes_nothing(monkeypatch, caplog):
    def wrong(problem, solver, **options):
        found = solve(problem, solver, **options)
        return dataclasses.replace(found, free=found.free - 5.0)

    from nsos_jax.solvers import reference

    solve = reference.solve_reference
    monkeypatch.setattr(reference, "solve_reference", wrong)
    result = certify(Polynomial.parse("x^2 + y^2 + 1"), reference="clarabel")
    assert result.status is Status.SOS
    assert result.reference.agrees is False
    assert "clarabel disagrees with the proof of SOS" in caplog.text


def test_no_solution_is_no_opinion(monkeypatch):
    from nsos_jax.solvers import reference

    def gives_up(problem, solver, **options) -> ReferenceSolution:
        found = solve(problem, solver, **options)
        return dataclasses.replace(found, status="failed", free=found.free * float("nan"))

    solve = reference.solve_reference
    monkeypatch.setattr(reference, "solve_reference", gives_up)
    result = certify(Polynomial.parse("x^2 + y^2 + 1"), reference="clarabel")
    assert (result.reference.margin, result.reference.agrees) == (None, None)


def test_unknown_solvers_are_refused():
    with pytest.raises(ValueError, match="reference must be one of clarabel, scs, mosek or None, got 'sedumi'"):
        CertifyOptions(reference="sedumi")


@pytest.mark.skipif(mosek_license_available(), reason="MOSEK has a licence here")
def test_without_a_licence_mosek_is_refused_before_any_work():
    with pytest.raises(ValueError, match=r"no licence here.*--write-task"):
        certify(Polynomial.parse("x^2 + y^2"), reference="mosek")


def test_tasks_are_written_where_there_is_a_program(tmp_path):
    (tmp_path / "tasks").mkdir()
    written = [
        opinions.write_final_task(certify(Polynomial.parse(text)), tmp_path / "tasks" / f"{i}.ptf")
        for i, text in enumerate(TEXTS)
    ]
    assert written[0]
    assert not written[2]
    assert sorted(path.name for path in (tmp_path / "tasks").iterdir()) == [f"{i}.ptf" for i in range(5) if written[i]]
