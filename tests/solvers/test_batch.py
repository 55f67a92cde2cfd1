"""The batched margin solver: validation, packing, projections, brackets, statuses and independence of the batch."""

import dataclasses
import itertools
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gram_problems import CUBIC, HANKEL, PROBLEMS, SQUARE, gram_problem, powers
from hypothesis import given, settings
from hypothesis import strategies as st

from nsos_jax.solvers import verdicts
from nsos_jax.solvers.batch import SosSolver, solve_batch
from nsos_jax.solvers.groups import Slots, turns
from nsos_jax.solvers.iterations import admm, chunks, interior
from nsos_jax.solvers.iterations.bounds import Bounds
from nsos_jax.solvers.iterations.chunks import CHUNK
from nsos_jax.solvers.iterations.normal_form import normalise
from nsos_jax.solvers.iterations.psd import on_cpu
from nsos_jax.solvers.options import ACCELERATOR_PHASE, PHASE, SolverOptions
from nsos_jax.solvers.packing import Bucket, bucket_count, bucket_side, pack, placements
from nsos_jax.solvers.problem import SosProblem, WarmStart, margin_problem
from nsos_jax.solvers.programs import GramProgram, solve_programs
from nsos_jax.solvers.reference import solve_reference
from nsos_jax.solvers.status import MESSAGES, SolverStatus

SETTINGS = settings(max_examples=40, deadline=None)


def same():
    """Relative tolerance: accelerators add float32 numbers in any order."""
    return 1e-9 if on_cpu() else 1e-4


THREE_BLOCKS = gram_problem([powers(0, 1, 2, 3, 4), powers(0, 1, 2, 4), powers(1, 2, 5)], 7, rank=2)


def row_sums(problem, grams):
    total = np.zeros(problem.rhs.size)
    for rows, gram in zip(problem.blocks, grams, strict=True):
        np.add.at(total, rows, gram)
    return total


def norm(problem):
    """The unit of its normal form."""
    return np.sqrt((problem.rhs**2 / problem.counts).sum())


def size_of(problem):
    return np.abs(problem.rhs).max()


@pytest.fixture(scope="module")
def solver():
    """All problems of the table, solved in one run."""
    solver = SosSolver(PROBLEMS.values(), SolverOptions(phase=PHASE))
    solver.run()
    return solver


# Problems and packing


@pytest.mark.parametrize(
    ("blocks", "rhs", "message"),
    [
        ((), [1.0], "blocks must hold at least one"),
        (([[0]],), [[1.0]], r"rhs must be one-dimensional, got shape \(1, 1\)"),
        (np.eye(2, dtype=int), [1.0, 1.0], r"blocks\[0\] must be a square matrix.*blocks is a tuple of matrices"),
        (([[0, 1]],), [1.0, 1.0], r"blocks\[0\] must be a square matrix of rows, got shape \(1, 2\)"),
        (([[0]], [0]), [1.0], r"blocks\[1\] must be a square"),
        ((np.zeros((0, 0)),), [1.0], r"blocks\[0\] must be a square"),
        (([[0, 1], [0, 1]],), [1.0, 1.0], r"blocks\[0\] must be symmetric"),
        (([[0]], [[2]]), [1.0, 1.0], r"blocks\[1\] must hold rows in 0..1"),
        (([[-1]],), [1.0], r"blocks\[0\] must hold rows in 0..0"),
        (([[0]],), [1.0, 2.0], "row 1 has none"),
    ],
)
def test_problems_name_what_is_wrong(blocks, rhs, message):
    with pytest.raises(ValueError, match=message):
        margin_problem(tuple(np.array(block) for block in blocks), np.array(rhs))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rhs": np.ones(5) * 1j}, "rhs must hold real numbers, got complex128"),
        ({"interior": np.full(5, np.nan)}, "interior must be finite, got nan"),
        ({"free": np.ones(5)}, r"free must have shape \(5, 1\), got \(5,\)"),
        ({"free": np.zeros((5, 1))}, "free must have independent columns, column 0 depends on others"),
        ({"free": np.ones((5, 6)), "cost": np.ones(6)}, "free must have independent columns, column 5"),
        ({"free": np.full((5, 1), np.inf)}, "free must be finite, got inf"),
        ({"cost": np.array([np.nan])}, "cost must be finite, got nan"),
        ({"cost": np.zeros(0), "free": np.zeros((5, 0))}, "cost must hold a number for each free variable"),
        ({"anchor": ((np.eye(2),), np.ones(1))}, r"anchor must have the sides \(3,\) of the blocks"),
        ({"anchor": ((np.eye(3),), np.ones(2))}, r"anchor must hold free variables of shape \(1,\), got \(2,\)"),
        ({"anchor": ((np.eye(3),), np.ones(1))}, r"anchor must satisfy A\(S\) \+ F d = b, got a residual of 1"),
    ],
)
def test_programs_name_what_is_wrong(change, message):
    program = {"blocks": (HANKEL,), "rhs": np.ones(5), "free": np.eye(5)[:, :1], "cost": np.ones(1)}
    with pytest.raises(ValueError, match=message):
        SosProblem(**program | change)


