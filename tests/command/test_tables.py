"""Tables as inputs and outputs: every value comes back, columns have other names, and what is wrong is named."""

import json

import pytest
from command_runs import run
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nsos_jax.tables import ENDINGS, Columns, TableError, read_rows, write_rows

pytestmark = pytest.mark.usefixtures("own_folder")
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.just("")
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(["margin", "n", "certificate", "note", "a,b", "x\ty"])
ROWS = st.lists(
    st.fixed_dictionaries({"id": TEXTS, "polynomial": TEXTS}, optional=None)
    | st.dictionaries(KEYS, VALUES, min_size=1),
    min_size=1,
    max_size=5,
)


def full(rows):
    """With null where a row lacks a key that another one has."""
    keys = dict.fromkeys(key for row in rows for key in row)
    return [{key: row.get(key) for key in keys} for row in rows]


@pytest.mark.parametrize("ending", ENDINGS)
@given(rows=ROWS)
@example(rows=[{"x\ty": None}])
@settings(max_examples=30, deadline=None)
def test_rows_come_back_as_they_were(tmp_path_factory, ending, rows):
    path = str(tmp_path_factory.getbasetemp() / f"rows{ending}")
    assert write_rows(path, lambda: rows) == len(rows)
    assert repr(list(read_rows(path))) == repr(full(rows))


def test_columns_have_other_names(tmp_path):
    (tmp_path / "in.csv").write_text("name,expr,polynomial\na,x^2 + 1,spoilt\nb,1,2\n")
    done = run("certify", "in.csv", "--column", "polynomial=expr", "--column", "id=name", "--json")
    records = [json.loads(line) for line in done.output.splitlines()]
    assert [(r["id"], r["polynomial"], r["status"]) for r in records] == [("a", "x^2 + 1", "SOS"), ("b", "1", "SOS")]


@pytest.mark.parametrize("ending", ENDINGS)
def test_results_go_through_a_table_and_still_hold(ending):
    run("certify", "x^2 + 1", "x^2*y^2 - x", "x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1", "x^", "-o", "results.jsonl")
    assert run("convert", "results.jsonl", f"results{ending}").exit_code == 0
    verified = run("verify", f"results{ending}")
    assert verified.output.replace(f"results{ending}", "results.jsonl") == run("verify", "results.jsonl").output
    assert run("explain", f"results{ending}", "--id", "x^2 + 1").exit_code == 0
    assert run("convert", f"results{ending}", "back.jsonl").exit_code == 0
    with open("results.jsonl") as before, open("back.jsonl") as after:
        assert list(map(json.loads, before)) == list(map(json.loads, after))


def test_tables_of_others_are_inputs(tmp_path):
    pytest.importorskip("pyarrow")
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.table({"polynomial": ["x^2 + 1", "1", None], "id": [3, 4, 5], "degree": [2, 0, None]})
    parquet.write_table(table, "in.parquet")
    done = run("certify", "in.parquet", "--json")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(r["id"], r["status"]) for r in records] == [(3, "SOS"), (4, "SOS"), (5, None)]
    assert records[0]["degree"] == 2


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_row_has_a_record(ending):
    """Also one of nulls alone, so that rows and records are as many."""
    rows = [{"id": "a", "polynomial": "x^2"}, {"id": None, "polynomial": None}, {"id": "c", "polynomial": None}]
    write_rows(f"in{ending}", lambda: rows)
    records = [json.loads(line) for line in run("certify", f"in{ending}", "--json").stdout.splitlines()]
    assert [(record["id"], record["status"]) for record in records] == [
        ("a", "SOS"),
        (f"in{ending}:2", None),
        ("c", None),
    ]
    assert "polynomial: the cell is empty" in records[1]["error"]


def test_json_nested_too_deep_in_a_table_is_told(tmp_path):
    pytest.importorskip("pyarrow")
    import pyarrow
    from pyarrow import parquet

    ours = {b"nsos": b"json"}
    schema = pyarrow.schema([pyarrow.field("polynomial", pyarrow.string(), metadata=ours)], metadata=ours)
    parquet.write_table(pyarrow.table([["[" * 100_000]], schema=schema), "in.parquet")
    done = run("certify", "in.parquet")
    assert done.exit_code == 2
    assert "recursion" in done.output


def test_a_bound_reads_tables(tmp_path):
    (tmp_path / "in.tsv").write_text("id\tpolynomial\na\tx^2 + 1\n")
    assert json.loads(run("bound", "in.tsv", "--json").output)["lower"] == "1"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no polynomials"),
        ("polynomial\n", "holds no polynomials"),
        ("expr\nx^2\n", "--column polynomial=NAME"),
        ("polynomial,n\nx^2\n", "expected 2 cells"),
        ("polynomial\nx^2,1\n", "expected 1 cells"),
        ("a,a\nx,y\n", "two columns have one name"),
        ('polynomial\n"x^2\n', "unexpected end of data"),
    ],
)
def test_what_is_wrong_in_a_table_is_named(tmp_path, content, message):
    (tmp_path / "in.csv").write_text(content)
    done = run("certify", "in.csv")
    assert done.exit_code == 2
    assert message in done.output
    assert "in.csv: " in done.output


