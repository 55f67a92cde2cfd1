"""Sums of circuit polynomials as sums of binomial squares, without a solver: forms of the inequality of means.

A circuit polynomial is sum_i c_i x^(a_i) - b x^m with c_i > 0, even vertices a_i of a simplex, and m = sum_i l_i a_i in
it. It is nonnegative, for m odd or b > 0, if and only if |b| <= prod_i (c_i / l_i)^(l_i) (S. Iliman and T. de Wolff,
Amoebas, nonnegative polynomials and sums of squares supported on circuits, 2016). Where m lies in a mediated set
(`mediated`), equations 2 x^m = x^e + x^f - (x^(e / 2) - x^(f / 2))^2, weighted, turn it into a sum of binomial squares
(B. Reznick 1989; J. Wang and V. Magron, A second order cone characterization for sums of nonnegative circuits, 2020).
Many inner terms b_j x^(m_j) share the c_i: weights w of the vertices say how, see `_prices`.
"""

import time
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from flint import fmpq, fmpq_mat
from jaxtyping import Float, Int
from scipy.optimize import linprog

from nsos_jax.bases import DeadlineExceeded
from nsos_jax.certificates import GramBlock, SosCertificate, as_rational
from nsos_jax.polynomials import Polynomial, even_rows
from nsos_jax.proofs.gram_system import log2_magnitudes
from nsos_jax.proofs.mediated import Point, Simplex, mediated_set, simplex_of

MAX_INNER_TERMS = 24
MAX_DENOMINATORS = (1, 10, 100, 10**4, 10**8, 10**14)
"""Largest denominators of the ratios in binomial squares, tried in this order."""
ROUNDS = 3
SWEEPS = 1000


class _Circuit(NamedTuple):
    """One inner term and the simplex around it.

    Attributes:
      term: the index of the inner term in the polynomial.
      vertices: int [k], the indices of the vertices among the outer terms.
      shares: l, float [k]; the sum is 1.
      simplex: with these vertices.
      middles: {middle: its two ends}, the mediated set.
    """

    term: int
    vertices: Int[np.ndarray, " k"]
    shares: Float[np.ndarray, " k"]
    simplex: Simplex
    middles: dict[Point, tuple[Point, Point]]


def circuit_certificate(polynomial: Polynomial, deadline: float) -> SosCertificate | None:
    """Binomial squares for a polynomial whose terms are positive even powers and few others; None if none were found.

    Raises:
      DeadlineExceeded: `time.monotonic()` is past the deadline.

    >>> p = Polynomial.parse("x^6 + y^6 + z^6 - 3*x^2*y^2*z^2")
    >>> circuit_certificate(p, time.monotonic() + 60).verify()
    'sos: 4 terms = 5 blocks of at most 2 monomials'
    """
    numerators = polynomial.numerators
    even = even_rows(polynomial.exponents)
    outer = [t for t, numerator in enumerate(numerators) if even[t] and numerator > 0]
    inner = [t for t, numerator in enumerate(numerators) if not even[t] or numerator < 0]
    if not 1 <= len(inner) <= MAX_INNER_TERMS or sum(numerators[t] for t in outer) < sum(
        abs(numerators[t]) for t in inner
    ):
        return None  # in the second case the inequality fails at (1, ..., 1), with the worst signs
    points = polynomial.exponents.astype(np.int64)
    logs = log2_magnitudes(polynomial)
    prices = -logs[outer]
    for _ in range(ROUNDS):
        circuits = [_circuit(points, outer, term, prices, deadline) for term in inner]
        found = [circuit for circuit in circuits if circuit is not None]
        if len(found) < len(circuits):
            return None
        prices, need = _prices(found, logs, outer)
        if need <= 1e-9:
            break
    else:
        return None
    for largest in MAX_DENOMINATORS:
        blocks = _binomial_squares(polynomial, outer, found, prices, largest)
        if blocks is not None:
            return SosCertificate.create(polynomial, blocks)
    return None


def _circuit(
    points: Int[np.ndarray, "terms n"],
    outer: list[int],
    term: int,
    prices: Float[np.ndarray, " outer"],
    deadline: float,
) -> _Circuit | None:
    """The cheapest simplex of outer terms around an inner one, if that lies in a mediated set of it."""
    if time.monotonic() > deadline:
        raise DeadlineExceeded("no sum of circuits was found in time")
    equations = np.vstack([points[outer].T, np.ones(len(outer))])
    solved = linprog(prices, A_eq=equations, b_eq=[*points[term], 1.0], method="highs-ds")
    if solved.x is None:
        return None
    vertices = np.flatnonzero(solved.x > 1e-9)
    simplex = simplex_of(points[np.array(outer)[vertices]])
    if simplex is None:
        return None
    shares = simplex.coordinates(points[term : term + 1])[0]
    if (shares <= 0).any():
        return None
    middles = mediated_set(simplex, tuple(points[term].tolist()), deadline)
    if middles is None:
        return None
    return _Circuit(term, vertices, shares / simplex.denominator, simplex, middles)


