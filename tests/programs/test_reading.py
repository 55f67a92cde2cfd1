"""Programs as JSON: texts with unknowns, statements to programs and back, and what is refused."""

import json
from fractions import Fraction
from pathlib import Path

import pytest

from nsos_jax.polynomials import ParseError, Polynomial
from nsos_jax.programs.modelling.program import SosProgram
from nsos_jax.programs.modelling.sets import SemialgebraicSet
from nsos_jax.programs.modelling.statement import statement_of
from nsos_jax.programs.reading import StatedProblem, StatementError, read_program, write_statement
from nsos_jax.programs.reading.text import Evaluator

DATA = Path(__file__).parents[3] / "shared" / "data" / "programs.jsonl"


def equations(program):
    """What a program states, without the order of terms."""
    stated = statement_of(program)
    values = json.loads(json.dumps(stated.to_dict())) | {"variables": list(stated.variables)}
    for constraint in values["constraints"]:
        constraint["target"].sort(key=str)
        for key in ("inequalities", "equalities"):
            constraint[key] = [sorted(terms, key=str) for terms in constraint[key]]
    return values


@pytest.fixture
def evaluate():
    """An evaluator with the unknowns V and l, and the definitions c, K, D."""
    program = SosProgram("x y")
    values = Evaluator(program.unknowns)
    values.define("V", program.polynomial("V", (1, 2)))
    values.define("l", program.scalar("l"))
    for name, text in (("c", "-3/4"), ("K", "x + y"), ("D", "diff(V,x)")):
        values.define(name, values(text))
    return values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1*x + 1e3 - x^2y/2", "-1/2*x^2*y + 1/10*x + 1000"),
        ("(x - K)^3", "-y^3"),
        ("x/c + c^2", "-4/3*x + 9/16"),
        ("(V - V + 2)*l", "l*2"),
        ("V - 2*(x*V - 1)", "2 + V[x^2]*(-2*x^3 + x^2) + V[x*y]*(-2*x^2*y + x*y) + V[y^2]*(-2*x*y^2 + y^2)"
         " + V[x]*(-2*x^2 + x) + V[y]*(-2*x*y + y)"),
        ("diff(V,x)*y", "V[x^2]*2*x*y + V[x*y]*y^2 + V[x]*y"),
        ("D - diff(V, x) + 0*x", "0"),
        ("diff(diff(V,x),y)", "V[x*y]"),
        ("diff(3,x) + diff(y,x)", "0"),
        ("compose(V - x,y,-c)", "-y + V[x^2]*y^2 + V[x*y]*3/4*y + V[y^2]*9/16 + V[x]*y + V[y]*3/4"),
        ("compose(x^2 + y,y,x)", "y^2 + x"),
        ("coeff(V + l*x^2 + 3, x^2) + coeff(K, x) + coeff(l - 1, 1)", "V[x^2] + l*2"),
        ("coeff(V, x^3)", "0"),
        ("integral(V + 1, 0, 1, -1, 1)", "2 + V[x^2]*2/3 + V[y^2]*2/3 + V[x]"),
    ],
)  # fmt: skip
def test_values_of_texts(evaluate, text, expected):
    assert str(evaluate(text)) == expected


