"""Checks certificates of nsos in exact arithmetic, with Python's standard library alone; one file, to read and to copy.

    python check_certificate.py FILE...

FILE is a certificate, a results file of `nsos certify -o`, `bound -o` or `solve -o`, or - for standard input. Nothing
in it is trusted. What has to hold for each kind, and why that is a proof, is said in docs/certificates.md of nsos_jax,
with which this file shares no code. It is meant to be simple, fewer than 1000 lines, and slow for large certificates.
Exit status: 0 all certificates hold, 1 one does not hold or is missing, 2 something cannot be read.
"""

import json
import os
import re
import sys
from collections import Counter
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from math import factorial, gcd, lcm, prod
from operator import add, mul, sub

MAX_DIGITS, MAX_EXPONENT, MAX_VARIABLES, MAX_BASIS, MAX_DEGREE = 100_000, 10_000, 10_000, 3_000, 64
MANY, MAX_PRODUCTS = 5_000_000, 100_000  # the second of inequalities and of constraints
MAX_STATES, MAX_MODES = 200, 1_000
MAX_CANDIDATES = 4_000_000  # in the proof that a basis is complete


def require(condition, message):
    if not condition:
        raise ValueError(message)


def read_keys(value, keys, place):
    require(type(value) is dict and value.keys() == set(keys), f"{place}: expected the keys {', '.join(keys)}")
    return [value[key] for key in keys]


def read_list(value, place, length=None, most=MANY):
    require(type(value) is list and len(value) <= most, f"{place}: expected a list, at most {most} items")
    require(length in (None, len(value)), f"{place}: expected {length} items, got {len(value)}")
    return value


def read_number(value, place, integer=False):
    pattern = r"-?[0-9]+" if integer else r"-?[0-9]+(/[0-9]+)?"
    require(type(value) is str and re.fullmatch(pattern, value), f"{place}: expected a number written as a string")
    require(max(map(len, value.lstrip("-").split("/"))) <= MAX_DIGITS, f"{place}: too many digits")
    numerator, _, denominator = value.partition("/")
    require(int(denominator or 1) > 0, f"{place}: the denominator is 0")
    return int(numerator) if integer else Fraction(int(numerator), int(denominator or 1))


def read_monomials(value, variables, place, most=MAX_BASIS):
    for row in read_list(value, place, most=most):
        right = all(type(power) is int and 0 <= power <= MAX_EXPONENT for power in read_list(row, place, variables))
        require(right, f"{place}: expected exponents from 0 to {MAX_EXPONENT}")
    require(len(set(map(tuple, value))) == len(value), f"{place}: a monomial appears twice")
    return list(map(tuple, value))


def read_terms(value, variables, place, may_be_zero=False):
    """A polynomial or a functional, as {exponents: value}."""
    numbers = [read_number(read_list(pair, place, 2)[0], place) for pair in read_list(value, place)]
    require(may_be_zero or all(numbers), f"{place}: a coefficient is 0")
    return Counter(dict(zip(read_monomials([pair[1] for pair in value], variables, place, MANY), numbers, strict=True)))


def read_gram(value, size, place, read_entry, zero):
    """A symmetric matrix from [[i, j, entry], ...] with i <= j."""
    matrix, seen = [[zero] * size for _ in range(size)], set()
    for item in read_list(value, place):
        i, j, entry = read_list(item, place, 3)
        require(type(i) is type(j) is int and 0 <= i <= j < size, f"{place}: expected indices 0 <= i <= j < {size}")
        require((i, j) not in seen, f"{place}: the entry {i}, {j} appears twice")
        seen.add((i, j))
        matrix[i][j] = matrix[j][i] = read_entry(entry)
    return matrix


def read_names(names, place):
    for name in read_list(names, place):
        require(type(name) is str and 0 < len(name) <= 100 and name.isprintable(), f"{place}: expected short names")
    require(len(set(names)) == len(names), f"{place}: a name appears twice")


def read_blocks(value, variables, place):
    """A list of (basis, gram, denominator, [] or [range])."""
    blocks = []
    for item in read_list(value, place):
        keys = ["basis", "denominator", "gram"] + ["range"] * (type(item) is dict and "range" in item)
        basis, denominator, gram, *factors = read_keys(item, keys, place)
        basis, size = read_monomials(basis, variables, f"{place}.basis"), len(basis)
        denominator = read_number(denominator, f"{place}.denominator", integer=True)
        require(denominator > 0, f"{place}.denominator: expected a positive integer")
        require(sum(len(block[0]) ** 2 for block in blocks) + size**2 <= MAX_BASIS**2, f"{place}: too large together")
        for rows in factors:
            rank = len(read_list((read_list(rows, place, size) or [[]])[0], f"{place}.range", most=size))
            rows[:] = [[read_number(x, place, integer=True) for x in read_list(row, place, rank)] for row in rows]
            size = rank
        gram = read_gram(gram, size, f"{place}.gram", lambda x: read_number(x, place, integer=True), 0)
        blocks.append((basis, gram, denominator, factors))
    return blocks


def sum_of_squares(blocks, place):
    """The sum of all z'Qz, once all Q are proven positive semidefinite."""
    total = Counter()
    for i, (basis, gram, denominator, factors) in enumerate(blocks):
        require(is_psd(gram), f"{place}[{i}].gram: not positive semidefinite")
        for row, one in zip(congruent(factors[0], gram) if factors else gram, basis, strict=True):
            for entry, other in zip(row, basis, strict=True):
                if entry:
                    total[tuple(map(add, one, other))] += Fraction(entry, denominator)
    return total


def congruent(rows, matrix):
    """V S V', V given by its rows."""
    half = [[sum(map(mul, row, column)) for column in matrix] for row in rows]
    return [[sum(map(mul, row, other)) for other in rows] for row in half]


def is_psd(matrix):
    """Whether a symmetric matrix of integers is positive semidefinite, by elimination free of fractions (Bareiss)."""
    rows, previous = [list(row) for row in matrix], 1
    for k, row in enumerate(rows):
        if row[k] < 0 or (row[k] == 0 and any(row[k + 1 :])):
            return False
        for i in range(k + 1, len(rows) if row[k] else 0):
            for j in range(i, len(rows)):
                rows[i][j] = rows[j][i] = (row[k] * rows[i][j] - row[i] * row[j]) // previous
        previous = row[k] or previous
    return True


