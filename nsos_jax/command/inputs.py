"""What all commands but `verify` and `explain` read: arguments, files and standard input become entries, also bad ones.

Of polynomials:

| argument                     | read as                                                                           |
|------------------------------|-----------------------------------------------------------------------------------|
| `-`                          | standard input: JSON lines if its first character is '{', else a polynomial a line |
| a URL such as `s3://b/*.csv` | the files that fsspec finds there, each by its ending                              |
| a file `*.jsonl` or `*.json` | one JSON object per line, with the key `polynomial`                                |
| a table (`tables.ENDINGS`)   | one row each, with the column `polynomial`, or the one that stands for it         |
| any other file               | one polynomial, with line breaks and a final ';' allowed                           |
| what looks like a path       | a missing file: it ends in .txt, .jsonl, .json, begins with ./, ../, / or ~, or is |
|                              | like name.csv                                                                      |
| anything else                | polynomial text                                                                    |

Of programs and questions of control all files but tables, and standard input, hold one JSON object per line, with the
key `statement` or a statement itself; a table has the column `statement`, or those of statements.

Blank lines are skipped; an input without any other line is bad. Nothing is read before it is asked for, so inputs can
be of any length.
"""

import itertools
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import IO, Any, NoReturn

from nsos_jax.command.entries import POLYNOMIALS, Entry, Subject, entry_of_values
from nsos_jax.polynomials import ParseError, Polynomial
from nsos_jax.tables import ENDINGS, Columns, TableError, is_elsewhere, is_table, matching, opened, read_rows

MAX_BYTES = 64 * 2**20
"""Largest size of one polynomial's text, or of one line."""

MOST_NAMED = 20
"""Columns in a message."""
MOST_COUNTED = 256 * 2**20
"""Bytes of a file whose lines are counted."""
_JSON_ENDINGS = (".jsonl", ".json")
_PATH_BEGINNINGS = ("./", "../", "/", "~")
_FILE_NAME = re.compile(r"[^\W\d]\w*\.[^\W\d]\w*")  # which cannot be polynomial text
_EXAMPLE = "a polynomial such as x^2 - 2*x + 1"
_ONE_EACH = (
    "a .txt file or an argument holds one polynomial, several go one per line through standard input "
    "(nsos certify - < FILE) or into a .jsonl file"
)


def read_polynomial(text: str) -> Polynomial:
    """The polynomial; ValueError says what is wrong and what was expected."""
    if not text.strip():
        raise ValueError(f"the text is empty, expected {_EXAMPLE}")
    try:
        return Polynomial.parse(text)
    except ParseError as error:
        raise _explain_lines(error, text) from None


def read_entries(
    arguments: Iterable[str], stdin: IO[bytes], subject: Subject = POLYNOMIALS, columns: Columns | None = None
) -> Iterator[Entry]:
    """The entries of all arguments, in order. Never raises for what an input holds.

    Args:
      arguments: paths, texts, or "-".
      stdin: standard input.
      subject: what the entries hold.
      columns: what the columns of tables are called.

    >>> import io
    >>> [entry.given for entry in read_entries(["x^2", "-"], io.BytesIO(b"x + 1\\n\\ny"))]
    ['x^2', 'x + 1', 'y']
    """
    for number, argument in enumerate(arguments, 1):
        if argument == "-":
            yield from _read_stream(stdin, subject)
        elif is_elsewhere(argument):
            yield from _read_elsewhere(argument, subject, columns)
        elif os.path.isdir(argument):
            wanted, ending = ("a file or polynomial text", "txt") if subject.as_text else ("a file", "jsonl")
            files = os.path.join(argument, f"*.{ending}")
            yield Entry(argument, argument, problem=f"is a folder, expected {wanted} (for its files: {files})")
        elif is_table(argument) and os.path.exists(argument):
            yield from _read_table(argument, subject, columns)
        elif os.path.exists(argument):
            yield from _read_file(argument, subject)
        elif (
            not subject.as_text
            or argument.endswith((".txt", *_JSON_ENDINGS, *ENDINGS))
            or argument.startswith(_PATH_BEGINNINGS)
            or _FILE_NAME.fullmatch(argument)
        ):
            yield Entry(argument, argument, problem="no such file")
        else:
            text = argument.strip()
            yield Entry(text if len(text) <= 60 else text[:57] + "...", f"argument {number}", text)


def check_tables(arguments: Iterable[str], subject: Subject = POLYNOMIALS, columns: Columns | None = None) -> None:
    """Looks at the head of each table, before any output is made.

    Raises:
      TableError: one has no column for the subject, or not the form of a table.
      OSError: one cannot be read.
    """
    for path in arguments:
        if is_table(path) and os.path.isfile(path):
            try:
                row = next(read_rows(path, columns), None)
            except TableError as error:
                raise TableError(f"{path}: {error}") from None
            if row is not None and subject.key not in row and subject.bare not in row:
                names = ", ".join(map(repr, list(row)[:MOST_NAMED])) + ", ..." * (len(row) > MOST_NAMED)
                hint = f": --column {subject.key}=NAME says which it is" if subject.as_text else ""
                raise TableError(f"{path}: there is no column {subject.key!r}, only {names}{hint}")


def count_entries(arguments: Iterable[str], subject: Subject = POLYNOMIALS) -> int | None:
    """How many entries there will be, None where only reading can tell."""
    counts = [_count_argument(name, subject) for name in arguments]
    return None if None in counts else sum(count or 0 for count in counts)


