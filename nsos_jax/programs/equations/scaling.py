"""Powers of two for the variables, constraints, unknowns and multipliers of a program, exactly undone.

With x = 2^e X, the coefficient a of x^m in constraint j becomes 2^(e.m + c_j) a, that of the unknown u there
2^(e.m + c_j + f_u) times as large, and a coefficient of a factor g of the block k 2^(e.m + c_j + 2 b_k) times. The
exponents e, c, f, b are the least squares fit of all these to 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from nsos_jax.programs.equations.system import GramBlock, ProgramSystem

if TYPE_CHECKING:
    import scipy.sparse as sp

MAX_SHIFT = 600
"""Far from the ends of float64; numbers so far apart are brought together."""
NEGLIGIBLE_BITS = 12
"""A number that is so far below the fit is left out and the rest fitted again: it does no harm, unless variables are
stretched to enlarge it."""
MAX_REFITS = 8
MOST_DENSE = 2_000
"""Numbers times unknowns of a fit up to which it is solved densely."""
DEFINITE = 1e-10
"""What is added to the diagonal of normal equations, relative to its largest number."""
PROXIMAL_STEPS = 2
"""After which nothing is left of it in what the numbers determine."""


@dataclass(frozen=True, eq=False)
class Shifts:
    """Exponents of two.

    Attributes:
      variables: e, [n].
      rows: e.m + c_j for each row, [R].
      free: f, [W].
      bases: b_k - e.m for the monomials m of each block.
    """

    variables: Int[np.ndarray, " n"]
    rows: Int[np.ndarray, " R"]
    free: Int[np.ndarray, " W"]
    bases: list[Int[np.ndarray, " k"]]

    @staticmethod
    def none(system: ProgramSystem, width: int) -> "Shifts":
        """Everything is left as it is."""
        variables, rows, free = (np.zeros(size, np.int64) for size in (len(system.names), system.rows, width))
        return Shifts(variables, rows, free, [np.zeros(block.side, np.int64) for block in system.blocks])


@dataclass(frozen=True)
class Logs:
    """log2 |number| of what is not 0: of right sides by row, of the coefficients of unknowns by row and column, of the
    weights of each block."""

    rhs: Float[np.ndarray, " R"]
    rows: Int[np.ndarray, " entries"]
    columns: Int[np.ndarray, " entries"]
    values: Float[np.ndarray, " entries"]
    weights: Sequence[Float[np.ndarray, " terms"]]

    def spread(self) -> float:
        """Their standard deviation."""
        logs = np.concatenate([self.rhs[np.isfinite(self.rhs)], self.values, *self.weights])
        return float(np.std(logs)) if logs.size else 0.0


def fitted_shifts(system: ProgramSystem, logs: Logs, width: int) -> Shifts:
    """The fit for a system with `width` unknowns."""
    import scipy.sparse as sp  # on first use: commands that solve nothing do not load it

    exponents = system.row_exponents
    names, constraint = np.unique(system.row_constraints, return_inverse=True)
    count, variables = len(names), exponents.shape[1]
    given = np.flatnonzero(np.isfinite(logs.rhs))
    keys = [(block.constraint, block.multiplier) for block in system.blocks]
    multiplier = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    members = np.bincount([multiplier[key] for key in keys], minlength=len(multiplier))
    firsts = [keys.index(key) for key in multiplier]
    factors = [_factor_rows(system.blocks[first], exponents) for first in firsts]
    owner = np.repeat(np.arange(len(firsts)), [len(rows) for rows in factors])
    corners = [np.searchsorted(names, key[0]) for key in multiplier]
    monomials = np.concatenate([exponents[given], exponents[logs.rows], *factors])
    of = np.concatenate([constraint[given], constraint[logs.rows], np.array(corners, np.int64)[owner]])
    numbers = np.concatenate([logs.rhs[given], logs.values, *(logs.weights[first] for first in firsts)])
    row, variable = np.nonzero(monomials)
    second, third = len(given), len(given) + len(logs.rows)
    entries = [
        (row, variable, monomials[row, variable]),
        (np.arange(len(of)), variables + of, np.ones(len(of))),
        (np.arange(second, third), variables + count + logs.columns, np.ones(third - second)),
        (np.arange(third, len(numbers)), variables + count + width + owner, np.full(len(owner), 2.0)),
    ]
    places, columns, values = map(np.concatenate, zip(*entries, strict=True))
    shape = len(numbers), variables + count + width + len(firsts)
    design = sp.csr_matrix((values.astype(np.float64), (places, columns)), shape)
    repeats = np.sqrt(members)
    fit = _fit(design, numbers, np.append(np.ones(third), repeats[owner]), repeats)
    e = _rounded(fit[:variables])
    c = 2 * _rounded(fit[variables : variables + count] / 2)
    rows = exponents @ e + c[constraint]
    free = _rounded(fit[variables + count : variables + count + width])
    own = _rounded(fit[variables + count + width :])
    bases = [own[multiplier[key]] - block.basis @ e for key, block in zip(keys, system.blocks, strict=True)]
    return Shifts(e, rows, free, bases)


def _factor_rows(block: GramBlock, exponents: Int[np.ndarray, "R n"]) -> Int[np.ndarray, "terms n"]:
    """The monomials of the factor."""
    return exponents[block.maps[:, 0, 0]] - 2 * block.basis[0]


def _fit(
    design: "sp.csr_matrix",
    numbers: Float[np.ndarray, " numbers"],
    weights: Float[np.ndarray, " numbers"],
    repeats: Float[np.ndarray, " last"],
) -> Float[np.ndarray, " k"]:
    """The shortest x with design @ x nearest to -numbers.

    Blocks of one multiplier have the same numbers, and the same shift: they are taken together, with the square roots
    of their count as weights of their numbers, and as those of their shifts, the last unknowns, in the length of x.
    """
    lengths = np.append(np.ones(design.shape[1] - len(repeats)), repeats)
    kept = np.ones(len(numbers), bool)
    for _ in range(MAX_REFITS):
        weighted = design[kept].multiply(weights[kept, None]).multiply(1 / lengths[None]).tocsr()
        fit = _shortest(weighted, -(numbers * weights)[kept]) / lengths
        enough = numbers + design @ fit > -NEGLIGIBLE_BITS
        if (enough | ~kept).all():
            break
        kept &= enough
    return fit


def _shortest(design: "sp.csr_matrix", values: Float[np.ndarray, " numbers"]) -> Float[np.ndarray, " k"]:
    """The shortest x with design @ x nearest to the values: regularised normal equations, and proximal steps."""
    from scipy.sparse import csc_matrix, eye_array
    from scipy.sparse.linalg import splu

    if design.shape[0] * design.shape[1] <= MOST_DENSE:
        return np.linalg.lstsq(design.toarray(), values, rcond=DEFINITE)[0]
    normal = design.T @ design
    ridge = DEFINITE * float(normal.diagonal().max())
    options = {"SymmetricMode": True, "Equil": False}
    lifted = csc_matrix(normal + ridge * eye_array(design.shape[1]))
    factor = splu(lifted, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options)
    result = np.zeros(design.shape[1])
    for _ in range(1 + PROXIMAL_STEPS):
        result += factor.solve(design.T @ (values - design @ result))
    return result


def _rounded(exponents: Float[np.ndarray, " k"]) -> Int[np.ndarray, " k"]:
    return np.clip(np.rint(exponents), -MAX_SHIFT, MAX_SHIFT).astype(np.int64)
