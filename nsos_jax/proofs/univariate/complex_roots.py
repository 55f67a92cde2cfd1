"""Complex roots of a polynomial that is positive on the real line, to thousands of digits, also where they cluster.

Simultaneous iterations (those of python-flint) converge slowly to roots that agree in hundreds of digits. So they are
asked for the roots of a polynomial nearby, whose clusters are wider; from there each simple root is found by Newton's
method, and a cluster of m roots as follows: its centre is a simple root of the derivative of order m - 1; near it the
Taylor polynomial of degree m has well separated roots once it is scaled; these are close enough for Newton's method.
"""

from flint import acb, acb_poly, arb, ctx, fmpz_poly

SPREAD_BITS = 32
"""Roots of the polynomial nearby that agree in so many bits are taken to be one cluster."""


class LostRoots(ArithmeticError):
    """The roots nearby did not lead to distinct roots of the polynomial."""


def upper_roots(polynomial: fmpz_poly, nearby: fmpz_poly, bits: int) -> list[acb]:
    """The roots above the real line, as midpoints with about this many bits after the first one; nothing is certain.

    Args:
      polynomial: positive on the real line.
      nearby: a polynomial that differs little from it and is positive, too; perhaps the same.

    Raises:
      LostRoots: where the two differ too much.
    """
    with ctx.workprec(4 * SPREAD_BITS):
        clusters = _clusters(_roots(nearby))
    with ctx.workprec(bits):
        found = [root for cluster in clusters for root in _refined(polynomial, cluster, bits)]
    upper = [root for root in found if root.imag > 0]
    if 2 * len(upper) != polynomial.degree():
        raise LostRoots(f"expected {polynomial.degree() // 2} roots above the real line, found {len(upper)}")
    return upper


def _roots(polynomial: fmpz_poly) -> list[acb]:
    """All complex roots, as often as their multiplicity says."""
    found: list[tuple[acb, int]] = polynomial.complex_roots()  # type: ignore[assignment]
    return [root for root, multiplicity in found for _ in range(multiplicity)]


def _clusters(roots: list[acb]) -> list[list[acb]]:
    """Roots that agree in `SPREAD_BITS` bits, one after the other by real part; those below the real line are left out
    unless they are in a cluster with others above it."""
    waiting = sorted(roots, key=lambda root: root.real.mid())
    clusters = []
    while waiting:
        cluster, fresh = [], [waiting.pop()]
        while fresh:
            root = fresh.pop()
            cluster.append(root)
            radius = abs(root) * arb(2) ** -SPREAD_BITS
            close = [other for other in waiting if abs(other - root) < radius]
            if close:
                fresh += close
                waiting = [other for other in waiting if not any(other is taken for taken in close)]
        if any(root.imag > 0 for root in cluster):
            clusters.append(cluster)
    return clusters


def _refined(polynomial: fmpz_poly, cluster: list[acb], bits: int) -> list[acb]:
    p, size = acb_poly(polynomial), len(cluster)
    if size == 1:
        return [newton(p, cluster[0].mid(), bits)]
    derivative = p
    for _ in range(size - 1):
        derivative = derivative.derivative()
    centre = newton(derivative, (sum(cluster, acb(0)) / size).mid(), bits)
    taylor = p(acb_poly([centre, 1])).coeffs()[: size + 1]
    spread = max(abs(c / taylor[-1]) ** (arb(1) / (size - i)) for i, c in enumerate(taylor[:-1]))
    scaled = acb_poly([(c * spread**i / (taylor[-1] * spread**size)).mid() for i, c in enumerate(taylor)])
    try:
        offsets = scaled.roots()
    except ValueError:  # they agree in all digits that are computed, or there are clusters in the cluster
        return [centre] * size
    return [newton(p, (centre + spread * offset).mid(), bits) for offset in offsets]


def newton(p: acb_poly, start: acb, bits: int) -> acb:
    """A root of p by Newton's method; stops when the steps stop shrinking."""
    slope, point, before = p.derivative(), start, None
    for _ in range(bits.bit_length() + 10):
        step = (p(point).mid() / slope(point).mid()).mid()
        if not step.is_finite() or step == 0 or (before is not None and not abs(step) < before):
            break
        point, before = (point - step).mid(), abs(step) / 2
    return point
