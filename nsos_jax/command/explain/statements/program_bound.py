"""The lines for `program_bound`."""

from collections.abc import Iterator

from nsos_jax.certificates import ProgramBoundCertificate
from nsos_jax.command.explain.layout import Room, labelled, short_number
from nsos_jax.command.explain.statements.functionals import functional_lines
from nsos_jax.polynomials import Rounding


def program_bound_lines(certificate: ProgramBoundCertificate, room: Room) -> Iterator[str]:
    """The statement, the functionals and the bound."""
    objective = certificate.statement.objective
    word = "above" if objective is not None and objective.sign > 0 else "below"
    bound = short_number(certificate.bound, room.bits, Rounding.UP if word == "above" else Rounding.DOWN)
    yield labelled("answer", "no values that satisfy the constraints with these bases")
    yield labelled("", f"have an objective {word} {bound}")
    yield from functional_lines(certificate, room)
    sign = "minus" if word == "above" else "plus"
    total = short_number(certificate.total(), room.bits)
    yield labelled("sum", f"the functionals of the targets add up to {total}")
    yield labelled("", f"{sign} the objective's terms, nonnegative for all such values")
