"""A boat that drifts to its dock: it arrives within a known time, and passes a rock at a distance.

    python examples/control/docking.py [--plot]

x and y are its place, in lengths of the boat, and the dock is at the origin. A rope pulls it in and turns it about; a
current drives it off, of at most 1/10 in x, changing as it likes. From within 1/2 of (2, 0) it has to get within 1/2 of
the dock, between two rocks, and without leaving the bay, which is 3 wide.

The proof is a polynomial V. It is at most 0 at the start, positive at the rocks and at the shore of the bay, and
wherever it is negative it falls at a speed of at least `speed`, until the dock is reached; it cannot fall for longer
than the printed time, as it has a lower bound. The proof is saved as docking.json.
"""

import argparse
from fractions import Fraction

import numpy as np

import nsos_jax as nsos
from nsos_jax import control

CURRENT = Fraction(1, 10)


def drift(x, y, current):
    return -x / 2 - y + x * y / 8 + current, x - y / 2


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plot", action="store_true", help="write docking.png")
    arguments = parser.parse_args()
    boat = control.System(drift, states="x y", parameters={"current": (-CURRENT, CURRENT)})
    start = nsos.SemialgebraicSet.ball("x y", Fraction(1, 2), {"x": 2})
    dock = nsos.SemialgebraicSet.ball("x y", Fraction(1, 2))
    rocks = [nsos.SemialgebraicSet.ball("x y", Fraction(1, 3), {"x": x, "y": Fraction(3, 2)}) for x in (-1, 2)]
    bay = nsos.SemialgebraicSet.ball("x y", 3)
    result = control.reach_avoid(boat, start, dock, rocks, bay, degree=4)
    print(result.explain())
    result.certificate.save("docking.json")

    # Trajectories arrive much sooner: the proof holds for the worst current, and V is one polynomial for all places.
    angles = np.linspace(0, 2 * np.pi, 100)
    starts = np.stack([2 + np.cos(angles) / 2, np.sin(angles) / 2], axis=1)
    times = np.linspace(0, float(result.duration), 1000)
    worst = max(arrival(boat, starts, times, sign * float(CURRENT)) for sign in (-1, 1))
    print(f"in a simulation the last one arrives at {worst:.2f}; proven is {float(result.duration):.2f}")
    if arguments.plot:
        from nsos_jax import plots

        box = {"x": (-3.2, 3.2), "y": (-3.2, 3.2)}
        plots.barrier_portrait(boat, result, start, rocks, bay, dock, box=box, seconds=6).savefig("docking.png")


def arrival(boat, starts, times, current):
    """When the last of some trajectories with a constant current gets to the dock."""
    states = control.simulate(boat, starts, times, others={"current": current})
    there = (states**2).sum(axis=2) <= 1 / 4
    return times[np.argmax(there, axis=0)].max()


if __name__ == "__main__":
    main()
