"""A primal-dual interior-point method for a batch of programs, one iteration at a time.

For  min c'd  s.t.  A(S) + F d = b, S psd  and  M(m) = A'(m) = Z psd, F'm = -c,  Newton's equations in the HKM direction
(Helmberg, Rendl, Vanderbei and Wolkowicz 1996; Kojima, Shindoh and Hara 1997; Monteiro 1997) are
    H dm - F dd = A(R - S R_d Z^-1) - r_p,    F'dm = r_f,    H = A (S (x) Z^-1) A',
    dZ = M(dm) + R_d,    dS = R - sym(S dZ Z^-1),    R = sigma mu Z^-1 - S - sym(dS_a dZ_a Z^-1),
with residuals r_p = b - A(S) - F d, R_d = M(m) - Z, r_f = -c - F'm, and the predictor (dS_a, dZ_a) of Mehrotra. sigma
comes from the last step lengths: the predictor's own would cost as much as all the rest.
"""

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float

from nsos_jax.solvers.interior_point.batch import Batch, Residuals, State, Structure
from nsos_jax.solvers.interior_point.newton import equations
from nsos_jax.solvers.interior_point.workspace import Workspace

START = 10.0
"""Of the spread of the eigenvalues of the least squares solutions: what is added to them at the start."""
FIRST_CENTRING, LEAST_CENTRING, MOST_CENTRING = 0.1, 0.005, 0.5


