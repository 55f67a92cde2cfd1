"""The whole pipeline: true statuses, exact proofs that survive a file, independence of the batch, limits, brackets."""

import itertools
import json
import random
import time
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from nsos_jax import CertifyOptions, Polynomial, Status, certify, certify_batch, certify_stream
from nsos_jax.certificates.certificate import Certificate
from nsos_jax.membership.tasks import Task, charge_launch
from nsos_jax.proofs.gram_system import GramSystem, Scaling, log2_magnitudes
from nsos_jax.proposers.registry import find_proposer
from nsos_jax.solvers.batch import SosSolver
from nsos_jax.solvers.reference import solve_reference

parse = Polynomial.parse
KINDS = {
    Status.SOS: {"sos"},
    Status.NEGATIVE: {"negative_point"},
    Status.NONNEGATIVE: {"nonneg"},
    Status.NOT_SOS: {"not_sos", "not_sos_over_q"},
    Status.NEAR_SOS: {"near_sos"},
    Status.UNDECIDED: {None},
}
NEARLY = "x^4 + x*y^3 + y^4 - 3*x^2*y*z - 4*x*y^2*z + 2*x^2*z^2 + x*z^3 + y*z^3 + z^4 + x^4/10^60"
"""Scheiderer's quartic, raised: its zeros are gone, and its rational Gram matrices are too near to the boundary."""
EASY = (  # decided in few iterations; one of every kind but NEAR_SOS and UNDECIDED
    "double rational root",
    "double golden section",
    "sqrt 2 lowered by 1e-6",
    "Motzkin",
    "Robinson",
    "Choi-Lam sextic",
    "common zero (1, 1)",
    "intersection raised by 1e-3",
    "intersection lowered by 1e-3",
    "three vanishing forms",
    "odd vertex",
    "negative at infinity",
    "decimals",
    "three blocks",
    "cancelled x^2",
    "cancelled in a block",
    "positive constant",
)


def kind(result):
    return result.certificate.kind if result.certificate is not None else None


def statuses(polynomials, options=None):
    return [str(result.status) for result in certify_batch(polynomials, options)]


def assert_proven(result):
    """The proof holds, also after a trip through JSON, and speaks about this polynomial."""
    assert kind(result) in KINDS[result.status]
    assert (result.error is None) == (result.status is not Status.UNDECIDED)
    if result.certificate is None:
        return
    text = result.certificate.to_json()
    again = Certificate.from_json(text)
    assert result.certificate.verify() == again.verify()
    assert again.to_json() == text
    record = json.loads(text)
    terms = record["of"] if result.status is Status.NEAR_SOS else record["polynomial"]
    assert {tuple(row): Fraction(value) for value, row in terms} == result.polynomial.to_dict()
    assert tuple(record["variables"]) == result.polynomial.variables


def assert_squares(result):
    squares = result.squares()
    assert all(weight > 0 for weight, _ in squares)
    assert sum((square * square * weight for weight, square in squares), result.polynomial * 0) == result.polynomial


# --- named polynomials ---------------------------------------------------------------------------------------------


def test_status_is_the_truth(named, named_results):
    result = named_results[named.name]
    assert result.status in (named.answers or (named.truth,)), result.error
    assert result.polynomial == named.polynomial


def test_certificates_survive_a_file(named, named_results):
    assert_proven(named_results[named.name])


def test_squares_add_up(named, named_results):
    result = named_results[named.name]
    if result.status is Status.SOS:
        assert_squares(result)
        if result.polynomial.num_terms < 20:
            total = sum(
                sympy.Rational(weight.numerator, weight.denominator) * square.to_sympy() ** 2
                for weight, square in result.squares()
            )
            assert sympy.expand(total - named.polynomial.to_sympy()) == 0
    else:
        with pytest.raises(ValueError, match=str(result.status)):
            result.squares()


def test_certificates_never_claim_more_than_the_truth(named, named_results):
    """A status other than the truth may be weaker, never wrong."""
    weaker = {
        Status.SOS: {Status.SOS, Status.NEAR_SOS, Status.UNDECIDED},
        Status.NEGATIVE: {Status.NEGATIVE, Status.NOT_SOS, Status.NEAR_SOS, Status.UNDECIDED},
        Status.NOT_SOS: {Status.NOT_SOS, Status.NEAR_SOS, Status.UNDECIDED},
    }
    assert named_results[named.name].status in weaker[named.truth]


def test_near_sos_has_a_tiny_epsilon():
    result = certify(parse(NEARLY))
    assert result.status is Status.NEAR_SOS
    assert_proven(result)
    assert 0 < result.certificate.epsilon < Fraction(1, 10**5)