def test_texts_without_unknowns_are_read_as_polynomials_are(evaluate):
    for text in ("2x - 3(x + 1)^2", "-x^2", "x²·y − 1/3", "((x))*(y - .5e-1)/(2/3)", "-(-x)"):
        assert evaluate.known(text) == Polynomial.parse(text)
    for text in ("x y", "1_000", "x^2^3", "x/0", "x/y", "2*", "(x", "x)", "", "x + * y", "x = y", "sqrt(2)", "x^-1"):
        with pytest.raises(ParseError) as expected:
            Polynomial.parse(text, ("x", "y"))
        with pytest.raises(ParseError) as found:
            evaluate(text)
        assert found.value.position == expected.value.position
    with pytest.raises(ParseError, match="unexpected character ','"):
        Polynomial.parse("x, y")


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("x + V*l", 5, "a product of unknowns, V times l, is not affine: fix all but one"),
        ("(l + D)^2", 1, "a product of unknowns, "),
        ("V/l", 3, "division by a variable"),
        ("q + 1", 1, "unknown name 'q', expected a variable, an unknown or a definition: x, y, V, l, c, K, D"),
        ("x + sin(x)", 5, "unknown function 'sin', expected one of diff, compose, coeff, integral"),
        ("V(x)", 2, "expected an operator after 'V'"),
        ("diff(V)", 1, "got 1 arguments, expected 2: diff(p, x)"),
        ("diff(V,z)", 8, "expected one of the variables x, y"),
        ("diff(V,2*x)", 8, "expected one of the variables x, y"),
        ("diff", 5, "expected '(' with the arguments of diff"),
        ("diff(V,x", 5, "this '(' is never closed"),
        ("diff(,x)", 6, "expected a number, a variable or '('"),
        ("compose(V,x)", 1, "got 2 arguments, expected 3: compose(p, ...) with 2 images"),
        ("compose(V,l,x)", 11, "expected an expression without unknowns, got l"),
        ("coeff(V,2*x)", 9, "expected a monomial such as x^2*y, got 2*x"),
        ("coeff(1)", 1, "coeff(1) has one argument, the function coeff takes more"),
        ("integral(V,0,1)", 1, "got 3 arguments, expected 5: integral(p, a1, b1, ...)"),
        ("integral(V,0,x,0,1)", 14, "expected a number, got x"),
        ("x, y", 2, "expected an operator after 'x', found ','"),
        ("x; y", 2, "expected an operator after 'x', found ';'"),
        ("__import__('os')", 12, "unexpected character"),
        ("V.constant", 2, "unexpected character '.'"),
        ("[x]", 1, "unexpected character '['"),
        ("lambda", 1, "unknown name 'lambda'"),
        ("(x + y)^9999*V", 9, "limit"),
        ("compose(V, (x + y)^90, (x - y)^90) - compose(K^60, K^40 - x, y)", 38, "limit"),
        ("(" * 300 + "x" + ")" * 300, 201, "nested deeper"),
        ("diff(" * 50 + "x" + ",x)" * 50, 206, "functions are nested deeper than 40"),
    ],
)  # fmt: skip
def test_bad_texts_are_refused_with_their_place(evaluate, text, column, words):
    with pytest.raises(ParseError) as error:
        evaluate(text)
    assert words in error.value.reason
    assert error.value.column == column


def test_work_is_bounded_over_all_texts_of_a_program(evaluate):
    def read_many():
        for _ in range(200):
            evaluate("(x + y + 1)^60*(x - y + 2)^40")

    with pytest.raises(ParseError, match="limit"):
        read_many()


# --- statements ----------------------------------------------------------------------------------------------------


LYAPUNOV = {
    "variables": ["x", "y"],
    "dynamics": ["-x^3 - y", "x - y^3"],
    "polynomials": {"V": {"degrees": [2, 4]}, "l": {"monomials": ["1", "x*y"]}},
    "sos_polynomials": {"s": {"gram_degrees": [1, 1]}, "r": {"gram_basis": ["1", "x"]}},
    "scalars": ["t"],
    "nonnegative_scalars": ["u"],
    "definitions": {"Vdot": "diff(V,x)*(-x^3 - y) + diff(V,y)*(x - y^3)"},
    "constraints": [
        {"sos": "V - 1/100*(x^2 + y^2) + r"},
        {"sos": "-Vdot - s*(x^2 + y^2)", "gram_basis": ["x", "y", "x^2", "y^2", "x*y"]},
        {"psatz": "V - t*x^2", "inequalities": ["1 - x^2", "1 - y^2"], "equalities": ["x - y"], "degree": 4},
        {"psatz": "V", "inequalities": ["x", "y"], "degree": 4, "products": True, "name": "products"},
        {"zero": "compose(V,0,1) - 1 + 0*coeff(l,x*y)"},
        {"nonnegative": "10 - t - u"},
    ],
    "maximize": "t - u/2",
}
MATRIX = {"name": "M", "sos_matrix": [["V", "x*t"], ["x*t", 1]]}


