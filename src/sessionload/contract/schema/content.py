"""The `content` of a request body or a response: the rule for each media type that it may have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sessionload.contract.document.media_type import read_media_type
from sessionload.contract.schema.schema_rule import SchemaRule
from sessionload.errors import quoted

if TYPE_CHECKING:
    from sessionload.contract.document.openapi import OpenApiDocument

Content = Mapping[str, SchemaRule | None]
"""Rules by media type, in lower case; `None` where every body of that type will do."""


def content_of(
    document: OpenApiDocument, holder: Mapping[str, Any], what: str, *, request: bool = False
) -> Content:
    """Return the content of the request body or response `holder`. Raises `InputError`."""
    content = document.follow(holder.get("content", {}), f"the content of {what}", at=holder, key="content")
    rules: dict[str, SchemaRule | None] = {}
    read: dict[str, object] = {}
    for text, media in content.items():
        schema = document.follow(media, f"{text} of {what}", at=content, key=text).get("schema")
        media_type = read_media_type(str(text))
        name = media_type.essence
        if media_type.may_be_json and read.setdefault(name, schema) != schema:
            raise document.refusal(
                "ambiguous-media-type",
                f"the content of {what} has two schemas for {quoted(name)} that parameters tell apart",
                hint="keep one of them, with all that either allows: parameters do not decide what a body is",
                at=content,
                key=text,
            )
        rules[name] = None if schema is None else SchemaRule(document, schema, what, request=request)
    return rules
