"""What a version of OpenAPI means by a schema."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Dialect:
    """One version of OpenAPI, as far as schemas go."""

    name: str
    """As people say it, such as `OpenAPI 3.1`."""
    is_json_schema: bool
    """Whether schemas are those of JSON Schema 2020-12, in which what stands beside a reference counts."""


_DIALECTS = {
    "3.0": Dialect("OpenAPI 3.0", is_json_schema=False),
    "3.1": Dialect("OpenAPI 3.1", is_json_schema=True),
    "3.2": Dialect("OpenAPI 3.2", is_json_schema=True),
}
_VERSION = re.compile(r"(3\.[012])\.[0-9]+(?:-[0-9A-Za-z.-]+)?")


def dialect_of(root: Mapping[str, Any]) -> Dialect | None:
    """Return the dialect of a document that says a known version of OpenAPI, or None."""
    version = _VERSION.fullmatch(str(root.get("openapi", "")))
    return _DIALECTS[version[1]] if version else None
