"""What the primitives of JAX that the solver's programs hold are in NumPy, and what is lost by not compiling them."""

import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from jax import lax
from jax.extend.core import JaxprEqn

Operation = Callable[..., Any]
"""Of arrays; a list of arrays where the primitive has several results."""
OVERHEAD, PER_ENTRY = 2e-6, 1e-9
"""Seconds that an operation here takes longer than within a compiled program: any, and for each entry of its result,
which goes through memory. Measured on one core; they need not be exact."""


class Indexed(NamedTuple):
    """An operation whose second argument, indices, is prepared by itself: loops do that once."""

    prepare: Operation
    run: Operation


class Unsupported(NotImplementedError):
    """A primitive, or a use of one, that is not here."""


ELEMENTWISE: dict[str, Operation] = {
    "abs": np.abs,
    "add": np.add,
    "add_any": np.add,
    "and": np.bitwise_and,
    "clamp": lambda least, x, most: np.minimum(np.maximum(x, least), most),
    "copy": lambda x: x,
    "div": np.divide,
    "eq": np.equal,
    "exp": np.exp,
    "expm1": np.expm1,
    "ge": np.greater_equal,
    "gt": np.greater,
    "is_finite": np.isfinite,
    "le": np.less_equal,
    "log": np.log,
    "lt": np.less,
    "max": np.maximum,
    "min": np.minimum,
    "mul": np.multiply,
    "ne": np.not_equal,
    "neg": np.negative,
    "not": np.invert,
    "or": np.bitwise_or,
    "pow": np.power,
    "rem": np.fmod,
    "select_n": lambda which, *cases: np.where(which, cases[1], cases[0]),
    "sign": np.sign,
    "sqrt": np.sqrt,
    "square": np.square,
    "stop_gradient": lambda x: x,
    "sub": np.subtract,
}
REDUCTIONS: dict[str, Operation] = {
    "reduce_and": np.logical_and.reduce,
    "reduce_max": np.maximum.reduce,
    "reduce_min": np.minimum.reduce,
    "reduce_or": np.logical_or.reduce,
    "reduce_sum": np.add.reduce,
}


def shaped(variable: Any) -> Any:
    """Shape and type of a variable or literal."""
    return variable.aval


def operation(equation: JaxprEqn, used: list[bool]) -> Operation | Indexed:
    """The NumPy function of an equation; results that are not `used` may be None.

    Raises:
      Unsupported: for what is not here.
    """
    name, params = equation.primitive.name, equation.params
    shape, dtype = shaped(equation.outvars[0]).shape, shaped(equation.outvars[0]).dtype
    if name == "select_n" and (len(equation.invars) != 3 or shaped(equation.invars[0]).dtype != np.bool_):
        raise Unsupported("select_n of more than two cases")
    if name == "div" and dtype.kind != "f":
        return lambda x, y: np.abs(x) // np.abs(y) * np.sign(x) * np.sign(y)  # towards zero
    if name in ELEMENTWISE:
        return ELEMENTWISE[name]
    if name in REDUCTIONS:
        reduce, axes = REDUCTIONS[name], tuple(params["axes"])
        return lambda x: reduce(x, axis=axes, dtype=dtype)  # a sum would turn into int64
    match name:
        case "integer_pow":
            power = params["y"]
            return np.square if power == 2 else lambda x: x**power
        case "convert_element_type":
            return lambda x: np.asarray(x).astype(dtype, copy=False)
        case "iota":
            axis = params["dimension"]
            along = [-1 if axis == place else 1 for place in range(len(shape))]
            return lambda: np.broadcast_to(np.arange(shape[axis], dtype=dtype).reshape(along), shape)
        case "broadcast_in_dim":
            return _broadcast(equation)
        case "reshape" | "squeeze":
            if params.get("dimensions") is not None and name == "reshape":
                raise Unsupported("reshape of permuted axes")
            return lambda x: x.reshape(shape)
        case "transpose":
            permutation = params["permutation"]
            return lambda x: x.transpose(permutation)
        case "slice":
            strides = params["strides"] or [1] * len(shape)
            where = tuple(map(slice, params["start_indices"], params["limit_indices"], strides))
            return lambda x: x[where]
        case "dynamic_slice":
            return lambda x, *starts: x[_window(x.shape, shape, starts)]
        case "dynamic_update_slice":
            return _update
        case "concatenate":
            axis = params["dimension"]
            return lambda *parts: np.concatenate(parts, axis=axis)
        case "split":
            ends, axis = np.cumsum(params["sizes"])[:-1], params["axis"]
            return lambda x: np.split(x, ends, axis=axis)
        case "pad":
            return _pad(params["padding_config"], shape)
        case "dot_general":
            return _products(equation)
        case "gather":
            return _gather(equation)
        case "scatter-add":
            return _scatter_add(equation)
        case "eigh":
            return _eigh(params, used)
        case "cholesky":
            return lambda x: _each(np.linalg.cholesky, x, lambda matrix: np.full_like(matrix, np.nan))
        case "qr":
            return _qr(params)
        case "triangular_solve":
            return _triangular_solve(params)
    raise Unsupported(name)