@pytest.mark.parametrize("ending", [ending for ending in ENDINGS if ending not in (".csv", ".tsv")])
def test_files_that_are_no_tables(tmp_path, ending):
    (tmp_path / f"in{ending}").write_bytes(b"polynomial\nx^2\n")
    for command in ("certify", "verify"):
        done = run(command, f"in{ending}")
        assert done.exit_code == 2
        assert "no table" in done.output


def test_columns_that_are_missing(tmp_path):
    (tmp_path / "in.csv").write_text("expr\nx^2\n")
    assert "there is no column 'p', only 'expr'" in run("certify", "in.csv", "--column", "polynomial=p").output
    assert "expected KEY=NAME" in run("certify", "in.csv", "--column", "p").output
    assert "given twice" in run("certify", "in.csv", "--column", "p=a", "--column", "p=b").output
    with pytest.raises(TableError, match="no column"):
        list(read_rows("in.csv", Columns({"polynomial": "p"})))


def test_the_package_that_reads_them_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    (tmp_path / "in.parquet").write_bytes(b"")
    assert "pip install 'nsos-jax[data]'" in run("certify", "in.parquet").output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("in.jsonl", "out.xml"), "expected a file that ends in"),
        (("none.jsonl", "out.csv"), "no such file"),
        (("in.jsonl", "there.csv"), "--overwrite replaces it"),
        (("bad.jsonl", "out.csv"), "line 2: not JSON"),
        (("list.jsonl", "out.csv"), "line 1: expected a JSON object, got list"),
    ],
)
def test_what_cannot_be_converted(tmp_path, arguments, message):
    for name, content in {"in": "{}", "bad": '{"a": 1}\n{', "list": "[]"}.items():
        (tmp_path / f"{name}.jsonl").write_text(content)
    (tmp_path / "there.csv").write_text("kept")
    done = run("convert", *arguments)
    assert done.exit_code == 2
    assert message in done.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.jsonl", "in.jsonl", "list.jsonl", "there.csv"]
    assert (tmp_path / "there.csv").read_text() == "kept"


def test_an_id_chooses_a_record(tmp_path):
    lines = [{"id": name, "polynomial": "x^2"} for name in ("a", "b", "b")]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, lines)))
    run("certify", "in.jsonl", "-o", "out.jsonl")
    assert run("explain", "out.jsonl", "--id", "a").exit_code == 0
    assert "2 records with the id 'b' on lines 2, 3" in run("explain", "out.jsonl", "--id", "b").output
    assert "0 records with the id 'c'" in run("explain", "out.jsonl", "--id", "c").output
    assert "nothing.jsonl: cannot be read: No such file" in run("explain", "nothing.jsonl", "--id", "c").output
    assert "leave one out" in run("explain", "out.jsonl", "--id", "a", "--line", "1").output


def test_polynomials_are_translated(tmp_path):
    (tmp_path / "in.jsonl").write_text('{"polynomial": "xy² + 3//2x", "n": 1}\n{"polynomial": "y₁"}\n')
    done = run("convert", "in.jsonl", "out.csv", "--notation", "julia", "--variables", "x,y,y1")
    assert done.exit_code == 0, done.output
    assert [row["polynomial"] for row in read_rows("out.csv")] == ["x*y^2 + 3/2*x", "y1"]
    run("convert", "out.csv", "back.jsonl", "--to-notation", "julia")
    assert [row["polynomial"] for row in read_rows("back.jsonl")] == ["x*y^2 + 3//2*x", "y1"]
    assert "row 1: line 1, column 1: xy may be" in run("convert", "in.jsonl", "no.csv", "--notation", "julia").output
    assert "leave it out" in run("convert", "in.jsonl", "no.csv", "--variables", "x").output
    (tmp_path / "bad.jsonl").write_text('{"p": "x"}')
    assert "row 1: expected the key" in run("convert", "bad.jsonl", "no.csv", "--notation", "sage").output
    assert not (tmp_path / "no.csv").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("polynomial;n\nx^2;1\n", "cells are divided by semicolons, expected commas in a .csv file"),
        ("polynomial|n\nx^2|1\n", "cells are divided by bars"),
        ("expr,n\nx^2,1\nx^4,2\nx,3\n", "there is no column 'polynomial', only 'expr', 'n': --column polynomial=NAME"),
    ],
)
@pytest.mark.parametrize("command", ["certify", "bound"])
def test_one_message_for_a_table_and_no_output(tmp_path, command, content, message):
    (tmp_path / "in.csv").write_text(content)
    done = run(command, "in.csv", "-o", "out.jsonl")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.count("in.csv") <= 2
    assert message in done.stderr
    assert not (tmp_path / "out.jsonl").exists()
