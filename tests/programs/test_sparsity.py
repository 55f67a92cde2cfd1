"""Cliques of variables and of monomials: what they hold, and that what they prove is true."""

import numpy as np
import pytest

from nsos_jax import Polynomial, SemialgebraicSet, SosProgram
from nsos_jax.bases import cliques_of_neighbours
from nsos_jax.programs.bounds import lower_bound
from nsos_jax.programs.equations.correlative import variable_cliques
from nsos_jax.programs.equations.presolve import presolve
from nsos_jax.programs.equations.sparsity import maximal, nearest_pairs, sparse_bases
from nsos_jax.programs.equations.system import ProgramSystem

P = Polynomial.parse
CHAIN = 6


def chain(n):
    """sum of (x_i - x_(i+1)^2)^2 + (x_(i+1) - 1)^2 over i < n: minimum 0 at ones."""
    parts = (f"(x{i} - x{i + 1}^2)^2 + (x{i + 1} - 1)^2" for i in range(1, n))
    return P("+".join(parts), [f"x{i + 1}" for i in range(n)])


def box(n, bound=1):
    return SemialgebraicSet.box({f"x{i + 1}": (-bound, bound) for i in range(n)})


def ball(n):
    return SemialgebraicSet.ball([f"x{i + 1}" for i in range(n)], 1)


def bounding(polynomial, on, sparsity, order=2):
    program = SosProgram(polynomial.variables)
    gamma = program.scalar("gamma")
    program.nonnegative(polynomial - gamma, on=on, order=order, sparsity=sparsity, name="bound")
    program.maximize(gamma)
    return program


def test_cliques_cover_random_graphs():
    rng = np.random.default_rng(0)
    for size in (1, 5, 12):
        joined = rng.random((size, size)) < 0.3
        joined |= joined.T
        cliques = [
            set(clique.tolist()) for clique in cliques_of_neighbours([np.flatnonzero(row).tolist() for row in joined])
        ]
        for i, j in zip(*np.nonzero(joined | np.eye(size, dtype=bool)), strict=True):
            assert any({i, j} <= clique for clique in cliques)
        assert not any(one < other for one in cliques for other in cliques)


def test_cycles_get_chords():
    ring = [[(i - 1) % 7, (i + 1) % 7] for i in range(7)]
    assert [len(clique) for clique in cliques_of_neighbours(ring)] == [3] * 5


def test_variables_of_a_constraint_lie_in_one_clique():
    support = np.eye(5, dtype=int)[[0, 1]] + np.eye(5, dtype=int)[[1, 2]]
    constraint = np.array([[0, 0, 1, 0, 0], [0, 0, 0, 2, 0]])
    cliques = [clique.tolist() for clique in variable_cliques(support, [constraint])]
    assert sorted(cliques) == [[0, 1], [1, 2], [2, 3]]  # the last variable occurs nowhere


def test_multipliers_of_a_chain_use_neighbours_only():
    polynomial, on = chain(CHAIN), box(CHAIN)
    system = ProgramSystem.of(bounding(polynomial, on, "term"))
    assert system.sparse
    for block in system.blocks:
        used = np.flatnonzero(block.basis.any(axis=0))
        assert len(used) <= 2
        assert np.ptp(used) <= 1
    assert {block.multiplier for block in system.blocks} == set(range(-1, CHAIN))


@pytest.mark.parametrize("squares", [False, True])
@pytest.mark.parametrize("on", [box(CHAIN), ball(CHAIN)], ids=["box", "ball"])
def test_s0_covers_what_multipliers_bring_in(on, squares):
    polynomial = chain(CHAIN)
    factors = [np.zeros((1, CHAIN), int)] + [
        P(str(g), polynomial.variables).exponents.astype(int) for g in on.inequalities
    ]
    found = sparse_bases(polynomial.exponents, factors, [], 4, squares=squares)
    covered = {tuple(a + b) for part in found.multipliers[0] for a in part for b in part}
    for factor, parts in zip(factors[1:], found.multipliers[1:], strict=True):
        assert parts
        assert all(tuple(a + b + t) in covered for part in parts for a in part for b in part for t in factor)
    assert set(map(tuple, polynomial.exponents.tolist())) <= covered


def test_nearest_pairs_are_factors():
    rng = np.random.default_rng(1)
    basis = np.unique(rng.integers(0, 3, (40, 3)), axis=0)
    wanted = np.unique(rng.integers(0, 5, (60, 3)), axis=0)
    among = set(map(tuple, basis.tolist()))
    possible = {tuple(w) for w in wanted for b in basis if tuple(w - b) in among}
    pairs = nearest_pairs(wanted, basis)
    assert {tuple(pair[0] + pair[-1]) for pair in pairs} == possible
    assert all(set(map(tuple, pair.tolist())) <= among for pair in pairs)


