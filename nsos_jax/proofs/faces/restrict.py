"""Smaller faces: what a central point exposes, recognised as rational in one of several ways, the cheapest first."""

import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice

import numpy as np
from jaxtyping import Float

from nsos_jax.proofs.faces.exposing import BOLD, FLOOR, Spectrum, exposed_vectors
from nsos_jax.proofs.faces.face import Face, Frame
from nsos_jax.proofs.faces.margin.central import CentralPoint
from nsos_jax.proofs.faces.rational import (
    Recognised,
    integer_nullspace,
    recognise,
    reduced_product,
    short_complement,
    short_relations,
    shortest_complement,
)
from nsos_jax.proofs.faces.real_zeros.charts import Chart, charts
from nsos_jax.proofs.faces.real_zeros.extraction import points_of_kernel
from nsos_jax.proofs.faces.real_zeros.hull import LONGEST, hull
from nsos_jax.proofs.faces.real_zeros.refinement import RefinedZero
from nsos_jax.proofs.faces.real_zeros.zeros import float_zeros
from nsos_jax.proofs.gram_system import GramSystem

MOST_VARIABLES = 8
"""Of polynomials whose zeros are sought from random starts."""
MOST_AT_INFINITY = 4
"""Of polynomials whose zeros are sought at infinity as well."""
MOST_AT_ALL = 100
"""Of polynomials whose zeros are sought: Newton's method has dense Hessians."""


MOST_TO_GUESS, ALL_CUTS = 16, 6
"""Sides of blocks whose kernels are guessed, and of those where that is done at every place in the spectrum."""
GUESSED_DIGITS = (6, 5, 4, 3, 2)
GUESSED_GAP, GUESSED_SHARE = 30.0, 0.1
"""Moments that exceed the next ones by this factor, or are this share of the slack on the same vector, may belong to
the kernel."""
NEAR = 1e-2


class Zeros:
    """The real zeros of a polynomial, as far as they were found, by chart: affine ones, then those at infinity or, of a
    form, those in each chart."""

    def __init__(self, system: GramSystem) -> None:
        self._system = system
        n = system.polynomial.num_variables
        self._small = n <= MOST_VARIABLES
        self._charts = list(islice(charts(system), None if n <= MOST_AT_INFINITY else int(n <= MOST_AT_ALL)))
        self._found: list[list[RefinedZero]] = []

    def known(
        self,
        face: Face,
        cuts: Sequence[Float[np.ndarray, "r k"]],
        moments: Float[np.ndarray, " R"],
        deadline: float,
    ) -> list[list[RefinedZero]]:
        """The zeros known so far and those that the kernel of the face with what is cut from it, or the moments,
        suggest; at first also from random starts. Only lists that are not empty."""
        first = not self._found
        if first:
            self._found = [[] for _ in self._charts]
        kernels = _kernels(face, cuts)
        for place, (found, chart) in enumerate(zip(self._found, self._charts, strict=True)):
            if time.monotonic() > deadline:
                break
            starts = np.concatenate(
                [
                    *self._mean(moments, chart if place == 0 else None),
                    *(
                        points_of_kernel(basis[alive], kernel[alive])
                        for basis, alive, kernel in zip(chart.bases, chart.alive, kernels, strict=True)
                    ),
                ]
            )
            for point in float_zeros(chart, starts, random=first and self._small):
                if all(zero.differs(point) for zero in found):
                    found.append(RefinedZero(chart, point))
        return [found for found in self._found if found]

    def _mean(self, moments: Float[np.ndarray, " R"], chart: Chart | None) -> list[Float[np.ndarray, "points n"]]:
        """L(x) / L(1) in the affine chart: the zero, where it is the only one."""
        rows = self._system.row_exponents
        if chart is None or rows.shape[1] != len(chart.shifts):
            return []
        one, linear = np.flatnonzero(~rows.any(axis=1)), np.flatnonzero(rows.sum(axis=1) == 1)
        if not len(one) or not moments[one[0]] > 0:
            return []
        point = np.zeros((1, rows.shape[1]))
        point[0, rows[linear].argmax(axis=1)] = moments[linear] / moments[one[0]]
        return [point]


def _kernels(face: Face, cuts: Sequence[Float[np.ndarray, "r k"]]) -> list[Float[np.ndarray, "m k"]]:
    """The kernels as far as they are known: the complement of the ranges and what is cut from these, scaled."""
    result = []
    for frame, cut in zip(face.frames, cuts, strict=True):
        outside = np.linalg.svd(frame.orthonormal)[0][:, frame.orthonormal.shape[1] :]
        result.append(np.concatenate([outside, frame.orthonormal @ cut], axis=1))
    return result


class Exposed:
    """What a central point of a face exposes, and how it reads.

    Attributes:
      face: the face.
      point: its central point.
      cuts: orthonormal columns per block.
    """

    def __init__(self, face: Face, point: CentralPoint) -> None:
        self.face, self.point = face, point
        self.cuts = exposed_vectors(point.moments, point.slacks)

    @cached_property
    def readings(self) -> list["RangeReading"]:
        return _readings(self.face, self.cuts)

    def read(self) -> Iterator[Face]:
        """The face without all that is exposed, if all of that reads as rational; the same with bolder cuts."""
        if not any(cut.shape[1] for cut in self.cuts):
            return
        if self.certain:
            yield Face(self.face.system, tuple(reading.partial for reading in self.readings))
        bold = exposed_vectors(self.point.moments, self.point.slacks, BOLD)
        if [cut.shape for cut in bold] != [cut.shape for cut in self.cuts]:
            pairs = zip(_readings(self.face, bold), self.readings, strict=True)
            ranges = [reading.partial if other.range is None else other.range for other, reading in pairs]
            if any(own.shape != old.shape for own, old in zip(ranges, self.face.ranges, strict=True)):
                yield Face(self.face.system, tuple(ranges))

    @cached_property
    def certain(self) -> bool:
        """Whether all of it reads as rational."""
        return all(reading.range is not None for reading in self.readings)