def cholesky(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower triangles [..., k, k], and which exist [...]; identities stand for the others."""
    try:
        return np.linalg.cholesky(matrices), np.ones(matrices.shape[:-2], bool)
    except np.linalg.LinAlgError:
        pass
    flat = matrices.reshape(-1, *matrices.shape[-2:])
    found, result = np.zeros(len(flat), bool), np.empty_like(flat)
    for index, matrix in enumerate(flat):
        try:
            result[index], found[index] = np.linalg.cholesky(matrix), True
        except np.linalg.LinAlgError:
            result[index] = np.eye(len(matrix))
    return result.reshape(matrices.shape), found.reshape(matrices.shape[:-2])


def start(structure: Structure, batch: Batch, work: Workspace) -> State:
    """The S and Z of least norm with A(S) + F d = b and F'm = -c, moved into the cone."""
    entries = structure.entries
    matrices: np.ndarray | sp.csc_array = entries.gram
    if isinstance(entries.gram, np.ndarray):
        matrices = work.array("schur", len(batch.rhs), *entries.gram.shape)
        matrices[:] = entries.gram
    newton = equations(batch, matrices, work)
    weights, free = newton.solve(batch.rhs, np.zeros_like(batch.cost))  # A A' w - F d = b, F'w = 0
    moments, _ = newton.solve(np.zeros_like(batch.rhs), -batch.cost)
    flats = entries.adjoint(weights), entries.adjoint(moments)
    slack, dual = (flat + _lift(structure, flat)[:, None] * structure.identity for flat in flats)
    return State(slack, dual, -free, moments, np.full(len(free), np.nan), newton.alive)


def _lift(structure: Structure, flat: np.ndarray) -> np.ndarray:
    values = [np.linalg.eigvalsh(view).reshape(len(flat), -1) for view in structure.layout.views(flat)]
    lowest = np.minimum.reduce([part.min(axis=1) for part in values])
    largest = np.maximum.reduce([np.abs(part).max(axis=1) for part in values])
    return START * (np.maximum(-lowest, 0.0) + 0.5 * largest + 1e-3)


def residuals(structure: Structure, batch: Batch, state: State) -> Residuals:
    """How far the iterates are from feasibility and complementarity."""
    entries = structure.entries
    return Residuals(
        batch.rhs - entries.apply(state.slack) - batch.combine(state.free),
        entries.adjoint(state.moments) - state.dual,
        -batch.cost - batch.fit(state.moments),
        (state.slack * state.dual).sum(axis=1) / structure.layout.side,
    )


def advance(structure: Structure, batch: Batch, state: State, missing: Residuals, work: Workspace) -> State:
    """One iteration of every program."""
    layout = structure.layout
    slack, dual = layout.views(state.slack), layout.views(state.dual)
    factors = [cholesky(np.stack(pair)) for pair in zip(slack, dual, strict=True)]
    inverses = [np.linalg.inv(triangles) for triangles, _ in factors]
    alive = np.logical_and.reduce([found.all(axis=(0, 2)) for _, found in factors]) & state.alive
    inverse = [np.swapaxes(part[1], -1, -2) @ part[1] for part in inverses]
    schur = structure.schur
    matrices = schur.assemble_sparse(slack, inverse) if structure.large else schur.assemble(slack, inverse, work)
    newton = equations(batch, matrices, work)

    def times_inverse(left: list[np.ndarray], middle: np.ndarray) -> np.ndarray:
        """sym(X Y Z^-1) [B, N]."""
        result = np.empty_like(middle)
        for out, x, y, z in zip(layout.views(result), left, layout.views(middle), inverse, strict=True):
            product = x @ y @ z
            np.add(product, np.swapaxes(product, -1, -2), out=out)
        result *= 0.5
        return result

    def direction(wanted: np.ndarray) -> tuple[np.ndarray, ...]:
        upper = structure.entries.apply(wanted - infeasible) - missing.primal
        moments, free = newton.solve(upper, missing.cost)
        change = structure.entries.adjoint(moments) + missing.dual
        return wanted - times_inverse(slack, change), change, free, moments

    def repaired(slack: np.ndarray, free: np.ndarray) -> np.ndarray:
        """dS that satisfies its equations to the last digits, which S dZ Z^-1 loses towards the end."""
        return slack + structure.entries.repair(missing.primal - structure.entries.apply(slack) - batch.combine(free))

    infeasible = times_inverse(slack, missing.dual)
    predicted, foreseen, *_ = direction(-state.slack)
    centring = np.where(
        np.isnan(state.step), FIRST_CENTRING, np.clip((1 - state.step) ** 2, LEAST_CENTRING, MOST_CENTRING)
    )
    target = np.empty_like(state.slack)
    for out, part in zip(layout.views(target), inverse, strict=True):
        np.multiply((centring * missing.gap)[:, None, None, None], part, out=out)
    corrected = target - state.slack - times_inverse(layout.views(predicted), foreseen)
    raw, *others = direction(corrected)
    changes = repaired(raw, others[1]), *others
    lengths = _step_lengths(layout.views(changes[0]), layout.views(changes[1]), inverses)
    alive = alive & newton.alive & np.isfinite(lengths).all(axis=0)
    short = np.minimum(lengths.min(axis=0), 1.0)
    primal, conic = np.where(alive, np.minimum(1.0, (0.9 + 0.09 * short) * lengths), 0.0)
    changes = tuple(np.where(alive[:, None], change, 0.0) for change in changes)
    return State(
        state.slack + primal[:, None] * changes[0],
        state.dual + conic[:, None] * changes[1],
        state.free + primal[:, None] * changes[2],
        state.moments + conic[:, None] * changes[3],
        np.minimum(primal, conic),
        alive,
    )


def _step_lengths(
    slack: list[np.ndarray], dual: list[np.ndarray], inverses: list[np.ndarray]
) -> Float[np.ndarray, "2 B"]:
    """The longest steps that keep S and Z in the cone."""
    lowest = []
    for first, second, inverse in zip(slack, dual, inverses, strict=True):
        scaled = inverse @ np.stack([first, second]) @ np.swapaxes(inverse, -1, -2)
        finite = np.isfinite(scaled).all(axis=(-1, -2))
        scaled[~finite] = 0.0
        values = scaled[..., 0, 0] if scaled.shape[-1] == 1 else np.linalg.eigvalsh(scaled)[..., 0]
        lowest.append(np.where(finite, values, np.nan).min(axis=-1))
    return 1.0 / np.maximum(-np.minimum.reduce(lowest), 1e-12)
