"""Van der Pol's oscillator in reverse time: how much of the region of attraction can be proven?

    python examples/control/van_der_pol.py [--degrees 2 4 6] [--plot]

x' = -y, y' = x + (x^2 - 1) y. The origin is stable, and the region that it attracts is what lies within the limit
cycle, which no polynomial describes. For each degree a polynomial V is sought such that {V <= level} is large; that
this set is attracted is proven exactly, and saved as van_der_pol_2.json, ... which `nsos verify` checks again.
"""

import argparse

import numpy as np

from nsos_jax import control


def dynamics(x, y):
    """One function for the proof, which calls it with exact variables, and for simulation, with arrays."""
    return -y, x + (x**2 - 1) * y


def area(points):
    """The area within a closed curve [k, 2], by the shoelace formula."""
    x, y = points.T
    return abs(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2


def limit_cycle():
    """Points of it: in forward time trajectories run onto it, so of a long one the last turn is kept."""
    forward = control.System(lambda x, y: tuple(-value for value in dynamics(x, y)), states="x y")
    times = np.linspace(0, 60, 60_001)
    path = control.simulate(forward, np.array([[2.0, 0.0]]), times)[:, 0]
    [crossings] = np.nonzero((path[:-1, 1] < 0) & (path[1:, 1] >= 0))
    return path[crossings[-2] : crossings[-1]]


def boundary(result):
    """Points of the curve V = level: along each ray from the origin the last one where V <= level, by bisection."""
    angles = np.linspace(0, 2 * np.pi, 4000, endpoint=False)
    rays = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    low, high = np.zeros(len(rays)), np.full(len(rays), 10.0)
    for _ in range(50):
        middle = (low + high) / 2
        inside = result.function.evaluate_float(middle[:, None] * rays) <= float(result.level)
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return low[:, None] * rays


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--degrees", type=int, nargs="+", default=[2, 4, 6], help="of V")
    parser.add_argument("--plot", action="store_true", help="write van_der_pol.png")
    arguments = parser.parse_args()
    system = control.System(dynamics, states="x y")
    whole = area(limit_cycle())
    for degree in arguments.degrees:
        result = control.region_of_attraction(system, degree)
        print(f"degree {degree}: {result.conclusion}")
        share = area(boundary(result)) / whole
        print(f"  area {share * whole:.3f} of {whole:.3f} within the limit cycle, {share:.1%}; {result.seconds:.1f} s")
        result.certificate.save(f"van_der_pol_{degree}.json")
    if arguments.plot:
        from nsos_jax import plots

        figure = plots.phase_portrait(system, result, box={"x": (-3, 3), "y": (-3.5, 3.5)}, trajectories=40)
        figure.axes[0].plot(*limit_cycle().T, "k--", linewidth=1)
        figure.savefig("van_der_pol.png")


if __name__ == "__main__":
    main()