def restrictions(exposed: Exposed, zeros: Zeros, deadline: float) -> Iterator[Face]:
    """Faces that hold all Gram matrices if the floating point numbers were read rightly, besides those of
    `Exposed.read`, the likeliest first: from zeros, and what reads as rational of a part; nothing where nothing is
    exposed, or past the deadline (of `time.monotonic()`)."""
    face, readings = exposed.face, exposed.readings
    if not any(cut.shape[1] for cut in exposed.cuts):
        return
    for group in zeros.known(face, exposed.cuts, exposed.point.multipliers, deadline):
        for longest in LONGEST:
            restricted = _hull(face, readings, group, longest, deadline)
            if restricted is not None:
                yield restricted
    if not exposed.certain and any(len(reading.recognised.rows) for reading in readings):
        yield Face(face.system, tuple(reading.partial for reading in readings))


def guesses(face: Face, point: CentralPoint) -> list[Iterator[np.ndarray]]:
    """Per block, ranges that its spectrum suggests to few digits, for equations to choose from."""
    quadruples = zip(face.ranges, face.frames, point.moments, point.slacks, strict=True)
    return [guessed_ranges(*own) for own in quadruples]


def guessed_ranges(
    ranges: np.ndarray, frame: Frame, moments: Float[np.ndarray, "r r"], slacks: Float[np.ndarray, "r r"]
) -> Iterator[np.ndarray]:
    """The same of one block; Z and S are in the orthonormal coordinates of the frame."""
    if not 1 < len(moments) <= MOST_TO_GUESS:
        return
    spectrum = Spectrum.of(moments, slacks)
    above, below = spectrum.moments[:-1], np.maximum(spectrum.moments[1:], FLOOR)
    small = len(moments) <= ALL_CUTS
    likely = (above > GUESSED_GAP * below) | (small & (above > GUESSED_SHARE * spectrum.slacks[:-1]))
    for cut in (np.flatnonzero(likely) + 1).tolist():
        kernel = np.linalg.qr(frame.triangle.T @ spectrum.vectors[:, :cut])[0]
        for digits in GUESSED_DIGITS:
            rows = shortest_complement(kernel, digits)
            floats = rows.astype(np.float64)
            if (np.linalg.norm(floats @ kernel, axis=1) < NEAR * np.linalg.norm(floats, axis=1)).all():
                yield ranges @ rows.T


def _readings(face: Face, cuts: Sequence[Float[np.ndarray, "r k"]]) -> list["RangeReading"]:
    triples = zip(face.ranges, face.frames, cuts, strict=True)
    return [RangeReading(ranges, frame.triangle, cut) for ranges, frame, cut in triples]


class RangeReading:
    """One block of a face with what is exposed in it: how that reads in integers.

    `triangle` is that of the face's `Frame`, `cut` holds orthonormal columns in the coordinates of its other part.
    """

    def __init__(self, ranges: np.ndarray, triangle: Float[np.ndarray, "r r"], cut: Float[np.ndarray, "r k"]) -> None:
        self.ranges = ranges
        self._all = cut.shape[1] == ranges.shape[1]
        # S = R Q R' in lattice coordinates: Q v = 0 where S R'v = 0
        self._kernel = np.linalg.qr(triangle.T @ cut)[0]

    @cached_property
    def recognised(self) -> Recognised:
        """Rows of the kernel that look rational."""
        if self._all or not self._kernel.shape[1]:
            return Recognised(np.zeros((0, self.ranges.shape[1]), dtype=object), 0)
        return recognise(self._kernel)

    @cached_property
    def range(self) -> np.ndarray | None:
        """V for all that is exposed, None if some of it was not recognised."""
        if self._all:
            return self.ranges[:, :0]
        if not self.recognised.left:
            return self._without(self.recognised.rows)
        rows = short_complement(self._kernel)
        return None if rows is None else self.ranges @ rows.T

    @property
    def hull(self) -> np.ndarray:
        """V for the rational hull of what is exposed, as far as short relations in floating point give it."""
        if self.range is not None:
            return self.range
        rows = short_relations(self._kernel)
        return self.partial if rows is None else self.ranges @ rows.T

    @property
    def partial(self) -> np.ndarray:
        """V for what was recognised of it."""
        return self._without(self.recognised.rows) if self.range is None else self.range

    def _without(self, rows: np.ndarray) -> np.ndarray:
        return reduced_product(self.ranges, integer_nullspace(rows)) if len(rows) else self.ranges


def _hull(
    face: Face, readings: Sequence[RangeReading], zeros: Sequence[RefinedZero], longest: float, deadline: float
) -> Face | None:
    """The rational hull of the zeros in every block whose kernel was not recognised; None if no block gets smaller."""
    ranges, smaller = [], False
    for block, reading in enumerate(readings):
        if reading.range is not None:
            ranges.append(reading.range)
            continue
        found = hull(reading.ranges, block, zeros, longest, deadline)
        smaller = smaller or found is not None
        ranges.append(reading.partial if found is None else found)
    return Face(face.system, tuple(ranges)) if smaller else None
