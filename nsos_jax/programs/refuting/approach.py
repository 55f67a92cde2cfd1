"""From deep inside the dual cone towards its optimum: functionals whose moment matrices stay positive definite, and the
optimal value to more digits than a solver gives at once."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from jaxtyping import Float

from nsos_jax.programs.backends import improved_functional, interior_functional
from nsos_jax.programs.equations import ConicForm, Presolved
from nsos_jax.programs.refuting.faces import Inside, insides

STEP = 1e-3
"""What a step leaves of the gap, and of the moment matrices."""
MOST_STEPS = 5
CONVERGED = 1e-9
"""Steps that gain less, relative to the size of the optimum, are the last."""


class Path:
    """Functionals on one face of the dual cone, each nearer to the optimum than the one before.

    Attributes:
      points: those found so far.
    """

    def __init__(self, deep: Inside, value: float, deadline: float) -> None:
        self.points = [deep]
        self._size, self._deadline = 1.0 + abs(value), deadline
        self._gap = max(deep.value - value, CONVERGED * self._size)
        self._ended = False

    def step(self) -> Inside | None:
        """The next point, or None at the end."""
        if self._ended:
            return None
        last = self.points[-1]
        nearer = improved_functional(last.form, last.moments, self._gap, STEP, self._deadline)
        inside = None if nearer is None else last.moved(nearer)
        if inside is None or not inside.smallest > 0:
            self._ended = True
            return None
        self._gap *= 2 * STEP
        self._ended = last.value - inside.value < CONVERGED * self._size or len(self.points) >= MOST_STEPS
        self.points.append(inside)
        return inside

    def __iter__(self) -> Iterator[Inside]:
        at = 0
        while at < len(self.points) or self.step() is not None:
            yield self.points[at]
            at += 1


class Approach:
    """The paths of a program, one for each reading of the dual cone's faces.

    Args:
      presolved: the program, with an objective.
      form: the same in floating point.
      moments: of a solver's optimal point.
      deadline: of solvers, a value of `time.monotonic()`.
    """

    def __init__(
        self, presolved: Presolved, form: ConicForm, moments: Float[np.ndarray, " R"], deadline: float
    ) -> None:
        self.presolved, self.form, self.moments = presolved, form, moments
        self.value = float(form.rhs @ moments)
        self._deadline = deadline
        central = partial(
            interior_functional, homogeneous=False, most=self.value + 1.0 + abs(self.value), deadline=deadline
        )
        self._insides = insides(presolved, form, central)
        self._paths: list[Path] = []

    def __iter__(self) -> Iterator[Path]:
        yield from self._paths
        for deep in self._insides:
            self._paths.append(Path(deep, self.value, self._deadline))
            yield self._paths[-1]

    @property
    def best(self) -> float:
        """The optimum as far as it is known by now."""
        steps = [path.points[-1].value for path in self._paths if len(path.points) > 1]
        return steps[0] if steps else self.value

    def optimum(self) -> float:
        """a'L at the end of the first path, or what the solver found."""
        for path in self:
            while path.step() is not None:
                pass
            break
        return self.best
