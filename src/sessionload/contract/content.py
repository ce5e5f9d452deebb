"""The `content` of a request body or a response: the rule for each media type that it may have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sessionload.contract.media_type import read_media_type
from sessionload.contract.schema_rule import SchemaRule

if TYPE_CHECKING:
    from sessionload.contract.openapi import OpenApiDocument

Content = Mapping[str, SchemaRule | None]
"""Rules by media type, in lower case; `None` where every body of that type will do."""


def content_of(document: OpenApiDocument, node: object, what: str, *, request: bool = False) -> Content:
    """Return the content of the request body or response `node`. Raises `InputError`."""
    content = document.follow(document.follow(node, what).get("content", {}), f"the content of {what}")
    rules: dict[str, SchemaRule | None] = {}
    for text, media in content.items():
        schema = document.follow(media, f"{text} of {what}").get("schema")
        name = read_media_type(str(text)).essence
        rules[name] = None if schema is None else SchemaRule(document, schema, what, request=request)
    return rules
