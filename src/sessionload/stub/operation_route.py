"""Where a document has its operation: its base path, method and path.

Without a document the stub has the two paths of a session start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from sessionload.contract.request.request_form import RequestForm

Parts = list[bytes]
"""The parts of a path between its slashes, percent-decoded."""


@dataclass(frozen=True, slots=True)
class OperationRoute:
    """How requests of an operation look."""

    method: bytes = b"POST"
    base: tuple[bytes, ...] = ()
    """The parts of the base path."""
    path: tuple[bytes | None, ...] = ()
    """The parts of the path behind it; `None` for places."""
    served: frozenset[tuple[int, bytes]] = frozenset()
    """Which parts have to be what is served, and what that is."""
    is_published: bool = True
    """Whether this is a session start as it is published, with and without an environment in its path."""

    @classmethod
    def of(cls, request: RequestForm) -> Self:
        """Return the route of requests of a document, with their values in the places of the path."""
        parts = request.template.removeprefix(request.base_path).split("/")[1:]
        values = {f"{{{place}}}": value for place, value in request.path_values.items()}
        return cls(
            method=request.method.encode(),
            is_published=bool(request.session_places),
            base=tuple(_parts(request.base_path)),
            path=tuple(None if "{" in part else unquote_to_bytes(part) for part in parts),
            served=frozenset(
                (index, values[part].encode()) for index, part in enumerate(parts) if part in values
            ),
        )

    def parts(self, url: bytes) -> tuple[Parts, bool]:
        """Return the parts of a target behind the base path, and whether it has that before them."""
        parts = _parts(url.partition(b"?")[0])
        length = len(self.base)
        return (parts[length:], True) if tuple(parts[:length]) == self.base else (parts, False)

    def fits(self, parts: Parts) -> bool:
        """Tell whether these are the parts of the operation's path."""
        return len(parts) == len(self.path) and all(
            known in (None, part) for known, part in zip(self.path, parts, strict=True)
        )

    def is_served(self, parts: Parts) -> bool:
        """Tell whether parts that fit name what is served."""
        return all(parts[index] == value for index, value in self.served)


def _parts(path: str | bytes) -> Parts:
    raw = path.encode() if isinstance(path, str) else path
    return [unquote_to_bytes(part) for part in raw.split(b"/")[1:]]