def _prices(
    circuits: list[_Circuit], logs: Float[np.ndarray, " terms"], outer: list[int]
) -> tuple[Float[np.ndarray, " outer"], float]:
    """log2 of weights w of the outer terms, and of the largest part of an outer term that the circuits need.

    With c_ij = l_ij |b_j| prod_k w_k^(l_kj) / w_i circuit j just holds. To need the smallest part t of the c_i,
    maximise sum_j |b_j| prod_k w_k^(l_kj) over sum_i c_i w_i = 1, a concave problem whose value is t (duality of
    geometric programs); each sweep raises the bound that the inequality of means gives at the last weights.
    """
    shares = np.zeros((len(circuits), len(outer)))
    for row, circuit in zip(shares, circuits, strict=True):
        row[circuit.vertices] = circuit.shares
    available, needed = logs[outer], logs[[circuit.term for circuit in circuits]]
    used = shares.any(axis=0)
    with np.errstate(divide="ignore"):
        log_shares = np.log2(shares)
    prices, sizes = np.zeros(len(outer)), needed
    for _ in range(SWEEPS):
        sizes = needed + shares @ prices
        demand = np.logaddexp2.reduce(log_shares + sizes[:, None], axis=0) - available
        fresh = np.where(used, demand - np.logaddexp2.reduce(sizes), 0.0)
        moved = float(np.abs(fresh - prices)[used].max())
        prices = fresh
        if moved < 1e-14:
            break
    largest = np.logaddexp2.reduce(log_shares + (needed + shares @ prices)[:, None], axis=0) - prices - available
    return np.where(used, prices, -available), float(largest[used].max())


def _binomial_squares(
    polynomial: Polynomial,
    outer: list[int],
    circuits: list[_Circuit],
    prices: Float[np.ndarray, " outer"],
    largest: int,
) -> list[GramBlock] | None:
    """Gram matrices of the binomial squares and of what is left of the outer terms, if nothing left is negative."""
    points = polynomial.exponents.astype(np.int64)
    left = {tuple(points[t].tolist()): as_rational(polynomial.coefficients[t]) for t in outer}
    blocks: list[GramBlock] = []
    for circuit in circuits:
        inner = as_rational(polynomial.coefficients[circuit.term])
        ratios = _ratios(circuit, prices, largest)
        weights = ratios and _weights(circuit, ratios, abs(inner), tuple(points[circuit.term].tolist()))
        if not ratios or not weights:
            return None
        for middle, ends in circuit.middles.items():
            weight, ratio = weights[middle], ratios[middle]
            for end, part in zip(ends, (weight * ratio, weight / ratio), strict=True):
                if end not in circuit.middles:
                    left[end] -= part
            sign = 1 if inner > 0 and middle == tuple(points[circuit.term].tolist()) else -1
            blocks.append(_block(np.array(ends) // 2, [weight * ratio, sign * weight, weight / ratio]))
    if min(left.values()) < 0:
        return None
    return [*blocks, *(_block(np.array([point]) // 2, [value]) for point, value in left.items() if value)]


def _block(basis: Int[np.ndarray, "k n"], upper: list[fmpq]) -> GramBlock:
    """From the upper triangle of a Gram matrix of size 1 or 2, row by row."""
    matrix = fmpq_mat(1, 1, upper) if len(basis) == 1 else fmpq_mat(2, 2, [upper[0], upper[1], upper[1], upper[2]])
    numerators, denominator = matrix.numer_denom()
    return basis, numerators, int(denominator)


def _ratios(circuit: _Circuit, prices: Float[np.ndarray, " outer"], largest: int) -> dict[Point, fmpq] | None:
    """For each middle m with first end e the ratio h(m) / h(e), rounded, where log h is affine and is log w at the
    vertices: all squares of ratio x^(e / 2) - x^(e' / 2) vanish where the circuit does."""
    middles = np.array(list(circuit.middles))
    ends = np.array([pair[0] for pair in circuit.middles.values()])
    steps = circuit.simplex.coordinates(middles) - circuit.simplex.coordinates(ends)
    logs = steps @ prices[circuit.vertices] / circuit.simplex.denominator
    if not np.abs(logs).max() < 1000:
        return None
    return {middle: _rounded(2.0**log, largest) for middle, log in zip(circuit.middles, logs.tolist(), strict=True)}


def _rounded(ratio: float, largest: int) -> fmpq:
    if ratio < 1:
        return 1 / _rounded(1 / ratio, largest)
    return as_rational(Fraction(ratio).limit_denominator(largest))


def _weights(circuit: _Circuit, ratios: dict[Point, fmpq], size: fmpq, term: Point) -> dict[Point, fmpq] | None:
    """r with sum_m r_m (ratio x^e - 2 x^m + x^e' / ratio) = -`size` x^term + a combination of vertices; positive."""
    place = {middle: i for i, middle in enumerate(circuit.middles)}
    system = fmpq_mat(len(place), len(place))
    for middle, ends in circuit.middles.items():
        i = place[middle]
        system[i, i] += 2
        for end, part in zip(ends, (ratios[middle], 1 / ratios[middle]), strict=True):
            if end in place:
                system[place[end], i] -= part
    target = fmpq_mat(len(place), 1)
    target[place[term], 0] = size
    try:
        solution = system.solve(target)
    except ZeroDivisionError:
        return None
    weights = {middle: solution[i, 0] for middle, i in place.items()}
    return weights if all(weight > 0 for weight in weights.values()) else None
