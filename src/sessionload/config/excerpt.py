"""The line in which a mistake stands, with what is wrong underlined.

A line may hold a key, in a place where nobody expects it. So a word is shown only while it has the form of a
quantity, of a short plain word or of a reference; of an environments file, whose values are addresses, IDs
and headers, only keys, quantities and references are. What is not shown is a dot for each character, so that
places stay right. Comments are left out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sessionload.secret import may_be_key

if TYPE_CHECKING:
    from sessionload.errors import Place

_TOKEN = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]{0,39}\}|[^\s{}\[\],:\"'#<>=]+")
_ANYWHERE = re.compile(
    r"\$\{\w+\}|-?[0-9][0-9.]{0,5}(?:%|/?[A-Za-z]{0,4})|true|false|null|-{1,3}|p[0-9.]{1,5}"
)
_KEY = re.compile(r"[A-Za-z_][A-Za-z_.-]{0,39}")
_COLON = re.compile(r":(?:\s|$)")
_WORD = re.compile(r"[A-Za-z]?[a-z_.()/|;!?&*+-]{0,19}|[A-Z_]{1,20}|[a-z-]{1,10}[0-9]{1,2}")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_WIDTH = 76
_HIDDEN = "·"


def excerpt(text: str, place: Place, *, careful: bool = False) -> str:
    """Return the line of `text` at `place` and one that underlines it; nothing if there is no such line.

    With `careful`, values are shown only where they are quantities or references.
    """
    lines = text.splitlines()
    if place.line is None or place.column is None or place.line > len(lines):
        return ""
    line = lines[place.line - 1]
    if may_be_key(line):
        return ""
    start = place.column - 1
    end = max(_end(line, start), start + 1)
    shown = _shown(line, careful=careful)
    first = max(0, min(start - 8, end - _WIDTH)) if end > _WIDTH else 0
    window = shown[first : first + _WIDTH].rstrip()
    marks = "^" * (min(end, first + _WIDTH) - start)
    gutter = str(place.line)
    return f"  {gutter} | {window}\n  {' ' * len(gutter)} | {' ' * (start - first)}{marks}"


def _shown(line: str, *, careful: bool) -> str:
    def token(match: re.Match[str]) -> str:
        word = match[0]
        is_key = _COLON.match(line, match.end()) and _KEY.fullmatch(word)
        if is_key or _ANYWHERE.fullmatch(word) or (not careful and _WORD.fullmatch(word)):
            return word
        return _HIDDEN * len(word)

    return _COMMENT.sub("", _TOKEN.sub(token, line))


def _end(line: str, start: int) -> int:
    """Return where what begins at `start` ends: a quoted text, a list or mapping, or plain words."""
    first = line[start : start + 1]
    if first in {'"', "'"}:
        return (line.find(first, start + 1) + 1) or len(line)
    if first in {"{", "["}:
        return (line.find("}" if first == "{" else "]", start) + 1) or start + 1
    in_brackets = line.count("{", 0, start) + line.count("[", 0, start) > 0
    stop = re.compile(r"[,\]}]|:(?:\s|$)|\s#" if in_brackets else r":(?:\s|$)|\s#").search(line, start)
    return len(line[: stop.start() if stop else len(line)].rstrip())
