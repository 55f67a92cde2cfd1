"""A controller's gains learned by gradient ascent on the certified margin, then proven exactly.

    python examples/control/learned_gains.py [--steps 30] [--plot]

An inverted pendulum, its sine to third order, in the units of its length: x' = v, v' = x - x^3 / 6 + u with feedback
u = -k x - d v - c x^3. The gains (k, d, c) are to make the origin asymptotically stable on a disk, with as much in hand
as possible: `family.margin(gains)` is the largest t for which a V of a certain size is at least t |x|^2 and falls by at
least t |x|^2 there. It is a JAX function: its gradient comes from the multipliers of the semidefinite program, so that
`jax.jit`, `jax.value_and_grad` and optax need nothing else. A price on the gains keeps them small.

At the end nothing depends on floating point: for gains rounded to hundredths the checker proves Lyapunov's conditions
in exact arithmetic. The margins on the way, and over a grid of gains, are drawn with --plot; the certificate is saved
as learned_gains.json.
"""

import argparse

import jax
import jax.numpy as jnp
import numpy as np
import optax

import nsos_jax as nsos
from nsos_jax import control

START = (1.2, 0.2, 0.0)
PRICE = 0.02


def closed_loop(x, v, k, d, c):
    """The pendulum with its controller: the same function is traced, simulated and differentiated."""
    force = -k * x - d * v - c * x**3
    return v, x - x**3 / 6 + force


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=30, help="of gradient ascent")
    parser.add_argument("--plot", action="store_true", help="write learned_gains.png and learned_gains_grid.png")
    arguments = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    family = control.lyapunov_family(closed_loop, states="x v", on=nsos.SemialgebraicSet.ball("x v", 1), example=START)

    def loss(gains):
        margin = family.margin(gains)
        return PRICE * (gains @ gains) - margin, margin

    optimizer = optax.adam(0.2)

    @jax.jit
    def improved(gains, state):
        (_, margin), slope = jax.value_and_grad(loss, has_aux=True)(gains)
        change, state = optimizer.update(slope, state)
        return optax.apply_updates(gains, change), state, margin

    gains, margins = jnp.array(START), []
    state = jax.jit(optimizer.init)(gains)
    for _ in range(arguments.steps):
        gains, state, margin = improved(gains, state)
        margins.append(float(margin))
    margins.append(float(family.margin(gains)))
    print(f"margin {margins[0]:.3f} at first, {margins[-1]:.3f} with k, d, c = {np.round(np.array(gains), 2).tolist()}")

    rounded = np.round(np.array(gains), 2)
    (result,) = family([rounded])
    print(result.explain())
    result.certificate.save("learned_gains.json")
    if arguments.plot:
        from nsos_jax import plots

        figure = plots.margin_map({"step": np.arange(len(margins))}, np.array(margins), title="learning the gains")
        figure.savefig("learned_gains.png")
        k, d = np.linspace(0.5, 4, 11), np.linspace(-0.5, 4, 11)
        grid = jnp.array([[one, other, rounded[2]] for one in k for other in d])
        values = np.array(jax.vmap(family.margin)(grid)).reshape(len(k), len(d))
        plots.margin_map({"k": k, "d": d}, values, title="margins with the c found").savefig("learned_gains_grid.png")


if __name__ == "__main__":
    main()
