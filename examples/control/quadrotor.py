"""A planar quadrotor: from which tilt does its controller recover, although its thrust is not exactly known?

    python examples/control/quadrotor.py [--plot]

y is the position to the side, th the tilt, in units in which gravity and weight are 1. The rotors push along the axis
of the vehicle with a thrust near its weight, and turn it:

    y' = v,   v' = -thrust sin(th),   th' = w,   w' = u.

That is the slice of the full model without the height, and exact: the height, h'' = thrust cos(th) - 1, drives nothing
here. It is not held either: while the vehicle is tilted it falls, and nothing below speaks about that. The angle stays
an angle, by its sine and cosine. The controller u = y + 4 v - 6 sin(th) - 4 w puts all eigenvalues of the linear model
at -1 where the thrust is 1. The proof is saved as quadrotor.json.
"""

import argparse
from fractions import Fraction

import numpy as np

from nsos_jax import control

THRUST = Fraction(19, 20), Fraction(21, 20)


def dynamics(y, v, th, w, thrust):
    """The same function is called with exact variables for the proof, and with arrays for simulation."""
    turn = y + 4 * v - 6 * control.sin(th) - 4 * w
    return v, -thrust * control.sin(th), w, turn


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plot", action="store_true", help="write quadrotor.png")
    arguments = parser.parse_args()
    vehicle = control.System(dynamics, states="y v th w", angles="th", parameters={"thrust": THRUST})

    # A sublevel set of a quadratic V, in which V falls for every thrust of the interval, also if it changes in time.
    region = control.region_of_attraction(vehicle, iterations=0)
    print(region.explain())
    region.certificate.save("quadrotor.json")

    # How far may it be tilted, at rest in its place? V is compared with the level at each tilt.
    tilts = np.radians(np.arange(0, 180))
    zero = np.zeros_like(tilts)
    columns = {"y": zero, "v": zero, "sin_th": np.sin(tilts), "cos_th": np.cos(tilts), "w": zero}
    values = region.function.evaluate_float(np.stack([columns[name] for name in region.function.variables], axis=1))
    safe = int(np.degrees(tilts[values <= float(region.level)].max()))
    print(f"at rest the region has all tilts up to {safe} degrees")

    # Simulation cannot prove it, but shows what happens there: from the edge of it, with a thrust that swings.
    start = [0.0, 0.0, np.sin(np.radians(safe)), np.cos(np.radians(safe)), 0.0]
    swing = {"thrust": lambda time: 1 + 0.05 * np.sin(2 * time)}
    path = control.simulate(vehicle, np.array([start]), np.linspace(0, 40, 200), others=swing)[:, 0]
    print(f"from there it moves {np.abs(path[:, 0]).max():.2f} to the side, and ends at {path[-1, 0]:.4f}")
    if arguments.plot:
        from nsos_jax import plots

        box = {"th": (-3, 3), "w": (-4, 4)}
        plots.phase_portrait(vehicle, region, box=box, seconds=20).savefig("quadrotor.png")


if __name__ == "__main__":
    main()
