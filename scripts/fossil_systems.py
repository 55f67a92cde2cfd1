"""The polynomial benchmarks of the tool FOSSIL whose published answer is a polynomial certificate, and its seconds.

FOSSIL learns neural certificates and proves them with an SMT solver. Sources:

* FOSSIL 1.0: Abate, Ahmed, Edwards, Giacobbe, Peruffo, HSCC 2021; its benchmarks in the files `benchmarks_lyap.py` and
  `benchmarks_bc.py` of the repository oxford-oxcav/fossil, with square activations, that is quadratic V, and linear B.
  Seconds of these were not found, in the repository nor in what could be read of the paper.
* FOSSIL 2.0: Edwards, Peruffo, Abate, HSCC 2024, tables 2 and 3, as in the folder `results` of the repository; the mean
  of 10 runs, and how many of them succeeded, on one core of an Intel i7-9750H. Table 2 gives 1.0 beside it.

Of those with sigmoid or tanh networks as certificates, Barr1 and Barr3 are here too; the others are not polynomial, or
find a controller as well. FOSSIL proves Lyapunov conditions on a ring, without a small disc around the equilibrium;
here they are proven on the whole disc, or everywhere. Barr3 has a union of three initial sets, asked one by one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from nsos_jax import Polynomial, SemialgebraicSet, control
from nsos_jax.control import ControlResult, System

V1, V2 = "Fossil 1.0", "Fossil 2.0"


@dataclass(frozen=True)
class Benchmark:
    """One benchmark.

    Attributes:
      name: in its source.
      size: how many states there are.
      property: what is shown.
      source: table or file.
      published: seconds by version, as "mean (successes)".
      ask: our question.
    """

    name: str
    size: int
    property: str
    source: str
    published: Mapping[str, str]
    ask: Callable[[], ControlResult]


def stable(dynamics: list[str], radius: int | None = None, degree: int = 2, discrete: bool = False) -> ControlResult:
    """A Lyapunov function on a ball, or everywhere."""
    names = states(len(dynamics))
    system = System.from_text(dynamics, names, time="discrete" if discrete else "continuous")
    return control.lyapunov(system, degree, on=None if radius is None else SemialgebraicSet.ball(names, radius))


def box(size: int, lower: str, upper: str) -> SemialgebraicSet:
    """[lower, upper]^size."""
    return SemialgebraicSet.box({name: (Fraction(lower), Fraction(upper)) for name in states(size)})


def states(size: int) -> list[str]:
    return [f"x{i}" for i in range(size)]


def chain(coefficients: list[int]) -> System:
    """x^(n) + c_(n-1) x^(n-1) + ... + c_0 x = 0."""
    names = states(len(coefficients))
    last = " ".join(f"- {value}*{name}" for value, name in zip(coefficients, names, strict=True))
    return System.from_text([*names[1:], last], names)


def between_balls(coefficients: list[int]) -> ControlResult:
    """A linear barrier between two balls."""
    names = states(len(coefficients))
    sets = [
        SemialgebraicSet.ball(names, Fraction(radius), dict.fromkeys(names, centre))
        for radius, centre in (("1/2", 1), ("2/5", -2), ("2", 0))
    ]
    return control.barrier(chain(coefficients), *sets, degree=1, rate=-1)


def between_boxes(coefficients: list[int]) -> ControlResult:
    size = len(coefficients)
    sets = box(size, "9/10", "11/10"), box(size, "-11/5", "-9/5"), box(size, "-11/5", "11/5")
    return control.barrier(chain(coefficients), *sets, degree=1, rate=-1)


def two_rooms() -> ControlResult:
    rooms = ["29/40*x0 + x1/4 + 3/8", "x0/4 + 71/100*x1 + 3/5"]
    sets = box(2, "18", "79/4"), box(2, "22", "23"), box(2, "18", "23")
    return control.barrier(System.from_text(rooms, states(2), time="discrete"), *sets, degree=2)


def parabola() -> ControlResult:
    """Barr1: from a square, not beyond a parabola. The rate is that at which x0 + x1^2 changes."""
    x, y = (Polynomial.parse(name) for name in states(2))
    system = System.from_text(["x1 + 2*x0*x1", "-x0 - x1^2 + 2*x0^2"], states(2))
    initial = SemialgebraicSet.box({"x0": (0, 1), "x1": (1, 2)})
    return control.barrier(system, initial, SemialgebraicSet([-x - y**2]), box(2, "-2", "2"), degree=2, rate=-2 * y)


def rectangle(left: str, right: str, low: str, high: str) -> SemialgebraicSet:
    return SemialgebraicSet.box({"x0": (Fraction(left), Fraction(right)), "x1": (Fraction(low), Fraction(high))})


def prajna(index: int) -> ControlResult:
    """Barr3, from one of its initial sets."""
    names = states(2)
    initial = (
        SemialgebraicSet.ball(names, Fraction(1, 2), {"x0": Fraction(3, 2)}),
        rectangle("-9/5", "-6/5", "-1/10", "1/10"),
        rectangle("-7/5", "-6/5", "-1/2", "1/10"),
    )
    unsafe = [
        SemialgebraicSet.ball(names, Fraction(2, 5), {"x0": -1, "x1": -1}),
        rectangle("2/5", "3/5", "1/10", "1/2"),
        rectangle("2/5", "4/5", "1/10", "3/10"),
    ]
    system = System.from_text(["x1", "-x0 - x1 + 1/3*x0^3"], names)
    return control.barrier(system, initial[index], unsafe, rectangle("-3", "5/2", "-2", "1"), degree=4, rate=-1)


HIGH_4, HIGH_6 = [576, 2400, 4180, 3980], [576, 2400, 4180, 3980, 2273, 800]
HIGH_8 = [*HIGH_6, 170, 20]
LYAPUNOV, BARRIER = "benchmarks_lyap.py", "benchmarks_bc.py"

BENCHMARKS = (
    Benchmark(
        "NonPoly0",
        2,
        "Lyapunov, disc 1",
        "table 2",
        {V1: "0.21 (100 %)", V2: "0.16 (100 %)"},
        lambda: stable(["-x0 + x0*x1", "-x1"], 1),
    ),
    Benchmark(
        "Poly2",
        2,
        "Lyapunov, everywhere",
        "table 2",
        {V1: "11.71 (90 %)", V2: "5.64 (90 %)"},
        lambda: stable(["-x0^3 + x1", "-x0 - x1"], degree=4),
    ),
    Benchmark(
        "NonPoly2",
        3,
        "Lyapunov, ball 3",
        "table 3, row 1",
        {V2: "0.45 (100 %)"},
        lambda: stable(["-x0", "-2*x1 + 1/10*x0*x1^2 + x2", "-x2 - 3/2*x1"], 3),
    ),
    Benchmark(
        "DTAhmadi2",
        2,
        "Lyapunov, discrete, disc 1",
        "table 3, row 14",
        {V2: "0.51 (100 %)"},
        lambda: stable(["687/1000*x0 + 558/1000*x1 - 1/10000*x0*x1", "-292/1000*x0 + 773/1000*x1"], 1, discrete=True),
    ),
    Benchmark("TwoRoomTemp", 2, "barrier, discrete", "table 3, row 16", {V2: "0.62 (100 %)"}, two_rooms),
    Benchmark(
        "HighOrd8",
        8,
        "barrier, linear, boxes",
        "table 3, row 4",
        {V2: "124.29 (70 %)"},
        lambda: between_boxes(HIGH_8),
    ),
    Benchmark("Barr1", 2, "barrier; theirs a network", "table 2", {V1: "100.17 (10 %)", V2: "7.11 (100 %)"}, parabola),
    *(
        Benchmark(
            f"Barr3, from set {k + 1}",
            2,
            "barrier; theirs a network",
            "table 2, all sets",
            {V1: "101.72 (50 %)", V2: "29.35 (100 %)"},
            lambda k=k: prajna(k),
        )
        for k in range(3)
    ),
    Benchmark(
        "poly_1",
        3,
        "Lyapunov, everywhere",
        LYAPUNOV,
        {},
        lambda: stable(["-x0^3 - x0*x2^2", "-x1 - x0^2*x1", "-x2 + 3*x0^2*x2 - 3*x2"], degree=4),
    ),
    Benchmark(
        "poly_3", 2, "Lyapunov, everywhere", LYAPUNOV, {}, lambda: stable(["-x0^3 - x1^2", "x0*x1 - x1^3"], degree=4)
    ),
    Benchmark(
        "poly_4",
        2,
        "Lyapunov, everywhere",
        LYAPUNOV,
        {},
        lambda: stable(["-x0 - 3/2*x0^2*x1^3", "-x1^3 + 1/2*x0^3*x1^2"], degree=4),
    ),
    Benchmark(
        "linear_discrete",
        2,
        "Lyapunov, discrete, everywhere",
        LYAPUNOV,
        {},
        lambda: stable(["x0/2 - x1/2", "x0/2"], discrete=True),
    ),
    Benchmark("hi_ord_4", 4, "barrier, linear, balls", BARRIER, {}, lambda: between_balls(HIGH_4)),
    Benchmark("hi_ord_6", 6, "barrier, linear, balls", BARRIER, {}, lambda: between_balls(HIGH_6)),
    Benchmark("hi_ord_8", 8, "barrier, linear, balls", BARRIER, {}, lambda: between_balls(HIGH_8)),
)
"""Those with published seconds first."""