def null_space(rows, size):
    """A basis of all x with row . x = 0 for all rows, in integers."""
    pivots = {}
    for row in rows:
        for column, other in pivots.items():
            row = [a - row[column] * b for a, b in zip(row, other, strict=True)]
        column = next((j for j, value in enumerate(row) if value), None)
        if column is not None:
            row = [value / Fraction(row[column]) for value in row]
            for j, other in pivots.items():
                pivots[j] = [a - other[column] * b for a, b in zip(other, row, strict=True)]
            pivots[column] = row
    free = [column for column in range(size) if column not in pivots]
    vectors = [[-pivots[i][j] if i in pivots else Fraction(i == j) for i in range(size)] for j in free]
    return [[int(value * lcm(*(other.denominator for other in vector))) for value in vector] for vector in vectors]


def check_complete(p, basis, halfspaces):
    """Whatever squares add up to p, they use no other monomials than those of the basis."""
    tops = [max(powers) // 2 for powers in zip(*p, strict=True)]
    cuts = [(w, max(sum(map(mul, w, monomial)) for monomial in p)) for w in halfspaces]
    points = [()]
    for i, top in enumerate(tops):
        require(len(points) * (top + 1) <= MAX_CANDIDATES, "halfspaces: too many monomials are left to look at")
        points = [(*point, power) for point in points for power in range(top + 1)]
        for w, bound in cuts:
            room = bound - sum(min(0, 2 * a) for a in map(mul, w[i + 1 :], tops[i + 1 :]))
            points = [point for point in points if 2 * sum(map(mul, w, point)) <= room]
    left, squares = set(points), {m: tuple(map(add, m, m)) for m in points}
    while removed := {  # x^(2m) has no positive coefficient and is no product of two others
        m
        for m in left
        if p[squares[m]] <= 0 and not any(tuple(map(sub, squares[m], n)) in left for n in left if n != m)
    }:
        left -= removed
    require(left <= set(basis), f"basis: not proven complete, {len(left - set(basis))} monomials are missing")


def value_at(a, x):
    return sum((coefficient * x**i for i, coefficient in enumerate(a)), Fraction(0))


def remainder(a, b):
    """Of polynomials in one variable, lists of coefficients, constant first; b has no leading zeros, nor has it."""
    a = list(a)
    while a and (len(a) >= len(b) or not a[-1]):
        factor = a.pop() / Fraction(b[-1])
        for i, value in enumerate(b[:-1]) if factor else ():
            a[len(a) - len(b) + 1 + i] -= factor * value
    return a


def is_prime(n):
    """Miller and Rabin's test, which is exact up to this bound (Sorenson and Webster)."""
    require(n < 3317044064679887385961981, "field.minimal_polynomial: its values are too large to prove it irreducible")
    bases, twos = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41), ((n - 1) & (1 - n)).bit_length()
    powers = ([pow(base, (n - 1) >> k, n) for k in range(twos)] for base in bases)
    return n in bases or (n > 41 and all(row[-1] == 1 or n - 1 in row[1:] for row in powers))


