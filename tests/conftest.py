"""Named polynomials with their true status, solved once per session, and the data next to the project."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import jax
import pytest

from nsos_jax import Polynomial, Result, Status, certify_batch
from nsos_jax.solvers.interpreted import host

SOS, NEGATIVE, NONNEGATIVE, NOT_SOS, NEAR_SOS, UNDECIDED = Status


class Named(NamedTuple):
    """A polynomial of which the truth is known: SOS, NEGATIVE, or NOT_SOS, which is nonnegative without being SOS."""

    name: str
    text: str
    truth: Status
    answers: tuple[Status, ...] = ()
    """The statuses that `certify` may give; by default the truth."""

    @property
    def polynomial(self) -> Polynomial:
        return Polynomial.parse(self.text)


def _sum(form: str, indices: range) -> str:
    return " + ".join(form.format(i, i + 1) for i in indices)


_LAX = "(a-b)*(a-c)*(a-d)*(a-e) + (b-a)*(b-c)*(b-d)*(b-e) + (c-a)*(c-b)*(c-d)*(c-e)"
_HORN_CYCLE = "a^2*b^2 + b^2*c^2 + c^2*d^2 + d^2*e^2 + e^2*a^2"
_HORN_STAR = "a^2*c^2 + b^2*d^2 + c^2*e^2 + d^2*a^2 + e^2*b^2"
_ROBINSON_MIXED = "x^4*y^2 + x^2*y^4 + x^4*z^2 + x^2*z^4 + y^4*z^2 + y^2*z^4"
_SCHMUEDGEN = "200*((x^3 - 4*x*z^2)^2 + (y^3 - 4*y*z^2)^2) + (y^2 - x^2)*x*(x + 2*z)*(x*(x - 2*z) + 2*(y^2 - 4*z^2))"
_SCHEIDERER = "x^4 + x*y^3 + y^4 - 3*x^2*y*z - 4*x*y^2*z + 2*x^2*z^2 + x*z^3 + y*z^3 + z^4"

NAMED = (
    # trivial
    Named("zero", "0", SOS),
    Named("zero of three variables", "0*x*y*z", SOS),
    Named("positive constant", "7/3", SOS),
    Named("negative constant", "-1/1000", NEGATIVE),
    Named("one square", "x^2", SOS),
    Named("minus one square", "-x^2", NEGATIVE),
    Named("one variable", "x", NEGATIVE),
    Named("product", "x*y", NEGATIVE),
    # one variable: nonnegative means SOS
    Named("double rational root", "(3*x - 2)^2*(x^2 + 1)", SOS),
    Named("two double rational roots", "(x - 1)^2*(x + 5/7)^2", SOS),
    Named("double roots +-sqrt 2", "(x^2 - 2)^2", SOS),
    Named("double golden section", "(x^2 - x - 1)^2*(x^2 + 3)", SOS),
    Named("double root of a cubic", "(x^3 - x - 1)^2", SOS),
    Named("sqrt 2 raised by 1e-12", "(x^2 - 2)^2 + 1/10^12", SOS),
    Named("sqrt 2 lowered by 1e-6", "(x^2 - 2)^2 - 1/10^6", NEGATIVE),
    Named("sqrt 2 lowered by 1e-12", "(x^2 - 2)^2 - 1/10^12", NEGATIVE),
    Named("sqrt 2 lowered and tilted", "((x^2 - 2)^2 - 1/10^6)*(x^2 + 1) + 1/10^9", NEGATIVE),
    # nonnegative, not SOS
    Named("Motzkin", "x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1", NOT_SOS),
    Named("Motzkin, homogeneous", "x^4*y^2 + x^2*y^4 - 3*x^2*y^2*z^2 + z^6", NOT_SOS),
    Named("Motzkin raised by 1e-3", "x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1.001", NOT_SOS),
    Named("Motzkin lowered by 1e-6", "x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1 - 1/10^6", NEGATIVE),
    Named("Motzkin times a square norm", "(x^2 + y^2 + 1)*(x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1)", SOS),
    Named("Robinson", f"x^6 + y^6 + z^6 - ({_ROBINSON_MIXED}) + 3*x^2*y^2*z^2", NOT_SOS),
    Named("Choi-Lam sextic", "x^4*y^2 + y^4*z^2 + z^4*x^2 - 3*x^2*y^2*z^2", NOT_SOS),
    Named("Choi-Lam quartic", "w^4 + x^2*y^2 + y^2*z^2 + z^2*x^2 - 4*w*x*y*z", NOT_SOS),
    Named("Schmuedgen", _SCHMUEDGEN, NOT_SOS),
    Named("Lax-Lax", f"{_LAX} + (d-a)*(d-b)*(d-c)*(d-e) + (e-a)*(e-b)*(e-c)*(e-d)", NOT_SOS),
    Named("Berg", "x^2*y^2*(x^2 + y^2 - 1) + 1", NOT_SOS),
    Named("Horn", f"a^4 + b^4 + c^4 + d^4 + e^4 - 2*({_HORN_CYCLE}) + 2*({_HORN_STAR})", NOT_SOS),
    # SOS on the boundary of the cone: Gram matrices are singular
    Named("two squares", "(2*x1^2 + 3*x2^2)^2 + 1", SOS),
    Named("three vanishing forms", "(x^2 - y*z)^2 + (y^2 - x*z)^2 + (z^2 - x*y)^2", SOS),
    Named("common zero (1, 1)", "(x*y - 1)^2 + (x^2 - 2*y + 1)^2", SOS),
    Named("fractions", "(x*y/3 - 1/2)^2 + (x^2/5 - 2*y + 1)^2", SOS),
    Named("irrational intersection", "(x^2 + y^2 - 1)^2 + (x - y)^2", SOS),
    Named("intersection raised by 1e-3", "(x^2 + y^2 - 1)^2 + (x - y)^2 + 1/10^3", SOS),
    Named("intersection raised by 1e-9", "(x^2 + y^2 - 1)^2 + (x - y)^2 + 1/10^9", SOS),
    Named("intersection lowered by 1e-3", "(x^2 + y^2 - 1)^2 + (x - y)^2 - 1/10^3", NEGATIVE),
    Named("intersection lowered by 1e-12", "(x^2 + y^2 - 1)^2 + (x - y)^2 - 1/10^12", NEGATIVE),
    Named("zero (3, 2) raised by 1e-12", "(x-3)^2*(y-2)^2 + (x*y-6)^2 + 1/10^12", SOS, (SOS, NEAR_SOS)),
    Named("zero (3, 2) lowered by 1e-12", "(x-3)^2*(y-2)^2 + (x*y-6)^2 - 1/10^12", NEGATIVE),
    Named("Scheiderer: SOS over the reals only", _SCHEIDERER, NOT_SOS),
    Named("Hurwitz", "a^6 + b^6 + c^6 + d^6 + e^6 + f^6 - 6*a*b*c*d*e*f", SOS),
    # bad Newton polytopes
    Named("odd degree", "x^3 + 100*x^2 + 10^6", NEGATIVE),
    Named("odd vertex", "x^4 + y^4 + x^4*y^3 + 1", NEGATIVE),
    Named("negative vertex", "x^4 + y^4 - x^2*y^4 + 1", NEGATIVE),
    Named("mixed vertex", "x^2*y^2 + x*y^3 + 1", NEGATIVE),
    # negative far away or on little room; a functional is as good a proof that p is no SOS
    Named("negative at infinity", "(x - y)^4 + x^2 + 1 - y^3", NEGATIVE),
    Named("negative along a parabola", "(x^2 - y)^2 + 1000 - x", NEGATIVE, (NEGATIVE, NOT_SOS)),
    Named("negative on a small disc", "(10*x - 3)^2 + (10*y - 7)^2 - 1/10^8", NEGATIVE),
    Named("negative on a far disc", "(x - 1000)^2 + (y - 2000)^2 - 1/10^4", NEGATIVE, (NEGATIVE, NOT_SOS)),
    Named("positive on a far disc", "(x - 1000)^2 + (y - 2000)^2 + 1/10^4", SOS),
    # sizes of coefficients
    Named("tiny", "1e-300*(x^2 - y)^2 + 1e-300*y^2", SOS),
    Named("below the floats", "(x^2 - y)^2/10^400 + y^2/10^400", SOS),
    Named("huge", "1e300*x^4 + 1e300*x^2 - 1e300*x + 1e300", SOS),
    Named("huge and small", "1e300*x^4 - x^2 + 1", SOS),
    Named("tiny and negative", "1e-300*x^4 - x^2 + 1", NEGATIVE),
    Named("beyond the floats, negative", "x^4 + y^4 - 10^400", NEGATIVE),
    Named("decimals", "0.1*x^4 - 0.2*x^2*y + 0.1*y^2 + 0.3", SOS),
    # several blocks, many variables
    Named("three blocks", "(x^2 - y)^2 + (z^2 - w)^2 + (a*b - 1)^2", SOS),
    Named("separate variables", _sum("x{0}^4 - x{0}^2 + 1/3", range(1, 6)), SOS),
    Named("chain of 100 variables", "x1^2 + " + _sum("(x{0} - x{1}^2)^2", range(1, 100)), SOS),
    Named("one negative pair of 100", _sum("x{0}^4", range(1, 101)) + " - 3*x50^2*x51^2", NEGATIVE),
    Named("beyond memory", _sum("x{0}^10", range(1, 101)) + " - (x1*x2*x3*x4*x5)^2 + 1", SOS, (UNDECIDED, SOS)),
    # cancellation: {m : 2m in the support} does not cover the support, or is no basis
    Named("cancelled x^2", "(x^2 + x - 1/2)^2", SOS),
    Named("cancelled x^4", "(x^4 + x^3 - 1/2*x^2)^2 + 1", SOS),
    Named("cancelled x^4 y^2", "(x^3 + x^2*y - x*y^2/2)^2 + (y^3 + y^2 - y/2)^2", SOS),
    Named("cancelled in a block", "(1 + x - x^2/2)^2*(1 + y^2)", SOS),
)


@pytest.fixture(autouse=True)
def own_precision() -> Iterator[None]:
    """A test or an example that turns float64 on turns it on for itself."""
    before = jax.config.read("jax_enable_x64")
    yield
    if jax.config.read("jax_enable_x64") != before:
        jax.config.update("jax_enable_x64", before)


@pytest.fixture(scope="module")
def quick_compilation() -> Iterator[None]:
    """For tests of small models, which take longer to compile than to run: no optimisation by XLA."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.fixture(autouse=True)
def nothing_compiled_yet() -> None:
    """Each test begins like a new process, whatever ran before: the solver has not lost time yet by interpreting."""
    host.forget()


@pytest.fixture(scope="session")
def named_results() -> dict[str, Result]:
    """The answers for all named polynomials, from one mixed batch."""
    return dict(zip([n.name for n in NAMED], certify_batch([n.polynomial for n in NAMED]), strict=True))


@pytest.fixture(params=NAMED, ids=[n.name for n in NAMED])
def named(request: pytest.FixtureRequest) -> Named:
    """One named polynomial; a test that takes it runs on all of them."""
    return request.param


@pytest.fixture(scope="session")
def table() -> dict[str, Named]:
    """The named polynomials by name."""
    return {n.name: n for n in NAMED}


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """`../shared/data` next to the project; tests that need it are skipped elsewhere."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no folder {folder}: the SoS-1K and sparsesos polynomials are not part of the project")
    return folder
