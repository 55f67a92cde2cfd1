"""A pendulum with friction: sines and cosines without approximation, and what LaSalle's theorem leaves open.

    python examples/control/pendulum.py [--plot]

th' = w, w' = -sin(th) - w/2. The angle becomes two states, its sine and cosine, with sin^2 + cos^2 = 1: no Taylor
series, and V is the same after a full turn. Three questions, from the weakest to the strongest answer. The proof of
the last one is saved as pendulum.json.
"""

import argparse

import nsos_jax as nsos
from nsos_jax import control


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plot", action="store_true", help="write pendulum.png")
    arguments = parser.parse_args()
    pendulum = control.System(lambda th, w: (w, -control.sin(th) - w / 2), states="th w", angles="th")

    # On all states V cannot fall strictly, for the pendulum may stand upright. It falls by a multiple of w^2, and it
    # remains to see by hand which trajectories have w = 0 for ever: those at rest, below or upright.
    print("everywhere:", control.lyapunov(pendulum).conclusion)

    # Where the pendulum hangs, V falls strictly.
    cosine, speed = nsos.variables("cos_th w")
    hanging = nsos.SemialgebraicSet([cosine, 1 - speed**2])
    print("hanging:", control.lyapunov(pendulum, on=hanging).conclusion)

    # And all states are attracted whose V is below that of the upright pendulum at rest, exactly: there V does not
    # fall, so no larger level can be had from this V.
    region = control.region_of_attraction(pendulum, iterations=0)
    print("region:", region.conclusion)
    print("V =", region.function)
    upright = region.function.evaluate({"sin_th": 0, "cos_th": -1, "w": 0})
    print(f"V of the upright pendulum is {upright}, the level {region.level}; V does not fall at {region.escape}")
    region.certificate.save("pendulum.json")
    if arguments.plot:
        from nsos_jax import plots

        box = {"th": (-5, 5), "w": (-3, 3)}
        plots.phase_portrait(pendulum, region, box=box, seconds=20).savefig("pendulum.png")


if __name__ == "__main__":
    main()
