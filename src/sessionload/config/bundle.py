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

from sessionload.contract.other_files import FILES, UNREAD, reference_into
from sessionload.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_FILES = 500
"""The most files beside a document."""

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


def bundle(root: Any, name: str, read: Callable[[str], Any]) -> None:  # noqa: ANN401 -- plain data
    """Bring into `root`, a document in the file `name`, whatever files it refers to.

    `read` returns the data of a file, and raises `InputError`.
    """
    files: dict[str, Any] = {}
    unread: dict[str, dict[str, Any]] = {}
    waiting = deque([(name, root)])
    while waiting:
        file, data = waiting.popleft()
        for node in references_of(data):
            target = _target(node["$ref"], file)
            if target is None:
                continue
            if target.file == name:
                node["$ref"] = f"#{target.fragment}"
                continue
            if target.file not in files and target.file not in unread:
                try:
                    if len(files) == MOST_FILES:
                        raise _too_many()
                    files[target.file] = read(target.file)
                    waiting.append((target.file, files[target.file]))
                except InputError as error:
                    unread[target.file] = _fields(error)
            if target.file in files:
                node["$ref"] = reference_into(target.file, target.fragment)
            else:
                node["$ref"] = f"{target.file}#{target.fragment}" if target.fragment else target.file
    if isinstance(root, dict):
        root |= {key: held for key, held in ((FILES, files), (UNREAD, unread)) if held}


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


def _too_many() -> InputError:
    message = f"the document refers to more than {MOST_FILES} other files"
    return InputError("too-many-files", message, hint="bring what they hold into fewer files")
