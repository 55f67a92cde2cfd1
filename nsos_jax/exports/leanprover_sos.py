"""Format `leanprover-sos`: a theorem closed by `sos_witness` of the Lean library leanprover/sos.

A witness lists pairs (weight, root), and Lean's kernel checks weights and identity. The library numbers variables in
the order in which it meets them in the goal, from left to right.
"""

from nsos_jax.exports.lean import binder, goal, heading, notation_for
from nsos_jax.exports.statements import Sum, SumOfSquares
from nsos_jax.exports.sums import quotient


def write_squares(statement: SumOfSquares) -> str:
    """0 <= p, or 0 <= p + epsilon z'z."""
    notation = notation_for(statement)
    met = dict.fromkeys(i for _, monomial in (*statement.polynomial, *statement.shift) for i, _ in monomial)
    numbers = {variable: number for number, variable in enumerate(met)}
    pairs = [f"(({quotient(weight)} : ℚ), {_polynomial(root, numbers)})" for weight, root in statement.squares]
    lines = [
        *heading(statement, notation.names, "leanprover/sos"),
        "import SOS",
        "",
        "open SOS CPoly",
        "",
        f"theorem p_nonneg {binder(notation.names)}: {goal(statement, notation)} := by",
        "  sos_witness { sigmas := [([], { terms := [",
        ",\n".join(f"    {pair}" for pair in pairs),
        "  ] })] }",
    ]
    return "\n".join(lines) + "\n"


def _polynomial(root: Sum, numbers: dict[int, int]) -> str:
    return " + ".join(
        " * ".join([f"CMvPolynomial.C ({quotient(value)} : ℚ)", *(_power(numbers[i], power) for i, power in monomial)])
        for value, monomial in root
    )


def _power(number: int, power: int) -> str:
    return f"CMvPolynomial.X {number}" if power == 1 else f"(CMvPolynomial.X {number}) ^ {power}"
