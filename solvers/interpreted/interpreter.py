"""Programs of JAX evaluated by NumPy, equation by equation, instead of being compiled.

Compiling a program takes a second, tracing it some hundredths. So what runs only a few times is better traced and
interpreted: the same mathematics, written once. An equation costs some microseconds beside its arithmetic, which pays
for small matrices and few problems. Operations and their results are those of `primitives.py`.
"""

import threading
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, Literal

from nsos_jax.solvers.interpreted.primitives import Indexed, Operation, loss, operation, shaped

INLINED = {"jit": "jaxpr", "closed_call": "call_jaxpr", "custom_jvp_call": "call_jaxpr"}
"""Primitives that stand for the program in this parameter."""
LARGE = 1 << 16
"""Entries of a result from which on values are dropped after their last use, at the cost of some time."""


class _Thread(threading.local):
    tracing = False
    lost = 0.0


_thread = _Thread()


def tracing() -> bool:
    """Whether a program is being traced for NumPy, which takes batches of decompositions as they are."""
    return _thread.tracing


class Interpreted:
    """A function of arrays, traced in float64 once for each shape; its results are NumPy arrays.

    >>> import jax.numpy as jnp
    >>> roots = Interpreted(lambda x: jax.lax.fori_loop(0, 3, lambda _, y: jnp.sqrt(y), x))
    >>> roots(np.array([1.0, 256.0])).tolist()
    [1.0, 2.0]
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._programs: dict[Any, Program] = {}

    def __call__(self, *arguments: Any) -> Any:
        return self.program(*arguments)(*arguments)[0]

    def program(self, *arguments: Any) -> "Program":
        """The program for arguments of these shapes.

        Raises:
          Unsupported: it holds an operation that `primitives.py` does not know.
        """
        leaves, structure = jax.tree.flatten(arguments)
        key = structure, tuple((leaf.shape, leaf.dtype) for leaf in leaves)
        if key not in self._programs:
            self._programs[key] = Program(self._function, arguments)
        return self._programs[key]


class Program:
    """A function for arguments of certain shapes; it may run in several threads at a time."""

    def __init__(self, function: Callable[..., Any], arguments: Sequence[Any]) -> None:
        _thread.tracing = True
        try:
            with jax.enable_x64(True):
                program, shapes = jax.make_jaxpr(function, return_shape=True)(*arguments)
        finally:
            _thread.tracing = False
        self._block = _Block(program)
        self._structure = jax.tree.structure(shapes)

    def __call__(self, *arguments: Any) -> tuple[Any, float]:
        """The results, and the seconds that a compiled program would have saved, as estimated from the sizes of arrays:
        unlike a clock, it says the same in every run."""
        _thread.lost = 0.0
        with np.errstate(all="ignore"):
            values = self._block([np.asarray(leaf) for leaf in jax.tree.leaves(arguments)])
        return jax.tree.unflatten(self._structure, values), _thread.lost


class _Step(NamedTuple):
    """An operation, what fetches its arguments from the values, and where its results go."""

    run: Operation
    fetch: Callable[[list[Any]], Sequence[Any]]
    write: int | slice
    last: tuple[int, ...] = ()
    """Values that no later step needs, where they are large."""


class _Block:
    """A program as a list of operations on numbered values: inputs, constants, then results.

    Args:
      fixed: how many of the first inputs stay the same from call to call, as in a loop: what depends on them alone is
        done once, by `with_fixed`.
    """

    def __init__(self, program: ClosedJaxpr, fixed: int = 0) -> None:
        self._fixed, self._inputs = fixed, len(program.jaxpr.invars)
        self._values: list[Any] = [None] * self._inputs
        places = {variable: place for place, variable in enumerate(program.jaxpr.invars)}
        flat: list[tuple[JaxprEqn, list[int], list[int]]] = []
        self._results = self._flatten(program.jaxpr, program.consts, places, flat)
        self._once: list[_Step] = []
        self._steps: list[_Step] = []
        self._loss = 0.0
        self._build(flat)

    def with_fixed(self, inputs: Sequence[Any]) -> list[Any]:
        """The values that `run` begins with."""
        values = self._values.copy()
        values[: self._fixed] = inputs
        for run, fetch, write, _ in self._once:
            values[write] = run(*fetch(values))
        return values

    def run(self, values: list[Any], inputs: Sequence[Any]) -> list[Any]:
        """The results for the other inputs."""
        values = values.copy()
        values[self._fixed : self._inputs] = inputs
        for run, fetch, write, last in self._steps:
            values[write] = run(*fetch(values))
            for place in last:
                values[place] = None
        _thread.lost += self._loss
        return [values[place] for place in self._results]

    def __call__(self, inputs: Sequence[Any]) -> list[Any]:
        return self.run(self.with_fixed(inputs[: self._fixed]), inputs[self._fixed :])

    def _place(self, value: Any = None) -> int:
        self._values.append(value)
        return len(self._values) - 1

    def _flatten(self, jaxpr: Jaxpr, constants: Sequence[Any], places: dict, flat: list) -> list[int]:
        """Appends the equations, those of inlined programs too, and returns the places of the results."""
        places |= {
            variable: self._place(np.asarray(value)) for variable, value in zip(jaxpr.constvars, constants, strict=True)
        }

        def place(atom: Any) -> int:
            return self._place(np.asarray(atom.val, shaped(atom).dtype)) if isinstance(atom, Literal) else places[atom]

        for equation in jaxpr.eqns:
            read = [place(atom) for atom in equation.invars]
            name = equation.primitive.name
            if name in INLINED:
                inner = equation.params[INLINED[name]]
                inside = dict(zip(inner.jaxpr.invars, read, strict=True))
                write = self._flatten(inner.jaxpr, inner.consts, inside, flat)
            else:
                write = [self._place() for _ in equation.outvars]
                flat.append((equation, read, write))
            places |= zip(equation.outvars, write, strict=True)
        return [place(atom) for atom in jaxpr.outvars]

    def _build(self, flat: list[tuple[JaxprEqn, list[int], list[int]]]) -> None:
        """Operations for all equations that matter; those of constants alone are done at once."""
        needed, kept = set(self._results), []
        for equation, read, write in reversed(flat):
            if needed.intersection(write):
                kept.append((equation, read, write, [place in needed for place in write]))
                needed.update(read)
        large = {
            place
            for equation, _, write, _ in kept
            for place, variable in zip(write, equation.outvars, strict=True)
            if shaped(variable).size >= LARGE
        }
        known = {place for place, value in enumerate(self._values) if value is not None}
        steady = known | set(range(self._fixed))
        for equation, read, write, used in reversed(kept):
            run = _control(equation) or operation(equation, used)
            if isinstance(run, Indexed):
                prepared = self._place()
                self._add(run.prepare, read[1:2], [prepared], prepared, known, steady)
                read, run = [read[0], prepared, *read[2:]], run.run
            where = slice(write[0], write[-1] + 1) if equation.primitive.multiple_results else write[0]
            if self._add(run, read, write, where, known, steady):
                self._loss += loss(equation)
        self._drop(large - set(self._results))

    def _drop(self, large: set[int]) -> None:
        """Notes with each step which large values it is the last to use."""
        steps: list[_Step] = []
        for step in reversed(self._steps):
            last = tuple(large.intersection(step.fetch(list(range(len(self._values))))))
            steps.append(step._replace(last=last))
            large = large.difference(last)
        self._steps = steps[::-1]

    def _add(
        self, run: Operation, read: list[int], write: list[int], where: int | slice, known: set[int], steady: set[int]
    ) -> bool:
        """Does the operation, or adds it to those done once or always; returns whether it is done always."""
        if known.issuperset(read):
            with np.errstate(all="ignore"):
                self._values[where] = run(*[self._values[place] for place in read])
            known.update(write)
            steady.update(write)
            return False
        fetch = itemgetter(*read) if len(read) > 1 else itemgetter(slice(read[0], read[0] + 1))
        if steady.issuperset(read):
            self._once.append(_Step(run, fetch, where))
            steady.update(write)
            return False
        self._steps.append(_Step(run, fetch, where))
        return True


def _control(equation: JaxprEqn) -> Operation | None:
    """Loops and branches."""
    params = equation.params
    match equation.primitive.name:
        case "scan":
            return _scan(equation)
        case "while":
            return _while(equation)
        case "cond":
            branches = [_Block(branch) for branch in params["branches"]]
            return lambda index, *inputs: branches[min(max(int(index), 0), len(branches) - 1)](inputs)
    return None


def _scan(equation: JaxprEqn) -> Operation:
    params = equation.params
    constants, carried = _scan_counts(params)
    body = _Block(params["jaxpr"], constants)
    order = range(params["length"])[:: -1 if params["reverse"] else 1]
    shapes = [shaped(variable) for variable in equation.outvars[carried:]]

    def run(*inputs: Any) -> list[Any]:
        values, rest = body.with_fixed(inputs[:constants]), inputs[constants:]
        carry, items = list(rest[:carried]), rest[carried:]
        collected = [np.empty(shape.shape, shape.dtype) for shape in shapes]
        for index in order:
            results = body.run(values, [*carry, *[item[index] for item in items]])
            carry = results[:carried]
            for array, value in zip(collected, results[carried:], strict=True):
                array[index] = value
        return [*carry, *collected]

    return run


def _scan_counts(params: dict[str, Any]) -> tuple[int, int]:
    """How many of the inputs are constants, and how many are carried; JAX 0.12 says it by the shape of a tree."""
    if "num_consts" in params:
        return params["num_consts"], params["num_carry"]
    constants, carried, _ = params["ft_in"].unpack()
    return len(constants), len(carried)


def _while(equation: JaxprEqn) -> Operation:
    params = equation.params
    of_condition, of_body = params["cond_nconsts"], params["body_nconsts"]
    condition, body = _Block(params["cond_jaxpr"], of_condition), _Block(params["body_jaxpr"], of_body)

    def run(*inputs: Any) -> list[Any]:
        to_test, rest = condition.with_fixed(inputs[:of_condition]), inputs[of_condition:]
        values, carry = body.with_fixed(rest[:of_body]), list(rest[of_body:])
        while condition.run(to_test, carry)[0]:
            carry = body.run(values, carry)
        return carry

    return run