def test_statement_is_the_program_that_one_writes_by_hand():
    program = SosProgram("x y")
    x, y = program.indeterminates
    t, u = program.scalar("t"), program.scalar("u", lower=0)
    V, _ = program.polynomial("V", (2, 4)), program.polynomial("l", monomials=[x**0, x * y])
    s = program.sos_polynomial("s", basis=[x, y])
    r = program.sos_polynomial("r", basis=[x**0, x])
    wanted = equations(program)
    found = equations(read_program(LYAPUNOV))
    assert found["unknowns"] == wanted["unknowns"]
    assert found["constraints"][:3] == wanted["constraints"]
    program.sos(V - (x**2 + y**2) / 100 + r, name="constraints[0]")
    Vdot = V.derivative("x") * (-(x**3) - y) + V.derivative("y") * (x - y**3)
    program.sos(-Vdot - s * (x**2 + y**2), name="constraints[1]", basis=[x, y, x**2, y**2, x * y])
    program.maximize(t - u / 2)
    wanted = equations(program)
    assert found["constraints"][:5] == wanted["constraints"]
    assert found["objective"] == wanted["objective"]
    products = [constraint["products"] for constraint in found["constraints"][5:7]]
    assert products == [[[0], [1]], [[0], [1], [0, 1]]]


def test_programs_are_written_and_read_back():
    program = read_program(json.dumps(LYAPUNOV | {"constraints": [*LYAPUNOV["constraints"], MATRIX]}))
    assert program.all_variables == ("x", "y", "M_y1", "M_y2")
    again = SosProgram.from_json(program.to_json())
    assert equations(again) == equations(program)
    assert again.to_json() == program.to_json()
    for one, other in zip(again.constraints, program.constraints, strict=True):
        assert (one.degree, one.products) == (other.degree, other.products)
        assert (one.basis is None) == (other.basis is None)
        assert one.basis is None or one.basis.tolist() == other.basis.tolist()
    assert "sos_matrix" in write_statement(again)["constraints"][-1]


def test_cones_and_sparsity_are_kept():
    program = SosProgram("x", cone="dd")
    x = program.indeterminates[0]
    t = program.scalar("t", lower=0)
    program.sos(x**2 - t, cone="sdd")
    program.nonnegative(x**4 - t, on=SemialgebraicSet([x]), sparsity="term")
    program.sos_matrix([[x**2, t], [t, 1]], cone="psd")
    again = SosProgram.from_json(program.to_json())
    assert [one.cone for one in again.constraints] == ["dd", "sdd", "dd", "psd"]
    assert [one.sparsity for one in again.constraints] == ["auto", "auto", "term", "auto"]
    assert equations(again) == equations(program)


def test_decimals_of_json_are_read_as_they_are_written():
    statement = {"variables": ["x"], "constraints": [{"sos": "g*x^2 + c"}], "definitions": {"c": 0.1}}
    statement["parameter"] = {"name": "g", "sense": "min", "bracket": [0.2, "7/3"]}
    problem = StatedProblem.read(statement)
    assert (problem.parameter.lower, problem.parameter.upper) == (Fraction(1, 5), Fraction(7, 3))
    assert problem.program(Fraction(1, 5)).constraints[0].target.constant == Polynomial.parse("1/5*x^2 + 1/10")
    assert equations(read_program(statement, 0.2)) == equations(problem.program(Fraction(1, 5)))
    with pytest.raises(StatementError, match=r"parameter: expected a number such as 1/3 or 0\.25, got '1e999999999'"):
        read_program(statement, "1e999999999")
    with pytest.raises(StatementError, match="parameter: got no value, wanted one for g"):
        read_program(statement)


def test_bounds():
    statement = {"variables": ["x", "gamma"], "minimize": "x^4 + gamma^2", "inequalities": ["1 - x^2"]}
    problem = StatedProblem.read(statement | {"relaxation_order": 3})
    assert problem.bound.order == 3
    program = problem.program()
    assert program.constraints[0].degree == 6
    assert str(program.objective.expression) == "gamma_"
    assert StatedProblem.read(statement).program().constraints[0].degree == 4
    with pytest.raises(StatementError, match=r"relaxation_order: 1 is too small for minimize of degree 4, expected 2"):
        StatedProblem.read(statement | {"relaxation_order": 1}).program()
    wide = statement | {"inequalities": ["x", "1 - x^6"], "relaxation_order": 2}
    with pytest.raises(StatementError, match=r"too small for inequalities\[1\] of degree 6, expected 3 or more"):
        StatedProblem.read(wide).program()