def loss(equation: JaxprEqn) -> float:
    """About how many seconds longer an equation takes than compiled; nothing for those of loops and branches alone.

    Decompositions and products of matrices call the same kind of library either way.
    """
    if equation.primitive.name in ("eigh", "cholesky", "qr", "triangular_solve", "dot_general"):
        return OVERHEAD
    return OVERHEAD + PER_ENTRY * sum(shaped(variable).size for variable in equation.outvars)


def _broadcast(equation: JaxprEqn) -> Operation:
    shape, axes = equation.params["shape"], equation.params["broadcast_dimensions"]
    given = shaped(equation.invars[0]).shape
    between = [1] * len(shape)
    for axis, length in zip(axes, given, strict=True):
        between[axis] = length
    if tuple(between) == tuple(shape):
        return lambda x: x.reshape(shape)
    return lambda x: np.broadcast_to(x.reshape(between), shape)


def _window(given: tuple[int, ...], shape: tuple[int, ...], starts: tuple[Any, ...]) -> tuple[slice, ...]:
    """Where a slice lies, moved inside as far as it leaves the array."""
    begins = [min(max(int(start), 0), most - length) for start, most, length in zip(starts, given, shape, strict=True)]
    return tuple(slice(begin, begin + length) for begin, length in zip(begins, shape, strict=True))


def _update(x: np.ndarray, part: np.ndarray, *starts: Any) -> np.ndarray:
    result = x.copy()
    result[_window(x.shape, part.shape, starts)] = part
    return result


def _pad(padding: Any, shape: tuple[int, ...]) -> Operation:
    if any(low < 0 or high < 0 or inner for low, high, inner in padding):
        raise Unsupported("pad by a negative number or between entries")
    where = tuple(slice(low, length - high) for (low, high, _), length in zip(padding, shape, strict=True))

    def run(x: np.ndarray, value: Any) -> np.ndarray:
        result = np.full(shape, value, x.dtype)
        result[where] = x
        return result

    return run


