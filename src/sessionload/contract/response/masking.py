"""An excerpt of a body that shows what is wrong and cannot hold a secret.

No key appears, nor its first eight characters, wherever in a body it stands. JSON is shown as its shape,
with a length for each text; of anything else only plain words and short pieces are shown. A key need not
have digits and may be escaped, encoded or cut off, so the rule is to show what looks like a word, not to
hide what looks like a key. So a number is shown only where its name says that it is a status or the like.
A key that is itself a plain word looks like one; it is shown only outside the values of JSON.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from sessionload.contract.json_data.strict_json import is_too_deep

if TYPE_CHECKING:
    from collections.abc import Iterator

_WINDOW = 8192
"""How many bytes of a body are looked at; a larger body is never parsed."""
_NESTING = 4
_ITEMS = 3
_MEMBERS = 12
_NAME_LENGTH = 40
_SHOWN_DIGITS = 6

_SHORT_NAME = re.compile(r"[A-Za-z0-9_$-]{1,7}")
_NAME_WORDS = (
    "access account action after agent allowed api argument assistant attempt auth authorization "
    "available bad body cause client code content context conversation count created data date debug "
    "default description detail details doc documentation environment error errors exception expected "
    "expires expiry failed failure field flow forbidden found gateway header headers help host http id "
    "ids in index instance internal invalid is issue issues item items json key keys kind level limit "
    "link list location max message messages meta method min missing name not number of on operation "
    "param parameter path payload project property query rate reason ref request required response result "
    "results retry schema secret server service session sessions stack start state status success text "
    "time timestamp title token trace traces type uri url user users uuid valid validation value values "
    "version voice "
)
_LONGEST_FIRST = "|".join(sorted(_NAME_WORDS.split(), key=len, reverse=True))
_NAME = re.compile(f"(?:[_.-]?(?>{_LONGEST_FIRST}))++", re.IGNORECASE)
"""A longer name is shown when it is made of these words: it cannot be a key then, and wrong case shows."""
_COUNT_WORDS = "code count error errorcode limit maximum minimum retryafter status statuscode"
_COUNTS = frozenset(_COUNT_WORDS.split())
"""Names of numbers that are shown, in small letters and without hyphens: no key is called so."""
_SEPARATOR = re.compile(r"[_.-]")
_WORD = re.compile(r"[A-Z]?[a-z]{0,14}|[A-Z]{1,14}")
_RUN = re.compile(r"""[^\s"'<>(){}\[\],]+""")
"""What a key could be part of: escapes, entities and control characters do not end it."""
_EDGES = ".:;!?/=-~_+%&#*|"
_QUOTED_VALUE = re.compile(r'(:\s*+)"((?:[^"\\]++|\\.)*+)(?:"|\\?\Z)', re.DOTALL)
_NUMBER_VALUE = re.compile(r'"([^"\\]*+)"(\s*+:\s*+)(-?\d[\d.eE+-]*+)')
"""A number after its name, in what is JSON only in part."""
_LONG_NUMBER = re.compile(r"(?:[.eE+-]?\d){4,}+")
"""A number in a text with more digits than a status has."""
_UNPRINTABLE = re.compile(r"[^ -~]")


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


class _Members(tuple[tuple[str, Any], ...]):
    """An object with its names as they were written, duplicates included."""

    __slots__ = ()


_DECODER = json.JSONDecoder(
    object_pairs_hook=_Members, parse_float=_Number, parse_int=_Number, parse_constant=_Number, strict=False
)


def mask(body: bytes, limit: int = 200) -> str:
    """Return at most `limit` characters, on one line, that show the form of `body` and none of its secrets.

    JSON, lenient readings of it included, is shown as its shape: names of properties, lengths of texts.
    Anything else is shown as printable ASCII in which each run of eight or more characters that is not a
    plain word, and no name made of known words, stands as its length.
    """
    if not body:
        return "(empty body)"
    return _cut(_shape(body) or _text(body), limit)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _shape(body: bytes) -> str:
    if len(body) > _WINDOW or is_too_deep(body):
        return ""
    try:
        value = _DECODER.decode(body.decode("utf-8-sig"))
    except ValueError:
        return ""
    return "".join(_pieces(value, 0, ""))


def _pieces(value: object, depth: int, name: str) -> Iterator[str]:
    """Yield the pieces of a value that is called `name`, or has none."""
    if isinstance(value, _Number):
        yield _number(value, name)
    elif isinstance(value, str):
        yield f'"<{_length(len(value))}>"'
    elif isinstance(value, _Members):
        yield from _joined(value, "{}", _MEMBERS, depth)
    elif isinstance(value, list):
        yield from _joined(value, "[]", _ITEMS, depth)
    else:
        yield json.dumps(value)


def _joined(items: _Members | list[Any], ends: str, most: int, depth: int) -> Iterator[str]:
    yield ends[0]
    if depth >= _NESTING:
        yield "…" * bool(items)
    else:
        for index, item in enumerate(items[:most]):
            yield ", " * bool(index)
            if isinstance(items, _Members):
                yield f'"{_name(item[0])}": '
                yield from _pieces(item[1], depth + 1, item[0])
            else:
                yield from _pieces(item, depth + 1, "")
        if len(items) > most:
            yield f", … {len(items) - most} more"
    yield ends[1]


def _name(name: str) -> str:
    if _SHORT_NAME.fullmatch(name) or _is_name(name):
        return _cut(name, _NAME_LENGTH)
    return f"<{_length(len(name))}>"


def _is_name(text: str) -> bool:
    return bool(_NAME.fullmatch(text))


def _number(text: str, name: str) -> str:
    digits = sum(character.isdigit() for character in text)
    if not digits or (digits <= _SHOWN_DIGITS and _SEPARATOR.sub("", name).lower() in _COUNTS):
        return text
    return f"<{digits} digit{'s' * (digits != 1)}>"


def _length(count: int) -> str:
    return "1 character" if count == 1 else f"{count} characters"


def _text(body: bytes) -> str:
    text = body[:_WINDOW].decode("latin-1")
    if len(body) > _WINDOW:
        text = text[: len(text) - len(_last_run(text))] + "…"
    text = _NUMBER_VALUE.sub(lambda found: f'"{found[1]}"{found[2]}{_number(found[3], found[1])}', text)
    text = _QUOTED_VALUE.sub(lambda value: f'{value[1]}"<{_length(len(value[2]))}>"', text)
    return _UNPRINTABLE.sub(_dot, _RUN.sub(_run, text))


def _last_run(text: str) -> str:
    """Return the run that the window cuts: its beginning could be a key's, too short to be masked."""
    return re.split(r"""[\s"'<>(){}\[\],]""", text)[-1]


def _run(match: re.Match[str]) -> str:
    run = match[0]
    core = run.strip(_EDGES)
    if _LONG_NUMBER.fullmatch(core):
        return f"<{_length(len(run))}>"
    if len(run) < 8 or _WORD.fullmatch(core) or _is_name(core):
        return run
    return f"<{_length(len(run))}>"


def _dot(match: re.Match[str]) -> str:
    return "…" if match[0] == "…" else "·"
