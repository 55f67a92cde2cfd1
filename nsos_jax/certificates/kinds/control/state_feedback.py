"""The certificate kind `state_feedback`: what another certificate proves of a closed loop, of the plant with u = k(x).

The right-hand sides of the plant depend on inputs u; those of the closed loop, which the other certificate states, have
to be what they become with the controller k. Where the trajectories of that certificate stay, k(x) is in the input set.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from nsos_jax.certificates import reader
from nsos_jax.certificates.certificate import Certificate
from nsos_jax.certificates.data import InvalidCertificate, PolynomialLike, Terms, aligned_terms
from nsos_jax.certificates.expansion import Work
from nsos_jax.certificates.kinds.control.claims import AboutSystem, ByClaims, Claim, Identities
from nsos_jax.certificates.kinds.control.derived import composed
from nsos_jax.certificates.kinds.control.sets import (
    GivenSet,
    check_set,
    expect_over,
    make_set,
    read_optional_set,
    set_values,
)
from nsos_jax.certificates.kinds.control.system import MAX_MODES, StatedMode, quoted
from nsos_jax.certificates.statements import StatedSet
from nsos_jax.polynomials import Polynomial

MAX_INPUTS = 200
SHOWN = 200
"""Characters of a controller in the conclusion."""


@dataclass(frozen=True, eq=False, repr=False)
class StateFeedbackCertificate(ByClaims):
    """The closed loop is the plant with u = k(x), and k(x) is in the input set where its trajectories stay.

    Attributes:
        inputs: names of u, which are no variables of the closed loop.
        plant: the right-hand sides over the variables of the closed loop and then u.
        controller: k over the variables, in states alone, one polynomial for each input.
        input_set: over the variables and u, in u alone, by inequalities; None if u may be anything.
        closed_loop: the theorem, about the system with u = k(x).
    """

    kind = "state_feedback"
    evidence_keys = ("inputs", "plant", "controller", "input_set", "closed_loop", "identities")
    identity_keys = ("inputs",)
    inputs: tuple[str, ...]
    plant: tuple[StatedMode, ...]
    controller: tuple[Terms, ...]
    input_set: StatedSet | None
    closed_loop: AboutSystem

    @classmethod
    def create(
        cls,
        closed_loop: AboutSystem,
        plant: Iterable[tuple[Iterable[PolynomialLike], PolynomialLike]],
        inputs: Iterable[str],
        controller: Iterable[PolynomialLike],
        input_set: GivenSet | None = None,
        *,
        identities: Identities,
    ) -> Self:
        """The certificate from its parts.

        Args:
            closed_loop: the certificate about the system with u = k(x).
            plant: for each of its modes the numerators, one a state, and their denominator, in its variables and u.
            inputs: the names of u.
            controller: k, one polynomial in the states for each input.
            input_set: inequalities c(u) >= 0, products, and no equalities; None if u may be anything.
            identities: "inputs", for each c: c(k(x)), on what `closed_loop.stays` is, with the uncertain set.
        """
        names, known = tuple(inputs), closed_loop.variables
        every = (*known, *names)
        modes = tuple(
            StatedMode(tuple(aligned_terms(part, every) for part in numerators), aligned_terms(bottom, every))
            for numerators, bottom in plant
        )
        return cls(
            variables=known,
            identities=cls._as_identities(identities),
            inputs=names,
            plant=modes,
            controller=tuple(aligned_terms(law, known) for law in controller),
            input_set=make_set(every, input_set),
            closed_loop=closed_loop,
        )

    @classmethod
    def _from_record(cls, variables: tuple[str, ...], record: dict[str, Any]) -> Self:
        inputs = reader.read_list(record["inputs"], "inputs", MAX_INPUTS)
        for i, name in enumerate(inputs):
            reader.read_name(name, f"inputs[{i}]")
        closed = record["closed_loop"]
        if type(closed) is dict and closed.get("kind") == cls.kind:
            raise InvalidCertificate("closed_loop: expected a certificate about a system without a controller")
        inner = Certificate.from_dict(closed)
        if not isinstance(inner, AboutSystem):
            raise InvalidCertificate(f"closed_loop: expected a certificate about a system, got {inner.kind}")
        count, states = len(variables), len(inner.system.states)
        rows = reader.read_list(record["plant"], "plant", MAX_MODES)
        plant = tuple(_read_mode(row, count + len(inputs), states, f"plant[{m}]") for m, row in enumerate(rows))
        laws = reader.read_list(record["controller"], "controller", length=len(inputs))
        return cls(
            variables=variables,
            identities=cls._read_identities(record["identities"], count),
            inputs=tuple(inputs),
            plant=plant,
            controller=tuple(reader.read_polynomial(law, count, f"controller[{j}]") for j, law in enumerate(laws)),
            input_set=read_optional_set(record["input_set"], count + len(inputs), "input_set"),
            closed_loop=inner,
        )

    def _evidence(self) -> dict[str, Any]:
        return {
            "inputs": list(self.inputs),
            "plant": [
                {"numerators": [part.to_list() for part in mode.numerators], "denominator": mode.denominator.to_list()}
                for mode in self.plant
            ],
            "controller": [law.to_list() for law in self.controller],
            "input_set": set_values(self.input_set),
            "closed_loop": self.closed_loop.to_dict(),
            "identities": self._identity_values(),
        }

    @property
    def _function(self) -> Terms:
        return self.closed_loop._function

    def _check_statement(self, work: Work) -> None:
        """That the closed loop is proven, and is the plant with the controller."""
        every = (*self.variables, *self.inputs)
        if not self.inputs or len(set(every)) < len(every):
            raise InvalidCertificate("inputs: expected one or more names that are no variables and differ")
        if self.closed_loop.variables != self.variables:
            raise InvalidCertificate("closed_loop.variables: expected those of the certificate")
        self.closed_loop.verify()
        states, count = set(range(len(self.closed_loop.system.states))), len(self.variables)
        if len(self.controller) != len(self.inputs):
            wanted = f"{len(self.inputs)} polynomials, one an input"
            raise InvalidCertificate(f"controller: expected {wanted}, got {len(self.controller)}")
        for j, law in enumerate(self.controller):
            expect_over(law, states, self.variables, f"controller[{j}]", "states")
        if self.input_set is not None:
            check_set(self.input_set, set(range(count, len(every))), every, "input_set", "inputs")
            if self.input_set.equalities:
                raise InvalidCertificate("input_set.equalities: expected none")
        self._check_plant(every, work)

    def _check_plant(self, every: Sequence[str], work: Work) -> None:
        modes = self.closed_loop.system.modes
        if len(self.plant) != len(modes):
            raise InvalidCertificate(
                f"plant: expected {len(modes)} modes, as the closed loop has, got {len(self.plant)}"
            )
        for m, (mode, closed) in enumerate(zip(self.plant, modes, strict=True)):
            place = f"plant[{m}]"
            if len(mode.numerators) != len(closed.numerators):
                raise InvalidCertificate(f"{place}.numerators: expected {len(closed.numerators)}, one a state")
            named = [(f"{place}.numerators[{i}]", part) for i, part in enumerate(mode.numerators)]
            pairs = [*named, (f"{place}.denominator", mode.denominator)]
            for (where, part), known in zip(pairs, (*closed.numerators, closed.denominator), strict=True):
                expect_over(part, None, every, where, "")
                if self._with_controller(part, where, work).by_monomial() != known.by_monomial():
                    raise InvalidCertificate(f"{where}: with the controller it is not that of the closed loop")

    def _with_controller(self, terms: Terms, place: str, work: Work) -> Terms:
        """A polynomial in the variables and u, with k(x) for u."""
        count, inputs = len(self.variables), len(self.inputs)
        padded = [np.pad(law.exponents, ((0, 0), (0, inputs))) for law in self.controller]
        laws = [Terms(rows, law.rationals()) for rows, law in zip(padded, self.controller, strict=True)]
        images = {count + j: law for j, law in enumerate(laws)}
        closed = composed(terms, images, place, work)
        return Terms(closed.exponents[:, :count], closed.rationals())

    def claims(self, work: Work | None = None) -> Iterator[Claim]:
        """The inequalities of the input set at u = k(x), where trajectories stay."""
        if self.input_set is None:
            return
        work = work or Work()
        on = self.closed_loop.system.on(*self.closed_loop.stays(work))
        for i, c in enumerate(self.input_set.inequalities):
            place = f"input_set.inequalities[{i}]"
            yield Claim("inputs", f"{place} at u = k(x)", self._with_controller(c, place, work), on)

    def law_text(self) -> str:
        """u = k(x), or that there is a polynomial k if it is long."""
        texts = []
        for name, law in zip(self.inputs, self.controller, strict=True):
            named = all(name.isidentifier() for name in self.variables)
            text = str(Polynomial.from_arrays(law.exponents, law.values, self.variables)) if named else ""
            degree = int(law.exponents.sum(axis=1).max(initial=0))
            texts.append(f"{quoted(name)} = " + (text if 0 < len(text) <= SHOWN else f"k(x) of degree {degree}"))
        return ", ".join(texts)

    @property
    def conclusion(self) -> str:
        """The theorem."""
        verb = "is" if len(self.inputs) == 1 else "are"
        allowed = "" if self.input_set is None else f", which {verb} in the input set{self.closed_loop.stays_text}"
        return f"with {self.law_text()}{allowed}: {self.closed_loop.conclusion}"


def _read_mode(value: object, variables: int, states: int, place: str) -> StatedMode:
    record = reader.read_object(value, ("numerators", "denominator"), place)
    listed = reader.read_list(record["numerators"], f"{place}.numerators", length=states)
    numerators = [reader.read_polynomial(one, variables, f"{place}.numerators[{i}]") for i, one in enumerate(listed)]
    return StatedMode(
        tuple(numerators), reader.read_polynomial(record["denominator"], variables, f"{place}.denominator")
    )
