"""The lines for `nonneg`."""

from collections.abc import Iterator

from nsos_jax.certificates import NonnegCertificate
from nsos_jax.command.explain.blocks import basis_lines, square_lines
from nsos_jax.command.explain.layout import LABEL, Room, labelled, terms_text


def nonneg_lines(certificate: NonnegCertificate, room: Room) -> Iterator[str]:
    """The multiplier, and both sums of squares."""
    yield labelled("answer", "p is nonnegative: sigma * p and sigma are sums of squares, and sigma is not 0")
    sigma = certificate.sigma()
    yield labelled("sigma", terms_text(certificate.variables, sigma, room.less(LABEL)))
    blocks = certificate.multiplier + certificate.product
    if max((len(block.basis) for block in blocks), default=0) > room.side:
        yield labelled("squares", f"not computed for blocks above {room.side} monomials, unless with --full")
        return
    yield from square_lines("sigma", certificate.multiplier_squares(), room)
    yield from basis_lines(certificate.sigma_times_p(), certificate.product, certificate.variables, room)
    yield from square_lines("sigma * p", certificate.product_squares(), room)
