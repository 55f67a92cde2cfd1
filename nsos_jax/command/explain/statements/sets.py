"""Sets, and identities on them, for people."""

from collections.abc import Iterator, Sequence

from nsos_jax.certificates import Identity, StatedSet
from nsos_jax.command.explain.blocks import square_lines
from nsos_jax.command.explain.layout import LABEL, Room, labelled, terms_text


def set_lines(stated: StatedSet, variables: Sequence[str], room: Room) -> Iterator[str]:
    """The inequalities g_1, g_2, ... and equalities h_1, h_2, ..."""
    parts = [("g", " >= 0", terms) for terms in stated.inequalities]
    parts += [("h", " = 0", terms) for terms in stated.equalities]
    label, count = "set", len(stated.inequalities)
    for i, (letter, ending, terms) in enumerate(parts[: room.blocks]):
        name = f"{letter}_{i + 1 if i < count else i + 1 - count} = "
        text = terms_text(variables, terms, room.less(LABEL + len(name) + len(ending)))
        yield labelled(label, f"{name}{text}{ending}")
        label = ""
    if len(parts) > room.blocks:
        yield labelled("", f"and {len(parts) - room.blocks} more")


def identity_lines(
    left: str, identity: Identity, stated: StatedSet, variables: Sequence[str], room: Room
) -> Iterator[str]:
    """The identity, its sums of squares and its cofactors."""
    used = sorted(set(identity.multipliers))
    summands = [_summand(stated, k) for k in used]
    summands += [f"l_{j + 1} * h_{j + 1}" for j, terms in enumerate(identity.cofactors) if terms.num_terms]
    text = f"{left} = {' + '.join(summands) or '0'}"
    width = room.width - LABEL
    yield labelled("identity", text if len(text) <= width else f"{text[: width - 4].rpartition(' + ')[0]} + ...")
    for k in used[: room.blocks]:
        if max(len(block.basis) for block in identity.of(k)) > room.side:
            yield labelled("squares", f"s_{k + 1}: not computed above {room.side} monomials, unless with --full")
        else:
            yield from square_lines(f"s_{k + 1}", identity.squares(k, variables), room)
    if len(used) > room.blocks:
        yield labelled("squares", f"of {len(used) - room.blocks} more multipliers")
    label = "cofactors"
    for j, terms in enumerate(identity.cofactors[: room.blocks]):
        name = f"l_{j + 1} = "
        yield labelled(label, name + terms_text(variables, terms, room.less(LABEL + len(name))))
        label = ""
    if len(identity.cofactors) > room.blocks:
        yield labelled("", f"and {len(identity.cofactors) - room.blocks} more")


def _summand(stated: StatedSet, multiplier: int) -> str:
    """A sum of squares with what stands before it."""
    if multiplier < 0:
        return "s_0"
    return " * ".join([*(f"g_{i + 1}" for i in stated.products[multiplier]), f"s_{multiplier + 1}"])
