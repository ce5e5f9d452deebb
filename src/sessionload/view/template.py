"""How the pages of the house are made from their templates.

Law: whatever goes into a page is escaped, and a name that a template does not know is an error. Idea: one
environment for all pages.
"""

from __future__ import annotations

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

_UNIT = re.compile(r"(?<=\d) (?=(?:µs|ms|s|min|h|%)(?!\w))|(?<=[a-z]) (?=\d)")


@cache
def templates() -> Environment:
    """Return the environment that all pages are made in."""
    environment = Environment(
        loader=PackageLoader("sessionload.view", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["unbroken"] = unbroken
    return environment


def unbroken(text: str) -> str:
    """Return text in which no line can end between a number and its unit, or a word and its number."""
    return _UNIT.sub("\u00a0", text)
