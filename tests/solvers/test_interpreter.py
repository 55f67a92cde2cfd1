"""Programs evaluated by NumPy: the results of compiled ones, of every operation and of the solver's programs."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from nsos_jax.sampling import sample_monomials
from nsos_jax.solvers.interpreted.interpreter import Interpreted
from nsos_jax.solvers.interpreted.primitives import Unsupported
from nsos_jax.solvers.iterations import admm, chunks, interior, newton
from nsos_jax.solvers.packing import Bucket, pack
from nsos_jax.solvers.problem import SosProblem, margin_problem

pytestmark = pytest.mark.usefixtures("quick_compilation")  # of what the results are compared with

X = np.linspace(-2.0, 3.0, 24).reshape(2, 3, 4)
SQUARES = X[:, :, :3] @ X[:, :, :3].swapaxes(1, 2) + 2 * np.eye(3)
INTEGERS, BY = np.arange(-6, 6, dtype=np.int32), np.array([4, -5, 3] * 4, np.int32)
ROWS = np.array([[[0, 1], [1, 5]], [[2, 2], [3, 7]]], np.int32)  # 7 is beyond the 6 of VALUES
VALUES = np.arange(12.0).reshape(2, 6) - 3


def spread(values, rows):
    return jax.vmap(lambda y, at: y[at])(values, rows)


def sums(rows, entries):
    return jax.vmap(lambda at, z: jnp.zeros(6, z.dtype).at[at].add(z, mode="drop"))(rows, entries)


def halved(x):
    return lax.while_loop(lambda carry: carry[1].max() > 1, lambda carry: (carry[0] + 1, carry[1] / 2), (0, x))


OPERATIONS = {
    "arithmetic": (lambda x: (x + 1) * x - x / 3 + x**3 + jnp.abs(x) ** 1.5 + jnp.sqrt(jnp.abs(x)) - (-x), X),
    "exponentials": (lambda x: jnp.exp(x) + jnp.expm1(x) + jnp.log(jnp.abs(x) + 1) + jnp.sign(x), X),
    "square roots of negative numbers": (lambda x: jnp.sqrt(x) / 0.0, X),
    "integers": (lambda i, j: (lax.div(i, j), lax.rem(i, j), i // j, i % j), INTEGERS, BY),
    "comparisons": (
        lambda x: (x < 1, x <= 1, x > 1, x >= 1, x == 1, x != 1, (x > 0) & (x < 1), ~((x > 1) | (x < 0))),
        X,
    ),
    "choices": (lambda x: jnp.where(x > 0, x, 0.0) + jnp.clip(x, -1, 1) + jnp.isfinite(x), X),
    "types": (lambda x: (x.astype(jnp.float32), x.astype(jnp.int32), (x > 0).astype(jnp.float64)), X),
    "axes": (
        lambda x: (x.T, x[:, ::2], x[:, None], x.reshape(6, 4), jnp.concatenate([x, x], 1), jnp.split(x, 3, 1)),
        X,
    ),
    "reductions": (lambda x: (x.sum(1), x.max((0, 2)), x.min(), (x > 0).any(0), (x > 0).all(2)), X),
    "sums of small integers": (lambda i: jnp.sum(i, dtype=jnp.int32), INTEGERS),
    "padding": (lambda x: jnp.pad(x, ((0, 0), (1, 2), (0, 1)), constant_values=5.0), X),
    "windows": (lambda x: lax.dynamic_slice(x, (1, 2, -9), (1, 2, 2)), X),
    "updates": (lambda x: lax.dynamic_update_slice(x, jnp.ones((1, 2, 2)), (5, 0, 1)), X),
    "counting": (lambda x: x + jnp.arange(4) + jnp.eye(3, 4), X),
    "products": (lambda x: (x @ x.swapaxes(1, 2), jnp.einsum("bij,bkj,bk->ib", x, x, x[:, :, 0]), x[0] @ x[1].T), X),
    "by row": (spread, VALUES, np.minimum(ROWS, 5)),
    "sums of rows": (sums, ROWS, X[:, :2, :2]),
    "eigenvalues": (lambda a: (jnp.linalg.eigvalsh(a), jnp.abs(jnp.linalg.eigh(a)[1])), SQUARES),
    "factors": (lambda a: (jnp.linalg.cholesky(a), jnp.linalg.qr(a)), SQUARES),
    "triangles": (lambda a: jax.scipy.linalg.cho_solve((jnp.linalg.cholesky(a), True), a[:, :, :2]), SQUARES),
    "upper triangles": (lambda a: jax.scipy.linalg.solve_triangular(jnp.linalg.qr(a)[1], a), SQUARES),
    "a loop": (lambda x: lax.fori_loop(0, 5, lambda i, y: y * x[0] + i, x), X),
    "a scan": (lambda x: lax.scan(lambda sum, y: (sum + y, (sum, y * x[1])), x[0], x), X),
    "a scan backwards": (lambda x: lax.scan(lambda sum, y: (sum + y, sum), x[0], x, reverse=True), X),
    "a loop with a condition": (halved, X),
    "branches": (lambda x: [lax.switch(i, (jnp.abs, jnp.sqrt, jnp.negative), x) for i in x[0, 0].astype(int)], X),
    "programs within": (lambda x: jax.jit(lambda y: (y, jax.jit(jnp.square)(y)))(x), X),
    "constants": (lambda x: (x + jnp.asarray(X), jnp.ones((2, 2)) @ jnp.eye(2)), X),
}


def assert_same(ours, theirs, rtol=1e-12, atol=1e-12):
    assert jax.tree.structure(ours) == jax.tree.structure(theirs)
    for got, expected in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        assert isinstance(got, np.ndarray | np.generic)
        assert (got.shape, got.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_allclose(got, expected, rtol=rtol, atol=atol)


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_what_jax_makes_of_it(name):
    function, *arguments = OPERATIONS[name]
    with jax.enable_x64(True):
        expected = jax.jit(function)(*arguments)
    assert_same(Interpreted(function)(*arguments), expected)


def problems(size=10, free=None):
    """Two margin problems, or programs with a cost where free variables are given."""
    made = []
    for seed in range(2):
        rng = np.random.default_rng(seed)
        basis = sample_monomials(rng, 3, 8, size)
        monomials, rows = np.unique((basis[:, None] + basis).reshape(-1, 3), axis=0, return_inverse=True)
        rows, factor = rows.reshape(size, size), rng.normal(size=(size, size - 2))
        rhs = np.bincount(rows.ravel(), (factor @ factor.T).ravel())
        if free is None:
            made.append(margin_problem((rows,), rhs))
        else:
            made.append(SosProblem((rows,), rhs, rng.normal(size=(len(monomials), free)), np.ones(free)))
    return made


def begin(size, free=None):
    """The data of a group, the batch on the host, and the states of both methods."""
    made = problems(size, free)
    data = pack(made, Bucket.of(made[0]), 2)
    with jax.enable_x64(True):
        batch, state, best = jax.jit(lambda data: chunks.init(data, False))(data)
        second = jax.jit(chunks.newton_init)(batch, state)
    return data, *jax.tree.map(np.array, (batch, state, best, second))


@pytest.fixture(scope="module", params=[(10, None), (6, 3)], ids=["margins", "programs with three variables"])
def begun(request):
    return begin(*request.param)


PROGRAMS = {
    "init": lambda data, batch, state, best, second: (lambda data: chunks.init(data, True), data),
    "search": lambda data, batch, state, best, second: (interior.search, batch),
    "admm_chunk": lambda data, batch, state, best, second: (
        lambda *arguments: chunks.admm_chunk(*arguments, "eigh"),
        batch,
        state,
        best,
    ),
    "newton_init": lambda data, batch, state, best, second: (chunks.newton_init, batch, state),
    "newton step": lambda data, batch, state, best, second: (newton.step, batch, second),
    "newton_chunk": lambda data, batch, state, best, second: (chunks.newton_chunk, batch, second, best),
    "to_admm": lambda data, batch, state, best, second: (newton.to_admm, batch, second),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_of_the_solver_is_what_jax_makes_of_it(begun, name):
    check(begun, name)


@pytest.mark.parametrize("name", ["init", "admm_chunk"])
def test_a_program_of_larger_matrices_is_what_jax_makes_of_it(name):
    """Which extrapolates."""
    check(begin(66), name)


def check(begun, name):
    function, *arguments = PROGRAMS[name](*begun)
    with jax.enable_x64(True):
        expected = jax.jit(lambda *inputs: function(*inputs))(*arguments)
    # where an inner loop ends may depend on rounding
    loose = 1e-3 if name == "newton_chunk" else 1e-9
    assert_same(Interpreted(function)(*arguments), expected, rtol=loose, atol=loose)


def test_products_in_float32(begun):
    _, batch, state, *_ = begun
    single = chunks.to_single((batch, state))
    project = lambda batch, state: admm.step(batch, state, "products")  # noqa: E731
    assert_same(Interpreted(project)(*single), jax.jit(project)(*single), rtol=1e-3, atol=1e-3)


def test_what_is_not_finite_stays_alone():
    matrices = np.stack([SQUARES[0], np.full((3, 3), np.nan), SQUARES[1]])
    values, vectors = Interpreted(jnp.linalg.eigh)(matrices)
    assert np.isnan(values[1]).all()
    assert np.isnan(vectors[1]).all()
    np.testing.assert_allclose(values[[0, 2]], np.linalg.eigvalsh(SQUARES), rtol=1e-12)
    factors = Interpreted(jnp.linalg.cholesky)(np.stack([SQUARES[0], -np.eye(3)]))
    assert np.isnan(factors[1]).any()
    assert np.isfinite(factors[0]).all()


@pytest.mark.parametrize(
    "function",
    [jnp.sort, jnp.cumsum, lambda x: x[jnp.array([0, 1])], lambda x: x.at[jnp.array([1])].add(1.0)],
    ids=["sort", "cumsum", "rows", "sums of rows"],
)
def test_what_is_unknown_is_refused(function):
    with pytest.raises(Unsupported):
        Interpreted(function)(X[0])


def test_a_program_runs_in_many_threads_at_a_time():
    program = Interpreted(lambda x: lax.fori_loop(0, 200, lambda i, y: jnp.sqrt(y @ y.T + i), x)).program(X[0, :, :3])
    inputs = [X[0, :, :3] + shift for shift in range(8)]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(program, inputs))
    for (result, lost), given in zip(together, inputs, strict=True):
        alone, expected = program(given)
        np.testing.assert_array_equal(result, alone)
        assert lost == expected


def test_what_is_lost_grows_with_the_rounds_of_a_loop_and_is_the_same_every_time():
    program = Interpreted(halved).program(X)
    few, many = program(X)[1], program(1e6 * X)[1]
    assert 0 < few < many == program(1e6 * X)[1]


def test_large_values_are_dropped_after_their_last_use():
    def many(x):
        for step in range(30):
            x = jnp.abs(x) + step
        return x

    given = np.ones(1 << 17)
    program = Interpreted(many).program(given)
    tracemalloc.start()
    (result, _), (_, peak) = program(given), tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result[0] == 1 + sum(range(30))
    assert peak < 5 * given.nbytes


def test_what_a_loop_does_not_change_is_done_once():
    """Then a step that does not depend on the carry costs nothing in each round."""
    changing = Interpreted(lambda x, y: lax.fori_loop(0, 9, lambda _, z: z + jnp.abs(jnp.abs(z)), y))
    constant = Interpreted(lambda x, y: lax.fori_loop(0, 9, lambda _, z: z + jnp.abs(jnp.abs(x)), y))
    assert 1.8 * constant.program(X, X)(X, X)[1] < changing.program(X, X)(X, X)[1]
