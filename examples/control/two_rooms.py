"""Two rooms with one heater: the temperatures never leave the comfortable range, in steps of five minutes.

    python examples/control/two_rooms.py [--plot]

x and y are the temperatures of the rooms in degrees from 20. In each step heat goes from room to room, to the outside
(10 degrees) through the walls, and comes from the heater, which warms both, and the more the colder they are. How much
more is not exactly known: the gain is anything between 1/20 and 3/20, and may change in each step. From within one
degree of 20, no trajectory gets three degrees away. The proof is a barrier, a polynomial B that no step can lift above
0 again; it is saved as two_rooms.json.
"""

import argparse
from fractions import Fraction

import numpy as np

import nsos_jax as nsos
from nsos_jax import control

BETWEEN, WALLS = Fraction(1, 10), Fraction(1, 50)
"""Of a difference of temperatures, what is gone after a step: between the rooms, and to the outside."""
OUTSIDE = -10
"""Degrees from 20."""


def step(x, y, gain):
    heater = -WALLS * OUTSIDE - gain * (x + y)
    return (
        x + BETWEEN * (y - x) + WALLS * (OUTSIDE - x) + heater,
        y + BETWEEN * (x - y) + WALLS * (OUTSIDE - y) + heater,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plot", action="store_true", help="write two_rooms.png")
    arguments = parser.parse_args()
    gains = {"gain": (Fraction(1, 20), Fraction(3, 20))}
    rooms = control.System(step, states="x y", parameters=gains, time="discrete")
    x, y = nsos.variables("x y")
    start = nsos.SemialgebraicSet([1 - x**2, 1 - y**2])
    unsafe = [nsos.SemialgebraicSet([side]) for side in (x - 3, -3 - x, y - 3, -3 - y)]
    result = control.barrier(rooms, start, unsafe, degree=2)
    print(result.explain())
    result.certificate.save("two_rooms.json")

    # A heater that answers too much makes the rooms oscillate. No barrier is found; that is no proof that they are
    # unsafe, but a trajectory is.
    strong = control.System(lambda x, y: step(x, y, 1), states="x y", time="discrete")
    print(control.barrier(strong, start, unsafe, degree=2).explain())
    path = control.simulate(strong, np.array([[1.0, 1.0]]), np.arange(100))
    print(f"a trajectory reaches {np.abs(path).max():.1f} degrees")
    if arguments.plot:
        from nsos_jax import plots

        box = {"x": (-4, 4), "y": (-4, 4)}
        plots.barrier_portrait(rooms, result, start, unsafe, box=box, seconds=40).savefig("two_rooms.png")


if __name__ == "__main__":
    main()
