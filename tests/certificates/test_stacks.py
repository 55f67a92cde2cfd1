"""Stacks of certificates: as many as hold alone hold together, and whatever is wrong in one is found."""

import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from certificate_examples import TEXTS, example

from nsos_jax.certificates import Certificate, InvalidCertificate, NonnegCertificate, verify_together
from nsos_jax.certificates.stacks import NotStacked, stack
from nsos_jax.control import lyapunov_family
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import SemialgebraicSet

EACH = 3
"""Of the numbers of a certificate."""
FAMILIES = {
    "global": (lambda x, y, a, b: (a * x + y, -x + b * y - y**3), {"degree": 4, "lowest": 4}),
    "on a ball": (
        lambda x, y, a, b: (a * x + y**2, b * y + x**3),
        {"on": SemialgebraicSet.ball("x y", Fraction(1, 2))},
    ),
    "discrete": (lambda x, y, a, b: ((1 + a / 2) * x + y / 8, (1 + b / 2) * y), {"time": "discrete"}),
}


@pytest.fixture(scope="module", params=FAMILIES)
def certificates(request):
    f, arguments = FAMILIES[request.param]
    thetas = -1 + 0.2 * np.random.default_rng(1).normal(size=(6, 2))
    found = lyapunov_family(f, states="x y", **arguments)(thetas).certificates
    assert all(found)
    return found


def alone(certificate):
    try:
        certificate.verify()
    except InvalidCertificate:
        return False
    return True


def changed_numbers(record):
    """The record with one number changed, for each of its numbers that proofs rest on."""

    def paths(value, path):
        if isinstance(value, dict):
            for key, part in value.items():
                if key not in ("format", "kind", "variables", "basis", "states", "time"):
                    yield from paths(part, (*path, key))
        elif isinstance(value, list):
            for index, part in enumerate(value):
                yield from paths(part, (*path, index))
        elif isinstance(value, str) and value.lstrip("-").replace("/", "").isdigit():
            yield path

    for path in list(paths(record, ()))[::EACH]:
        other = Certificate.from_dict(record).to_dict()
        place = other
        for key in path[:-1]:
            place = place[key]
        numerator, *denominator = place[path[-1]].split("/")
        place[path[-1]] = "/".join([str(int(numerator) + 1), *denominator])
        yield other


def test_valid_ones_hold_together(certificates):
    assert stack(certificates).verify().startswith("lyapunov: ")
    assert verify_together(certificates) == [None] * len(certificates)
    assert verify_together(certificates[:1]) == [None]
    assert verify_together([]) == []


def test_each_changed_number_is_found(certificates):
    """As by the check of one certificate alone: a change that leaves a proof is none."""
    refused = 0
    for record in changed_numbers(certificates[2].to_dict()):
        try:
            wrong = Certificate.from_dict(record)
        except InvalidCertificate:
            continue
        together = [certificates[0], wrong, certificates[1]]
        holds = alone(wrong)
        refused += not holds
        assert [verdict is None for verdict in verify_together(together)] == [True, holds, True]
        if not holds:
            with pytest.raises(InvalidCertificate):
                stack(together).verify()
    assert refused > 5


def test_an_indefinite_matrix_is_found(certificates):
    """Sums that hold, of a matrix that is not positive semidefinite: a null vector of the map is added."""
    wrong = certificates[3]
    identity = wrong.identities["positive"][0]
    block = identity.blocks[0]
    rows = {tuple(row): index for index, row in enumerate(block.basis.tolist())}
    if {(2, 0), (1, 1), (0, 2)} <= rows.keys():
        first, middle, last = rows[2, 0], rows[1, 1], rows[0, 2]
        core = block.core.astype(object)
        size = int(max(map(abs, core.ravel().tolist()))) * 4
        core[first, last] += size
        core[last, first] += size
        core[middle, middle] -= 2 * size
        blocks = (replace(block, core=core), *identity.blocks[1:])
        identities = {**wrong.identities, "positive": (replace(identity, blocks=blocks),)}
        wrong = replace(wrong, identities=identities)
        with pytest.raises(InvalidCertificate, match="positive semidefinite"):
            wrong.verify()
        with pytest.raises(InvalidCertificate, match="positive semidefinite"):
            stack([certificates[0], wrong]).verify()
        assert [verdict is None for verdict in verify_together([certificates[0], wrong])] == [True, False]


def test_other_shapes_are_not_stacked(certificates):
    first = certificates[0]
    longer = replace(first, _equilibrium=(*first._equilibrium, first._equilibrium[0]))
    with pytest.raises(NotStacked):
        stack([first, longer])
    assert [verdict is None for verdict in verify_together([first, longer])] == [True, False]
    fewer = replace(first, identities={**first.identities, "positive": ()})
    assert [verdict is None for verdict in verify_together([fewer, first])] == [False, True]


def test_missing_monomials_count_as_zero(certificates):
    """V of some members may lack a monomial; a polynomial without any is of no stack."""
    first, other = certificates[:2]
    terms = other.V
    shorter = replace(other, V=replace(terms, exponents=terms.exponents[1:], _values=tuple(terms.rationals())[1:]))
    assert [verdict is None for verdict in verify_together([first, shorter])] == [True, alone(shorter)]
    nothing = replace(other, V=replace(terms, exponents=terms.exponents[:0], _values=()))
    with pytest.raises(NotStacked):
        stack([first, nothing])
    assert [verdict is None for verdict in verify_together([first, nothing])] == [True, False]


def test_kinds_whose_checks_count_terms_are_checked_one_by_one():
    """A multiplier that is zero in one certificate of two has terms in a stack of both."""
    one, x = [[0]], [[1]]
    right = NonnegCertificate.create(Polynomial.parse("x^2"), [(one, [[1]], 1)], [(x, [[1]], 1)])
    wrong = NonnegCertificate.create(Polynomial.parse("-5*x^2"), [(one, [[0]], 1)], [(x, [[0]], 1)])
    verdicts = verify_together([right, wrong])
    assert verdicts[0] is None
    assert isinstance(verdicts[1], InvalidCertificate)


@pytest.mark.parametrize("name", TEXTS)
def test_all_kinds_beside_a_wrong_one(name):
    """Whatever number is changed, the verdicts on both are those of single checks."""
    right = Certificate.from_dict(example(name))
    for record in itertools.islice(changed_numbers(example(name)), 12):
        try:
            other = Certificate.from_dict(record)
        except InvalidCertificate:
            continue
        assert [verdict is None for verdict in verify_together([right, other])] == [True, alone(other)]