def test_maximal_parts():
    parts = [np.array(rows) for rows in ([[0], [1]], [[1]], [[1], [2]], [[2], [1]])]
    assert [part.tolist() for part in maximal(parts)] == [[[0], [1]], [[1], [2]]]


@pytest.mark.parametrize("on", [box(3, 2), ball(3)], ids=["box", "ball"])
def test_bounds_grow_with_the_bases(on):
    polynomial = chain(3) - P("3*x1*x2 + x3")
    values = {s: bounding(polynomial, on, s).solve().value for s in ("cross", "term", "none")}
    assert values["cross"] <= values["term"] + 1e-5
    assert values["term"] <= values["none"] + 1e-5
    assert values["none"] == pytest.approx(values["cross"], abs=0.5)


def test_graphs_made_again_join_more():
    n = 8
    polynomial = P("+".join(f"100*(x{i + 1} - x{i}^2)^2 + (1 - x{i + 1})^2" for i in range(1, n)))
    bases = [ProgramSystem.of(bounding(polynomial, ball(n), s)) for s in ("cross", "term", "term-2")]
    largest = [max(block.side for block in system.blocks) for system in bases]
    assert largest == sorted(largest)
    assert largest[0] < largest[2]


def test_graphs_made_again_bound_no_less():
    polynomial = chain(4) - P("3*x1*x2 + x3")
    values = [bounding(polynomial, ball(4), s).solve().value for s in ("term", "term-2", "none")]
    assert values[0] <= values[1] + 1e-5
    assert values[1] <= values[2] + 1e-5


@pytest.mark.parametrize("on", [box(CHAIN), ball(CHAIN)], ids=["box", "ball"])
def test_constant_multipliers_join_no_variables(on):
    system = ProgramSystem.of(bounding(chain(CHAIN), on, "constant"))
    assert system.sparse
    for block in system.blocks:
        used = np.flatnonzero(block.basis.any(axis=0))
        assert len(used) <= 2 if block.multiplier < 0 else not len(used)
    assert {block.multiplier for block in system.blocks} == set(range(-1, len(on.inequalities)))


def test_constant_multipliers_of_a_linear_form_on_sphere_and_ball():
    """min of the sum of x_i on the unit sphere in 4 dimensions is -2, with multiplier 1."""
    names = [f"x{i + 1}" for i in range(4)]
    form, sphere = P(" + ".join(names)), P("1 - " + " - ".join(f"{name}^2" for name in names))
    for on in (SemialgebraicSet([sphere]), SemialgebraicSet([], [sphere])):
        result = lower_bound(form, on=on, order=1, sparsity="constant")
        assert result.lower == -2
        assert result.sparsity == "constant"
        result.certificate.verify()


def test_equalities_of_neighbours():
    polynomial = P("+".join(f"x{i}*x{i + 1}" for i in range(1, CHAIN)))
    signs = SemialgebraicSet([], [P(f"x{i}^2 - 1") for i in range(1, CHAIN + 1)])
    result = lower_bound(polynomial, on=signs, order=1, sparsity="term")
    assert result.lower == 1 - CHAIN
    assert result.sparsity == "term"


def test_a_large_ball_is_solved_and_proven():
    n = 12
    polynomial = P("+".join(f"(x{i} + x{i + 1}^2 - 1)^2" for i in range(1, n)))
    result = lower_bound(polynomial, on=ball(n), order=2, sparsity="cross")
    assert result.sparsity == "cross"
    result.certificate.verify()
    assert 0 <= result.upper - result.lower < 0.05


def test_a_minimum_of_the_whole_space_needs_no_multipliers():
    result = lower_bound(chain(7), on=box(7, 2), order=2, sparsity="term")
    assert result.lower == result.upper == 0
    assert result.sparsity is None
    assert set(result.certificate.identity.multipliers) == {-1}
    result.certificate.verify()


def test_unknown_sparsity():
    program = SosProgram("x")
    with pytest.raises(
        ValueError, match="sparsity: got 'terms', wanted one of none, constant, cross, term, term-2, auto"
    ):
        program.sos(program.indeterminates[0] ** 2, sparsity="terms")


def test_sparse_programs_presolve_to_the_same_blocks():
    system = ProgramSystem.of(bounding(chain(CHAIN), box(CHAIN), "cross"))
    left = presolve(system).system
    assert sum(block.side for block in left.blocks) <= sum(block.side for block in system.blocks)
    assert left.rows <= system.rows