def test_records_hold_what_the_result_holds(named, named_results):
    result = named_results[named.name]
    record = json.loads(json.dumps(result.to_record(), allow_nan=False))
    assert record["status"] == str(result.status)
    assert record["proof"] == (None if result.status is Status.UNDECIDED else "exact")
    assert record["basis_size"] == len(result.basis)
    assert record["certificate"] == (result.certificate.to_dict() if result.certificate else None)
    assert record["seconds"] >= 0
    assert record["seconds"] + record["compile_seconds"] == pytest.approx(sum(result.seconds.values()), abs=2e-6)
    assert record["error"] == result.error


def test_blocks_and_attempts_describe_the_proof(named, named_results):
    result = named_results[named.name]
    for attempt in result.attempts:
        assert attempt.basis_size <= sum(attempt.block_sizes)
        assert attempt.outcome != "running"
    proven = [attempt for attempt in result.attempts if attempt.outcome == "proven"]
    assert len(proven) == (result.status is Status.SOS and not result.polynomial.is_zero)
    if result.status is Status.SOS:
        assert [block.basis.tolist() for block in result.certificate.blocks] == [b.tolist() for b in result.blocks]
        assert all(attempt.basis_size == len(result.basis) for attempt in proven)


# --- margins -------------------------------------------------------------------------------------------------------


def test_brackets_are_ordered(named, named_results):
    lower, upper = named_results[named.name].margin
    assert not np.isnan([lower, upper]).any()
    assert lower <= upper + 1e-9 * np.abs(named.polynomial.float_coefficients).max(initial=0.0)


def test_brackets_contain_the_margin_of_another_solver(named, named_results):
    """Clarabel's optimum on the same blocks, in p's own coordinates; only for numbers that suit it."""
    result = named_results[named.name]
    if not result.blocks or len(result.basis) > 40 or np.abs(log2_magnitudes(result.polynomial)).max() > 12:
        return
    n = result.polynomial.num_variables
    system = GramSystem.build(
        result.polynomial, result.basis, Scaling(np.zeros(n, np.int64), 0, result.polynomial.float_coefficients)
    )
    reference = solve_reference(system.problem())
    assert reference.status == "optimal"
    size = float(np.abs(system.problem().rhs).max())
    lower, upper = result.margin
    assert lower - 1e-6 * size <= reference.margin <= upper + 1e-6 * size


@pytest.mark.parametrize(
    "text", ["(x - 1000)^2 + 1", "2*x^2 + 2*x*y + 3*y^2", "(x^2 - 2*y)^2 + y^2/10^6", "5", "x^2/3 + 7"]
)
def test_margin_of_a_unique_gram_matrix_is_its_smallest_eigenvalue(text):
    p = parse(text)
    result = certify(p)
    basis = result.basis
    gram = [
        [p.coefficient((a + b).tolist()) / (1 if i == j else 2) for j, b in enumerate(basis)]
        for i, a in enumerate(basis)
    ]
    exact = min(map(sympy.N, sympy.Matrix(gram).applyfunc(lambda v: sympy.Rational(str(v))).eigenvals(rational=True)))
    lower, upper = result.margin
    size = float(max(map(abs, p.coefficients)))
    assert lower == pytest.approx(float(exact), abs=1e-14 * size)
    assert upper == pytest.approx(float(exact), abs=1e-14 * size)


def test_rounding_shows_no_margin_where_there_is_none():
    """Booth's function vanishes at (1, 3), so its unique Gram matrix is singular; float64 finds 7e-16."""
    lower, upper = certify(parse("(x + 2*y - 7)^2 + (2*x + y - 5)^2")).margin
    assert lower == 0 < upper < 1e-12


def test_margin_of_a_diagonal_matrix_is_exact():
    assert certify(parse("3*x^2 + 2*y^2 + 5")).margin == (2.0, 2.0)


def test_margin_of_a_known_family():
    """x^4 + a x^2 + 1 on {1, x, x^2}: Q has 1, a - 2s, 1 on its diagonal and s in a corner, so t* = (2 + a) / 3 for
    -2 < a <= 1. On {1, x^2}, where x is not needed, Q is unique and t* = 1 - |a| / 2."""
    values = [Fraction(k, 4) for k in range(-7, 5) if k]
    for a, result in zip(values, certify_batch([parse(f"x^4 + {a}*x^2 + 1") for a in values]), strict=True):
        assert result.status is Status.SOS
        true = (2 + a) / 3 if len(result.basis) == 3 else 1 - abs(a) / 2
        lower, upper = result.margin
        assert lower - 1e-9 <= true <= upper + 1e-9
        assert upper >= 0


