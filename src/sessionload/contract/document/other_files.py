"""How one document holds the files beside it: under a key of its own, with references that lead there.

Whoever reads a document puts them there, so whatever judges by it sees one document and references inside it.
People see references as they would write them in the document itself.
"""

from __future__ import annotations

from urllib.parse import quote, unquote

FILES = "x-sessionload-files"
"""The key at the top that holds what was read, by the names of the files as seen from the document."""
UNREAD = "x-sessionload-unread"
"""The key at the top that holds why a file was not read, by its name: the fields of a refusal."""

_START = f"#/{FILES}/"


def reference_into(name: str, fragment: str) -> str:
    """Return the reference to a part of a file; a `fragment` that is no JSON pointer leads nowhere in it."""
    pointer = f"/#{fragment}" if fragment and not fragment.startswith("/") else fragment
    return _START + quote(name.replace("~", "~0").replace("/", "~1"), safe="~") + pointer


def written_reference(reference: str) -> str:
    """Return a reference as people write it, such as `schemas/user.yaml#/Name`."""
    if not reference.startswith(_START):
        return reference
    name, slash, rest = reference.removeprefix(_START).partition("/")
    fragment = rest if rest.startswith("#") else f"#/{rest}" if slash else ""
    return unquote(name).replace("~1", "/").replace("~0", "~") + fragment