GOOD = {"variables": ["x"], "scalars": ["t"], "constraints": [{"sos": "x^2 - t"}], "maximize": "t"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"variables": "x"}, "variables: expected a list of names, got text"),
        ({"variables": ["x", "2"]}, "variables[1]: expected a name such as V or x1, got '2'"),
        ({"variables": ["x", "y" * 101]}, "variables[1]: expected a name such as V or x1, got 'yyy"),
        ({"variables": ["NaN"]}, "variables[0]: expected a name such as V or x1, got 'NaN'"),
        ({"variables": ["x", "x"]}, "variables: got ['x', 'x'], wanted distinct names"),
        ({"variables": ["diff"]}, "variables: 'diff' is a function, choose another name"),
        ({"scalars": ["x"]}, "scalars[0]: name: 'x' is taken"),
        ({"scalars": ["coeff"]}, "scalars[0]: the name 'coeff' is taken, choose another"),
        ({"scalars": [3]}, "scalars[0]: expected a name in quotes, got the number 3"),
        ({"scalar": ["t"]}, "statement: unknown key 'scalar', did you mean 'scalars'?"),
        ({"objective": "t"}, "statement: unknown key 'objective', expected some of variables, scalars"),
        ({"minimize": "t"}, "minimize: there is 'maximize', too"),
        ({"maximize": "t*x"}, "maximize: got t*x, wanted an expression without x"),
        ({"maximize": None}, "maximize: expected an expression in quotes, got null"),
        ({"relaxation_order": 2}, "relaxation_order: belongs to a bound, a problem without the key 'constraints'"),
        ({"polynomials": {"V": {"degree": [2, 2]}}}, "polynomials.V: unknown key 'degree', did you mean 'degrees'?"),
        ({"polynomials": {"V": {"degrees": [2]}}}, "polynomials.V.degrees: expected [lowest, highest], got 1 numbers"),
        ({"polynomials": {"V": {"degrees": [3, 2]}}}, "polynomials.V.degrees: expected [lowest, highest], got [3, 2]"),
        ({"polynomials": {"V": {"degrees": [0, 1.5]}}}, "degrees[1]: expected an integer of at least 0, got 1.5"),
        ({"polynomials": {"V": {}}}, "polynomials.V: expected one of the keys 'degrees' and 'monomials'"),
        ({"polynomials": {"V": {"monomials": ["2*x"]}}}, "polynomials.V: monomials: got 2*x, wanted monomials such as"),
        ({"polynomials": {"V": {"degrees": [0, 9], "variables": ["z"]}}}, "V.variables[0]: expected one of x"),
        ({"polynomials": {"V": {"degrees": [0, 9], "variables": -1}}}, "V.variables: expected a list of names"),
        ({"polynomials": {"V": {"monomials": ["x"], "variables": []}}}, "V.variables: belongs to 'degrees'"),
        ({"polynomials": ["V"]}, "polynomials: expected an object {name: ...}"),
        ({"sos_polynomials": {"s": {}}}, "sos_polynomials.s: expected the key 'gram_degrees' or 'gram_basis'"),
        ({"sos_polynomials": {"s": {"gram_degrees": [0, 1], "variables": ["z"]}}}, "variables[0]: expected one of x"),
        ({"definitions": {"t": "1"}}, "definitions.t: the name 't' is taken"),
        ({"definitions": {"a": "b", "b": "1"}}, "definitions.a: line 1, column 1: unknown name 'b'"),
        ({"constraints": {}}, "constraints: expected a list of constraints, got an object"),
        ({"constraints": ["x"]}, "constraints[0]: expected an object with the keys sos"),
        ({"constraints": [{}]}, "constraints[0]: expected one of the keys sos, zero, nonnegative"),
        ({"constraints": [{"sos": "t", "zero": "t"}]}, "constraints[0]: expected one of the keys"),
        ({"constraints": [{"sos": "t", "degree": 2}]}, "constraints[0]: unknown key 'degree'"),
        ({"constraints": [{"sos": "t", "cone": "sos"}]}, "[0].cone: expected one of psd, sdd, dd, got 'sos'"),
        ({"constraints": [{"sos": "t", "sparsity": []}]}, "[0].sparsity: expected one of none, constant, cross, term"),
        ({"constraints": [{"zero": "t", "cone": "dd"}]}, "constraints[0]: unknown key 'cone'"),
        ({"constraints": [{"SOS": "t"}]}, "constraints[0]: unknown key 'SOS'"),
        ({"constraints": [{"sos": "x^2 -"}]}, "constraints[0].sos: line 1, column 6: expected a number"),
        ({"constraints": [{"zero": "t*t"}]}, "constraints[0].zero: line 1, column 1: a product of unknowns, t times t"),
        ({"constraints": [{"nonnegative": "t - x"}]}, "constraints[0].nonnegative: expected a number without x"),
        ({"constraints": [{"psatz": "t"}]}, "constraints[0]: expected the key 'degree', found 'psatz'"),
        ({"constraints": [{"psatz": "x^4", "degree": 2}]}, ".degree: 2 is too small for psatz of degree 4"),
        ({"constraints": [{"psatz": "x", "inequalities": ["t"], "degree": 2}]}, "inequalities[0]: line 1, column 1: "),
        ({"constraints": [{"sos_matrix": [["t", 1]]}]}, "constraints[0]: wanted a square matrix, got rows of [2]"),
        ({"constraints": [{"sos_matrix": [[1, "t"], [0, 1]]}]}, "constraints[0]: entry (0, 1) differs from (1, 0)"),
        ({"constraints": [{"sos": "t", "name": "a"}, {"sos": "t", "name": "a"}]}, "constraints[1].name: expected text"),
        ({"parameter": {"name": "g"}}, "parameter: expected the key 'sense', found 'name'"),
        ({"parameter": {"name": "g", "sense": "maximum", "bracket": [0, 1]}}, "sense: expected 'max' or 'min'"),
        ({"parameter": {"name": "g", "sense": "max", "bracket": [1, 0]}}, "expected [lower, upper], got [1, 0]"),
        ({"parameter": {"name": "g", "sense": "max", "bracket": [0, "a"]}}, "bracket[1]: expected a number such"),
        ({"parameter": {"name": "t", "sense": "max", "bracket": [0, 1]}}, "scalars[0]: the name 't' is taken"),
    ],
)  # fmt: skip
def test_bad_statements_name_the_key(change, message):
    with pytest.raises(StatementError) as error:
        read_program(GOOD | change, change.get("parameter", {}).get("bracket", [None])[0])
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ([], "statement: expected an object with the keys variables, "),
        ({}, "statement: expected the key 'variables', found no keys"),
        ({"variables": ["x"]}, "statement: expected the key 'constraints', or 'minimize' for the bound"),
        ({"variables": ["x"], "minimize": "t"}, "minimize: line 1, column 1: unknown name 't'"),
        ({"variables": ["x"], "minimize": "x", "scalars": ["t"]}, "scalars: has no meaning for a bound"),
        ({"variables": ["x"], "minimize": "x", "relaxation_order": 0}, "relaxation_order: expected an integer of at"),
    ],
)
def test_what_states_nothing_is_refused(statement, message):
    with pytest.raises(StatementError) as error:
        StatedProblem.read(statement)
    assert message in str(error.value)
    with pytest.raises(StatementError, match="not JSON"):
        SosProgram.from_json("{")


@pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data/programs.jsonl")
def test_collected_problems_are_read_and_read_back():
    rows = [json.loads(line) for line in DATA.read_text("utf-8").splitlines()]
    assert len(rows) > 50
    for row in rows:
        problem = StatedProblem.read(row["statement"])
        program = problem.program(problem.parameter and problem.parameter.upper)
        if len(program.unknowns.names) <= 60:
            assert equations(SosProgram.from_json(program.to_json())) == equations(program), row["id"]
