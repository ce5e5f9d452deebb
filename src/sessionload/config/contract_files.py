"""Reads an OpenAPI document, and the files beside it that it refers to, as one document.

Only files below the folder of the document are read, whatever links there are, and all of them together are
as large as one document may be. Where a part is written is looked up when it is refused, in the files as they
are then: a document that is used costs nothing for that.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sessionload.config.bundle import bundle
from sessionload.config.contract_json import place_in_json, read_json
from sessionload.config.contract_yaml import place_in_yaml, read_yaml
from sessionload.contract.document.other_files import FILES
from sessionload.errors import InputError, Place
from sessionload.storage.files import read_bytes, read_text, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGEST_BYTES = 4 * 1024 * 1024
"""The most bytes of a document and the files that it refers to."""

_WHAT = "the contract"
_OTHER = "a file that the document refers to"


def read_contract(path: Path) -> tuple[Any, str]:
    """Return an OpenAPI document in YAML or JSON as plain data, and a SHA-256 in hexadecimal.

    That is of its bytes, or of all files if there are others. Raises `InputError`.
    """
    data = read_bytes(path, LARGEST_BYTES, _WHAT)
    document = _parsed(data, path, _WHAT)
    if not isinstance(document, dict):
        hint = "an OpenAPI document begins with 'openapi: 3.1.0'; is this the right file?"
        place = Place(str(path), 1, 1)
        raise InputError("unsupported-openapi", "the document is no mapping", place=place, hint=hint)
    others = _OtherFiles(path, LARGEST_BYTES - len(data))
    bundle(document, path.name, others.read)
    digest = hashlib.sha256(data)
    for name, other in sorted(others.digests.items()):
        digest.update(f"\n{name}\n{other}".encode())
    return document, digest.hexdigest()


@contextmanager
def places_shown(contract: Path) -> Iterator[None]:
    """Give each refusal of a part of the document its line and column, as far as they can be found."""
    try:
        yield
    except InputError as error:
        part = error.place.part if error.place else None
        if part is None:
            raise
        if part[:1] == (FILES,):
            contract, part = contract.parent / str(part[1]), part[2:]
        place = _place(contract, part)
        raise InputError(error.code, error.message, place=place, hint=error.hint) from None


def _place(path: Path, part: tuple[str | int, ...]) -> Place:
    try:
        text = read_text(path, LARGEST_BYTES, _WHAT).removeprefix("\ufeff")
        found = (place_in_json if _is_json(text) else place_in_yaml)(text, str(path), part)
    except InputError:  # it has changed since
        found = None
    return found or Place(str(path))


class _OtherFiles:
    """The files beside a document, as long as there is room for them."""

    def __init__(self, document: Path, room: int) -> None:
        self._folder = document.parent
        self._room = room
        self.digests: dict[str, str] = {}

    def read(self, name: str) -> Any:  # noqa: ANN401 -- plain data
        """Return the data of a file, by its name as seen from the document. Raises `InputError`."""
        path = self._folder / name
        if not self._is_below(path):
            message = f"the document refers to {shown(path)}, which is not below its folder"
            hint = "move it there: no other files are read"
            raise InputError("reference-outside", message, hint=hint)
        try:
            data = read_bytes(path, self._room, _OTHER)
        except InputError as error:
            if error.code == "file-too-large":
                message = (
                    f"the document and the files that it refers to have more than {LARGEST_BYTES:,} bytes"
                )
                raise InputError(error.code, message, hint="leave out what is not needed") from None
            raise InputError(error.code, f"{error.message} ({shown(path)})", hint=error.hint) from None
        self._room -= len(data)
        self.digests[name] = hashlib.sha256(data).hexdigest()
        return _parsed(data, path, _OTHER)

    def _is_below(self, path: Path) -> bool:
        try:
            return path.resolve().is_relative_to(self._folder.resolve())
        except (OSError, RuntimeError, ValueError):  # no such name can be read either
            return ".." not in path.parts and path.is_relative_to(self._folder)


def _parsed(data: bytes, path: Path, what: str) -> Any:  # noqa: ANN401 -- plain data
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = read_text(path, LARGEST_BYTES, what)  # says in which line
    return (read_json if _is_json(text) else read_yaml)(text, str(path))


def _is_json(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[")
