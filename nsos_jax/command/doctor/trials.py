"""Questions whose answers are known: asked here, checked, and timed."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from nsos_jax.command.doctor.facts import Fact
from nsos_jax.polynomials import Polynomial

MOTZKIN = "x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1"
BATCH = 100


@dataclass(frozen=True)
class Trial:
    """A question.

    Attributes:
      label: what is tried.
      expected: its answer.
      ask: finds the answer.
      count: questions at once, for the rate.
    """

    label: str
    expected: str
    ask: Callable[[], str]
    count: int = 1

    def run(self) -> tuple[Fact, bool]:
        """A line with the answer and the seconds, and whether it is the expected one; never raises."""
        start = time.perf_counter()
        try:
            answer, remedy = self.ask(), ""
        except Exception as error:
            answer, remedy = type(error).__name__, str(error)
        seconds = time.perf_counter() - start
        passed = answer == self.expected
        rate = f", {self.count / seconds:.0f} a second" if self.count > 1 else ""
        text = f"{'passed' if passed else 'FAILED'} in {seconds:.2f} s{rate}: {answer}"
        return Fact(self.label, text if passed else f"{text}, expected {self.expected}", remedy), passed


def _statuses(*polynomials: Polynomial) -> str:
    from nsos_jax.membership import certify_batch

    return ", ".join(sorted({f"{result.status}" for result in certify_batch(polynomials)}))


def _sum_of_squares(seed: int) -> Polynomial:
    """Of three quadratic polynomials in three variables, with small coefficients that the seed chooses."""
    quadratics = [
        f"({1 + seed % 3}*x^2 + {seed % 5}*x*y - {1 + seed % 2}*z^2 + {seed % 7})^2",
        f"({1 + seed % 4}*y^2 - {seed % 3}*y*z + {1 + seed % 6}*x)^2",
        f"(z^2 + {seed % 4}*x*z - {1 + seed % 5}*y)^2",
    ]
    return Polynomial.parse(" + ".join(quadratics))


def _batch() -> str:
    return _statuses(*map(_sum_of_squares, range(BATCH)))


def _bound() -> str:
    from nsos_jax.programs import lower_bound

    result = lower_bound(Polynomial.parse("x^4 - 2*x^2 + y^2"))
    return f"{result.status}, minimum in [{result.lower}, {result.upper}]"


def _lyapunov() -> str:
    from nsos_jax.control import System, lyapunov

    result = lyapunov(System(lambda x, y: (-x + y, -x - y**3), states="x y"), degree=2)
    return f"{result.status}"


TRIALS = (
    Trial("proof", "SOS", lambda: _statuses(Polynomial.parse("x^4 - 2*x^2*y + y^2 + 1"))),
    Trial("refutation", "NOT_SOS", lambda: _statuses(Polynomial.parse(MOTZKIN))),
    Trial("batch", "SOS", _batch, count=BATCH),
    Trial("the same again", "SOS", _batch, count=BATCH),
    Trial("bound", "OPTIMAL, minimum in [-1, -1]", _bound),
    Trial("Lyapunov function", "PROVEN", _lyapunov),
)