def _products(equation: JaxprEqn) -> Operation:
    """A batch of matrix products, whatever the order of axes."""
    (left_inner, right_inner), (left_batch, right_batch) = equation.params["dimension_numbers"]
    left, right = map(shaped, equation.invars)
    if left.dtype != right.dtype or left.dtype.kind != "f":
        raise Unsupported("products that are not of floating point numbers of one kind")
    left_outer = [axis for axis in range(left.ndim) if axis not in (*left_inner, *left_batch)]
    right_outer = [axis for axis in range(right.ndim) if axis not in (*right_inner, *right_batch)]
    shape = shaped(equation.outvars[0]).shape
    to_left, to_right = (*left_batch, *left_outer, *left_inner), (*right_batch, *right_inner, *right_outer)

    def length(shape: tuple[int, ...], axes: Any) -> int:
        return math.prod(shape[axis] for axis in axes)

    batch, inner = length(left.shape, left_batch), length(left.shape, left_inner)
    as_left = batch, length(left.shape, left_outer), inner
    as_right = batch, inner, length(right.shape, right_outer)

    def run(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.matmul(x.transpose(to_left).reshape(as_left), y.transpose(to_right).reshape(as_right)).reshape(shape)

    in_order = to_left == tuple(range(left.ndim)) and to_right == tuple(range(right.ndim))
    return np.matmul if in_order and len(left_outer) == len(right_outer) == len(left_inner) == 1 else run


def _check_axes(batch: Any, of_indices: Any, indexed: Any, given: tuple[int, ...]) -> None:
    """Raises where indices are not those of single entries along the last axis, in a batch of all others."""
    others, last = tuple(range(len(given) - 1)), (len(given) - 1,)
    if tuple(batch) != others or tuple(of_indices) != others or tuple(indexed) != last:
        raise Unsupported("indices other than along the last axis")


def _gather(equation: JaxprEqn) -> Indexed:
    """Entries along the last axis, as by `values[indices]`, also under `vmap`."""
    numbers, params = equation.params["dimension_numbers"], equation.params
    given, spread = shaped(equation.invars[0]).shape, shaped(equation.outvars[0]).shape
    _check_axes(numbers.operand_batching_dims, numbers.start_indices_batching_dims, numbers.start_index_map, given)
    in_bounds = params["mode"] in (lax.GatherScatterMode.PROMISE_IN_BOUNDS, lax.GatherScatterMode.CLIP)
    if numbers.offset_dims or not in_bounds:
        raise Unsupported("gather of more than single entries, or beyond the array")
    count, rows = given[-1], math.prod(given[:-1])

    def prepare(indices: np.ndarray) -> np.ndarray:
        inside = np.clip(indices, 0, count - 1).reshape(rows, -1)
        return (inside + count * np.arange(rows)[:, None]).reshape(spread)

    return Indexed(prepare, lambda x, flat: x.reshape(-1).take(flat))


def _scatter_add(equation: JaxprEqn) -> Indexed:
    """Sums by index along the last axis, as by `values.at[indices].add(updates, mode="drop")`, also under `vmap`."""
    numbers, params = equation.params["dimension_numbers"], equation.params
    shape, dtype = shaped(equation.outvars[0]).shape, shaped(equation.outvars[0]).dtype
    along = numbers.scatter_dims_to_operand_dims
    _check_axes(numbers.operand_batching_dims, numbers.scatter_indices_batching_dims, along, shape)
    dropping = params["mode"] == lax.GatherScatterMode.FILL_OR_DROP
    if numbers.update_window_dims or not dropping or dtype.kind != "f":
        raise Unsupported("scatter-add of more than single numbers, or beyond the array")
    count, rows = shape[-1], math.prod(shape[:-1])

    def prepare(indices: np.ndarray) -> np.ndarray:
        flat = indices.reshape(rows, -1)
        flat = np.where((flat < 0) | (flat >= count), count, flat)
        return (flat + (count + 1) * np.arange(rows)[:, None]).ravel()

    def run(x: np.ndarray, flat: np.ndarray, updates: np.ndarray) -> np.ndarray:
        sums = np.bincount(flat, updates.reshape(-1), rows * (count + 1))
        return x + sums.reshape(*shape[:-1], count + 1)[..., :count].astype(dtype, copy=False)

    return Indexed(prepare, run)


def _each(function: Callable[[np.ndarray], Any], matrices: np.ndarray, nothing: Callable[[np.ndarray], Any]) -> Any:
    """The function of all matrices at once; where it fails, `nothing` for those on which it does."""
    try:
        return function(matrices)
    except np.linalg.LinAlgError:
        if matrices.ndim == 2:
            return nothing(matrices)
    parts = [_each(function, matrix, nothing) for matrix in matrices]
    return (
        [np.stack(part) for part in zip(*parts, strict=True)] if isinstance(parts[0], tuple | list) else np.stack(parts)
    )


def _eigh(params: dict[str, Any], used: list[bool]) -> Operation:
    if params["subset_by_index"] is not None:
        raise Unsupported("eigh of a part of the spectrum")
    half: Literal["L", "U"] = "L" if params["lower"] else "U"

    def values_of(matrices: np.ndarray) -> np.ndarray:
        return np.linalg.eigvalsh(matrices, UPLO=half)

    def both(matrices: np.ndarray) -> list[np.ndarray]:
        values, vectors = np.linalg.eigh(matrices, UPLO=half)
        return [vectors, values]

    if not used[0]:
        return lambda x: [None, _each(values_of, x, lambda matrix: np.full(len(matrix), np.nan, matrix.dtype))]
    return lambda x: _each(both, x, lambda matrix: [np.full_like(matrix, np.nan), np.full_like(matrix[0], np.nan)])


def _qr(params: dict[str, Any]) -> Operation:
    if params["pivoting"]:
        raise Unsupported("qr with pivoting")
    mode: Literal["complete", "reduced"] = "complete" if params["full_matrices"] else "reduced"
    return lambda x: list(np.linalg.qr(x, mode))


def _triangular_solve(params: dict[str, Any]) -> Operation:
    if not params["left_side"] or params["conjugate_a"] or params["unit_diagonal"]:
        raise Unsupported("triangular_solve from the right or with a unit diagonal")

    def run(triangle: np.ndarray, right: np.ndarray) -> np.ndarray:
        half = np.tril(triangle) if params["lower"] else np.triu(triangle)
        half = np.swapaxes(half, -1, -2) if params["transpose_a"] else half
        inverse = _each(np.linalg.inv, half, lambda matrix: np.full_like(matrix, np.nan))
        return inverse @ right

    return run
