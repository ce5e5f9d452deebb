"""The entries of an environments file, and what each has from those that it extends.

All entries are checked for their keys, not only the one that is used, and a key that is written out is
refused in any of them. Each value keeps the place where it was written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.config.document import shown
from sessionload.config.mistakes import Mistakes
from sessionload.config.node import NAME, Node
from sessionload.config.reference import REFERENCE
from sessionload.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Fields = dict[str, Node]
"""The values of an entry by their keys."""


def read_entries(top: Node, keys: Collection[str], referable: Collection[str]) -> dict[str, Node]:
    """Return the entries of a file by their names; `referable` are the `keys` that may be `${NAME}`.

    Raises `InputError`.
    """
    entries, mistakes = {}, Mistakes()
    for name in top.names():
        entries[name] = entry = top.need(name, "{embedded: true}")
        with mistakes:
            if not NAME.fullmatch(name):
                message = "the name of an environment is 1 to 64 letters, digits, '.', '_' or '-'"
                raise entry.refuse("bad-name", message, "write it like staging", at_key=True)
        with mistakes:
            entry.mapping(keys)
        for key in set(keys).intersection(entry.value if isinstance(entry.value, dict) else ()):
            with mistakes:
                _refuse_text(key, entry.need(key, ""), referable)
    mistakes.end()
    return entries


def _refuse_text(key: str, node: Node, referable: Collection[str]) -> None:
    """Refuse a key that is written out, and a reference where none can be, in any entry."""
    text = node.value if isinstance(node.value, str) else ""
    if key == "api_key" and not REFERENCE.fullmatch(text):
        message = "the API key is never written into a file"
        raise node.refuse("literal-key", message, "name an environment variable: api_key: ${VF_API_KEY}")
    if key not in referable and "${" in text:
        message = f"{key} cannot come from an environment variable; only these can: {', '.join(referable)}"
        raise node.refuse("bad-reference", message, "write the value itself")


def merged(entries: Mapping[str, Node], name: str) -> Fields:
    """Return the keys of an entry, and under them those of what it extends. Raises `InputError`."""
    seen = [name]
    fields = _own(entries[name])
    extends = entries[name].get("extends")
    while extends:
        name = extends.text()
        if name not in entries:
            message = f"this extends {shown(name)}, which is not in the file"
            raise extends.refuse("unknown-environment", message, nearest(name, entries))
        if name in seen:
            message = f"{' extends '.join([*seen, name])}, without end"
            raise extends.refuse("extends-cycle", message, "remove one of these extends")
        seen.append(name)
        fields = {**_own(entries[name]), **fields}
        extends = entries[name].get("extends")
    return fields


def _own(entry: Node) -> Fields:
    return {key: entry.need(key, "") for key in entry.names() if key != "extends"}
