"""The text of an OpenAPI document in JSON to plain data, by the standard decoder.

What the decoder is lenient about is refused: a key that stands twice in one object, NaN, and an escape for
half of a character. The decoder does not say where it saw one of these, so such a refusal names the file
alone.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, NoReturn

from sessionload.errors import InputError, Place, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

DEEPEST = 64
"""The most arrays and objects inside each other."""

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


class _RefusedError(ValueError):
    """Something that the decoder would let through: message and cure."""


def read_json(text: str, file: str) -> Any:  # noqa: ANN401 -- plain data
    """Return the data of a text. Raises `InputError`; the codes begin with `json-`."""
    try:
        data = _DECODER.decode(text)
        if "\\u" in text:
            json.dumps(data, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise _syntax_error(error, file) from None
    except _RefusedError as error:
        message, cure = error.args
        raise InputError("json-value", message, place=Place(file), hint=cure) from None
    except UnicodeEncodeError:
        message = "an escape is half of a character"
        raise InputError(
            "json-value", message, place=Place(file), hint="write the character itself"
        ) from None
    except RecursionError:
        raise _too_deep(file) from None
    if _is_too_deep(data):
        raise _too_deep(file)
    return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _RefusedError(f"the key {quoted(twice)} stands twice in one object", "remove one of them")
    return made


def _constant(name: str) -> NoReturn:
    raise _RefusedError(f"{name} is no number in JSON", "write a number, or leave it out")


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _RefusedError("a number is too large for any reader", "write a smaller one")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)


def _syntax_error(error: json.JSONDecodeError, file: str) -> InputError:
    message, hint = "this is not valid JSON", "look for a missing quote, colon or bracket before this"
    for start, sentence in _SENTENCES.items():
        if error.msg.startswith(start):
            message, hint = sentence
            break
    return InputError("json-syntax", message, place=Place(file, error.lineno, error.colno), hint=hint)


def _too_deep(file: str) -> InputError:
    message = f"more than {DEEPEST} arrays and objects inside each other"
    return InputError("json-too-deep", message, place=Place(file), hint="write it flatter")


def _is_too_deep(data: object) -> bool:
    level = [data]
    for _ in range(DEEPEST + 1):
        level = [inner for value in level for inner in _inside(value) if isinstance(inner, (dict, list))]
    return bool(level)


def _inside(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
