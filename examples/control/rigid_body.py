"""A satellite: its rates and its attitude in Rodrigues parameters, with a feedback that is proven to stabilise it.

    python examples/control/rigid_body.py [--plot]

Euler's equations J w' = (J w) x w + u for the rates w, and p' = (w + p x w + p (p.w)) / 2 for the attitude, where p is
the axis of rotation times the tangent of half the angle: rational functions and no angles. The torque is u = -w/2 for
the rates alone and u = -(1 + |p|^2) p - w for all six states. The proof about these is saved as rigid_body.json.
"""

import argparse
from fractions import Fraction

from nsos_jax import control

INERTIA = Fraction(1), Fraction(2), Fraction(3)


def cross(a, b):
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def rates(w, torque):
    """w'."""
    momentum = [j * x for j, x in zip(INERTIA, w, strict=True)]
    return [(turn + u) / j for turn, u, j in zip(cross(momentum, w), torque, INERTIA, strict=True)]


def attitude(p1, p2, p3, w1, w2, w3):
    p, w = (p1, p2, p3), (w1, w2, w3)
    turning = [(a + b + c * dot(p, w)) / 2 for a, b, c in zip(w, cross(p, w), p, strict=True)]
    torque = [-(1 + dot(p, p)) * a - b for a, b in zip(p, w, strict=True)]
    return *turning, *rates(w, torque)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plot", action="store_true", help="write rigid_body.png")
    arguments = parser.parse_args()
    damped = control.System(lambda *w: rates(w, [-x / 2 for x in w]), states="w1 w2 w3")
    result = control.lyapunov(damped)
    print(f"rates: {result.conclusion}\nV = {result.function}")

    # V does not fall where the satellite is still but not yet turned, so LaSalle's theorem is needed: with w = 0 for
    # ever the torque is 0 too, so p = 0, and the origin is all that is left.
    controlled = control.System(attitude, states="p1 p2 p3 w1 w2 w3")
    result = control.lyapunov(controlled)
    print(f"attitude: {result.conclusion}\nV = {result.function}\nV falls at least by {result.decrease}")
    result.certificate.save("rigid_body.json")
    if arguments.plot:
        from nsos_jax import plots

        box, still = {"p1": (-2, 2), "w1": (-2, 2)}, {"p2": Fraction(1, 2), "w3": Fraction(-1, 2)}
        plots.phase_portrait(controlled, result, box=box, at=still, seconds=20).savefig("rigid_body.png")


if __name__ == "__main__":
    main()