# --- batches -------------------------------------------------------------------------------------------------------


def test_batch_item_equals_solving_it_alone(table, named_results):
    for name in EASY:
        alone = certify(table[name].polynomial)
        together = named_results[name]
        assert (alone.status, kind(alone)) == (together.status, kind(together)), name
        assert [block.tolist() for block in alone.blocks] == [block.tolist() for block in together.blocks]


def test_order_of_the_batch_and_repetition_change_nothing(table, named_results):
    names = [*reversed(EASY), *EASY[:5]]
    results = certify_batch([table[name].polynomial for name in names])
    for name, result in zip(names, results, strict=True):
        assert result.polynomial == table[name].polynomial
        assert (result.status, kind(result)) == (named_results[name].status, kind(named_results[name])), name


def test_stream_is_lazy_and_in_order():
    taken = []

    def endless():
        for k in itertools.count():
            taken.append(k)
            yield parse(f"x^2 - {k - 1}" if k % 2 else f"(x - {k})^2")

    answers = certify_stream(endless(), chunk=2)
    assert taken == []
    first = next(answers)
    assert taken == [0, 1]
    assert first.polynomial == parse("x^2")
    rest = list(itertools.islice(answers, 4))
    assert len(taken) <= 6
    found = [first, *rest]
    assert [result.polynomial for result in found] == [parse(t) for t in ("x^2", "x^2", "(x-2)^2", "x^2-2", "(x-4)^2")]
    assert [str(result.status) for result in found] == ["SOS", "SOS", "SOS", "NEGATIVE", "SOS"]


def test_chunks_do_not_change_answers(table, named_results):
    polynomials = [table[name].polynomial for name in EASY]
    found = [str(result.status) for result in certify_stream(polynomials, chunk=5)]
    assert found == [str(named_results[name].status) for name in EASY]


def test_empty_batch():
    assert certify_batch([]) == []
    assert list(certify_stream(iter(()))) == []


# --- invariance ----------------------------------------------------------------------------------------------------


def permuted(p, order):
    return Polynomial.from_arrays(p.exponents[:, list(order)], p.coefficients) if p.num_variables else p


@settings(max_examples=4, deadline=None)
@given(st.randoms(use_true_random=False))
def test_permuting_variables_keeps_named_statuses(table, named_results, rng):
    moved = []
    for name in EASY:
        p = table[name].polynomial
        moved.append(permuted(p, rng.sample(range(p.num_variables), p.num_variables)))
    assert statuses(moved) == [str(named_results[name].status) for name in EASY]


def some_polynomials(rng, count):
    """Small random polynomials and sums of squares in two and three variables, not all decided by a first look."""
    for _ in range(count):
        n = rng.choice((2, 3))
        box = [m for m in itertools.product(range(3), repeat=n) if sum(m) <= 2]
        total = Polynomial.from_dict({(0,) * n: rng.choice((0, 0, 1, -1)) * Fraction(1, 8)})
        for _ in range(rng.randint(1, 3)):
            chosen = rng.sample(box, rng.randint(1, 4))
            square = Polynomial.from_dict({m: rng.choice((-2, -1, 1, 2)) for m in chosen})
            total = total + square * square
        yield total


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_random_polynomials_are_proven_whatever_their_variables_are_called(seed):
    rng = random.Random(seed)
    polynomials = list(some_polynomials(rng, 12))
    results = certify_batch(polynomials)
    for result in results:
        assert_proven(result)
        if result.status is Status.SOS:
            assert_squares(result)
    moved = [permuted(p, rng.sample(range(p.num_variables), p.num_variables)) for p in polynomials]
    # a negative point may be found for one order of the variables only: the other answer, NOT_SOS, is true as well
    refuted = {"NEGATIVE": "NOT_SOS"}
    found, wanted = statuses(moved), [str(result.status) for result in results]
    assert [refuted.get(status, status) for status in found] == [refuted.get(status, status) for status in wanted]


SCALED = (  # x -> 2^k x and p -> 10^k p keep these for the exponents below
    "double rational root",
    "two double rational roots",
    "double golden section",
    "Motzkin",
    "Robinson",
    "Choi-Lam sextic",
    "common zero (1, 1)",
    "intersection raised by 1e-3",
    "intersection lowered by 1e-3",
    "three vanishing forms",
    "odd vertex",
    "negative at infinity",
    "decimals",
    "three blocks",
    "cancelled x^2",
    "cancelled in a block",
)


