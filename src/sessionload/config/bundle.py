"""Puts the files that a document refers to into the document, and lets its references lead there.

A reference is relative to the file that it stands in, and files may refer to each other in circles. A file
that is not read leaves its reason behind, and its references stay as they are: a document is refused only if
what it is used for leads there. What stands in an example or a default is data, and is left alone.
"""

from __future__ import annotations

import posixpath
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

from sessionload.contract.document.other_files import FILES, UNREAD, reference_into
from sessionload.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_FILES = 500
"""The most files beside a document that are looked at, whether they can be read or not."""

_DATA = frozenset({"const", "default", "enum", "example", "value"})
"""Keywords whose value is data; `examples` is a list of data in a schema, and has names elsewhere."""
_HOLDS_NAMES = frozenset(
    {
        *("$defs", "callbacks", "definitions", "dependentSchemas", "encoding", "examples", "headers"),
        *("links", "parameters", "pathItems", "patternProperties", "paths", "properties"),
        *("requestBodies", "responses", "schemas", "securitySchemes", "variables"),
    }
)
"""Keywords whose value has names for keys, which may be spelled like keywords."""


class _Target(NamedTuple):
    """Where a reference leads: a file by its name as seen from the document, and a part of it."""

    file: str
    fragment: str


def bundle(root: dict[str, Any], name: str, read: Callable[[str], Any]) -> None:
    """Bring into `root`, a document in the file `name`, whatever files it refers to.

    `read` returns the data of a file, and raises `InputError`.
    """
    for key in (FILES, UNREAD):
        root.pop(key, None)  # whatever it says there, it is not ours
    others = _Others(name, read)
    for node in references_of(root):
        others.redirect(node, name)
    while others.waiting:
        file, data = others.waiting.popleft()
        for node in references_of(data):
            others.redirect(node, file)
    if others.files or others.unread:
        root |= {FILES: others.files, UNREAD: others.unread}


class _Others:
    """The files beside a document."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self._name = name
        self._read = read
        self.files: dict[str, Any] = {}
        self.unread: dict[str, dict[str, Any]] = {}
        self.waiting: deque[tuple[str, Any]] = deque()
        """Files whose own references are not looked at yet."""

    def redirect(self, node: dict[str, Any], file: str) -> None:
        """Let a reference in `file` lead to where its target is in the document, if that is read."""
        target = _target(node["$ref"], file)
        if target is None:
            return
        if target.file == self._name:
            node["$ref"] = f"#{target.fragment}"
        elif self._has(target.file):
            node["$ref"] = reference_into(target.file, target.fragment)
        else:
            node["$ref"] = f"{target.file}#{target.fragment}" if target.fragment else target.file

    def _has(self, file: str) -> bool:
        if file not in self.files and file not in self.unread:
            if len(self.files) + len(self.unread) >= MOST_FILES:
                self.unread[file] = _TOO_MANY
                return False
            try:
                self.files[file] = self._read(file)
                self.waiting.append((file, self.files[file]))
            except InputError as error:
                self.unread[file] = _fields(error)
        return file in self.files


def references_of(data: object) -> Iterator[dict[str, Any]]:
    """Yield each mapping of a document that is a reference, or has one beside other keys; each once."""
    seen: set[int] = set()
    waiting = [(data, False)]
    while waiting:
        node, has_names = waiting.pop()
        if id(node) in seen or not isinstance(node, dict | list):
            continue
        seen.add(id(node))
        if isinstance(node, list):
            waiting += [(inner, False) for inner in reversed(node)]
            continue
        if not has_names and isinstance(node.get("$ref"), str):
            yield node
        waiting += [
            (inner, not has_names and key in _HOLDS_NAMES and isinstance(inner, dict))
            for key, inner in reversed(node.items())
            if has_names or not _is_data(key, inner)
        ]


def _is_data(key: str, inner: object) -> bool:
    return key in _DATA or (key == "examples" and isinstance(inner, list))


def _target(reference: str, file: str) -> _Target | None:
    """Return where a reference in `file` leads, or None where that is no file."""
    path, _, fragment = reference.partition("#")
    if not path:
        return _Target(file, fragment)
    try:
        parts = urlsplit(path)
    except ValueError:
        return None
    if parts.scheme or parts.netloc or parts.query:
        return None
    return _Target(posixpath.normpath(posixpath.join(posixpath.dirname(file), unquote(path))), fragment)


def _fields(error: InputError) -> dict[str, Any]:
    place = error.place
    return {
        "code": error.code,
        "message": error.message,
        "hint": error.hint,
        "place": [place.file, place.line, place.column] if place else None,
    }


_TOO_MANY = _fields(
    InputError(
        "too-many-files",
        f"the document refers to more than {MOST_FILES} other files",
        hint="bring what they hold into fewer files",
    )
)
