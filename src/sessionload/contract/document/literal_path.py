"""Those pieces of a path that a document writes out."""

from __future__ import annotations

from urllib.parse import quote

_UNESCAPED = "/%:@!$&'()*+,;=~-._"
_DOTS = {".", ".."}


def encoded_literal(text: str) -> str:
    """Return a piece of a path as a URL has it; escapes in it stay. Raises `UnicodeEncodeError`."""
    return quote(text, safe=_UNESCAPED)


def has_dots(path: str) -> bool:
    """Tell whether a part of `path` is a dot or two, which a server would take out."""
    return not _DOTS.isdisjoint(path.split("/"))
