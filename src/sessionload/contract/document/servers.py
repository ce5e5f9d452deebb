"""The base path: what stands before the paths of a document where it is served.

The environment says which server is called; a document only knows what comes after its host. A `url` with a
path, even if that is a single slash, decides. Else the first server of the operation does, or of its path, or
of the document, with the defaults of its variables.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sessionload.contract.document.literal_path import encoded_literal, has_dots
from sessionload.errors import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessionload.contract.document.find_operation import Operation
    from sessionload.contract.document.openapi import OpenApiDocument
    from sessionload.errors import InputError

_VARIABLE = re.compile(r"\{([^{}]*)\}")


def base_path_of(document: OpenApiDocument, operation: Operation, given: str | None) -> str:
    """Return the base path, without a slash at its end; `given` is the path of the environment's `url`.

    Raises `InputError` where it cannot be told.
    """
    if given is not None:
        return given.rstrip("/")
    for holder in (operation.node, operation.item, document.root):
        servers = holder.get("servers")
        if isinstance(servers, list) and servers:
            return _path(document, document.follow(servers[0], "a server", at=holder, key="servers"))
    return ""


def _path(document: OpenApiDocument, server: Mapping[str, Any]) -> str:
    url = str(server.get("url", ""))
    variables = document.follow(
        server.get("variables", {}), "the variables of a server", at=server, key="variables"
    )
    bad = partial(_refusal, document, server)

    def default(place: re.Match[str]) -> str:
        name = place[1]
        variable = document.follow(
            variables.get(name, {}), f"the variable {quoted(name)}", at=variables, key=name
        )
        if "default" not in variable:
            raise bad(f"has a variable {quoted(name)} without a default")
        return str(variable["default"])

    filled = _VARIABLE.sub(default, url)
    try:
        parts = urlsplit(filled)
        path = encoded_literal(parts.path).rstrip("/")
    except (ValueError, UnicodeEncodeError):
        raise bad("is no URL") from None
    if parts.query or parts.fragment:
        raise bad("has a query or a fragment")
    if path and not path.startswith("/"):
        raise bad("is relative to where the document is served")
    if has_dots(path):
        raise bad("has a part of dots")
    return path


def _refusal(document: OpenApiDocument, server: Mapping[str, Any], what: str) -> InputError:
    return document.refusal(
        "bad-server",
        f"the server {quoted(str(server.get('url', '')))} of the document {what}",
        hint="give the url of the environment the base path itself, or a slash for none",
        at=server,
        key="url",
    )
