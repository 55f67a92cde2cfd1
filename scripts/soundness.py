"""Random and adversarial polynomials against an independent exact check: `python scripts/soundness.py [--count 20000]`.

Every status is checked without any code of the package: certificates are read as JSON and tested with `fractions` and
plain Python only (an LDL' in Fractions for positive semidefiniteness, term-by-term expansion, evaluation; certificates
over number fields by `check_certificate.py`). Families are built so that the truth of many is known by construction,
near the boundary on both sides; a status that contradicts the construction is a failure, whatever its certificate says.
With `--twins` each polynomial has a twin: with its variables permuted, scaled by a positive factor, with each variable
stretched, with a variable that does not occur, or with a square added. Two answers of which one must be wrong are a
failure; how often a twin is answered less well is counted.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import product

import check_certificate

import nsos_jax as nsos

RAISED = "with a square added"
SQUARES = (nsos.Status.SOS, nsos.Status.NONNEGATIVE)
REFUTED = (nsos.Status.NEGATIVE, nsos.Status.NOT_SOS)
Terms = dict[tuple[int, ...], Fraction]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--chunk", type=int, default=200, help="polynomials per batch")
    parser.add_argument("--time-limit", type=float, default=60.0, help="seconds per polynomial")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no batch after so long")
    parser.add_argument("--twins", action="store_true", help="certify a transformed twin of each polynomial, too")
    options = parser.parse_args()
    statuses: dict[str, Counter[str]] = {}
    differing: Counter[str] = Counter()
    wrong = done = 0
    started = time.perf_counter()

    def certify(polynomials: Iterable[Terms]) -> list[nsos.Result]:
        given = (nsos.Polynomial.from_dict(terms) for terms in polynomials)
        return nsos.certify_batch(given, time_limit=options.time_limit)

    for start in range(0, options.count, options.chunk):
        if time.perf_counter() - started > options.seconds:
            break
        indices = range(start, min(start + options.chunk, options.count))
        cases = list(draw(options.seed, indices))
        results = certify(terms for _, terms, _ in cases)
        done += len(cases)
        if options.twins:
            sources = [random.Random(f"{options.seed}:twin:{i}") for i in indices]
            twins = [twin(rng, terms) for rng, (_, terms, _) in zip(sources, cases, strict=True)]
            for case, result, (name, _), other in zip(cases, results, twins, certify(t for _, t in twins), strict=True):
                first, second = result.status, other.status
                if (first in SQUARES and second in REFUTED) or (
                    first in REFUTED and second in SQUARES and name != RAISED
                ):
                    wrong += 1
                    print(f"WRONG: {first}, but {name}: {second}: {case[1]}", flush=True)
                elif first != second and name != RAISED:
                    differing[f"{first} and {second}, {name}"] += 1
        for (family, terms, truth), result in zip(cases, results, strict=True):
            statuses.setdefault(family, Counter())[str(result.status)] += 1
            problem = contradiction(terms, truth, result)
            if problem:
                wrong += 1
                print(f"WRONG: {family}: {problem}: {terms}", flush=True)
        if sys.stderr.isatty():
            print(f"\r{done}/{options.count}, {wrong} wrong", end="", file=sys.stderr, flush=True)
    for family, counts in sorted(statuses.items()):
        print(f"{family:28s}", "  ".join(f"{name} {count}" for name, count in sorted(counts.items())))
    for pair, count in sorted(differing.items()):
        print(f"different: {pair}: {count}")
    print(f"{done} polynomials, {wrong} wrong statuses, {time.perf_counter() - started:.0f} s")
    return 1 if wrong else 0


def draw(seed: int, indices: range) -> Iterator[tuple[str, Terms, str | None]]:
    """(family, terms, truth): truth is "nonnegative", "negative" or None where it is not known by construction."""
    families = list(FAMILIES.items())
    for index in indices:
        rng = random.Random(f"{seed}:{index}")
        family, make = families[index % len(families)]
        terms, truth = make(rng)
        yield family, terms, truth


def twin(rng: random.Random, terms: Terms) -> tuple[str, Terms]:
    """A polynomial whose answer follows from that of p, and how it was made."""
    n = len(next(iter(terms)))
    kind = rng.choice(("permuted", "scaled", "stretched", "with one variable more", RAISED))
    if kind == "permuted":
        order = rng.sample(range(n), n)
        return kind, {tuple(key[i] for i in order): value for key, value in terms.items()}
    if kind == "scaled":
        return kind, scale(terms, Fraction(rng.randint(1, 10**6), rng.randint(1, 10**6)))
    if kind == "stretched":
        factors = [Fraction(rng.choice((-1, 1)) * rng.randint(1, 9), rng.randint(1, 9)) for _ in range(n)]
        return kind, {key: value * evaluate({key: Fraction(1)}, factors) for key, value in terms.items()}
    if kind == RAISED:
        square = some_polynomial(rng, n, max(map(sum, terms)) // 2, 2)
        return kind, add(terms, multiply(square, square)) or {(0,) * n: Fraction(1)}
    place = rng.randint(0, n)
    return kind, {(*key[:place], 0, *key[place:]): value for key, value in terms.items()}


def contradiction(terms: Terms, truth: str | None, result: nsos.Result) -> str | None:
    """What is wrong with a result, or None."""
    if result.certificate is None:
        return None if result.status is nsos.Status.UNDECIDED else "a status without a certificate"
    record = json.loads(result.certificate.to_json())
    if result.status is nsos.Status.SOS:
        return "SOS but negative somewhere" if truth == "negative" else check_sos(terms, record)
    if result.status is nsos.Status.NEGATIVE:
        value = evaluate(terms, [Fraction(x) for x in record["point"]])
        return None if value < 0 and truth != "nonnegative" else f"claimed NEGATIVE, the value is {value}"
    if record["kind"] == "not_sos_over_q":
        if truth == "nonnegative":
            return "NOT_SOS over Q but a sum of squares by construction"
        return check_over_q(terms, record)
    if result.status is nsos.Status.NOT_SOS:
        return (
            "NOT_SOS but a sum of squares by construction"
            if truth == "nonnegative"
            else check_functional(terms, record)
        )
    shifted = {tuple(row): Fraction(value) for value, row in record["polynomial"]}
    epsilon = Fraction(record["epsilon"])
    tiny = 0 < epsilon < max(map(abs, terms.values())) / 10**5
    return check_sos(shifted, record) or (None if tiny else f"epsilon is {epsilon}")


def check_sos(terms: Terms, record: dict) -> str | None:
    total: Terms = {}
    for block in record["blocks"]:
        size, denominator = len(block["basis"]), int(block["denominator"])
        gram = [[Fraction(0)] * size for _ in range(size)]
        for i, j, value in block["gram"]:
            gram[i][j] = gram[j][i] = Fraction(int(value), denominator)
        for i, j in product(range(size), repeat=2):
            key = tuple(map(sum, zip(block["basis"][i], block["basis"][j], strict=True)))
            total[key] = total.get(key, Fraction(0)) + gram[i][j]
        if not is_psd(gram):
            return "a Gram block is not positive semidefinite"
    return None if {k: v for k, v in total.items() if v} == terms else "the blocks do not add up to the polynomial"


def check_functional(terms: Terms, record: dict) -> str | None:
    """L(p) < 0 and the moment matrix; that the basis is complete is checked on all of the box."""
    values = {tuple(row): Fraction(value) for value, row in record["functional"]}
    if sum((c * values.get(k, Fraction(0)) for k, c in terms.items()), Fraction(0)) >= 0:
        return "L(p) is not negative"
    basis = [tuple(row) for row in record["basis"]]
    moments = [[values.get(tuple(map(sum, zip(a, b, strict=True))), Fraction(0)) for b in basis] for a in basis]
    if not is_psd(moments):
        return "the moment matrix is not positive semidefinite"
    cuts = [[int(w) for w in row] for row in record["halfspaces"]]
    limits = [max(sum(w * a for w, a in zip(cut, key, strict=True)) for key in terms) for cut in cuts]
    box = product(*(range(max(key[i] for key in terms) // 2 + 1) for i in range(len(next(iter(terms))))))
    left = {m for m in box if not any(2 * _dot(w, m) > limit for w, limit in zip(cuts, limits, strict=True))}
    while True:
        sums = {tuple(map(sum, zip(a, b, strict=True))) for a in left for b in left if a != b}
        kept = {m for m in left if terms.get(tuple(2 * e for e in m), 0) > 0 or tuple(2 * e for e in m) in sums}
        if kept == left:
            return None if left <= set(basis) else "the basis is not complete"
        left = kept


def check_over_q(terms: Terms, record: dict) -> str | None:
    if {tuple(row): Fraction(value) for value, row in record["polynomial"]} != terms:
        return "the certificate is about another polynomial"
    try:
        check_certificate.check(record)
    except ValueError as error:
        return str(error)
    return None


def _dot(weights: list[int], monomial: tuple[int, ...]) -> int:
    return sum(w * e for w, e in zip(weights, monomial, strict=True))


def is_psd(matrix: list[list[Fraction]]) -> bool:
    rows = [row[:] for row in matrix]
    for k in range(len(rows)):
        if rows[k][k] < 0 or (rows[k][k] == 0 and any(rows[k][k:])):
            return False
        if rows[k][k] == 0:
            continue
        for i in range(k + 1, len(rows)):
            factor = rows[i][k] / rows[k][k]
            if factor:
                for j in range(k, len(rows)):
                    rows[i][j] -= factor * rows[k][j]
    return True


def evaluate(terms: Terms, point: list[Fraction]) -> Fraction:
    total = Fraction(0)
    for key, value in terms.items():
        for base, exponent in zip(point, key, strict=True):
            value = value * base**exponent
        total += value
    return total


def add(left: Terms, right: Terms) -> Terms:
    total = dict(left)
    for key, value in right.items():
        total[key] = total.get(key, Fraction(0)) + value
    return {key: value for key, value in total.items() if value}


def multiply(left: Terms, right: Terms) -> Terms:
    total: Terms = {}
    for a, x in left.items():
        for b, y in right.items():
            key = tuple(map(sum, zip(a, b, strict=True)))
            total[key] = total.get(key, Fraction(0)) + x * y
    return {key: value for key, value in total.items() if value}


def scale(terms: Terms, factor: Fraction) -> Terms:
    return {key: value * factor for key, value in terms.items()}


def some_polynomial(rng: random.Random, n: int, degree: int, count: int) -> Terms:
    terms: Terms = {}
    for _ in range(count):
        key, left = [0] * n, rng.randint(0, degree)
        for _ in range(left):
            key[rng.randrange(n)] += 1
        terms[tuple(key)] = Fraction(rng.choice((-1, 1)) * rng.randint(1, 9), rng.choice((1, 1, 1, 2, 3, 10)))
    return terms


def sum_of_squares(rng: random.Random, n: int) -> Terms:
    total: Terms = {}
    while not total:
        for _ in range(rng.randint(1, 6)):
            square = some_polynomial(rng, n, rng.randint(1, 3), rng.randint(1, 5))
            total = add(total, multiply(square, square))
    return total


def _variables(rng: random.Random) -> int:
    return rng.choice((1, 2, 2, 3, 4))


def _random(rng: random.Random) -> tuple[Terms, str | None]:
    return some_polynomial(rng, _variables(rng), rng.randint(1, 6), rng.randint(1, 12)), None


def _squares(rng: random.Random) -> tuple[Terms, str | None]:
    return sum_of_squares(rng, _variables(rng)), "nonnegative"


def _small(rng: random.Random) -> Fraction:
    return Fraction(1, 10 ** rng.randint(1, 14))


def _raised(rng: random.Random) -> tuple[Terms, str | None]:
    n = _variables(rng)
    return add(sum_of_squares(rng, n), {(0,) * n: _small(rng)}), "nonnegative"


def _vanishing(rng: random.Random, n: int) -> tuple[Terms, list[Fraction]]:
    """A sum of squares that is zero at a rational point."""
    point = [Fraction(rng.randint(-4, 4), rng.choice((1, 2, 3))) for _ in range(n)]
    total: Terms = {}
    while not total:
        for _ in range(rng.randint(1, 5)):
            root = some_polynomial(rng, n, rng.randint(1, 3), rng.randint(1, 4))
            root = add(root, {(0,) * n: -evaluate(root, point)})
            total = add(total, multiply(root, root))
    return total, point


def _lowered(rng: random.Random) -> tuple[Terms, str | None]:
    n = _variables(rng)
    total, _ = _vanishing(rng, n)
    return add(total, {(0,) * n: -_small(rng)}), "negative"


def _touching(rng: random.Random) -> tuple[Terms, str | None]:
    return _vanishing(rng, _variables(rng))[0], "nonnegative"


def _tilted(rng: random.Random) -> tuple[Terms, str | None]:
    """Zero at a rational point with a non-zero slope there: negative nearby."""
    n = _variables(rng)
    total, point = _vanishing(rng, n)
    slope: Terms = {}
    i = rng.randrange(n)
    slope[tuple(int(j == i) for j in range(n))] = Fraction(1)
    slope = add(slope, {(0,) * n: -point[i]})
    return add(total, scale(slope, _small(rng))), "negative"


def _motzkin_like(rng: random.Random) -> tuple[Terms, str | None]:
    """x^4 y^2 + x^2 y^4 + z - c x^2 y^2 with c on either side of 3, on either side of SOS and of nonnegative."""
    c = Fraction(3) + rng.choice((-1, 1, 0)) * rng.choice((Fraction(1), _small(rng)))
    truth = "negative" if c > 3 else None
    return {(4, 2): Fraction(1), (2, 4): Fraction(1), (0, 0): Fraction(1), (2, 2): -c}, truth


def _irrational(rng: random.Random) -> tuple[Terms, str | None]:
    """(x^2 - k)^2 + (y - x)^2 + shift: zeros at irrational points."""
    k = rng.choice((2, 3, 5, 7))
    shift = rng.choice((-1, 0, 1)) * _small(rng)
    quartic = {(4, 0): Fraction(1), (2, 0): Fraction(-2 * k), (0, 0): Fraction(k * k)}
    terms = add(add(quartic, multiply(_difference(), _difference())), {(0, 0): shift})
    return terms, "negative" if shift < 0 else "nonnegative"


def _difference() -> Terms:
    return {(0, 1): Fraction(1), (1, 0): Fraction(-1)}


def _wild_scale(rng: random.Random) -> tuple[Terms, str | None]:
    n = rng.choice((1, 2, 3))
    total = sum_of_squares(rng, n)
    weights = [rng.randint(-12, 12) for _ in range(n)]
    factor = Fraction(10) ** rng.randint(-30, 30)
    stretched = {
        key: value * factor * Fraction(10) ** sum(w * e for w, e in zip(weights, key, strict=True))
        for key, value in total.items()
    }
    return stretched, "nonnegative"


def _huge(rng: random.Random) -> tuple[Terms, str | None]:
    """Sums of squares with coefficients of up to 60 digits."""
    n = rng.choice((1, 2, 3))
    total: Terms = {}
    for _ in range(rng.randint(1, 4)):
        root = some_polynomial(rng, n, 2, 4)
        root = {key: value * rng.randint(1, 10**30) for key, value in root.items()}
        total = add(total, multiply(root, root))
    return total, "nonnegative"


def _many_variables(rng: random.Random) -> tuple[Terms, str | None]:
    """Squares that share few of 6 to 12 variables."""
    n = rng.randint(6, 12)
    total: Terms = {}
    for i in range(n - 1):
        unit = [tuple(int(j == k) for j in range(n)) for k in (i, i + 1)]
        root = {unit[0]: Fraction(rng.randint(1, 5)), (0,) * n: Fraction(rng.randint(-3, 3))}
        square = tuple(2 * e for e in unit[1])
        root = add(root, {rng.choice((unit[1], square)): Fraction(rng.choice((-2, -1, 1, 2)))})
        total = add(total, multiply(root, root))
    return add(total, {(0,) * n: rng.choice((Fraction(0), _small(rng)))}), "nonnegative"


def _means(rng: random.Random) -> tuple[Terms, str | None]:
    """x1^(2d) + ... + xn^(2d) - c x1^2 ... xd^2 with 2d = 2n, c on either side of what the means allow."""
    n = rng.choice((2, 3, 4))
    c = n + rng.choice((-1, 0, 1)) * rng.choice((Fraction(1, 2), _small(rng)))
    terms = {tuple(2 * n * int(i == j) for j in range(n)): Fraction(1) for i in range(n)}
    return add(terms, {(2,) * n: -c}), "negative" if c > n else "nonnegative"


FAMILIES: dict[str, Callable[[random.Random], tuple[Terms, str | None]]] = {
    "random": _random,
    "sum of squares": _squares,
    "raised above zero": _raised,
    "lowered below zero": _lowered,
    "touching zero": _touching,
    "tilted at a zero": _tilted,
    "Motzkin-like": _motzkin_like,
    "irrational zeros": _irrational,
    "wild scales": _wild_scale,
    "huge integers": _huge,
    "many variables": _many_variables,
    "means": _means,
}

if __name__ == "__main__":
    sys.exit(main())
