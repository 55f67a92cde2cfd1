"""What a user writes who checks types: `scripts/check.sh` runs `mypy --strict` on it, with the installed package.

The annotations are those that a user would expect; `tests/test_typed_user.py` runs it, so that they are true.
"""

from fractions import Fraction

import nsos_jax as nsos
from nsos_jax import control


def one(text: str) -> str | None:
    """Membership: the squares, or the point."""
    p: nsos.Polynomial = nsos.Polynomial.parse(text)
    result: nsos.Result = nsos.certify(p, nsos.CertifyOptions(time_limit=20))
    if result.status is nsos.Status.SOS:
        squares: list[tuple[Fraction, nsos.Polynomial]] = [(weight, square) for weight, square in result.squares()]
        total = sum((weight * square**2 for weight, square in squares), nsos.Polynomial.parse("0"))
        assert total == p
    certificate: nsos.Certificate | None = result.certificate
    return None if certificate is None else certificate.verify()


def batch(texts: list[str]) -> dict[str, str]:
    """Many polynomials: statuses are text, too."""
    results: list[nsos.Result] = nsos.certify_batch(map(nsos.Polynomial.parse, texts))
    return {text: result.status for text, result in zip(texts, results, strict=True)}


def bound() -> tuple[Fraction | None, Fraction | None]:
    """A bracket of a minimum on a disc."""
    x, y = nsos.variables("x y")
    disc = nsos.SemialgebraicSet([4 - x**2 - y**2])
    found: nsos.BoundResult = nsos.lower_bound(x**4 + y**4 - 4 * x * y + x, on=disc, order=2)
    if found.status is nsos.BoundStatus.OPTIMAL and found.point is not None:
        point: dict[str, Fraction] = dict(found.point)
        assert disc.variables == tuple(point)
    return found.lower, found.upper


def program() -> nsos.Polynomial | Fraction:
    """An unknown polynomial."""
    stated = nsos.SosProgram("x y")
    x, y = stated.indeterminates
    V = stated.polynomial("V", degree=(2, 2))
    stated.sos(V - (x**2 + y**2) / 100, name="positive")
    stated.sos(-V.gradient() @ [-(x**3) - y, x - y**3], name="decrease")
    result: nsos.ProgramResult = stated.solve(nsos.SolveOptions(time_limit=20))
    assert result.status is nsos.ProgramStatus.FEASIBLE
    return result.values["V"]


def stable() -> tuple[str | None, nsos.Polynomial | None]:
    """A theorem about a system."""
    system = control.System(lambda x, y: (-x + y, -x - y**3), states="x y")
    result: control.LyapunovResult = control.lyapunov(system, degree=2)
    return result.conclusion, result.function


if __name__ == "__main__":
    print(one("x^4 - 2*x^2*y + y^2 + 1"), batch(["x^2 - y", "x^2"]), bound(), program(), stable())
