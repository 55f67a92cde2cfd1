"""The Gram equations on a face in numbers of any precision: A(U S U') + t A(U U') = b, U with orthonormal columns.

The matrix of Newton's equations is A (W (x) W) A', W = T T': its entry at rows r and s is the sum of W_ik W_jl over the
entries (i, j) in row r and (k, l) in row s. Rows are sums of exponents. So it is the coefficient of u^r v^s in the
square of the polynomial W(u, v), the sum of W_ik u^i v^k over the monomials i and k of a basis.
"""

import itertools
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from flint import Ordering, arb, arb_mat, fmpz, fmpz_mat, fmpz_mpoly, fmpz_mpoly_ctx
from jaxtyping import Float, Int

from nsos_jax.proofs.faces.face import Face

GUARD_BITS = 40
WEIGHT_BITS = 40
Numbers = list[arb]


class PreciseEquations:
    """What path following in high precision needs of A and b; numbers have the precision of flint's context.

    Attributes:
      size: the sum of the sides r.
      changes: C per block, [r, r]; V C S C' V' is the Gram matrix of 2^-unit p for S in the coordinates of U.
      frames: U = D V C per block, [m, r], D as in `Frame`: orthonormal to about 16 digits, exactly within the face.
      targets: b.
      identity: A(U U').
    """

    def __init__(self, face: Face, rows: Sequence[int], scale: float) -> None:
        """Of some rows of the system of a face, with b divided by a scale."""
        system = face.system
        self.size = face.size
        self.changes = [numbers(np.linalg.inv(frame.triangle)) for frame in face.frames]
        self.frames = [_scaled(face, block) * change for block, change in enumerate(self.changes)]
        self._count = len(system.targets)
        weights = _weights(system.row_exponents)
        self._row_of = {code: row for row, code in enumerate((system.row_exponents @ weights).tolist())}
        self._codes = [(basis @ weights).tolist() for basis in system.bases]
        self._entries = [rows.ravel().tolist() for rows in system.rows]
        self._chosen = list(rows)
        logs = system.row_exponents @ system.scaling.shifts - system.scaling.unit
        pairs = zip(system.targets.tolist(), logs.tolist(), strict=True)
        factor = 1 / (arb(system.polynomial.denominator) * arb(scale))
        targets = [arb(target) * arb(2) ** log * factor for target, log in pairs]
        self.targets = [targets[row] for row in self._chosen]
        self.identity = self.apply([frame * frame.transpose() for frame in self.frames])

    def apply(self, grams: Sequence[arb_mat]) -> Numbers:
        """A of matrices [m, m] per block."""
        total = [arb(0)] * self._count
        for rows, gram in zip(self._entries, grams, strict=True):
            for row, entry in zip(rows, gram.entries(), strict=True):
                total[row] += entry
        return [total[row].mid() for row in self._chosen]

    def moments(self, values: Numbers) -> list[arb_mat]:
        """A'(y), [m, m] per block."""
        by_row = self.by_row(values)
        sides = (frame.nrows() for frame in self.frames)
        return [
            arb_mat(side, side, [by_row[row] for row in rows]) for side, rows in zip(sides, self._entries, strict=True)
        ]

    def by_row(self, values: Numbers) -> Numbers:
        """Multipliers as moments, one per row."""
        result = [arb(0)] * self._count
        for row, value in zip(self._chosen, values, strict=True):
            result[row] = value
        return result

    def newton_matrix(self, factors: Sequence[arb_mat], bits: int) -> arb_mat:
        """A (T T' (x) T T') A' for T [m, r] per block, whose products are rounded to multiples of 2^-bits of the
        largest."""
        matrix = self._products(factors, bits)
        if len(self._chosen) == self._count:
            return matrix
        entries = matrix.entries()
        own = [entries[row * self._count + column] for row in self._chosen for column in self._chosen]
        return arb_mat(len(self._chosen), len(self._chosen), own)

    def _products(self, factors: Sequence[arb_mat], bits: int) -> arb_mat:
        products = [(factor * factor.transpose()).mid() for factor in factors]
        largest = max(float(abs(entry)) for product in products for entry in product.entries())
        shift = bits - int(np.frexp(largest)[1])
        total = _CONTEXT.constant(0)
        for codes, product in zip(self._codes, products, strict=True):
            total += _polynomial(codes, product, shift) ** 2
        row_of, count = self._row_of, self._count
        entries = [fmpz(0)] * count**2
        for (left, right), value in zip(total.monoms(), total.coeffs(), strict=True):
            entries[row_of[left] * count + row_of[right]] = value
        return (arb_mat(fmpz_mat(count, count, entries)) * arb(2) ** (-2 * shift)).mid()


_CONTEXT = fmpz_mpoly_ctx.get(["u", "v"], Ordering.lex)


def _polynomial(codes: list[int], matrix: arb_mat, shift: int) -> fmpz_mpoly:
    """The sum of the entries, times 2^shift and rounded to integers, times u^i v^k."""
    terms: dict[tuple[int, ...], int | fmpz] = {}
    for powers, entry in zip(itertools.product(codes, codes), matrix.entries(), strict=True):
        mantissa, exponent = entry.man_exp()
        places = int(exponent) + shift
        terms[powers] = int(mantissa) << places if places >= 0 else int(mantissa) >> -places
    return _CONTEXT.from_dict(terms)


def _weights(rows: Int[np.ndarray, "rows n"]) -> Int[np.ndarray, " n"]:
    """Of the variables, so that sums of exponents differ in their weights if they differ."""
    rng = np.random.default_rng(0)
    while True:
        weights = rng.integers(1 << WEIGHT_BITS, size=(rows.shape[1],))
        if len(np.unique(rows @ weights)) == len(rows):
            return weights


def _scaled(face: Face, block: int) -> arb_mat:
    """D V."""
    logs = (face.system.bases[block] @ face.system.scaling.shifts).tolist()
    rows = zip(face.ranges[block].tolist(), logs, strict=True)
    entries = [arb(int(x)) * arb(2) ** log for row, log in rows for x in row]
    return arb_mat(len(logs), face.ranges[block].shape[1], entries)


def numbers(matrix: Float[np.ndarray, "rows columns"]) -> arb_mat:
    """Floats as exact numbers."""
    return arb_mat(len(matrix), matrix.shape[1], [arb(x) for x in matrix.ravel().tolist()])


def floats(matrix: arb_mat) -> Float[np.ndarray, "rows columns"]:
    """The nearest floats."""
    return np.array([float(x) for x in matrix.entries()]).reshape(matrix.nrows(), matrix.ncols())


def fractions(matrix: arb_mat) -> np.ndarray:
    """Midpoints as an object array of fractions."""
    pairs = (x.mid().man_exp() for x in matrix.entries())
    entries = [Fraction(int(mantissa)) * Fraction(2) ** int(exponent) for mantissa, exponent in pairs]
    return np.array(entries, object).reshape(matrix.nrows(), matrix.ncols())


def inner(left: Numbers, right: Numbers) -> arb:
    """<x, y>."""
    return sum((x * y for x, y in zip(left, right, strict=True)), arb(0)).mid()
