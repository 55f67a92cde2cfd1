"""The certificate kind `dissipation`: a storage function bounds what a supply rate has fed in, and gains with it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Any, Self

from flint import fmpq

from nsos_jax.certificates import reader
from nsos_jax.certificates.data import (
    InvalidCertificate,
    PolynomialLike,
    Rational,
    Terms,
    aligned_terms,
    as_fraction,
    as_rational,
    number_text,
)
from nsos_jax.certificates.expansion import Work, combine, multiply
from nsos_jax.certificates.kinds.control.claims import MAX_IDENTITIES, AboutSystem, Claim, Identities
from nsos_jax.certificates.kinds.control.derived import composed, scaled, variable
from nsos_jax.certificates.kinds.control.sets import (
    GivenSet,
    check_member,
    check_set,
    expect_over,
    make_set,
    read_optional_set,
    read_point,
    set_values,
)
from nsos_jax.certificates.kinds.control.system import StatedSystem, quoted
from nsos_jax.certificates.statements import StatedSet


@dataclass(frozen=True, eq=False, repr=False)
class DissipationCertificate(AboutSystem):
    """V is nonnegative and rises by at most the supply rate w: dV/dt <= w(x, u), or V(f) - V <= w.

    Attributes:
        inputs: names of variables that are no states.
        V: the storage function, over the states and parameters that are constant in time.
        supply: w, or None where it is gain_squared * |u|^2 - |outputs|^2.
        outputs: polynomials, with a gain.
        domain: in the states, or None for the whole space.
    """

    kind = "dissipation"
    evidence_keys = ("inputs", "equilibrium", "V", "supply", "outputs", "gain_squared", "domain")
    identity_keys = ("positive", "dissipation", "denominators")
    inputs: tuple[str, ...]
    _equilibrium: tuple[fmpq, ...]
    V: Terms
    supply: Terms | None
    outputs: tuple[Terms, ...]
    _gain_squared: fmpq | None
    domain: StatedSet | None

    @classmethod
    def create(
        cls,
        system: StatedSystem,
        inputs: Iterable[str],
        equilibrium: Iterable[Rational],
        V: PolynomialLike,
        supply: PolynomialLike | None = None,
        outputs: Iterable[PolynomialLike] = (),
        gain_squared: Rational | None = None,
        domain: GivenSet | None = None,
        *,
        identities: Identities,
        denominator_bounds: Iterable[Rational] = (),
    ) -> Self:
        """The certificate from its parts.

        Args:
            system: the dynamics.
            inputs: names of variables that are no states.
            equilibrium: x*, at rest where the inputs are 0.
            V: the storage function, V(x*) = 0.
            supply: w, any polynomial; or
            outputs, gain_squared: polynomials y and g > 0, for w = g |u|^2 - |y|^2.
            domain: (inequalities, products, equalities) in the states, with x* in it; None for the whole space.
            identities: "positive": V on (domain, uncertain set); "dissipation", one for each mode: denominator * w -
                grad V . numerators, or w + V - V(f), on the same; "denominators" on the same.
                `LyapunovCertificate.create` says what multipliers are.
            denominator_bounds: positive lower bounds of the denominators that are no numbers.
        """
        names = system.variables
        return cls(
            **cls._parts(system, identities, denominator_bounds),
            inputs=tuple(inputs),
            _equilibrium=tuple(map(as_rational, equilibrium)),
            V=aligned_terms(V, names),
            supply=None if supply is None else aligned_terms(supply, names),
            outputs=tuple(aligned_terms(output, names) for output in outputs),
            _gain_squared=None if gain_squared is None else as_rational(gain_squared),
            domain=make_set(names, domain),
        )

    @classmethod
    def _from_record(cls, variables: tuple[str, ...], record: dict[str, Any]) -> Self:
        count, parts = len(variables), cls._read_parts(variables, record)
        inputs = reader.read_list(record["inputs"], "inputs", reader.MAX_VARIABLES)
        for i, name in enumerate(inputs):
            reader.read_name(name, f"inputs[{i}]")
        outputs = reader.read_list(record["outputs"], "outputs", MAX_IDENTITIES)
        point = read_point(record["equilibrium"], len(parts["system"].states), "equilibrium")
        if point is None:
            raise InvalidCertificate("equilibrium: expected one number for each state, got None")
        supply, gain = record["supply"], record["gain_squared"]
        return cls(
            **parts,
            inputs=tuple(inputs),
            _equilibrium=point,
            V=reader.read_polynomial(record["V"], count, "V"),
            supply=None if supply is None else reader.read_polynomial(supply, count, "supply"),
            outputs=tuple(reader.read_polynomial(one, count, f"outputs[{i}]") for i, one in enumerate(outputs)),
            _gain_squared=None if gain is None else reader.read_number(gain, "gain_squared"),
            domain=read_optional_set(record["domain"], count, "domain"),
        )

    def _evidence(self) -> dict[str, Any]:
        return {
            "inputs": list(self.inputs),
            "equilibrium": [str(value) for value in self._equilibrium],
            "V": self.V.to_list(),
            "supply": None if self.supply is None else self.supply.to_list(),
            "outputs": [terms.to_list() for terms in self.outputs],
            "gain_squared": None if self._gain_squared is None else str(self._gain_squared),
            "domain": set_values(self.domain),
        }

    @property
    def gain_squared(self) -> Fraction | None:
        """g, or None with a supply rate."""
        return None if self._gain_squared is None else as_fraction(self._gain_squared)

    @property
    def equilibrium(self) -> tuple[Fraction, ...]:
        """x*, at rest without input, with V(x*) = 0."""
        return tuple(map(as_fraction, self._equilibrium))

    @property
    def _function(self) -> Terms:
        return self.V

    def _check_statement(self, work: Work) -> None:
        self._check_system(work)
        count, others = len(self.variables), self.system.outside()
        if len(set(self.inputs)) < len(self.inputs):
            raise InvalidCertificate("inputs: expected distinct names, one appears twice")
        for i, name in enumerate(self.inputs):
            if name not in self.variables or self.variables.index(name) not in others:
                raise InvalidCertificate(f"inputs[{i}]: expected a variable that is no state, got {name!r}")
        entering = {self.variables.index(name) for name in self.inputs}
        self.system.check_equilibrium(self._equilibrium, entering, work)
        expect_over(self.V, set(range(count)) - entering, self.variables, "V", "what is no input")
        if composed(self.V, self.system.at(self._equilibrium), "V", work).num_terms:
            raise InvalidCertificate("V: expected the value 0 at the equilibrium, for all values of other variables")
        self._check_supply()
        if self.domain is not None:
            check_set(self.domain, set(range(len(self.system.states))), self.variables, "domain", "states")
            point = (*self._equilibrium, *len(others) * (fmpq(0),))
            check_member(self.domain, point, "domain: at the equilibrium", work)

    def _check_supply(self) -> None:
        """Check that there is either a supply rate, or inputs, outputs and a gain."""
        if (self.supply is None) == (self._gain_squared is None):
            raise InvalidCertificate("supply, gain_squared: expected one of them, the other null")
        if self.supply is not None:
            expect_over(self.supply, None, self.variables, "supply", "")
            if self.outputs:
                raise InvalidCertificate("outputs: expected none with a supply rate")
        if self._gain_squared is not None:
            if self._gain_squared <= 0:
                raise InvalidCertificate(
                    f"gain_squared: expected a positive number, got {number_text(self._gain_squared)}"
                )
            if not self.inputs or not self.outputs:
                raise InvalidCertificate("inputs, outputs: expected one or more of each for a gain")
        for i, terms in enumerate(self.outputs):
            expect_over(terms, None, self.variables, f"outputs[{i}]", "")

    def supply_rate(self, work: Work | None = None) -> Terms:
        """w."""
        if self.supply is not None:
            return self.supply
        work, count = work or Work(), len(self.variables)
        gain = self._gain_squared if self._gain_squared is not None else fmpq(0)
        parts = []
        for name in self.inputs:
            own = variable(self.variables.index(name), count)
            parts.append((1, scaled(multiply(own, own, "inputs", work), gain, "inputs", work)))
        for i, terms in enumerate(self.outputs):
            parts.append((-1, multiply(terms, terms, f"outputs[{i}]", work)))
        return combine(parts, count, "supply", work)

    def stays(self, work: Work) -> tuple[StatedSet | None, ...]:
        """The domain."""
        return (self.domain,)

    @property
    def stays_text(self) -> str:
        """That it is the domain."""
        return "" if self.domain is None else " on the domain"

    def claims(self, work: Work | None = None) -> Iterator[Claim]:
        """V, the dissipation in each mode, and the denominators."""
        work, count, system = work or Work(), len(self.variables), self.system
        on, supply, text = system.on(self.domain), self.supply_rate(work), self._text()
        yield Claim("positive", "V", self.V, on)
        for m, mode in enumerate(system.modes):
            place = self._of_mode("dissipation", m)
            fed = multiply(mode.denominator, supply, place, work)
            parts = [(1, fed), (1, system.decrease(self.V, mode, place, work))]
            yield Claim("dissipation", self._of_mode(text, m), combine(parts, count, place, work), on)
        yield from self._denominator_claims(on, work)

    def _text(self) -> str:
        if not self.system.is_continuous:
            return "w + V - V(f)"
        divided = any(mode.constant_denominator != 1 for mode in self.system.modes)
        return "denominator * w - grad V . numerators" if divided else "w - grad V . f"

    @property
    def conclusion(self) -> str:
        """The theorem."""
        staying = "" if self.domain is None else " while the state stays in the domain"
        held = self.system.held_by(self.V)
        if self._gain_squared is None:
            text = "the system is dissipative with respect to the supply rate w, with the storage function V"
            return f"{text}{staying}{self.system.quantifiers(held)}"
        names = ", ".join(map(quoted, self.inputs))
        start = self.system.point_text(self._equilibrium)
        gain = f"the L2 gain from {names} to the outputs is at most {_root_text(self._gain_squared)}"
        if self.domain is None and self.system.is_continuous:
            staying = ", as long as the state exists"
        return f"{gain} from rest at {start}{staying}{self.system.quantifiers(held)}"


def _root_text(value: fmpq) -> str:
    """The square root, as a number where it is rational."""
    roots = [isqrt(int(part)) for part in (value.p, value.q)]
    exact = all(root**2 == part for root, part in zip(roots, (value.p, value.q), strict=True))
    return number_text(fmpq(*roots)) if exact else f"sqrt({number_text(value)})"