def _count_argument(name: str, subject: Subject) -> int | None:
    """Lines of a file are counted, where it is no pipe and of a size that takes no time."""
    if name == "-" or is_elsewhere(name) or name.endswith(ENDINGS):
        return None
    if subject.as_text and not name.endswith(_JSON_ENDINGS):
        return 1
    try:
        if not os.path.isfile(name) or os.path.getsize(name) > MOST_COUNTED:
            return None
        with open(name, "rb") as file:
            return sum(1 for line in file if line.strip())
    except OSError:
        return None


def _read_elsewhere(url: str, subject: Subject, columns: Columns | None) -> Iterator[Entry]:
    try:
        found = matching(url)
    except OSError as error:
        yield Entry(url, url, problem=str(error))
        return
    if not found:
        yield Entry(url, url, problem="no such file")
    for path in found:
        yield from _read_table(path, subject, columns) if is_table(path) else _read_file(path, subject)


def _explain_lines(error: ParseError, text: str) -> ParseError:
    """The error, which also says what to do where a second polynomial begins on a new line."""
    *earlier, line = f"{text[: error.position]}|".splitlines(keepends=True)
    before = "".join(earlier)
    if line[:-1].strip() or not before.strip():
        return error
    try:
        Polynomial.parse(before)
    except ValueError:
        return error
    return ParseError(f"{error.reason}; {_ONE_EACH}", text, error.position)


def _read_file(path: str, subject: Subject) -> Iterator[Entry]:
    try:
        with opened(path) as file:
            if path.endswith(_JSON_ENDINGS) or not subject.as_text:
                yield from _read_lines(file, path, partial(_json_entry, subject=subject), subject)
            else:
                content = file.read(MAX_BYTES + 1)
                yield _too_large(path, path) if len(content) > MAX_BYTES else _text_entry(content, path)
    except OSError as error:
        yield Entry(path, path, problem=f"cannot be read: {error.strerror or error}")


def _read_table(path: str, subject: Subject, columns: Columns | None) -> Iterator[Entry]:
    """One entry per row, also of nulls alone: what counts rows is to find as many records."""
    number = 0
    try:
        for number, row in enumerate(read_rows(path, columns), 1):
            values = {key: value for key, value in row.items() if value is not None}
            entry = entry_of_values(values, f"{path}:{number}", subject)
            if entry.given is None and row.get(subject.key, "") is None:
                entry = replace(entry, problem=f"{subject.key}: the cell is empty")
            yield entry
        if not number:
            yield Entry(path, path, problem=f"holds no {subject.word}, expected one per row")
    except OSError as error:
        yield Entry(path, path, problem=f"cannot be read: {error.strerror or error}")
    except TableError as error:
        place = f"{path}:{number + 1}" if number else path
        yield Entry(place, place, problem=str(error))


def _read_stream(stdin: IO[bytes], subject: Subject) -> Iterator[Entry]:
    """Standard input, whose first character that is no space tells what it holds."""
    start = []
    for line in iter(lambda: stdin.readline(MAX_BYTES + 1), b""):
        start.append(line)
        if line.lstrip(b"\xef\xbb\xbf \t\r\n"):
            break
    is_json = bool(start) and start[-1].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    make = partial(_json_entry, subject=subject) if is_json or not subject.as_text else _text_entry
    yield from _read_lines(stdin, "stdin", make, subject, start)


def _read_lines(
    file: IO[bytes], name: str, make: Callable[[bytes, str], Entry], subject: Subject, start: Iterable[bytes] = ()
) -> Iterator[Entry]:
    """One entry per line that is not blank, `start` being the lines already read."""
    lines = itertools.chain(start, iter(lambda: file.readline(MAX_BYTES + 1), b""))
    empty = True
    for number, line in enumerate(lines, 1):
        place = f"{name}:{number}"
        if len(line) > MAX_BYTES:
            yield _too_large(place, place)
            return  # what follows may have no end
        if line.strip(b"\xef\xbb\xbf \t\r\n"):
            empty = False
            yield make(line.rstrip(b"\r\n"), place)
    if empty:
        yield Entry(name, name, problem=f"holds no {subject.word}, expected one per line")


def _too_large(id: str, place: str) -> Entry:
    return Entry(id, place, problem=f"expected at most {MAX_BYTES >> 20} MiB of text; nothing more of it was read")


def _text_entry(content: bytes, place: str) -> Entry:
    try:
        return Entry(place, place, _decode(content, _EXAMPLE))
    except ValueError as error:
        return Entry(place, place, problem=str(error))


def _json_entry(line: bytes, place: str, subject: Subject) -> Entry:
    try:
        values = decode_json(line, "one JSON object on the line")
    except ValueError as error:
        return Entry(place, place, problem=str(error))
    return entry_of_values(values, place, subject)


def _decode(content: bytes, expected: str) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise ValueError(f"this is not UTF-8 text (a binary file?), expected {expected}")
    return text


def decode_json(content: bytes, expected: str) -> Any:
    """The value; ValueError says what is wrong and what was expected."""
    text = _decode(content, expected)
    try:
        return json.loads(text, parse_constant=_not_json, parse_float=_finite, parse_int=_integer)
    except json.JSONDecodeError as error:
        place = f"column {error.colno}" if error.lineno == 1 else f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"not JSON: {error.msg} at {place}, expected {expected}") from None
    except RecursionError:
        raise ValueError("not JSON: nested too deeply") from None


def _integer(token: str) -> int:
    if len(token) > 4000:  # Python refuses to convert more than 4,300 digits
        raise ValueError("a number has too many digits, expected at most 4000")
    return int(token)


def _not_json(token: str) -> NoReturn:
    raise ValueError(f"not JSON: {token} is no JSON number")


def _finite(token: str) -> float:
    value = float(token)
    return value if abs(value) != float("inf") else _not_json(token)
