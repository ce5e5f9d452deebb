"""The header `accept` of a request: what its answer may be in, as far as it is JSON that can be judged."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sessionload.contract.document.media_type import read_media_type
from sessionload.contract.response.listed_responses import response_nodes

if TYPE_CHECKING:
    from sessionload.contract.document.find_operation import Operation
    from sessionload.contract.document.openapi import OpenApiDocument

JSON = "application/json"
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}")
_MOST = 8


def accept_of(document: OpenApiDocument, operation: Operation) -> str:
    """Return the JSON media types of the successes that the document lists, or `application/json`.

    That one alone is asked for where a document lists it, or a range that it is in, among others.
    """
    responses = response_nodes(document, operation.node)
    names = [key for key in responses if key.startswith("2")] or ["default"]
    listed: dict[str, None] = {}
    for name in names:
        response = responses.get(name, {})
        what = f"the content of the response {name}"
        for text in document.follow(response.get("content", {}), what, at=response, key="content"):
            media_type = read_media_type(str(text))
            if media_type.may_be_json and not media_type.is_json:
                return JSON
            if media_type.is_json and _MEDIA_TYPE.fullmatch(media_type.essence):
                listed[media_type.essence] = None
    return JSON if JSON in listed or not listed else ", ".join(list(listed)[:_MOST])
