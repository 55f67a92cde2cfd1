"""What the tests of questions share: their own mathematics of trajectories."""

import numpy as np

from nsos_jax import Certificate


def simulate(f, start, seconds=20.0, step=1e-2):
    """States [steps, n] by the classical Runge-Kutta method."""
    states = [np.array(start, float)]

    def slope(state):
        return np.array(f(*state), float)

    for _ in range(int(seconds / step)):
        x = states[-1]
        a = slope(x)
        b = slope(x + step / 2 * a)
        c = slope(x + step / 2 * b)
        d = slope(x + step * c)
        states.append(x + step / 6 * (a + 2 * b + 2 * c + d))
    return np.array(states)


def values(polynomial, names, states):
    """Of a polynomial in some of the names, along states [k, n]."""
    return polynomial.evaluate_float(states[:, [names.index(name) for name in polynomial.variables]])


def check_file(result):
    """That the certificate, read back from its file, says what the result says."""
    read = Certificate.from_json(result.certificate.to_json())
    assert read.verify().endswith(result.conclusion)
    return read
