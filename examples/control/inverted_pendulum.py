"""An inverted pendulum with a weak motor: a polynomial controller is found, with the region in which it holds it up.

    python examples/control/inverted_pendulum.py [--plot]

th is the angle from the upright position and w its speed: th' = w, w' = sin(th) - w/10 + u. The motor has |u| <= 3/4,
less than gravity where the pendulum is horizontal. The linear-quadratic regulator of the linearisation keeps this bound
in a small region only. From it a search alternates: with V fixed, the controller u = k(sin th, cos th, w) is one
convex program, with the controller fixed V is another. Nothing in the search has to be right: in the end it is
proven, in exact arithmetic, that {V <= level} is invariant under u = k and attracted to the upright position, and that
|k| <= 3/4 there. The proof, of the plant, the controller and its bounds, is saved as inverted_pendulum.json.
"""

import argparse
from fractions import Fraction

import numpy as np

from nsos_jax import control

STRENGTH = Fraction(3, 4)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plot", action="store_true", help="write inverted_pendulum.png")
    arguments = parser.parse_args()
    plant = control.System(lambda th, w, u: (w, control.sin(th) - w / 10 + u), states="th w", angles="th", inputs="u")
    bounds = {"u": (-STRENGTH, STRENGTH)}
    linear = control.stabilizing_controller(plant, bounds=bounds, iterations=0)
    print("regulator:", linear.conclusion)
    print(f"it holds the pendulum at rest up to {reach(linear):.0f} degrees")
    found = control.stabilizing_controller(plant, controller_degree=2, bounds=bounds)
    print("found:", found.conclusion)
    print(f"it holds the pendulum at rest up to {reach(found):.0f} degrees")
    found.certificate.save("inverted_pendulum.json")
    if arguments.plot:
        from nsos_jax import plots

        box = {"th": (-2, 2), "w": (-2, 2)}
        figure = plots.phase_portrait(found.closed_loop, found, box=box, seconds=20, title="with the controller found")
        figure.savefig("inverted_pendulum.png")


def reach(result):
    """The largest angle in degrees at which the pendulum at rest is in the region."""
    angles = np.linspace(0, np.pi, 1801)
    states = {"sin_th": np.sin(angles), "cos_th": np.cos(angles), "w": 0 * angles}
    names = result.function.variables
    values = result.function.evaluate_float(np.stack([states[name] for name in names], axis=1))
    return np.degrees(angles[np.argmax(values > float(result.level)) - 1])


if __name__ == "__main__":
    main()
