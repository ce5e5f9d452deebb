"""The responses that the document lists for an operation: by status, by range, and for the rest.

A status comes before its range, and a range before `default`. Which statuses are listed is decided here only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sessionload.contract.response.response_headers import ResponseHeaders, headers_of
from sessionload.contract.schema.content import Content, content_of
from sessionload.errors import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessionload.contract.document.openapi import OpenApiDocument

_DEFAULT = "default"
_STATUS = re.compile(r"[1-5](?:\d\d|XX)")


class ListedResponse(NamedTuple):
    """What an answer with one status has to be."""

    content: Content
    headers: ResponseHeaders | None


class ListedResponses:
    """The responses of one operation."""

    def __init__(self, document: OpenApiDocument, operation: Mapping[str, Any]) -> None:
        """Read them all. Raises `InputError` when one could not judge an answer."""
        self.nodes = response_nodes(document, operation)
        """The responses as they stand in the document."""
        self.successes: dict[int, ListedResponse] = {}
        """Without a success in the document, `default` is one for each 2xx."""
        self._others: dict[int, ListedResponse] = {}
        read = {key: _read(document, node, f"the response {key}") for key, node in self.nodes.items()}
        self._default = read.pop(_DEFAULT, None)
        for key in sorted(read, reverse=True):  # a range first: `2XX` > `200`
            first = int(key.replace("XX", "00"))
            statuses = range(first, first + 100) if key.endswith("XX") else [first]
            listed = self.successes if key.startswith("2") else self._others
            listed.update(dict.fromkeys(statuses, read[key]))
        if self._default is not None and not self.successes:
            self.successes = dict.fromkeys(range(200, 300), self._default)
        responses = (*self.successes.values(), *self._others.values(), self._default)
        self.header_names = frozenset(
            name for each in responses if each and each.headers for name in each.headers.names
        )
        """The headers that a judgement needs, in lower case."""

    def __contains__(self, status: int) -> bool:
        """Tell whether the document says something of `status`."""
        return status in self.successes or self.other(status) is not None

    def other(self, status: int) -> ListedResponse | None:
        """Return what is listed for a status that is no success."""
        return self._others.get(status, self._default)


def response_nodes(document: OpenApiDocument, operation: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the responses of an operation by their keys, with `XX` in capitals and references followed.

    Raises `InputError` where a key is no status, and no extension.
    """
    nodes: dict[str, Mapping[str, Any]] = {}
    responses = document.follow(operation.get("responses"), "responses", at=operation, key="responses")
    for name, node in responses.items():
        key = str(name)
        if key.startswith("x-"):
            continue
        spelled = key if key == _DEFAULT else key.upper()
        if spelled != _DEFAULT and not _STATUS.fullmatch(spelled):
            raise document.refusal(
                "bad-contract",
                f"the operation lists a response {quoted(key)}, which is no status of HTTP",
                hint="write a status like '200', a range like '4XX', or 'default'",
                at=responses,
                key=name,
            )
        nodes[spelled] = document.follow(node, f"the response {key}", at=responses, key=name)
    return nodes


def _read(document: OpenApiDocument, node: Mapping[str, Any], what: str) -> ListedResponse:
    return ListedResponse(content_of(document, node, what), headers_of(document, node, what))
