"""The lines for `infeasible_program`."""

from collections.abc import Iterator

from nsos_jax.certificates import InfeasibleProgramCertificate
from nsos_jax.command.explain.layout import Room, labelled, short_number
from nsos_jax.command.explain.statements.functionals import functional_lines


def infeasible_program_lines(certificate: InfeasibleProgramCertificate, room: Room) -> Iterator[str]:
    """The statement, the functionals and their sum."""
    yield labelled("answer", "no values of the unknowns satisfy the constraints with these bases")
    yield from functional_lines(certificate, room)
    total = short_number(certificate.total(), room.bits)
    yield labelled("sum", "all unknowns cancel, and the functionals of the targets add up to")
    yield labelled("", f"{total}, which values that satisfy them would make nonnegative")