def test_only_problems_can_be_solved():
    with pytest.raises(TypeError, match="problem must be a SosProblem, got int"):
        solve_batch([3])


def test_bounds_that_contradict_each_other_fail():
    """More than rounding explains: whatever the signs say."""
    lower, upper = np.array([1.0, 2.0, -1.0, 1.0]), np.array([-1.0, 1.0, -1.0 - 1e-15, 2.0])
    ones = np.ones(4)
    bounds = Bounds(lower, upper, ones, ones, ones)
    wrong, right = SolverStatus.FAILED, (SolverStatus.INFEASIBLE, SolverStatus.FEASIBLE)
    assert verdicts.margin_statuses(bounds, 1e-7, False, 1e-11).tolist() == [wrong, wrong, *right]
    statuses = [wrong, wrong, SolverStatus.OPTIMAL, SolverStatus.RUNNING]
    assert verdicts.value_statuses(bounds, 1e-7, True).tolist() == statuses


def test_interior_must_match_the_rows():
    with pytest.raises(ValueError, match=r"interior must have shape \(5,\) as rhs, got \(4,\)"):
        margin_problem((HANKEL,), np.ones(5), interior=np.ones(4))


def test_counts_identity_and_spread():
    problem = margin_problem((HANKEL, np.array([[2]])), np.arange(5.0))
    assert problem.sizes == (3, 1)
    assert problem.counts.tolist() == [1, 2, 4, 2, 1]
    assert problem.identity.tolist() == [1, 0, 2, 0, 1]
    first, second = problem.spread(problem.rhs)
    assert first.tolist() == [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
    assert second.tolist() == [[2]]


@pytest.mark.parametrize("name", PROBLEMS)
def test_dual_interiors_are_normalised(name):
    problem = PROBLEMS[name]
    moments, floor = problem.dual_interior
    assert problem.identity @ moments == pytest.approx(1.0)
    assert floor == pytest.approx(min(np.linalg.eigvalsh(m)[0] for m in problem.spread(moments)))
    assert floor > 0


@given(st.lists(st.integers(1, 20), min_size=1, max_size=12), st.integers(0, 3))
@SETTINGS
def test_placements_fit_without_overlap(sizes, extra):
    side = max(sizes) + extra
    taken: set[tuple[int, int]] = set()
    for (index, start), size in zip(placements(tuple(sizes), side), sizes, strict=True):
        assert 0 <= start <= side - size
        cells = {(index, start + i) for i in range(size)}
        assert not cells & taken
        taken |= cells


@given(st.integers(1, 5000))
def test_buckets_hold_their_size(size):
    assert size <= bucket_side(size) <= max(8, 2 * size)
    count = bucket_count(size)
    assert size <= count < 2 * size
    assert count & (count - 1) == 0


def test_pack_keeps_maps_and_pads_with_the_empty_problem():
    problems = [PROBLEMS["blocks of 4, 2 and 1 sharing rows"], SQUARE]
    with jax.enable_x64(True):
        batch, _ = jax.tree.map(np.asarray, jax.jit(normalise)(pack(problems, Bucket(8, 1, 1, True), 4)))
    assert batch.rows.shape == (4, 1, 8, 8)
    padding = batch.rhs.shape[1]
    assert [(batch.rows[slot] < padding).sum() for slot in range(4)] == [21, 9, 0, 0]
    assert batch.valid.sum(axis=(1, 2)).tolist() == [7, 3, 0, 0]
    np.testing.assert_array_equal(batch.rows[1, 0, :3, :3], HANKEL)
    np.testing.assert_allclose(batch.rhs[1, :5] * batch.size[1], SQUARE.rhs)
    assert not batch.rhs[2:].any()


# Iterations and brackets


def iterate(problems, side, bins, slots, count, penalty=None):
    """State and bracket after `count` iterations, as NumPy arrays."""
    with jax.enable_x64(True):
        batch = jax.jit(lambda data: interior.check(normalise(data)[0]))(
            pack(problems, Bucket(side, bins, 1, True), slots)
        )
        state = jax.jit(admm.init)(batch)
        if penalty is not None:
            state = dataclasses.replace(state, penalty=jnp.full_like(state.penalty, penalty))
        step = jax.jit(admm.step)
        for _ in range(count):
            state = step(batch, state)
        return jax.tree.map(np.asarray, (state, jax.jit(chunks.admm_bracket)(batch, state)))


def test_every_iterate_brackets_the_margin():
    names = ["boundary", "infeasible", "rank one", "blocks of 4, 2 and 1 sharing rows", "the same, infeasible"]
    problems = [PROBLEMS[name] for name in names]
    margins = np.array([solve_reference(problem).margin for problem in problems])
    slack = 1e-6 * np.array([size_of(problem) for problem in problems])
    widths = []
    for count in (1, 5, 40, 160):
        _, bounds = iterate(problems, 8, 1, 8, count)
        sizes = [norm(problem) for problem in problems]
        lower, upper = -bounds.above[:5] * sizes, -bounds.below[:5] * sizes
        assert (lower <= margins + slack).all()
        assert (upper >= margins - slack).all()
        widths.append(upper - lower)
    assert np.isfinite(widths[0]).all()
    assert (widths[-1] < widths[0]).all()


def test_brackets_rest_on_feasible_points():
    problem = PROBLEMS["blocks of 4, 2 and 1 sharing rows"]
    _, bounds = iterate([problem], 8, 1, 1, 30)
    y = bounds.moments[0, : problem.rhs.size]
    assert problem.identity @ y == pytest.approx(1.0, abs=1e-12)
    assert min(np.linalg.eigvalsh(m)[0] for m in problem.spread(y)) > -1e-14
    assert problem.rhs @ y == pytest.approx(-bounds.below[0] * norm(problem), abs=1e-12)


def test_sharing_a_bin_changes_nothing():
    """Blocks of 5, 4 and 3: in one bin of 16, in two of 8, or in one bin each."""
    problem = THREE_BLOCKS
    results = [iterate([problem], side, bins, 1, 25, penalty=0.05) for side, bins in [(16, 1), (8, 2), (5, 3)]]
    assert [len({index for index, _ in placements(problem.sizes, side)}) for side in (16, 8, 5)] == [1, 2, 3]
    for _, bounds in results[1:]:
        assert bounds.below[0] == pytest.approx(results[0][1].below[0], rel=1e-9)
        assert bounds.above[0] == pytest.approx(results[0][1].above[0], rel=1e-9)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_bad_numbers_stay_in_their_slot(value):
    bad = dataclasses.replace(SQUARE, rhs=np.array([1.0, value, 1.0, 0.0, 1.0]))
    others = [PROBLEMS["rank one"], PROBLEMS["infeasible"]]
    clean, poisoned = (iterate([others[0], middle, others[1]], 8, 1, 4, 10) for middle in (SQUARE, bad))
    for expected, got in zip(jax.tree.leaves(clean), jax.tree.leaves(poisoned), strict=True):
        np.testing.assert_array_equal(got[[0, 2, 3]], expected[[0, 2, 3]])
    assert not np.isfinite(poisoned[1].above[1])


# The host loop


@pytest.mark.parametrize("name", PROBLEMS)
def test_final_brackets_contain_the_reference_margin(solver, name):
    index, problem = list(PROBLEMS).index(name), PROBLEMS[name]
    solution = solver.solutions[index]
    margin, slack = solve_reference(problem).margin, 1e-6 * size_of(problem)
    assert solution.lower - slack <= margin <= solution.upper + slack
    if "infeasible" in name or name in ("one number", "huge"):
        assert solution.status is SolverStatus.INFEASIBLE
        assert solution.upper < 0
    elif name.startswith("feasible"):
        assert solution.status is SolverStatus.FEASIBLE
        assert solution.lower > 0
        assert (solution.iterations == 0) == (on_cpu() and name.endswith("minimum norm"))
    else:
        assert solution.status in (SolverStatus.BOUNDARY, SolverStatus.ITERATION_LIMIT, SolverStatus.FEASIBLE)


@pytest.mark.parametrize("name", PROBLEMS)
def test_gram_matrices_and_moments_belong_to_the_bracket(solver, name):
    index, problem = list(PROBLEMS).index(name), PROBLEMS[name]
    solution, grams, y = solver.solutions[index], solver.gram(index), solver.moments(index)
    slack = 1e-11 * size_of(problem)
    assert [gram.shape for gram in grams] == [block.shape for block in problem.blocks]
    assert np.abs(row_sums(problem, grams) - problem.rhs).max() <= slack
    better = min(np.linalg.eigvalsh(gram)[0] for gram in grams) - solution.lower
    assert -slack <= better <= (slack if on_cpu() else np.inf)  # groups of accelerators take decided problems along
    assert problem.identity @ y == pytest.approx(1.0, abs=1e-9)
    assert min(np.linalg.eigvalsh(m)[0] for m in problem.spread(y)) > -1e-12
    if np.isfinite(solution.upper):
        better = solution.upper - problem.rhs @ y
        assert -slack <= better <= (slack if on_cpu() else np.inf)


def test_the_groups_of_accelerators(solver, monkeypatch):
    """Larger groups, compacted on the device, no look from the host: the same verdicts."""
    for module in ("batch", "groups"):
        monkeypatch.setattr(f"nsos_jax.solvers.{module}.on_cpu", lambda: False)
    names = [*PROBLEMS, *list(PROBLEMS)[:6]]
    there = SosSolver((PROBLEMS[name] for name in names), SolverOptions(phase=PHASE))
    for name, got in zip(names, there.run(), strict=True):
        index = list(PROBLEMS).index(name)
        expected = solver.solutions[index]
        assert got.status is expected.status, name
        assert got.iterations == max(expected.iterations, CHUNK), name
        assert got.upper >= expected.lower - 1e-9 * size_of(PROBLEMS[name]), name
        assert got.lower <= expected.upper + 1e-9 * size_of(PROBLEMS[name]), name
    for index, name in enumerate(names):
        np.testing.assert_allclose(
            row_sums(PROBLEMS[name], there.gram(index)), PROBLEMS[name].rhs, rtol=1e-9, atol=1e-9
        )


@pytest.mark.parametrize("devices", [1, 3])
@pytest.mark.parametrize("limit", [1, 3, 100, 4096])
def test_groups_of_accelerators_have_few_sizes(monkeypatch, devices, limit):
    monkeypatch.setattr("nsos_jax.solvers.groups.on_cpu", lambda: False)
    seen = set()
    for count in (1, 2, 5, 31, 300, 1024, 1500, 9000):
        parts = Slots(limit, devices).split(list(range(count)))
        assert [index for members, _ in parts for index in members] == list(range(count))
        assert all(len(members) <= slots <= limit * devices for members, slots in parts)
        assert len(parts) == -(-count // (limit * devices))
        seen |= {slots // devices for _, slots in parts}
    assert seen <= {4, 32, 256, 512, 1024, 2048, 4096, limit}


@pytest.mark.parametrize("cores", [1, 2, 7])
@pytest.mark.parametrize("devices", [1, 8])
def test_groups_of_a_cpu_have_one_size_and_keep_all_cores_busy(monkeypatch, cores, devices):
    monkeypatch.setattr("nsos_jax.solvers.groups.on_cpu", lambda: True)
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    for count in range(40):
        parts = Slots(4, devices).split(list(range(count)))
        assert [index for members, _ in parts for index in members] == list(range(count))
        assert all(len(members) <= slots <= 4 * devices for members, slots in parts)
        if devices == 1:
            assert {slots for _, slots in parts} <= {4}
            assert len(parts) >= min(cores, count)
        elif 0 < count <= devices:
            assert [slots for _, slots in parts] == [devices]  # no device has two problems while another has none


def test_a_problem_stopped_before_its_first_bounds_keeps_the_point_of_minimum_norm():
    solver = SosSolver([SQUARE] * 40)
    solver.start_full_groups()
    solver.stop(range(40))
    for index in (0, 39):
        (gram,) = solver.gram(index)
        np.testing.assert_allclose(gram, np.diag([1.0, -2 / 3, 1.0])[:, :] + np.fliplr(np.diag([-2 / 3, 0, -2 / 3])))


def test_statuses_print_their_names():
    assert f"{SolverStatus.OPTIMAL} {SolverStatus.FEASIBLE:>10}" == "OPTIMAL   FEASIBLE"


def test_a_lower_bound_is_that_of_its_gram_matrices():
    """The matrix of minimum norm has the better one at first; from the first chunk on, both are the device's."""
    maps, worse = gram_problem([powers(0, 1, 2, 3), powers(0, 1, 2), powers(1, 2)]), 0
    for seed in range(10):
        random, rhs = np.random.default_rng(seed), np.zeros(maps.rhs.size)
        for block in maps.blocks:
            factor = random.normal(size=(len(block), 1)) * 10.0 ** random.uniform(-4, 4, len(block))[:, None]
            np.add.at(rhs, block, factor @ factor.T)
        solver = SosSolver([margin_problem(maps.blocks, rhs)])
        (solution,) = solver.solutions
        before = solution.lower
        if solution.status is SolverStatus.RUNNING:
            list(solver.advance())
        least = min(np.linalg.eigvalsh(gram)[0] for gram in solver.gram(0))
        size = max(np.linalg.norm(gram) for gram in solver.gram(0))
        assert least == pytest.approx(solution.lower, abs=1e-12 * size)
        worse += solution.lower < before
    assert worse or not on_cpu()


def test_moments_of_a_zero_right_hand_side_are_in_the_dual_cone():
    """Where the moments of the identity are not."""
    blocks = (np.add.outer(np.arange(4), np.arange(4)), np.add.outer(np.arange(3), np.arange(3)) + 1)
    problem = margin_problem(blocks, np.zeros(7))
    assert problem.dual_interior[1] < 0
    solver = SosSolver([problem])
    assert solver.run()[0].status is SolverStatus.BOUNDARY
    moments = solver.moments(0)
    assert problem.identity @ moments == pytest.approx(1.0)
    assert min(np.linalg.eigvalsh(m)[0] for m in problem.spread(moments)) > -1e-15


def test_turns_are_counted_within_the_part_of_each_device():
    assert turns([0, 2, 5], 8, None).tolist() == [0, 2, 5, -1, -1, -1, -1, -1]
    assert turns([0, 2, 5], 8, SimpleNamespace(size=2)).tolist() == [0, 2, -1, -1, 1, -1, -1, -1]
    assert turns([], 4, None).tolist() == [-1] * 4


@pytest.mark.parametrize("chunk", [chunks.admm_chunk, chunks.newton_chunk])
def test_a_problem_that_has_no_turn_stays_as_it_is(chunk):
    problems = [gram_problem([CUBIC], seed, rank=3) for seed in (1, 2, 3)]
    with jax.enable_x64(True):
        batch, state, best = chunks.init(pack(problems, Bucket.of(problems[0]), 4), False)
        if chunk is chunks.newton_chunk:
            state = chunks.newton_init(batch, state)
        static = ("auto",) if chunk is chunks.admm_chunk else ()
        all_moved = chunk(batch, state, best, *static)
        in_turn = chunks.compiled(chunk, None, *static, in_turn=True)
        moved = in_turn(batch, jax.tree.map(jnp.copy, state), best, turns([0, 2], 4, None))
    leaves = zip(*map(jax.tree.leaves, ((state, best), all_moved, moved)), strict=True)
    for before, after, ours in leaves:
        np.testing.assert_array_equal(ours[np.array([1, 3])], before[np.array([1, 3])])
        np.testing.assert_allclose(ours[np.array([0, 2])], after[np.array([0, 2])], rtol=1e-6, atol=1e-9)
    assert moved[1].bounds.lower[0] > -np.inf


@pytest.mark.parametrize(
    "make", [margin_problem, lambda blocks, rhs: GramProgram(blocks, rhs, np.eye(3)[:, :1], [1.0])]
)
def test_problems_own_their_arrays(make):
    rows, rhs = np.array([[0, 1], [1, 2]], np.int32), np.array([1.0, 0.0, 1.0])
    problem = make((rows,), rhs)
    rows[:], rhs[:] = 0, np.nan
    assert problem.blocks[0].tolist() == [[0, 1], [1, 2]]
    assert problem.rhs.tolist() == [1.0, 0.0, 1.0]


def test_phases_of_large_matrices():
    phase = PHASE if on_cpu() else ACCELERATOR_PHASE
    assert [SolverOptions().phase_at(side) for side in (8, 256, 384, 2048)] == [phase, phase, 40, 40]
    assert SolverOptions(phase=7).phase_at(2048) == 7


@pytest.mark.parametrize("name", ["feasible after iterations", "infeasible", "the same, infeasible", "one number"])
def test_a_batch_item_equals_solving_it_alone(solver, name):
    index = list(PROBLEMS).index(name)
    alone = SosSolver([PROBLEMS[name]])
    (expected,) = alone.run()
    got = solver.solutions[index]
    assert (got.status, got.iterations) == (expected.status, expected.iterations)
    assert got.lower == pytest.approx(expected.lower, rel=same())
    assert got.upper == pytest.approx(expected.upper, rel=same())
    for ours, theirs in zip(solver.gram(index), alone.gram(0), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=same() * size_of(PROBLEMS[name]))


@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_bad_numbers_fail_alone(solver, value):
    names = ["infeasible", "feasible at the minimum norm", "the same, infeasible"]
    bad = dataclasses.replace(SQUARE, rhs=np.array([value, 0.0, 1.0, 0.0, 1.0]))
    failed, *rest = solve_batch([bad] + [PROBLEMS[name] for name in names])
    assert failed.status is SolverStatus.FAILED
    for name, got in zip(names, rest, strict=True):
        expected = solver.solutions[list(PROBLEMS).index(name)]
        assert (got.status, got.iterations) == (expected.status, expected.iterations)
        assert got.lower == pytest.approx(expected.lower, rel=same())


def test_scaling_the_right_hand_side_scales_the_bracket():
    problem = PROBLEMS["the same, infeasible"]
    one, large = solve_batch([problem, dataclasses.replace(problem, rhs=problem.rhs * 1e4)])
    assert (one.status, one.iterations) == (large.status, large.iterations)
    assert (large.lower, large.upper) == pytest.approx((one.lower * 1e4, one.upper * 1e4), rel=same())


def test_an_empty_batch():
    assert solve_batch([]) == []
    solver = SosSolver()
    assert list(solver.advance()) == []
    assert solver.running == []


def test_problems_may_join_while_others_run(solver):
    late = SosSolver([SQUARE])
    assert late.solutions[0].iterations == 0
    assert list(late.advance()) == [[0]]
    assert late.solutions[0].iterations == CHUNK
    index = late.add(PROBLEMS["the same, infeasible"])
    assert (index, late.running) == (1, [0, 1])
    while 1 in late.running:
        assert [index for group in late.advance() for index in group] == [0, 1]
    expected = solver.solutions[list(PROBLEMS).index("the same, infeasible")]
    assert (late.solutions[1].status, late.solutions[1].iterations) == (expected.status, expected.iterations)
    assert late.solutions[1].upper == pytest.approx(expected.upper, rel=same())


def test_many_problems_are_compacted_without_mixing():
    """More than fill one group, decided at different times."""
    bases = [powers(0, 1, 2), powers(0, 1, 2, 3)]
    problems = [gram_problem([bases[i % 2]], i, rank=1, shift=(-1.0) ** i * 0.3 * (i % 5)) for i in range(20)]
    batched = SosSolver(problems, SolverOptions(max_iterations=10 * CHUNK))
    statuses = [solution.status for solution in batched.run()]
    assert len(set(statuses)) >= 2
    for index, problem in enumerate(problems):
        solution = batched.solutions[index]
        margin, slack = solve_reference(problem).margin, 1e-6 * size_of(problem)
        assert solution.lower - slack <= margin <= solution.upper + slack
        assert np.abs(row_sums(problem, batched.gram(index)) - problem.rhs).max() < 1e-10 * size_of(problem)


def test_every_status_is_reached():
    square = margin_problem((HANKEL[:2, :2],), np.array([1.0, 2.0, 1.0]))  # its only Gram matrix is singular
    bad = dataclasses.replace(square, rhs=np.array([1.0, np.nan, 1.0]))
    names = ["feasible at the minimum norm", "infeasible", "rank one", "boundary"]
    solver = SosSolver([square, bad, *(PROBLEMS[n] for n in names)], SolverOptions(max_iterations=2 * CHUNK))
    reached = {solution.status for solution in solver.solutions}
    assert reached == {SolverStatus.RUNNING, SolverStatus.FAILED} | ({SolverStatus.FEASIBLE} if on_cpu() else set())
    solver.stop([5])
    reached |= {solution.status for solution in solver.run()}
    assert solver.solutions[0].status is SolverStatus.BOUNDARY
    assert solver.solutions[4].status is SolverStatus.ITERATION_LIMIT
    assert solver.solutions[5].status is SolverStatus.STOPPED
    assert reached == set(SolverStatus) - {SolverStatus.OPTIMAL, SolverStatus.CONVERGED, SolverStatus.UNBOUNDED}
    assert set(MESSAGES) == set(SolverStatus)


def test_zero_is_on_the_boundary():
    (solution,) = solve_batch([dataclasses.replace(SQUARE, rhs=np.zeros(5))], SolverOptions(max_iterations=2 * CHUNK))
    assert solution.status is SolverStatus.BOUNDARY


def test_stop_leaves_decided_problems_alone(solver):
    before = [solution.status for solution in solver.solutions]
    solver.stop(range(len(before)))
    assert [solution.status for solution in solver.solutions] == before


def test_full_groups_may_start_early(solver):
    """Problems that join while a group is on the device, and groups whose members were all withdrawn."""
    names = ["rank one", "the same, infeasible", "boundary", "rank one", "the same, infeasible"]
    late = SosSolver([PROBLEMS[name] for name in names])
    late.start_full_groups()
    late.stop([0, 1])
    while late.running:
        for group in late.advance():
            for index in group:
                if index == 2 and len(late.problems) == len(names):
                    late.add(PROBLEMS["rank one"])
                    late.add(PROBLEMS["the same, infeasible"])
    for index, name in enumerate([*names, "rank one", "the same, infeasible"]):
        expected, got = solver.solutions[list(PROBLEMS).index(name)], late.solutions[index]
        if index < 2:
            assert (got.status, got.iterations) == (SolverStatus.STOPPED, 0)
        else:
            assert got.status is expected.status
            assert abs(got.iterations - expected.iterations) <= (0 if on_cpu() else CHUNK)
            assert got.lower == pytest.approx(expected.lower, rel=same())


def test_a_group_that_cannot_start_fails_alone(monkeypatch):
    """Its members are told so; no other problem is lost and none runs for ever."""
    late = SosSolver([PROBLEMS["rank one"], PROBLEMS["the same, infeasible"]])

    def out_of_memory(*arguments):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("nsos_jax.solvers.batch.pack", out_of_memory)
        assert list(late.advance()) == []
    assert [solution.status for solution in late.solutions] == [SolverStatus.FAILED] * 2
    index = late.add(PROBLEMS["boundary"])
    late.run()
    assert late.solutions[index].status is SolverStatus.BOUNDARY
    assert late.launch_seconds > 0


def test_a_warm_start_saves_iterations(solver):
    index = list(PROBLEMS).index("boundary")
    start = WarmStart(solver.gram(index), solver.moments(index))
    warm = SosSolver()
    warm.add(PROBLEMS["boundary"], start)
    (solution,) = warm.run()
    assert solution.status is SolverStatus.BOUNDARY
    assert solution.iterations <= solver.solutions[index].iterations / 3


def test_a_warm_start_must_fit():
    with pytest.raises(ValueError, match=r"start.grams must have the sides \(3,\)"):
        SosSolver().add(SQUARE, WarmStart((np.eye(2),)))
    with pytest.raises(ValueError, match=r"start.moments must have shape \(5,\)"):
        SosSolver().add(SQUARE, WarmStart((np.eye(3),), np.ones(4)))


@pytest.mark.parametrize("options", [{"precision": "mixed"}, {"projection": "products"}, {"phase": 30}], ids=str)
def test_ways_to_the_same_verdicts(solver, options):
    for name, expected, got in zip(
        PROBLEMS, solver.solutions, solve_batch(PROBLEMS.values(), SolverOptions(**options)), strict=True
    ):
        assert got.status is expected.status, name
        slack = 1e-6 * size_of(PROBLEMS[name])
        assert got.lower <= expected.upper + slack, name
        assert got.upper >= expected.lower - slack, name


def test_the_second_order_method_closes_brackets():
    problems = [gram_problem([CUBIC], seed, shift=0.1 * (seed - 3)) for seed in range(7)]
    close = SolverOptions(close_margins=True, tolerance=1e-9, phase=30, max_iterations=400)
    for problem, solution in zip(problems, solve_batch(problems, close), strict=True):
        assert solution.iterations < 400
        assert solution.upper - solution.lower <= 1e-9 * (1 + abs(solution.lower) + abs(solution.upper))
        assert solve_reference(problem).margin == pytest.approx(solution.lower, abs=1e-5 * size_of(problem))


@pytest.mark.parametrize(("variables", "degree"), [(1, 6), (2, 4), (3, 3)])
def test_a_dual_interior_is_found(variables, degree):
    """Where the identity's projection is not inside: all monomials up to a degree, hardest with one variable."""
    monomials = [m for m in itertools.product(range(degree + 1), repeat=variables) if sum(m) <= degree]
    problem = gram_problem([monomials], 0, rank=1, shift=-0.1)
    bucket = Bucket.of(problem)
    with jax.enable_x64(True):
        start = jax.jit(lambda data: interior.search(interior.check(normalise(data)[0])))
        batch = jax.tree.map(np.asarray, start(pack([problem], bucket, 1)))
    moments = batch.interior[0, : problem.rhs.size]
    assert problem.identity @ moments == pytest.approx(1.0)
    assert min(np.linalg.eigvalsh(m)[0] for m in problem.spread(moments)) == pytest.approx(batch.floor[0], abs=1e-12)
    assert batch.floor[0] > 0


def test_free_variables_besides_the_margin():
    """x^2 + d x + 1 is best with d = 0, x^2 + 2x + 1 + d not bounded from below for d."""
    rows = np.array([[0, 1], [1, 2]])
    problem = margin_problem((rows,), np.array([1.0, 2.0, 1.0]), free=np.array([[0.0], [1.0], [0.0]]))
    late = SosSolver([problem], SolverOptions(close_margins=True))
    (solution,) = late.run()
    assert (solution.lower, solution.upper) == pytest.approx((1.0, 1.0), abs=1e-6)
    assert late.free(0) == pytest.approx([2.0], abs=1e-4)
    with pytest.raises(ValueError, match="independent columns"):
        SosSolver([margin_problem((rows,), np.ones(3), free=np.array([[1.0], [0.0], [1.0]]))])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"precision": "float32"}, "precision must be 'float64' or 'mixed'"),
        ({"projection": "svd"}, "projection must be 'auto', 'eigh' or 'products'"),
        ({"phase": 0}, "phase must be positive"),
        ({"max_iterations": 0}, "max_iterations must be positive, got 0"),
        ({"max_iterations": None}, "max_iterations must be an integer, got None"),
        ({"max_iterations": np.nan}, "max_iterations must be an integer, got nan"),
        ({"phase": True}, "phase must be an integer, got True"),
        ({"tolerance": "1e-8"}, "tolerance must be finite and at least 2.2e-308, got '1e-8'"),
        ({"close_margins": "no"}, "close_margins must be True or False, got 'no'"),
        ({"mesh": "cpu"}, "mesh must be a jax.sharding.Mesh, got 'cpu'"),
        ({"tolerance": -1.0}, "tolerance must be finite and at least 2.2e-308, got -1.0"),
        ({"tolerance": np.nan}, "tolerance must be finite"),
        ({"boundary_gap": -1.0}, "boundary_gap must be finite and at least 0"),
        ({"max_bytes": 0}, "max_bytes must be positive, got 0"),
    ],
)
def test_options_name_what_is_wrong(options, message):
    with pytest.raises(ValueError, match=message):
        SolverOptions(**options)


