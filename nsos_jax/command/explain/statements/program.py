"""The lines for `program`."""

from collections.abc import Iterator

from nsos_jax.certificates import ProgramCertificate, Terms, as_rational, count_text
from nsos_jax.command.explain.layout import LABEL, Room, labelled, short_number, terms_text
from nsos_jax.command.explain.statements.sets import identity_lines
from nsos_jax.command.explain.statements.statement import constraint_lines, quoted, statement_lines


def program_lines(certificate: ProgramCertificate, room: Room) -> Iterator[str]:
    """The values, and for each constraint its target and the identity."""
    statement, value = certificate.statement, certificate.objective_value
    ending = "" if value is None else f", with objective {short_number(value, room.bits)}"
    yield labelled("answer", f"these values satisfy the constraints{ending}")
    yield from statement_lines(statement, room)
    label = "values"
    for name, polynomial in list(certificate.polynomials().items())[: room.coordinates]:
        name = quoted(name)
        terms = Terms(polynomial.exponents, tuple(map(as_rational, polynomial.coefficients)))
        yield labelled(label, f"{name} = {terms_text(polynomial.variables, terms, room.less(LABEL + len(name) + 3))}")
        label = ""
    if len(statement.unknowns) > room.coordinates:
        yield labelled("", f"and {len(statement.unknowns) - room.coordinates} more")
    targets = certificate.targets()
    for constraint, target, identity in list(zip(statement.constraints, targets, certificate.identities, strict=True))[
        : room.blocks
    ]:
        yield from constraint_lines(constraint, statement, room)
        yield labelled("at values", terms_text(statement.variables, target, room.less(LABEL)))
        if constraint.kind == "sos":
            yield from identity_lines("target", identity, constraint, statement.variables, room)
    if len(statement.constraints) > room.blocks:
        yield f"and {count_text(len(statement.constraints) - room.blocks, 'constraint')} more"
