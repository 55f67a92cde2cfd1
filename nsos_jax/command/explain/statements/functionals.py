"""Functionals that refute a program, for people."""

from collections.abc import Iterator

from nsos_jax.certificates import (
    Bases,
    InfeasibleProgramCertificate,
    ProgramBoundCertificate,
    Terms,
    count_text,
    monomial_text,
)
from nsos_jax.command.explain.layout import Room, labelled, short_number, wrapped
from nsos_jax.command.explain.statements.statement import constraint_lines, statement_lines


def functional_lines(certificate: InfeasibleProgramCertificate | ProgramBoundCertificate, room: Room) -> Iterator[str]:
    """The statement, and for each constraint its bases and functional."""
    statement = certificate.statement
    yield from statement_lines(statement, room)
    parts = list(zip(statement.constraints, certificate.bases, certificate.functionals, strict=True))
    for j, (constraint, bases, functional) in enumerate(parts[: room.blocks]):
        yield from constraint_lines(constraint, statement, room)
        if bases is not None:
            yield from _basis_lines(bases, statement.variables, room)
        yield from _moment_lines(f"L_{j + 1}", functional, bases, statement.variables, room)
    if len(parts) > room.blocks:
        yield f"and {count_text(len(parts) - room.blocks, 'constraint')} more"


def _basis_lines(bases: Bases, variables: tuple[str, ...], room: Room) -> Iterator[str]:
    """The monomials of s_0, and how many the others have."""
    yield labelled("basis of s_0", count_text(len(bases.squares[0]), "monomial"))
    if len(bases.squares[0]):
        yield from wrapped("", (monomial_text(row, variables) for row in bases.squares[0].tolist()), room)
    if len(bases.squares) > 1:
        sizes = ", ".join(str(len(rows)) for rows in bases.squares[1 : room.blocks + 1])
        yield labelled(
            "multipliers", f"with {sizes}{', ...' if len(bases.squares) > room.blocks + 1 else ''} monomials"
        )


def _moment_lines(
    name: str, functional: Terms, bases: Bases | None, variables: tuple[str, ...], room: Room
) -> Iterator[str]:
    """What is known of a functional, and its values."""
    known = "any" if bases is None else "its moment matrices are PSD"
    yield labelled("functional", f"{name} has {count_text(functional.num_terms, 'moment')}; {known}")
    pairs = zip(functional.exponents.tolist(), functional.rationals(), strict=True)
    texts = [f"{name}({monomial_text(row, variables)}) = {short_number(value, room.bits)}" for row, value in pairs]
    if texts:
        yield from wrapped("", texts, room)