def test_arguments_in_the_wrong_place_are_named():
    huge = WarmStart((np.eye(3),), np.full(5, 1e300))
    program = GramProgram((HANKEL,), np.ones(5), np.eye(5)[:, :1], np.ones(1))
    calls = [
        (lambda: SosSolver(SQUARE), TypeError, "problems must be a list of SosProblem, got one"),
        (lambda: SosSolver([program]), TypeError, "problem must be a SosProblem, got GramProgram .see solve_programs"),
        (lambda: SosSolver([SQUARE], {"phase": 5}), TypeError, "options must be SolverOptions, got dict"),
        (lambda: SosSolver().add(SQUARE, (np.eye(3),)), TypeError, "start must be a WarmStart, got tuple"),
        (lambda: SosSolver().add(SQUARE, huge), ValueError, r"start must hold numbers up to 1e\+100"),
        (lambda: SosSolver([SQUARE]).gram(5), IndexError, "index must be below the 1 problems, got 5"),
        (lambda: margin_problem((HANKEL,), np.ones(5), free=np.ones(5)), ValueError, r"free must have shape \(5, var"),
        (lambda: margin_problem((HANKEL + 1,), np.ones(5)), ValueError, r"rows in 0\.\.4 as rhs, got 5"),
        (lambda: solve_programs(program), TypeError, "programs must be a list of GramProgram, got one"),
        (lambda: solve_programs([SQUARE]), TypeError, "programs must hold GramProgram, got SosProblem: SosSolver"),
        (lambda: solve_programs([program], 1e-8), TypeError, "options must be SolverOptions, got float"),
    ]
    for call, kind, message in calls:
        with pytest.raises(kind, match=message):
            call()