@pytest.mark.parametrize("powers", [(1, -1, 2), (6, -3, -7)])
def test_scaling_the_values_keeps_statuses(powers, table, named_results):
    cases = [(name, table[name].polynomial * Fraction(10) ** k) for name in SCALED for k in powers]
    assert statuses([p for _, p in cases]) == [str(named_results[name].status) for name, _ in cases]


@pytest.mark.parametrize("shifts", [(1, -1, 2), (5, -5, -3)])
def test_scaling_the_variables_keeps_statuses(shifts, table, named_results):
    cases = []
    for name in SCALED:
        p = table[name].polynomial
        cases += [(name, p.scale_variables([k] * p.num_variables)) for k in shifts]
        cases.append(
            (name, p.scale_variables([k - i for i, k in zip(range(p.num_variables), shifts * 9, strict=False)]))
        )
    assert statuses([p for _, p in cases]) == [str(named_results[name].status) for name, _ in cases]


# --- options and limits --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("proposers", ()),
        ("ratio", 1.0),
        ("ratio", float("nan")),
        ("max_iterations", 0),
        ("time_limit", 0.0),
        ("time_limit", -1.0),
        ("time_limit", float("nan")),
        ("memory_limit", 0),
        ("seed", -1),
    ],
)
def test_bad_options_are_named(option, value):
    with pytest.raises(ValueError, match=option):
        CertifyOptions(**{option: value})


def test_unknown_proposers_and_chunks_are_refused():
    with pytest.raises(ValueError, match=r"'guess'.*even_support"):
        certify(parse("x^2"), CertifyOptions(proposers=("guess",)))
    with pytest.raises(ValueError, match="chunk must be at least 1, got 0"):
        next(certify_stream([parse("x^2")], chunk=0))


@pytest.mark.parametrize("name", ["peel", "even_support"])
def test_each_proposer_alone_suffices(name, table, named_results):
    options = CertifyOptions(proposers=(name,))
    results = certify_batch([table[n].polynomial for n in EASY], options)
    assert [str(r.status) for r in results] == [str(named_results[n].status) for n in EASY]
    exact_methods = {"univariate", "square factor", "circuits"}
    assert {r.proposer for r in results} <= {name, "expansion", "complete", "", *exact_methods}
    assert find_proposer(name).name == name


HARD = ("Robinson", "Choi-Lam sextic", "Horn", "irrational intersection", "Hurwitz")
LARGE = ("Robinson", "Horn", "Lax-Lax")


def test_time_limit_is_named(table):
    polynomials = [table[name].polynomial for name in HARD]
    for result in certify_batch(polynomials, CertifyOptions(time_limit=1e-9)):
        assert_proven(result)
        assert result.status is Status.UNDECIDED
        assert "time limit of 1e-09 s" in result.error
        assert result.margin[0] <= result.margin[1]


def test_memory_limit_is_named(table):
    polynomials = [table[name].polynomial for name in LARGE]
    for result in certify_batch(polynomials, CertifyOptions(memory_limit=2_000)):
        assert_proven(result)
        assert result.status is Status.UNDECIDED
        assert "memory_limit" in result.error
        assert result.blocks == ()


def test_iteration_limit_is_named(table):
    result = certify(table["Robinson"].polynomial, CertifyOptions(max_iterations=1, last_resort="none"))
    assert_proven(result)
    assert result.status is Status.UNDECIDED
    assert result.error.endswith(": iteration limit; a larger max_iterations may decide it")


def test_limits_leave_cheap_proofs_alone(table):
    """What is decided by a first look needs neither time nor memory."""
    names = ("zero", "odd vertex", "one variable", "negative constant")
    options = CertifyOptions(time_limit=1e-9, memory_limit=1)
    found = certify_batch([table[name].polynomial for name in names], options)
    assert [result.status for result in found] == [table[name].truth for name in names]


def test_a_limit_of_one_does_not_reach_the_rest():
    """The huge Newton polytope of one polynomial ends that one only."""
    big = parse(" + ".join(f"x{i}^10" for i in range(1, 101)) + " - (x1*x2*x3*x4*x5)^2 + 1")
    results = certify_batch([parse("x^2 + 1"), big, parse("x^3")], CertifyOptions(time_limit=30))
    assert [results[0].status, results[2].status] == [Status.SOS, Status.NEGATIVE]
    assert results[1].status is Status.SOS or "the limit is" in results[1].error


def test_one_iteration_gives_no_wrong_answers(table):
    """Whatever is said after a chunk of iterations is proven."""
    entries = [table[name] for name in (*EASY, "Lax-Lax", "Schmuedgen", "fractions")]
    for entry, result in zip(
        entries, certify_batch([e.polynomial for e in entries], CertifyOptions(max_iterations=1)), strict=True
    ):
        assert_proven(result)
        if result.status in (Status.SOS, Status.NOT_SOS, Status.NEGATIVE):
            assert result.status is entry.truth


