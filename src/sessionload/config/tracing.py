"""The `trace` and `request_id` of a scenario's load: headers that name each arrival to the server."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sessionload.errors import InputError, Place
from sessionload.workload.trace import TRACEPARENT, Tracing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessionload.config.node import Node

FORMATS = ("w3c",)
TRACE_KEYS = ("format", "sampled")

OURS = frozenset(
    {
        *(
            "accept",
            "accept-encoding",
            "authorization",
            "connection",
            "content-length",
            "content-type",
            "cookie",
        ),
        *("expect", "host", "te", "trailer", "transfer-encoding", "upgrade", "user-agent"),
        *(TRACEPARENT, "tracestate"),
    }
)
"""Headers that a request has for something else."""

_HEADER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_EXAMPLE = "write one that the server logs, like x-request-id"


def check_tracing(load: Node) -> Tracing:
    """Return which headers name an arrival. Raises `InputError`."""
    trace, request_id = load.get("trace"), load.get("request_id")
    sampled = Fraction(1)
    if trace and isinstance(trace.value, dict):
        trace.mapping(TRACE_KEYS)
        trace.need("format", FORMATS[0]).choice(FORMATS)
        share = trace.get("sampled")
        sampled = share.share() if share else sampled
    elif trace:
        trace.choice(FORMATS)
    return Tracing(bool(trace), sampled, _header(request_id) if request_id else None)


def resolved(load: Node) -> dict[str, Any]:
    """Return what the load says of it, as plain data; nothing where it says nothing."""
    return {key: node.value for key in ("trace", "request_id") if (node := load.get(key))}


def _header(node: Node) -> str:
    name = node.text().lower()
    if not _HEADER.fullmatch(name):
        message = f"{node.name} must be the name of a header: 1 to 64 letters, digits or '-'"
        raise node.refuse("bad-name", message, _EXAMPLE)
    if name in OURS:
        raise node.refuse(
            "taken-header", f"{node.name} is a header that requests have for something else", _EXAMPLE
        )
    return name


def refuse_taken(tracing: Tracing, names: Iterable[str], file: str) -> None:
    """Raise `InputError` where the contract has requests send the header already, one of `names`."""
    if tracing.request_id in {name.lower() for name in names}:
        message = f"load.request_id is '{tracing.request_id}', which the contract has requests send already"
        raise InputError("taken-header", message, place=Place(file), hint=_EXAMPLE)