def test_a_bound_keeps_its_own_rounding():
    """Moments of a size at which float64 holds ten digits less: what they bound is no verdict later."""
    rows = np.array([[0, 1, 2], [1, 3, 4], [2, 4, 5]])  # Q is unique, its smallest eigenvalue is -1e-6
    entries = [3.52631452605009, -0.05440949227652436, 3.8888453911468384, 2.2035153375410816]
    problem = margin_problem((rows,), np.array([*entries, 2.617352036077454, 1.8673836122493181]))
    for size in (1e9, 1e10, 1e11):
        late = SosSolver()
        late.add(problem, WarmStart((np.zeros((3, 3)),), size * np.array([1.0, 0, 0, 1, 0, 1])))
        (solution,) = late.run()
        assert solution.status is not SolverStatus.FEASIBLE
        assert solution.lower <= -9e-7


@pytest.mark.parametrize("scale", [1e-13, 1e-6, 1e13])
def test_free_variables_of_any_size(scale):
    column = scale * np.array([[0.0, 0, -1, 0, 0]]).T
    (solution,) = solve_batch([margin_problem((HANKEL,), np.array([1.0, 0, -3, 0, 1]), free=column)])
    assert solution.status is SolverStatus.FEASIBLE


@pytest.mark.parametrize("scale", [1e-300, 1e-155, 1e155, 1e300])
def test_right_hand_sides_of_any_size(scale):
    yes, no = solve_batch(margin_problem((HANKEL,), scale * np.array([1.0, 0, c, 0, 1])) for c in (-1.9, -3.0))
    assert (yes.status, no.status) == (SolverStatus.FEASIBLE, SolverStatus.INFEASIBLE)


