"""The way to a value inside a JSON value: `data.token` for people, `/data/token` as RFC 6901 writes it.

Steps are names; a step of digits also leads into a list.
"""

from __future__ import annotations

import re

from sessionload.errors import ValueProblem

Pointer = tuple[str, ...]
"""The steps from the top of a value; never empty."""

_LIKE = "write it like data.token or /data/token"
_BAD_ESCAPE = re.compile("~(?![01])")
_MOST = 16


def parse_pointer(text: str) -> Pointer:
    """Return the steps that `text` names: a JSON pointer if it begins with a slash, else a dotted path."""
    if text.startswith("/"):
        if _BAD_ESCAPE.search(text):
            raise ValueProblem("a ~ in a JSON pointer is written ~0, and a / in a name ~1", _LIKE)
        steps = tuple(step.replace("~1", "/").replace("~0", "~") for step in text[1:].split("/"))
    else:
        steps = tuple(text.split("."))
    if not all(steps):
        raise ValueProblem("it has an empty step", _LIKE)
    if len(steps) > _MOST:
        raise ValueProblem(f"it has more than {_MOST} steps", _LIKE)
    return steps


def pointer_text(pointer: Pointer) -> str:
    """Return the shorter form that `parse_pointer` reads again."""
    if any("." in step for step in pointer) or pointer[0].startswith("/"):
        return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in pointer)
    return ".".join(pointer)
