"""The text of an OpenAPI document in JSON to plain data, by the standard decoder.

What the decoder is lenient about is refused: a key that stands twice in one object, NaN, a number that is
too long or too large, and an escape for half of a character. The decoder does not say where it saw one of
these, so then, and only then, the text is gone through a second time by a slower reader that can.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, NoReturn

from sessionload.config.json_entries import DEEPEST, entries_of
from sessionload.errors import InputError, Place, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sessionload.config.json_entries import Entry
    from sessionload.contract.document.document_part import Part

_SENTENCES = {
    "Expecting property name": (
        "a key must stand here",
        "put keys in double quotes, and no comma after the last value",
    ),
    "Expecting ':'": ("a colon is missing here", "write a colon between key and value"),
    "Expecting ','": ("a comma or a closing bracket is missing here", "write one, and look just before this"),
    "Expecting value": ("a value must stand here", "write true, false, null, a number or a text in quotes"),
    "Extra data": ("something follows the document", "keep one document in a file"),
    "Invalid control": ("a control character stands in a text", "write \\n for a line end and \\t for a tab"),
    "Invalid \\": ("this escape is unknown", "write \\\\ for a backslash"),
    "Unterminated": ("a text has no end", "close the quote"),
}
"""What the decoder says, by its first words, and what is said here."""
_NO_JSON = ("this is not valid JSON", "look for a missing quote, colon or bracket before this")


class _LenientError(ValueError):
    """The decoder would let something through that is no JSON, or that readers differ about."""


def read_json(text: str, file: str) -> Any:  # noqa: ANN401 -- plain data
    """Return the data of a text. Raises `InputError` with its place; the codes begin with `json-`."""
    try:
        data = _DECODER.decode(text)
        if "\\u" in text:
            json.dumps(data, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise _syntax_error(error, file) from None
    except (ValueError, RecursionError):
        raise _first_fault(text, file) from None
    if _is_too_deep(data):
        raise _first_fault(text, file)
    return data


def place_in_json(text: str, file: str, part: Part) -> Place | None:
    """Return where a part of a document is written, or None where a text has no such part."""
    for entry in entries_of(text):
        if entry.part == part and (entry.is_key or not part or isinstance(part[-1], int)):
            return _place(text, file, entry)
    return None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _LenientError
    return made


def _constant(_name: str) -> NoReturn:
    raise _LenientError


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _LenientError
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)


def _syntax_error(error: json.JSONDecodeError, file: str) -> InputError:
    sentences = (sentence for start, sentence in _SENTENCES.items() if error.msg.startswith(start))
    message, hint = next(sentences, _NO_JSON)
    return InputError("json-syntax", message, place=Place(file, error.lineno, error.colno), hint=hint)


def _is_too_deep(data: object) -> bool:
    level = [data]
    for _ in range(DEEPEST):
        level = [inner for value in level for inner in _inside(value) if isinstance(inner, (dict, list))]
    return bool(level)


def _inside(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _first_fault(text: str, file: str) -> InputError:
    """Return the refusal of the first thing in a text that its data are refused for."""
    anything = InputError("json-syntax", _NO_JSON[0], place=Place(file), hint=_NO_JSON[1])
    return next(_faults(text, file), anything)


def _faults(text: str, file: str) -> Iterator[InputError]:
    names: dict[Part, set[str]] = {}
    for entry in entries_of(text):
        if entry.word in ("{", "["):
            names[entry.part] = set()
            if len(entry.part) >= DEEPEST:
                message = f"more than {DEEPEST} arrays and objects inside each other"
                place = _place(text, file, entry)
                yield InputError("json-too-deep", message, place=place, hint="write it flatter")
            continue
        fault = _text_fault(entry, names) if entry.word.startswith('"') else _number_fault(entry.word)
        if fault is not None:
            yield InputError("json-value", fault[0], place=_place(text, file, entry), hint=fault[1])


def _text_fault(entry: Entry, names: dict[Part, set[str]]) -> tuple[str, str] | None:
    """Return message and cure; `names` are those that each object has so far."""
    if "\\u" in entry.word and not _is_encodable(json.loads(entry.word)):
        return "an escape is half of a character", "write the character itself"
    if not entry.is_key:
        return None
    known, name = names[entry.part[:-1]], str(entry.part[-1])
    if name in known:
        return f"the key {quoted(name)} stands twice in one object", "remove one of them"
    known.add(name)
    return None


def _number_fault(word: str) -> tuple[str, str] | None:
    if word in ("NaN", "Infinity", "-Infinity"):
        return f"{word} is no number in JSON", "write a number, or leave it out"
    if word in ("true", "false", "null") or _is_readable(word):
        return None
    return "a number is too large for any reader", "write a smaller one"


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_readable(number: str) -> bool:
    try:
        value = json.loads(number)
    except ValueError:
        return False
    return isinstance(value, int) or math.isfinite(value)


def _place(text: str, file: str, entry: Entry) -> Place:
    line = text.count("\n", 0, entry.offset) + 1
    return Place(file, line, entry.offset - text.rfind("\n", 0, entry.offset))