def test_no_right_hand_side_but_free_variables():
    """Q = d diag(2, 1) is inside the cone for every positive d."""
    free = -np.array([[2.0], [0.0], [1.0]])
    (solution,) = solve_batch([margin_problem((np.array([[0, 1], [1, 2]]),), np.zeros(3), free=free)])
    assert solution.status is not SolverStatus.BOUNDARY


@pytest.mark.parametrize("c", [-1.9, -3.0])
def test_a_useless_interior_does_no_harm(c):
    garbage = np.array([1e200, 0, 0, 0, -1e200])
    (solution,) = solve_batch([margin_problem((HANKEL,), np.array([1.0, 0, c, 0, 1]), interior=garbage)])
    assert solution.status is (SolverStatus.FEASIBLE if c > -2 else SolverStatus.INFEASIBLE)


def test_what_cannot_be_a_start_is_refused():
    with pytest.raises(ValueError, match=r"start.grams\[0\] must be finite, got nan"):
        SosSolver().add(SQUARE, WarmStart((np.full((3, 3), np.nan),)))
    with pytest.raises(ValueError, match=r"start.grams\[0\] must be symmetric"):
        SosSolver().add(SQUARE, WarmStart((np.tri(3),)))
    with pytest.raises(ValueError, match=r"start\.moments must be finite, got inf"):
        SosSolver().add(SQUARE, WarmStart((np.eye(3),), np.full(5, np.inf)))


def test_a_run_that_was_broken_off_ends(monkeypatch):
    late = SosSolver([SQUARE, PROBLEMS["infeasible"]])

    def broken(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("nsos_jax.solvers.batch.pack", broken)
        with pytest.raises(KeyboardInterrupt):
            late.run()
    assert {solution.status for solution in late.run()} == {SolverStatus.FAILED}


def test_full_memory_fails_the_group(monkeypatch):
    late = SosSolver([SQUARE])
    assert list(late.advance()) == [[0]]

    def full(*arguments, **options):
        raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED")

    monkeypatch.setattr(late, "_call", full)
    assert late.run()[0].status is SolverStatus.FAILED


def test_points_have_indices_of_problems(solver):
    last = len(solver.problems) - 1
    np.testing.assert_array_equal(solver.gram(-1)[0], solver.gram(last)[0])
    with pytest.raises(IndexError):
        solver.gram(last + 1)