def test_every_status_is_reached(named_results, table):
    found = {result.status for result in named_results.values()}
    found.add(certify(table["Robinson"].polynomial, time_limit=1e-9).status)
    found.add(certify(table["Robinson"].polynomial, nonnegative=True).status)
    found.add(certify(parse(NEARLY)).status)
    assert found == set(Status)


# --- other people's polynomials ------------------------------------------------------------------------------------


def test_sos1k_sample(data_folder):
    lines = (data_folder / "sos1k_half.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in random.Random(0).sample(lines, 25)]
    results = certify_batch([parse(row["polynomial"]) for row in rows])
    for row, result in zip(rows, results, strict=True):
        assert result.status in (Status.SOS, Status.NEGATIVE, Status.NOT_SOS), (row["id"], result.error)
        assert_proven(result)
        if result.status is Status.SOS and result.polynomial.num_terms < 200:
            assert_squares(result)


def test_sparsesos_files(data_folder):
    names = ("J30", "BXM_1", "ATCM_P1", "ATCM_P2", "ATCM_P4", "ATCM_P11", "F2", "F8", "F11")
    polynomials = [parse((data_folder / "sparsesos" / f"{name}.txt").read_text("utf-8")) for name in names]
    for name, result in zip(names, certify_batch(polynomials), strict=True):
        assert result.status is Status.SOS, (name, result.error)
        assert result.certificate.verify().startswith("sos")


def test_a_solver_without_memory_ends_in_undecided(monkeypatch):
    """The device's failure settles the candidates of its group, and the others go on."""
    boundary = Polynomial.parse("(x^2 - 2)^2*(x^2 + x + 1)^2 + z^2*(x - 1)^2")
    strict = Polynomial.parse("x^4 + y^4 + x^2*y^2 + 1")

    def out_of_memory(*arguments):
        raise MemoryError

    monkeypatch.setattr("nsos_jax.solvers.batch.pack", out_of_memory)
    results = certify_batch([boundary, strict], CertifyOptions(time_limit=20.0, last_resort="none"))
    assert [result.status for result in results] == [Status.UNDECIDED, Status.SOS]
    assert any("failed" in tried.outcome for tried in results[0].attempts)


def test_starting_the_solver_is_charged_to_all():
    """Compiling for a group is nobody's fault in particular."""
    polynomials = [Polynomial.parse(f"(x^2 - {k})^2*(x^2 + x + {k})^2 + (x - {k}*y)^2") for k in range(2, 8)]
    results = certify_batch(polynomials, CertifyOptions(max_iterations=40))
    launches = [result.seconds.get("solve", 0.0) + result.compile_seconds for result in results]
    assert max(launches) < 0.7 * sum(launches)


def test_compiling_is_a_stage_of_its_own(monkeypatch):
    """What a solver says it took to compile is charged to all that waited for it, and to no other stage."""
    advance, pause = SosSolver.advance, 0.5

    def compile_and_advance(solver):
        if not any(solution.iterations for solution in solver.solutions):
            time.sleep(pause)
            solver.launch_seconds += pause
            solver.compile_seconds += pause
        return advance(solver)

    monkeypatch.setattr(SosSolver, "advance", compile_and_advance)
    polynomials = [Polynomial.parse(f"(x^2 - {k})^2*(x^2 + x + {k})^2 + (x - {k}*y)^2") for k in (2, 3)]
    results = certify_batch([*polynomials, Polynomial.parse("-x^2")])
    assert [result.compile_seconds >= pause / 2 for result in results] == [True, True, False]
    assert results[2].compile_seconds == 0
    for result in results:
        assert result.work_seconds == pytest.approx(sum(result.seconds.values()) - result.compile_seconds)
        assert min(result.seconds.values()) >= 0


@pytest.mark.parametrize(("compiling", "stages"), [(0.0, {"solve": 3.0}), (4.0, {"solve": 1.0, "compile": 2.0})])
def test_shared_work_is_split_evenly(compiling, stages):
    tasks = [Task(Polynomial.parse("x"), 60.0) for _ in range(2)]
    charge_launch(tasks, "solve", 6.0, compiling)
    assert [task.seconds for task in tasks] == [stages, stages]


def test_compiling_is_no_longer_than_the_work_that_it_was_part_of():
    task = Task(Polynomial.parse("x"), 60.0)
    charge_launch([task], "solve", 1.0, 7.0)
    assert task.seconds == {"solve": 0.0, "compile": 1.0}
