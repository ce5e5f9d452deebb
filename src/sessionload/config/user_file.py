"""The user IDs in the lines of a file: one column of a CSV file with a header, or without one an ID a line.

Messages name lines, and never repeat an ID. A quote that is not closed swallows the lines after it, so the
message names the line where it was opened, not the one where the reader gave up.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sessionload.errors import InputError, Place, nearest
from sessionload.workload.text_list import TextList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sessionload.config.node import Node

_SEPARATORS = {";": "';'", "\t": '"\\t"', "|": "'|'", ",": "','"}
_TOO_LONG = "field larger than field limit"
_HEADERS = {
    *("id", "ids", "user", "users", "userid", "userids", "username", "name", "email", "mail", "uuid", "guid"),
    *("customer", "customerid", "login", "account", "accountid", "externalid", "uid"),
}
"""What a column of user IDs is called, in small letters without spaces, `_` and `-`."""
_HEADER_FIELD = re.compile(r"[A-Za-z_][A-Za-z_ .-]{0,39}")
_NO_END = "unexpected end of data"


@dataclass(frozen=True, slots=True)
class UserFile:
    """A file of user IDs, named from where the program was started; `column` is one of a CSV header."""

    path: str
    column: str | None
    place: Place
    separator: str = ","
    """What stands between the fields of a line where there is a `column`."""


def separator_of(source: Node) -> str:
    """Return the separator that a mapping says, which has a `file` and perhaps a `column`."""
    node = source.get("separator")
    if node is None:
        return ","
    if source.get("column") is None:
        message = f"{node.name} is for a CSV file with a column"
        raise node.refuse("unused-key", message, "add column, or remove it", at_key=True)
    text: str = node.value if isinstance(node.value, str) else node.text()
    if len(text) != 1 or text in '"\r\n':
        message = f"{node.name} must be a single character, and neither a quote nor a line end"
        raise node.refuse("bad-separator", message, 'write it like ";", or "\\t" for a tab character')
    return text


def user_ids_of(lines: Iterable[str], file: UserFile) -> TextList:
    """Return the IDs in the lines of `file`, each with its line end.

    Raises `InputError` (no-user-ids, empty-user-id, csv-header, no-such-column, bad-csv).
    """
    ids = TextList.of(
        _plain(lines, file) if file.column is None else _column(lines, file, file.column, _empty)
    )
    if not ids:
        hint = "write an ID on each line" + ("" if file.column is None else " below the header")
        raise _refuse("no-user-ids", "there is no user ID in this file", hint, file, 1)
    return ids


def column_of(lines: Iterable[str], file: UserFile, column: str, named_at: Place) -> TextList:
    """Return what stands in another column of `file`, as many texts as there are IDs.

    `named_at` is where the scenario names it. Raises `InputError` (no-such-column, empty-cell, bad-csv).
    """
    try:
        return TextList.of(_column(lines, file, column, empty_cell))
    except InputError as error:
        if error.code != "no-such-column":
            raise
        message = f"there is no column '{column}' in the header of {file.path}"
        raise InputError("no-such-column", message, place=named_at, hint=error.hint) from None


def _plain(lines: Iterable[str], file: UserFile) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if number == 1:
            _refuse_header(line, file)
        if line.isspace():
            raise _empty(file, number)
        yield line.removesuffix("\n")


def _refuse_header(line: str, file: UserFile) -> None:
    """Ask which is meant when the first line reads like the header of a CSV file."""
    fields = re.split(r"[,;\t|]", line.strip())
    names = [field.strip().strip('"') for field in fields]
    known = [name for name in names if re.sub(r"[ _-]", "", name.lower()) in _HEADERS]
    if known and all(_HEADER_FIELD.fullmatch(name) for name in names):
        message = "is the first line the header of a CSV file? Without a column, it is taken for a user ID"
        hint = f"if it is one, add column: {known[0]}; if it is an ID, let another one be the first"
        raise _refuse("csv-header", message, hint, file, 1)


def _column(
    lines: Iterable[str], file: UserFile, column: str, empty: Callable[[UserFile, int], InputError]
) -> Iterator[str]:
    return (cell for _, cell in cells_of(lines, file, column, empty))


def cells_of(
    lines: Iterable[str], file: UserFile, column: str, empty: Callable[[UserFile, int], InputError]
) -> Iterator[tuple[int, str]]:
    """Yield what stands in a column of a CSV file, each with the line in which its row ends.

    `empty` makes the error of a row that has nothing there. Raises `InputError` (no-such-column, bad-csv).
    """
    record: list[str] = []
    """The lines of the record that is being read."""
    reader = csv.reader(_kept(lines, record), delimiter=file.separator, strict=True)
    first_line = 1
    try:
        header = next(reader, [])
        if column not in header:
            message = f"there is no column '{column}' in the header of this file"
            hint = _other_separator(header, file) or nearest(column, header)
            raise _refuse("no-such-column", message, hint, file, 1)
        index = header.index(column)
        record.clear()
        first_line = reader.line_num + 1
        for row in reader:
            cell = row[index] if index < len(row) else ""
            if not cell.strip():
                raise empty(file, reader.line_num)
            yield reader.line_num, cell
            record.clear()
            first_line = reader.line_num + 1
    except csv.Error as error:
        raise _bad_csv(str(error), file, record, first_line) from None


def _kept(lines: Iterable[str], record: list[str]) -> Iterator[str]:
    for line in lines:
        record.append(line)
        yield line


def _other_separator(header: list[str], file: UserFile) -> str:
    """Return a hint if the header has the column when it is split at another separator."""
    if len(header) == 1:
        for separator, written in _SEPARATORS.items():
            if file.column in header[0].split(separator):
                return f"add separator: {written}"
    return ""


def _bad_csv(problem: str, file: UserFile, record: list[str], first_line: int) -> InputError:
    last_line = first_line + len(record) - 1
    opened = _opening_line(record, file.separator, first_line)
    limit = f"{csv.field_size_limit():,}"
    close = "close the quote, or double each quote that belongs to a field"
    if problem == _NO_END:
        return _refuse("bad-csv", "a quote is opened in this line and never closed", close, file, opened)
    if problem.startswith(_TOO_LONG) and opened < last_line:
        message = f"a quote is opened in this line and not closed within {limit} characters"
        return _refuse("bad-csv", message, close, file, opened)
    if problem.startswith(_TOO_LONG):
        message = f"a field in this line has more than {limit} characters"
        return _refuse("bad-csv", message, "shorten it, or take it out of the file", file, last_line)
    hint = 'double each quote inside a quoted field: "like ""this"""'
    return _refuse("bad-csv", "this is not CSV", hint, file, last_line)


def _opening_line(record: list[str], separator: str, first_line: int) -> int:
    """Return the line in which the last quoted field of a record begins; the last line if there is none."""
    opened = first_line + len(record) - 1
    inside, before = False, separator
    for number, line in enumerate(record, first_line):
        for character in line:
            if character == '"' and (inside or before in (separator, '"', "\n", "\r")):
                if not inside and before != '"':
                    opened = number
                inside = not inside
            before = character
    return opened


def _empty(file: UserFile, line: int) -> InputError:
    return _refuse("empty-user-id", "there is no user ID in this line", "remove the line", file, line)


def empty_cell(file: UserFile, line: int) -> InputError:
    """Return the error of a row in which a column other than that of the user IDs is empty."""
    message = "a column that the scenario names is empty in this line"
    return _refuse("empty-cell", message, "fill it in, or remove the line", file, line)


def _refuse(code: str, message: str, hint: str, file: UserFile, line: int) -> InputError:
    return InputError(code, message, place=Place(file.path, line), hint=hint)