def is_irreducible(m):
    """Over Q. All roots lie below `reach`, so |g(n)| > n - reach for every factor g; if m(n) is a prime times less than
    that, one of two factors is too small. Such an n is found soon unless m has factors."""
    m, reach = [value // gcd(*m) for value in m], 1
    while value_at(map(abs, m[:-1]), reach) >= abs(m[-1]) * reach ** (len(m) - 1):
        reach *= 2
    for n in range(reach + 2, reach + 200):
        value = abs(int(value_at(m, n)))
        small = gcd(value, factorial(n - reach - 1) ** 9)
        if small < n - reach and is_prime(value // small):
            return True
    return len(m) == 2


class Field:
    """Q(theta), theta the only root of m in an interval; elements are lists of coefficients, as many as m's degree."""

    def __init__(self, value):
        polynomial, ends = read_keys(value, ("minimal_polynomial", "interval"), "field")
        self.m = [read_number(value, "field", integer=True) for value in read_list(polynomial, "field")]
        self.ends = [read_number(end, "field.interval") for end in read_list(ends, "field.interval", 2)]
        require(2 <= len(self.m) <= MAX_DEGREE + 1 and self.m[-1], "field.minimal_polynomial: bad degree or leading 0")
        require(is_irreducible(self.m), "field.minimal_polynomial: it is not irreducible, or beyond the limits")
        require(self.ends[0] < self.ends[1] and all(value_at(self.m, x) for x in self.ends), "field.interval: bad ends")
        require(self.sign([1]) == 1, "field.interval: expected exactly one root")

    def sign(self, a):
        """The sum of the signs of a at the roots of m in the interval: Sturm's theorem with weights (Tarski)."""
        weighted = self.times([i * value for i, value in enumerate(self.m)][1:], a)
        sequence, changes = [self.m, remainder(weighted, self.m)], []
        while sequence[-1]:
            sequence.append([-value for value in remainder(*sequence[-2:])])
        for end in self.ends:
            signs = [value > 0 for value in (value_at(member, end) for member in sequence) if value]
            changes.append(sum(one != other for one, other in pairwise(signs)))
        return changes[0] - changes[1]

    def padded(self, a):
        return a + [Fraction(0)] * (len(self.m) - 1 - len(a))

    def read(self, value, place="field"):
        return self.padded([read_number(number, place) for number in read_list(value, place, most=len(self.m) - 1)])

    def times(self, a, b):
        product = [Fraction(0)] * (len(a) + len(b) - 1)
        for i, one in enumerate(a):
            for j, other in enumerate(b):
                product[i + j] += one * other
        return self.padded(remainder(product, self.m))

    def inverse(self, a):
        columns = [self.times(a, [0] * i + [1]) for i in range(len(self.m) - 1)] + [self.padded([-1])]
        (x,) = null_space(zip(*columns, strict=True), len(self.m))
        return [Fraction(value, x[-1]) for value in x[:-1]]

    def is_psd(self, matrix):
        rows = [list(row) for row in matrix]
        for k, row in enumerate(rows):
            if self.sign(row[k]) < 0 or (not any(row[k]) and any(map(any, row[k + 1 :]))):
                return False
            inverse = self.inverse(row[k]) if any(row[k]) else row[k]
            for i in range(k + 1, len(rows)):
                factor = self.times(row[i], inverse)
                for j in range(i, len(rows)):
                    rows[i][j] = rows[j][i] = list(map(sub, rows[i][j], self.times(factor, row[j])))
        return True

    def monomial_at(self, point, monomial):
        value = self.padded([Fraction(1)])
        for coordinate in (x for x, power in zip(point, monomial, strict=True) for _ in range(power)):
            value = self.times(value, coordinate)
        return value


def check_sos(variables, p, blocks, epsilon=(), of=()):
    blocks = read_blocks(blocks, variables, "blocks")
    if is_near := of != ():
        epsilon, of = read_number(epsilon, "epsilon"), read_terms(of, variables, "of")
        require(epsilon > 0, "epsilon: expected a positive number")
        for monomial in {monomial for block in blocks for monomial in block[0]}:
            of[tuple(map(add, monomial, monomial))] += epsilon
        require(of == p, "polynomial: expected `of` + epsilon z'z")
    require(sum_of_squares(blocks, "blocks") == p, "blocks: their sum is not the polynomial")
    return "near_sos: p + epsilon z'z is a sum of squares" if is_near else "sos: p is a sum of squares"


def check_sos_over_field(variables, p, field, blocks):
    field, total = Field(field), Counter()
    for i, item in enumerate(read_list(blocks, "blocks")):
        basis, gram = read_keys(item, ("basis", "gram"), f"blocks[{i}]")
        basis = read_monomials(basis, variables, f"blocks[{i}].basis")
        gram = read_gram(gram, len(basis), f"blocks[{i}].gram", field.read, field.padded([]))
        require(field.is_psd(gram), f"blocks[{i}].gram: not positive semidefinite")
        for one, row in zip(basis, gram, strict=True):
            for other, entry in zip(basis, row, strict=True):
                for power, value in enumerate(entry):
                    total[(power, *map(add, one, other))] += value
    require(total == Counter({(0, *m): c for m, c in p.items()}), "blocks: their sum is not the polynomial")
    return "sos_over_field: p is a sum of squares over the real numbers"


def check_nonneg(variables, p, multiplier, product):
    sigma, right = (
        sum_of_squares(read_blocks(*read_keys(part, ["blocks"], place), variables, place), place)
        for part, place in ((multiplier, "sos_multiplier"), (product, "product"))
    )
    require(any(sigma.values()), "sos_multiplier: it is 0")
    require(times(sigma, p) == right, "product: it is not the multiplier times the polynomial")
    return "nonneg: p is nonnegative"


def check_negative_point(variables, p, point):
    require(read_point(point, variables)(p) < 0, "point: p is not negative there")
    return "negative_point: p takes a negative value"


def check_not_sos(variables, p, basis, halfspaces, functional, field=(), zero=()):
    basis, place = read_monomials(basis, variables, "basis"), "halfspaces"
    halfspaces = [read_list(row, place, variables) for row in read_list(halfspaces, place)]
    require(p, "polynomial: it is 0")
    check_complete(p, basis, [[read_number(weight, place, integer=True) for weight in row] for row in halfspaces])
    proven = "not_sos: p is no sum of squares" if field == () else "not_sos_over_q: p is no sum of rational squares"
    if field != ():  # only what vanishes at the zero can be squared
        field = Field(field)
        point = [field.read(value, "zero") for value in read_list(zero, "zero", variables)]
        rows = zip(*(field.monomial_at(point, m) for m in p), strict=True)
        require(not any(sum(map(mul, p.values(), row)) for row in rows), "zero: the polynomial is not 0 there")
        vanishing = null_space(zip(*(field.monomial_at(point, m) for m in basis), strict=True), len(basis))
        if functional is None:
            require(not vanishing, "functional: expected one, since there are polynomials that vanish at the zero")
            return proven
    functional = read_terms(functional, variables, "functional", may_be_zero=True)
    require(sum(value * functional[m] for m, value in p.items()) < 0, "functional: not negative on the polynomial")
    common = lcm(*(value.denominator for value in functional.values()))
    moments = [[int(common * functional[tuple(map(add, one, other))]) for other in basis] for one in basis]
    require(is_psd(moments if field == () else congruent(vanishing, moments)), "functional: not nonnegative on squares")
    return proven


def constant(value, variables):
    return Counter({(0,) * variables: Fraction(value)})


def times(p, q):
    product = Counter()
    for one, value in p.items():
        for other, factor in q.items():
            product[tuple(map(add, one, other))] += value * factor
    return product


def read_set(values, variables, place=""):
    """The polynomials before sums of squares, 1 first and then the products of inequalities, and both lists."""
    inequalities, products, equalities = values
    inequalities, equalities = (
        [
            read_terms(terms, variables, f"{place}{key}")
            for terms in read_list(value, f"{place}{key}", most=MAX_PRODUCTS)
        ]
        for key, value in (("inequalities", inequalities), ("equalities", equalities))
    )
    multipliers = [constant(1, variables)]
    for factors in read_list(products, f"{place}products", most=MAX_PRODUCTS):
        right = all(type(i) is int and 0 <= i < len(inequalities) for i in read_list(factors, "products", most=100))
        require(right and factors, f"{place}products: expected indices of inequalities, one or more")
        multipliers.append(reduce(times, [inequalities[i] for i in factors]))
    return multipliers, inequalities, equalities


def check_identity(target, variables, multipliers, equalities, identity, place="identity"):
    """target = sum of multiplier * (sum of squares) + sum of cofactor * equality."""
    blocks, cofactors = read_keys(identity, ("blocks", "cofactors"), place)
    for block in read_list(blocks, f"{place}.blocks"):
        right = type(block) is dict and type(block.get("multiplier")) is int
        require(right and -1 <= block["multiplier"] < len(multipliers) - 1, f"{place}.blocks: expected a multiplier")
    rest = [{key: value for key, value in block.items() if key != "multiplier"} for block in blocks]
    total, known = Counter(), read_blocks(rest, variables, f"{place}.blocks")
    for i, block in enumerate(blocks):
        squares = sum_of_squares([known[i]], f"{place}.blocks[{i}]")
        total.update(times(multipliers[block["multiplier"] + 1], squares))
    read_list(cofactors, f"{place}.cofactors", len(equalities))
    for cofactor, equality in zip(cofactors, equalities, strict=True):
        total.update(times(read_terms(cofactor, variables, f"{place}.cofactors"), equality))
    require(total == target, f"{place}: the sum of its parts is not the polynomial that it stands for")


def read_point(point, variables):
    """The value of polynomials there."""
    point = [read_number(value, "point") for value in read_list(point, "point", variables)]
    return lambda p: sum(value * prod(map(pow, point, monomial)) for monomial, value in p.items())


def check_lower_bound(variables, p, bound, blocks, point):
    if point is not None:
        read_point(point, variables)
    p.update(constant(-read_number(bound, "bound"), variables))
    blocks = read_blocks(blocks, variables, "blocks")
    require(sum_of_squares(blocks, "blocks") == p, "blocks: their sum is not p - bound")
    return "lower_bound: p is nowhere below the bound"


def check_lower_bound_on_set(variables, p, bound, *rest):
    *stated, identity, point = rest
    multipliers, inequalities, equalities = read_set(stated, variables)
    if point is not None:
        at = read_point(point, variables)
        inside = all(at(g) >= 0 for g in inequalities) and not any(map(at, equalities))
        require(inside, "point: it is not in the set")
    p.update(constant(-read_number(bound, "bound"), variables))
    check_identity(p, variables, multipliers, equalities, identity)
    return "lower_bound_on_set: p is nowhere on the set below the bound"


def check_empty_set(variables, *rest):
    *stated, identity = rest
    multipliers, _, equalities = read_set(stated, variables)
    check_identity(constant(-1, variables), variables, multipliers, equalities, identity)
    return "empty_set: no point satisfies all"


class Program:
    """The statement of a program: the sizes of its unknowns, its constraints and its objective."""

    def __init__(self, variables, unknowns, constraints, objective):
        pairs = [read_keys(item, ("name", "monomials"), "unknowns") for item in read_list(unknowns, "unknowns")]
        read_names([name for name, _ in pairs], "unknowns")
        self.variables, self.constraints, self.sign = variables, [], 0
        self.sizes = [len(read_monomials(monomials, variables, "unknowns", MANY)) for _, monomials in pairs]
        names = []
        for i, item in enumerate(read_list(constraints, "constraints", most=MAX_PRODUCTS)):
            place = f"constraints[{i}]"
            name, kind, target, *stated = read_keys(item, ("name", "kind", "target", *SET_KEYS), place)
            names.append(name)
            require(kind == "sos" or (kind == "zero" and stated == [[], [], []]), f"{place}: no such constraint")
            self.constraints.append((kind, self.read_target(target, place), *read_set(stated, variables, f"{place}.")))
        read_names(names, "constraints")
        if objective is not None:
            sense, terms, constant = read_keys(objective, ("sense", "terms", "constant"), "objective")
            require(sense in ("maximize", "minimize"), "objective: maximize or minimize")
            self.sign, self.constant = 1 if sense == "maximize" else -1, read_number(constant, "objective")
            terms = [[number, [0] * variables, place] for number, place in read_list(terms, "objective")]
            self.weights = {place: number for (_, place), number in self.read_target(terms, "objective").items()}
            require(None not in self.weights, "objective: expected unknowns")

    def read_target(self, value, place):
        """{(exponents, unknown coefficient or None): number}."""
        target = {}
        for item in read_list(value, place):
            number, exponents, unknown = read_list(item, place, 3)
            (exponents,) = read_monomials([exponents], self.variables, place)
            if unknown is not None:
                i, k = read_list(unknown, place, 2)
                right = type(i) is type(k) is int and 0 <= i < len(self.sizes) and 0 <= k < self.sizes[i]
                require(right, f"{place}: expected an unknown and one of its coefficients")
                unknown = i, k
            number = read_number(number, place)
            require(number and (exponents, unknown) not in target, f"{place}: a term appears twice, or its number is 0")
            target[exponents, unknown] = number
        return target


def check_program(variables, unknowns, constraints, objective, values, identities):
    program = Program(variables, unknowns, constraints, objective)
    known = {None: Fraction(1)}
    for i, (row, size) in enumerate(zip(read_list(values, "values", len(program.sizes)), program.sizes, strict=True)):
        known.update({(i, k): read_number(x, "values") for k, x in enumerate(read_list(row, "values", size))})
    read_list(identities, "identities", len(program.constraints))
    for j, (kind, terms, multipliers, _, equalities) in enumerate(program.constraints):
        target = Counter()
        for (exponents, unknown), number in terms.items():
            target[exponents] += number * known[unknown]
        if kind == "zero":
            require(identities[j] == {"blocks": [], "cofactors": []}, f"identities[{j}]: expected an empty one")
            require(not any(target.values()), f"constraints[{j}]: it is not zero")
        else:
            check_identity(target, variables, multipliers, equalities, identities[j], f"identities[{j}]")
    return "program: the values satisfy all constraints"


def check_by_functionals(variables, unknowns, constraints, objective, bases, functionals, bound=()):
    program, sums = Program(variables, unknowns, constraints, objective), Counter()
    read_list(bases, "bases", len(program.constraints))
    read_list(functionals, "functionals", len(program.constraints))
    for j, (kind, terms, multipliers, _, equalities) in enumerate(program.constraints):
        place, entries = f"functionals[{j}]", 0
        functional = read_terms(functionals[j], variables, place, may_be_zero=True)
        if kind == "zero":
            require(bases[j] == [] and type(bases[j]) is list, f"bases[{j}]: expected none")
        else:
            squares, cofactors = read_keys(bases[j], ("squares", "cofactors"), f"bases[{j}]")
            for g, basis in zip(multipliers, read_list(squares, f"bases[{j}]", len(multipliers)), strict=True):
                basis = read_monomials(basis, variables, f"bases[{j}]")
                entries += len(basis) ** 2
                require(entries <= MAX_BASIS**2, f"bases[{j}]: too large together")
                matrix = [[apply(functional, g, tuple(map(add, m, n))) for n in basis] for m in basis]
                common = lcm(*(value.denominator for row in matrix for value in row))
                psd = is_psd([[int(common * value) for value in row] for row in matrix])
                require(psd, f"{place}: not nonnegative on squares")
            for h, basis in zip(equalities, read_list(cofactors, f"bases[{j}]", len(equalities)), strict=True):
                zeros = [apply(functional, h, m) for m in read_monomials(basis, variables, f"bases[{j}]")]
                require(not any(zeros), f"{place}: not 0 on multiples of an equality")
        for (exponents, unknown), number in terms.items():
            sums[unknown] += number * functional[exponents]
    rest = sums.pop(None, Fraction(0))
    if bound == ():
        require(not any(sums.values()), "functionals: the unknowns do not cancel")
        require(rest < 0, "functionals: expected a negative sum over all targets")
        return "infeasible_program: no values satisfy the constraints with these bases"
    require(program.sign, "objective: expected one")
    sums.update({place: program.sign * value for place, value in program.weights.items()})
    require(not any(sums.values()), "functionals: the unknowns do not add up to the objective")
    gap = program.sign * (read_number(bound, "bound") - program.constant) - rest
    require(gap >= 0, "bound: the functionals prove less")
    return "program_bound: no objective beyond the bound with these bases"


def apply(functional, p, monomial):
    return sum((value * functional[tuple(map(add, m, monomial))] for m, value in p.items()), Fraction(0))


def linear(*parts):
    """The sum of factor * polynomial."""
    total = Counter()
    for factor, p in parts:
        for m, value in p.items():
            total[m] += factor * value
    return Counter({m: value for m, value in total.items() if value})


def compose(p, images):
    """p with a polynomial in the place of each variable."""
    zero = (0,) * len(images)
    powers, parts = [[Counter({zero: Fraction(1)})] for _ in images], []
    for m, value in p.items():
        product = Counter({zero: value})
        for image, row, exponent in zip(images, powers, m, strict=True):
            while len(row) <= exponent:
                row.append(times(row[-1], image))
            product = times(product, row[exponent]) if exponent else product
        parts.append((1, product))
    return linear(*parts)


def gradient_times(p, field):
    parts = []
    for i, component in enumerate(field):
        slope = {(*m[:i], m[i] - 1, *m[i + 1 :]): value * m[i] for m, value in p.items() if m[i]}
        parts.append((1, times(slope, component)))
    return linear(*parts)


def read_numbers(value, length, place):
    return [read_number(number, place) for number in read_list(value, place, length)]


def read_polynomials(value, variables, place, length=None):
    return [read_terms(terms, variables, place) for terms in read_list(value, place, length, most=MAX_MODES)]


def only_in(polynomials, allowed, place):
    right = all(not power or i in allowed for p in polynomials for m in p for i, power in enumerate(m))
    require(right, f"{place}: a variable that may not occur there")


class System:
    """The statement of a system, with what is built from it."""

    def __init__(self, names, value, bounds):
        time, states, modes, bottoms, uncertain, ideal, tangency = read_keys(value, SYSTEM_KEYS, "system")
        n, count = len(names), len(read_list(states, "system.states", most=MAX_STATES))
        require(states and states == names[:count], "system.states: expected the first variables, one or more")
        require(time in ("continuous", "discrete"), "system.time: continuous or discrete")
        require(read_list(modes, "system.modes", most=MAX_MODES), "system.modes: expected one or more")
        self.n, self.count, self.continuous = n, count, time == "continuous"
        self.variables = [Counter({(*[0] * i, 1, *[0] * (n - i - 1)): Fraction(1)}) for i in range(n)]
        self.modes = [read_polynomials(row, n, "system.modes", count) for row in modes]
        self.bottoms = read_polynomials(bottoms, n, "system.denominators", len(modes))
        bounds, self.floors = list(read_list(bounds, "denominator_bounds")), []
        for bottom in self.bottoms:
            number = bottom[(0,) * n] if not any(map(any, bottom)) else None
            require(self.continuous or number == 1, "system.denominators: expected 1 for discrete time")
            require(number is None or number > 0, "system.denominators: expected a positive number")
            if number is None:
                require(bounds, "denominator_bounds: one is missing")
                bound = read_number(bounds.pop(0), "denominator_bounds")
                require(bound > 0, "denominator_bounds: expected positive numbers")
                self.floors.append(linear((1, bottom), (-bound, constant(1, n))))
        require(not bounds, "denominator_bounds: too many")
        *uncertain, member = read_keys(uncertain, (*SET_KEYS, "member"), "system.uncertain")
        self.uncertain = self.read_set(uncertain, "system.uncertain.", range(count, n))
        if member is not None:
            point = [Fraction(0)] * count + read_numbers(member, n - count, "system.uncertain.member")
            require(is_inside(self.uncertain, point), "system.uncertain.member: it is not in the set")
        self.ideal = read_polynomials(ideal, n, "system.ideal")
        only_in(self.ideal, range(count), "system.ideal")
        for field, row in zip(self.modes, read_list(tangency, "system.tangency", len(modes)), strict=True):
            factors = read_polynomials(row, n, "system.tangency", len(self.ideal))
            for h, mu in zip(self.ideal, factors, strict=True):
                require(self.moved(h, field) == times(mu, h), "system.tangency: the ideal is not invariant")

    def read_set(self, value, place, allowed=None):
        value = read_keys(value, SET_KEYS, place) if allowed is None else value
        known = read_set(value, self.n, place)
        only_in(known[1] + known[2], range(self.count) if allowed is None else allowed, place)
        return known

    def moved(self, p, field):
        """grad p . field, or p(field)."""
        return gradient_times(p, field) if self.continuous else compose(p, field + self.variables[self.count :])

    def decrease(self, p, field):
        return linear((0 if self.continuous else 1, p), (-1, self.moved(p, field)))

    def at(self, point, p, zeros=()):
        """p at a point of the states, with some other variables 0."""
        others = [constant(0, self.n) if i in zeros else x for i, x in enumerate(self.variables)]
        return compose(p, [constant(value, self.n) for value in point] + others[self.count :])

    def read_rest(self, value, function, zeros=()):
        """An equilibrium where the function is 0."""
        point = read_numbers(value, self.count, "equilibrium")
        for field in self.modes:
            for i, p in enumerate(field):
                still = constant(0 if self.continuous else point[i], self.n)
                require(self.at(point, p, zeros) == still, "equilibrium: it is none")
        require(not any(any(self.at(point, h).values()) for h in self.ideal), "equilibrium: not on the ideal")
        require(not any(self.at(point, function).values()), "V: it is not 0 at the equilibrium")
        return point

    def read_powers(self, value, point, place):
        """sum c (x_i - point_i)^e, and whether all states occur."""
        parts, seen = [], set()
        for item in read_list(value, place):
            c, i, e = read_list(item, place, 3)
            require(type(i) is type(e) is int and 0 <= i < self.count, f"{place}: expected a state and an exponent")
            require(2 <= e <= MAX_EXPONENT and e % 2 == 0 and (i, e) not in seen, f"{place}: a bad exponent")
            seen.add((i, e))
            c, shifted = read_number(c, place), linear((1, self.variables[i]), (-point[i], constant(1, self.n)))
            require(c > 0, f"{place}: expected a positive number")
            parts.append((c, reduce(times, [shifted] * e)))
        return linear(*parts), {i for i, _ in seen} == set(range(self.count))

    def check_members(self, members, named, *around):
        """Points of the initial and the unsafe sets, in the domain but for the last step of discrete time."""
        for i, (known, point) in enumerate(zip(named, read_list(members, "members", len(named)), strict=True)):
            if point is not None:
                full = read_numbers(point, self.count, "members") + [Fraction(0)] * (self.n - self.count)
                inside = [known, ([], [], self.ideal), *(around if i == 0 or self.continuous else [])]
                require(all(is_inside(one, full) for one in inside), "members: not in the set, or not in the domain")

    def prove(self, place, identities, targets, *sets):
        """All targets are nonnegative on the ideal, these sets and the uncertain set."""
        multipliers, equalities = [constant(1, self.n)], list(self.ideal)
        for known in (*sets, self.uncertain):
            multipliers, equalities = multipliers + known[0][1:], equalities + known[2]
        for target, identity in zip(targets, read_list(identities, place, len(targets)), strict=True):
            check_identity(target, self.n, multipliers, equalities, identity, f"identities.{place}")


def is_inside(known, point, strict=False):
    _, inequalities, equalities = known
    at = [sum(value * prod(map(pow, point, m)) for m, value in p.items()) for p in inequalities + equalities]
    values, zeros = at[: len(inequalities)], at[len(inequalities) :]
    return not any(zeros) and all(value > 0 if strict else value >= 0 for value in values)


def check_stability(names, system, equilibrium, V, positive, decrease, rate, *rest):
    *rest, bounds, identities = rest
    system, V = System(names, system, bounds), read_terms(V, len(names), "V")
    require(V, "V: it is 0")
    point = system.read_rest(equilibrium, V)
    phi, all_states = system.read_powers(positive, point, "positive")
    require(all_states, "positive: expected all states")
    fall, is_asymptotic = system.read_powers(decrease, point, "decrease")
    a = Fraction(0)
    if rate is not None:
        a, is_asymptotic = read_number(rate, "rate"), True
        require(a > 0 and (a <= 1 or system.continuous), "rate: expected a positive number, up to 1 for discrete time")
    slower = [times(bottom, V) for bottom in system.bottoms]
    pairs = zip(system.modes, slower, strict=True)
    falls = [linear((1, system.decrease(V, field)), (-a, one)) for field, one in pairs]
    if len(rest) == 1:
        proofs = read_keys(identities, ("positive", "decrease", "denominators"), "identities")
        sets = [] if rest[0] is None else [system.read_set(rest[0], "domain.")]
        if sets:
            inner = point + [Fraction(0)] * (len(names) - system.count)
            require(not sets[0][2] and is_inside(sets[0], inner, True), "domain: the equilibrium is not inside")
        everywhere, words = sets, "globally " if rest[0] is None else "locally "
    else:
        proofs = read_keys(identities, ("positive", "decrease", "denominators", "inclusion"), "identities")
        level, is_open, shape, beta = read_number(rest[0], "level"), *rest[1:]
        require(level > 0, "level: expected a positive number")
        require(is_asymptotic, "decrease: expected all states")
        require(type(is_open) is bool and not (is_open and shape is not None), "open: expected false or no shape")
        inside = linear((level, constant(1, len(names))), (-1, V))
        fall = times(inside, fall) if is_open else fall
        everywhere, sets, inclusion, around = [], [([{}, inside], [], [])], proofs.pop(), []
        if shape is not None:
            shape, beta = read_terms(shape, len(names), "shape"), read_number(beta, "shape_level")
            only_in([shape], range(system.count), "shape")
            around = [([{}, linear((beta, constant(1, len(names))), (-1, shape))], [], [])]
        require(shape is not None or beta is None, "shape_level: expected null")
        system.prove("inclusion", inclusion, [inside] * len(around), *around)
    system.prove("positive", proofs[0], [linear((1, V), (-1, phi))], *everywhere)
    system.prove("decrease", proofs[1], [linear((1, one), (-1, fall)) for one in falls], *sets)
    system.prove("denominators", proofs[2], system.floors, *sets)
    if len(rest) > 1:
        sign = "<" if rest[1] else "<="
        return f"region_of_attraction: {{V {sign} level}} is invariant and attracted to the equilibrium"
    return f"lyapunov: the equilibrium is {f'{words}asymptotically ' if is_asymptotic else ''}stable"


def check_barrier(names, system, B, initial, unsafe, domain, epsilon, rate, members, bounds, identities):
    system, n = System(names, system, bounds), len(names)
    B, rate, epsilon = read_terms(B, n, "B"), read_terms(rate, n, "rate"), read_number(epsilon, "epsilon")
    require(system.continuous or not rate, "rate: expected 0 for discrete time")
    require(epsilon > 0, "epsilon: expected a positive number")
    require(read_list(unsafe, "unsafe", most=MAX_MODES), "unsafe: expected one or more sets")
    named = [system.read_set(one, "initial or unsafe: ") for one in (initial, *unsafe)]
    around = [] if domain is None else [system.read_set(domain, "domain.")]
    system.check_members(members, named, *around)
    start, avoided, falls, floors = read_keys(
        identities, ("initial", "unsafe", "decrease", "denominators"), "identities"
    )
    system.prove("initial", start, [linear((-1, B))], named[0])
    for known, identity in zip(named[1:], read_list(avoided, "identities.unsafe", len(unsafe)), strict=True):
        system.prove("unsafe", [identity], [linear((1, B), (-epsilon, constant(1, n)))], known)
    targets = [linear((1, system.decrease(B, field)), (1, times(rate, B))) for field in system.modes]
    system.prove("decrease", falls, targets, *around)
    system.prove("denominators", floors, system.floors, *around)
    return "barrier: no trajectory from the initial set (that stays in the domain) reaches an unsafe set"


def check_reach_avoid(names, system, V, initial, target, unsafe, domain, *rest):
    epsilon, speed, lower, radius, members, bounds, identities = rest
    system, n = System(names, system, bounds), len(names)
    V, free = read_terms(V, n, "V"), ([constant(1, n)], [], [])
    epsilon, speed, lower = (read_number(value, "epsilon, speed or lower") for value in (epsilon, speed, lower))
    require(epsilon > 0 and speed > 0 and lower <= 0, "epsilon, speed, lower: expected positive ones, and one up to 0")
    require((radius is None) != system.continuous, "radius_squared: expected a number for continuous time alone")
    named = [system.read_set(one, "a set: ") for one in (initial, *read_list(unsafe, "unsafe", most=MAX_MODES))]
    start, *avoided = named
    goal, around = system.read_set(target, "target."), free if domain is None else system.read_set(domain, "domain.")
    require(goal[1] and not goal[2] and not around[2], "target, domain: no inequalities, or equalities")
    system.check_members(members, named, around)
    proofs = iter(read_keys(identities, REACHING, "identities"))

    def below(p):  # {-p >= 0}
        return [constant(1, n), linear((-1, p))], [], []

    def prove(pairs):
        pairs, place = list(pairs), "inside to lower"
        for (target, sets), one in zip(pairs, read_list(next(proofs), place, len(pairs)), strict=True):
            system.prove(place, [one], [target], *sets)

    within, above = around if system.continuous else free, linear((1, V), (-epsilon, constant(1, n)))
    falls = [
        linear((1, system.decrease(V, field)), (-speed, bottom))
        for field, bottom in zip(system.modes, system.bottoms, strict=True)
    ]
    falling = [(around, below(V), below(t)) for t in goal[1]]
    prove((g, [start]) for g in around[1])
    prove([(linear((-1, V)), [start])])
    prove((above, [one, within]) for one in avoided)
    edges = [([constant(1, n)], [], [g]) if system.continuous else below(g) for g in around[1]]
    prove((above, [within, edge, below(t)]) for edge in edges for t in goal[1])
    prove((fall, sets) for fall in falls for sets in falling)
    prove((linear((1, V), (-lower, constant(1, n))), sets) for sets in falling)
    room = [] if radius is None else [(read_number(radius, "radius_squared"), constant(1, n))]
    room += [(-1, times(x, x)) for x in system.variables[: system.count]]
    prove([(linear(*room), [around])] if system.continuous else [])
    system.prove("denominators", next(proofs), system.floors, around)
    return "reach_avoid: trajectories from the initial set reach the target and meet no unsafe set before"


def check_state_feedback(names, inputs, plant, controller, input_set, closed_loop, identities):
    read_names(names + read_list(inputs, "inputs"), "inputs")
    n, many = len(names), len(names) + len(inputs)
    known = type(closed_loop) is dict and KINDS.get(closed_loop.get("kind"), ((), [""]))[1][0] == "system"
    require(inputs and known and closed_loop.get("variables") == names, "closed_loop: expected that of these variables")
    proven, _ = check(closed_loop)
    system = System(names, closed_loop["system"], closed_loop["denominator_bounds"])
    laws = read_polynomials(controller, n, "controller", len(inputs))
    only_in(laws, range(system.count), "controller")
    rest = [Counter({(*m, *[0] * len(inputs)): value for m, value in law.items()}) for law in laws]

    def closed(p):
        return Counter({m[:n]: value for m, value in compose(p, units[:n] + rest).items()})

    units = [Counter({tuple(int(i == j) for j in range(many)): Fraction(1)}) for i in range(many)]
    require(len(read_list(plant, "plant")) == len(system.modes), "plant: expected the modes of the closed loop")
    for mode, field, bottom in zip(plant, system.modes, system.bottoms, strict=True):
        numerators, denominator = read_keys(mode, ("numerators", "denominator"), "plant")
        parts = read_polynomials([*read_list(numerators, "plant", system.count), denominator], many, "plant")
        right = [closed(part) for part in parts] == [*field, bottom]
        require(right, "plant: with the controller it is not the closed loop")
    (proofs,) = read_keys(identities, ("inputs",), "identities")
    targets, sets = [], []
    if input_set is not None:
        _, inequalities, equalities = read_set(read_keys(input_set, SET_KEYS, "input_set"), many, "input_set.")
        only_in(inequalities, range(n, many), "input_set")
        require(not equalities, "input_set: expected no equalities")
        targets = [closed(c) for c in inequalities]
    if closed_loop.get("domain") is not None:
        sets.append(system.read_set(closed_loop["domain"], "domain."))
    if closed_loop["kind"] in ("region_of_attraction", "barrier", "reach_avoid"):
        level, p = Fraction(closed_loop.get("level", 0)), closed_loop["B" if closed_loop["kind"] == "barrier" else "V"]
        sets.append(([constant(1, n), linear((level, constant(1, n)), (-1, read_terms(p, n, "V")))], [], []))
    system.prove("inputs", proofs, targets, *sets)
    return f"state_feedback: with the controller, {proven}"


def check_dissipation(names, system, inputs, equilibrium, V, supply, outputs, gain, domain, bounds, identities):
    system, n = System(names, system, bounds), len(names)
    read_names(inputs, "inputs")
    require(all(name in names[system.count :] for name in inputs), "inputs: expected variables that are no states")
    entering, V = {names.index(name) for name in inputs}, read_terms(V, n, "V")
    only_in([V], set(range(n)) - entering, "V")
    point = system.read_rest(equilibrium, V, entering)
    outputs = read_polynomials(outputs, n, "outputs")
    require((supply is None) != (gain is None), "supply, gain_squared: expected one of them")
    if gain is None:
        w = read_terms(supply, n, "supply")
        require(not outputs, "outputs: expected none")
    else:
        gain = read_number(gain, "gain_squared")
        require(gain > 0 and inputs and outputs, "gain_squared: expected a positive number, inputs and outputs")
        squares = [(gain, times(system.variables[i], system.variables[i])) for i in entering]
        w = linear(*squares, *((-1, times(h, h)) for h in outputs))
    around = [] if domain is None else [system.read_set(domain, "domain.")]
    full = point + [Fraction(0)] * (n - system.count)
    require(all(is_inside(one, full) for one in around), "domain: the equilibrium is not in it")
    storage, fed, floors = read_keys(identities, ("positive", "dissipation", "denominators"), "identities")
    system.prove("positive", storage, [V], *around)
    pairs = zip(system.modes, system.bottoms, strict=True)
    targets = [linear((1, times(bottom, w)), (1, system.decrease(V, field))) for field, bottom in pairs]
    system.prove("dissipation", fed, targets, *around)
    system.prove("denominators", floors, system.floors, *around)
    return "dissipation: V stores at most what the supply rate feeds in"


def check_joint_spectral_radius(names, matrices, bound, V, positive, identities):
    n, V = len(names), read_terms(V, len(names), "V")
    require(0 < n <= MAX_STATES and matrices, "matrices: expected one or more, and not too large")
    bound, positive = read_number(bound, "bound"), read_number(positive, "positive")
    require(bound > 0 and positive > 0, "bound, positive: expected positive numbers")
    (degree, *others) = {sum(m) for m in V} or {0}
    require(not others and degree and degree % 2 == 0, "V: expected a form of even, positive degree")
    units = [tuple(int(i == j) for j in range(n)) for i in range(n)]
    powers = Counter({tuple(degree * power for power in unit): positive for unit in units})
    targets = []
    for matrix in read_list(matrices, "matrices", most=MAX_MODES):
        rows = [read_numbers(row, n, "matrices") for row in read_list(matrix, "matrices", n)]
        moved = compose(V, [Counter(dict(zip(units, row, strict=True))) for row in rows])
        targets.append(linear((bound**degree, V), (-1, moved)))
    first, rest = read_keys(identities, ("positive", "decrease"), "identities")
    targets = [linear((1, V), (-1, powers)), *targets]
    identities = [*read_list(first, "identities.positive", 1), *read_list(rest, "identities.decrease", len(matrices))]
    for target, identity in zip(targets, identities, strict=True):
        check_identity(target, n, [constant(1, n)], [], identity)
    return "joint_spectral_radius: it is at most the bound"


P, SET_KEYS = "polynomial", ("inequalities", "products", "equalities")
STATEMENT = ("unknowns", "constraints", "objective")
SYSTEM_KEYS = ("time", "states", "modes", "denominators", "uncertain", "ideal", "tangency")
STABLE, ENDING = ("system", "equilibrium", "V", "positive", "decrease", "rate"), ("denominator_bounds", "identities")
BARRIER = ("system", "B", "initial", "unsafe", "domain", "epsilon", "rate", "members", *ENDING)
REACH = ("system", "V", "initial", "target", "unsafe", "domain", "epsilon", "speed", "lower", "radius_squared")
REACHING = ("inside", "initial", "unsafe", "edge", "decrease", "lower", "bounded", "denominators")
STORAGE = ("system", "inputs", "equilibrium", "V", "supply", "outputs", "gain_squared", "domain", *ENDING)
FEEDBACK = ("inputs", "plant", "controller", "input_set", "closed_loop", "identities")
MATRICES = ("matrices", "bound", "V", "positive", "identities")
NEAR_SOS = (check_sos, (P, "blocks", "epsilon", "of"), ("NEAR_SOS",))
KINDS = {  # what checks the evidence, its keys, and the statuses that it proves, over the rational or real numbers
    "sos": (check_sos, (P, "blocks"), ("SOS over R", "SOS over Q")),
    "sos_over_field": (check_sos_over_field, (P, "field", "blocks"), ("SOS over R",)),
    "nonneg": (check_nonneg, (P, "sos_multiplier", "product"), ("NONNEGATIVE",)),
    "negative_point": (check_negative_point, (P, "point"), ("NEGATIVE",)),
    "not_sos": (check_not_sos, (P, "basis", "halfspaces", "functional"), ("NOT_SOS over R", "NOT_SOS over Q")),
    "not_sos_over_q": (check_not_sos, (P, "basis", "halfspaces", "functional", "field", "zero"), ("NOT_SOS over Q",)),
    "lower_bound": (check_lower_bound, (P, "bound", "blocks", "point"), ("BOUNDED",)),
    "lower_bound_on_set": (check_lower_bound_on_set, (P, "bound", *SET_KEYS, "identity", "point"), ("BOUNDED",)),
    "empty_set": (check_empty_set, (*SET_KEYS, "identity"), ("EMPTY",)),
    "program": (check_program, (*STATEMENT, "values", "identities"), ("FEASIBLE",)),
    "infeasible_program": (check_by_functionals, (*STATEMENT, "bases", "functionals"), ("INFEASIBLE",)),
    "program_bound": (check_by_functionals, (*STATEMENT, "bases", "functionals", "bound"), ("BOUNDED",)),
    "lyapunov": (check_stability, (*STABLE, "domain", *ENDING), ("FEASIBLE",)),
    "region_of_attraction": (
        check_stability,
        (*STABLE, "level", "open", "shape", "shape_level", *ENDING),
        ("FEASIBLE",),
    ),
    "barrier": (check_barrier, BARRIER, ("FEASIBLE",)),
    "reach_avoid": (check_reach_avoid, (*REACH, "members", *ENDING), ("FEASIBLE",)),
    "dissipation": (check_dissipation, STORAGE, ("FEASIBLE",)),
    "state_feedback": (check_state_feedback, FEEDBACK, ("FEASIBLE",)),
    "joint_spectral_radius": (check_joint_spectral_radius, MATRICES, ("BOUNDED",)),
}


def check(record):
    """What a certificate proves, in words and as statuses, or a ValueError."""
    right = type(record) is dict and record.get("format") == "nsos-certificate/1" and type(record.get("kind")) is str
    require(right and record["kind"] in KINDS, f"expected nsos-certificate/1 of a kind among {', '.join(KINDS)}")
    is_near = record["kind"] == "sos" and record.keys() & {"epsilon", "of"}
    checker, keys, statuses = NEAR_SOS if is_near else KINDS[record["kind"]]
    _, _, names, *values = read_keys(record, ("format", "kind", "variables", *keys), "certificate")
    read_names(read_list(names, "variables", most=MAX_VARIABLES), "variables")
    if keys[0] == P:
        values[0] = read_terms(values[0], len(names), "polynomial")
    return checker(names if keys[0] in ("system", "inputs", "matrices") else len(names), *values), statuses


def read_object(pairs):
    require(len(dict(pairs)) == len(pairs), "a key appears twice")
    return dict(pairs)


def judge(text):
    """The verdict on a certificate or record, and why."""
    try:
        record = json.loads(text, object_pairs_hook=read_object, parse_constant=int)  # which refuses NaN and Infinity
        require(type(record) is dict and record.keys() & {"format", "certificate"}, "no certificate and no record")
    except (ValueError, RecursionError) as error:
        return "unreadable", str(error)
    stored = [record] if "format" in record else [record.get(key) for key in ("certificate", "bound_certificate")]
    stored = [certificate for certificate in stored if certificate is not None]
    if not stored:
        return "missing", ascii(record.get("error"))
    try:
        proven, statuses = zip(*map(check, stored), strict=True)
        status, over = (None, None) if "format" in record else (record.get("status"), record.get("over"))
        over = "R" if over is None and status in ("SOS", "NOT_SOS") else over
        claim = status if over is None else f"{status} over {over}"
        known = [status is None, *(claim in proven_ones for proven_ones in statuses)]
        if "statement" in record:  # what its bounds and values claim is left to nsos verify
            known += [
                claim in ("UNDECIDED", "NEAR_FEASIBLE"),
                claim == "OPTIMAL" and ("BOUNDED",) in statuses and record.get("certificate"),
            ]
            known += [claim == "NO_BOUND" and ("INFEASIBLE",) in statuses]
            known += [claim == "PROVEN" and statuses[0] in (("FEASIBLE",), ("BOUNDED",))]
        require(any(known), f"the record claims {claim!a}, which is not what this proves")
    except Exception as error:  # whatever it is, nothing is proven
        return "FAILS", f"{error}"
    return "holds", "; ".join(proven)


def main():
    sys.set_int_max_str_digits(MAX_DIGITS)
    worst = 0
    for path in sys.argv[1:]:
        try:
            content = (sys.stdin.buffer if path == "-" else open(path, "rb")).read().decode()  # noqa: SIM115
        except (OSError, UnicodeDecodeError) as error:
            content = f"cannot be read: {error}"
        lines = [(f"{path}:{i}", line) for i, line in enumerate(content.split("\n"), 1) if line.strip()]
        if not lines or judge(lines[0][1])[0] == "unreadable":  # a certificate alone in its file may have line breaks
            lines = [(path, content)]
        for place, line in lines:
            verdict, reason = judge(line)
            worst = max(worst, {"holds": 0, "missing": 1, "FAILS": 1, "unreadable": 2}[verdict])
            print(f"{verdict:<11}{place}: {reason}")
    return worst


if __name__ == "__main__":
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:  # nobody reads on, as after `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141
    sys.exit(status)
