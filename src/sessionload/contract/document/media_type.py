"""The header `content-type`, read as far as a contract needs it.

A media type is its essence in lower case and whether its charset is UTF-8; other parameters never decide
what a body is. The header is text that a server chose, so reading it never fails.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_UTF_8 = {"utf-8", "utf8", "us-ascii", "ascii"}
"""Names under which a body in UTF-8 goes: ASCII is a part of it, and servers leave out the hyphen."""


class MediaType(NamedTuple):
    """`essence` is the type and subtype in lower case; `is_utf8` is false when a charset says otherwise."""

    essence: str
    is_utf8: bool

    @property
    def is_json(self) -> bool:
        """Whether a body of this type is JSON, by itself or by its structured suffix."""
        return self.essence == "application/json" or self.essence.endswith("+json")

    @property
    def may_be_json(self) -> bool:
        """Whether this, as a document lists it, is JSON or a range that JSON is in."""
        return self.is_json or self.essence in ("application/*", "*/*")

    @property
    def ranges(self) -> tuple[str, str]:
        """What a document may list to allow this type among others, the narrower first."""
        return self.essence.partition("/")[0] + "/*", "*/*"


def read_media_type(text: str) -> MediaType:
    """Return the media type that the header value `text` names; of nonsense, a type that nothing lists."""
    essence, semicolon, rest = text.partition(";")
    return MediaType(essence.strip().lower(), not semicolon or _is_utf8(rest))


def _without_semicolon(quoted: re.Match[str]) -> str:
    return quoted[0].replace(";", "")


def _is_utf8(parameters: str) -> bool:
    for parameter in _QUOTED.sub(_without_semicolon, parameters).split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in _UTF_8:
            return False
    return True
