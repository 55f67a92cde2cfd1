"""Right-hand sides that are written with `jax.numpy`: their jaxpr is evaluated on exact variables.

What is linear in its operand, moves entries or multiplies and adds them is done exactly; sines and cosines of declared
angles too. Any other primitive is named in the error.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nsos_jax.control.dynamics.rational import NotPolynomial, RationalFunction
from nsos_jax.control.dynamics.trigonometry import cos, sin

REMEDY = "the dynamics must be polynomial or rational, with control.sin and control.cos of declared angles"


def traced_by_jax(function: Callable[..., Any], arguments: Sequence[RationalFunction]) -> list[Any] | None:
    """The values of a function of numbers, as rational functions of the arguments; None where JAX cannot trace it.

    Raises:
      NotPolynomial: it uses a primitive that is no rational function; the message names it.
    """
    import jax

    try:
        with jax.enable_x64(True):
            closed = jax.make_jaxpr(function)(*[np.float64(0.5)] * len(arguments))
    except Exception:  # whatever the function does to JAX's tracers, it is not written for them
        return None
    values = _evaluate(closed.jaxpr, closed.consts, [_array(argument) for argument in arguments])
    return [entry for value in values for entry in np.asarray(value, dtype=object).ravel().tolist()]


def _array(value: Any) -> np.ndarray:
    result = np.empty((), dtype=object)
    result[()] = value
    return result


def _evaluate(jaxpr: Any, constants: Sequence[Any], arguments: Sequence[np.ndarray]) -> list[np.ndarray]:
    known: dict[Any, np.ndarray] = {}

    def read(variable: Any) -> np.ndarray:
        if hasattr(variable, "val"):
            return np.asarray(variable.val).astype(object)
        return known[variable]

    for variables, values in ((jaxpr.constvars, constants), (jaxpr.invars, arguments)):
        for variable, value in zip(variables, values, strict=True):
            known[variable] = np.asarray(value, dtype=object)
    for equation in jaxpr.eqns:
        operands = [read(variable) for variable in equation.invars]
        inner = equation.params.get("jaxpr") or equation.params.get("call_jaxpr")
        if inner is not None and equation.primitive.name in _CALLS:
            results = _evaluate(inner.jaxpr, inner.consts, operands)
        else:
            results = [_applied(equation, operands)]
        for variable, value in zip(equation.outvars, results, strict=True):
            known[variable] = value
    return [read(variable) for variable in jaxpr.outvars]


def _applied(equation: Any, operands: list[np.ndarray]) -> np.ndarray:
    name, params = equation.primitive.name, equation.params
    if name not in _RULES:
        raise NotPolynomial(f"the dynamics use the JAX primitive {name!r}: {REMEDY}")
    if not all(np.issubdtype(variable.aval.dtype, np.floating) for variable in equation.outvars):
        raise NotPolynomial(f"the dynamics make integers or truth values by {name!r}: {REMEDY}")
    return np.asarray(_RULES[name](operands, params), dtype=object)


def _each(function: Callable[[Any], Any]) -> Callable[[list[np.ndarray], Any], Any]:
    return lambda operands, _: np.frompyfunc(function, 1, 1)(operands[0])


def _pairs(function: Callable[[Any, Any], Any]) -> Callable[[list[np.ndarray], Any], Any]:
    return lambda operands, _: np.frompyfunc(function, 2, 1)(*operands)


def _broadcast(operands: list[np.ndarray], params: Any) -> np.ndarray:
    shape = [1] * len(params["shape"])
    for axis, size in zip(params["broadcast_dimensions"], operands[0].shape, strict=True):
        shape[axis] = size
    return np.broadcast_to(operands[0].reshape(shape), params["shape"])


def _dot(operands: list[np.ndarray], params: Any) -> np.ndarray:
    (left, right), (batch_left, batch_right) = params["dimension_numbers"]
    if batch_left or batch_right:
        raise NotPolynomial(f"the dynamics use a batched product: {REMEDY}")
    return np.tensordot(operands[0], operands[1], axes=(left, right))


def _slice(operands: list[np.ndarray], params: Any) -> np.ndarray:
    steps = params["strides"] or [1] * operands[0].ndim
    ranges = zip(params["start_indices"], params["limit_indices"], steps, strict=True)
    return operands[0][tuple(slice(*limits) for limits in ranges)]


_CALLS = ("pjit", "jit", "closed_call", "core_call", "custom_jvp_call")
_RULES: dict[str, Callable[[list[np.ndarray], Any], Any]] = {
    "add": _pairs(lambda a, b: a + b),
    "add_any": _pairs(lambda a, b: a + b),
    "sub": _pairs(lambda a, b: a - b),
    "mul": _pairs(lambda a, b: a * b),
    "div": _pairs(lambda a, b: a / b),
    "neg": _each(lambda a: -a),
    "square": _each(lambda a: a * a),
    "sin": _each(sin),
    "cos": _each(cos),
    "copy": _each(lambda a: a),
    "convert_element_type": _each(lambda a: a),
    "integer_pow": lambda operands, params: np.frompyfunc(lambda a: a ** params["y"], 1, 1)(operands[0]),
    "reduce_sum": lambda operands, params: operands[0].sum(axis=tuple(params["axes"])),
    "broadcast_in_dim": _broadcast,
    "reshape": lambda operands, params: operands[0].reshape(params["new_sizes"]),
    "squeeze": lambda operands, params: operands[0].squeeze(axis=tuple(params["dimensions"])),
    "expand_dims": lambda operands, params: np.expand_dims(operands[0], tuple(params["dimensions"])),
    "transpose": lambda operands, params: operands[0].transpose(params["permutation"]),
    "concatenate": lambda operands, params: np.concatenate(operands, axis=params["dimension"]),
    "stack": lambda operands, params: np.stack(operands, axis=params["axis"]),
    "slice": _slice,
    "dot_general": _dot,
}
