"""One turn of a conversation, as the two interact endpoints answer it.

Only what is published is served: launch and text in, traces out. Both endpoints print the same list of
traces. A stream ends with an event of its own, not with the end of the connection.
"""

from __future__ import annotations

import json
from typing import Any

from sessionload.contract.json_data.strict_json import JsonError, parse

Trace = dict[str, Any]
EVENT_STREAM = "text/event-stream"


def traces_of(body: bytes) -> list[Trace] | None:
    """Return the traces that answer the action in `body`, or `None` when it is no launch and no text."""
    try:
        document = parse(body)
    except JsonError:
        return None
    action = document.get("action") if isinstance(document, dict) else None
    if not isinstance(action, dict):
        return None
    if action.get("type") == "launch":
        return [_text("Hello."), _text("What can I do for you?")]
    payload = action.get("payload")
    if action.get("type") == "text" and isinstance(payload, str):
        return [_text(f"You said: {payload}")]
    return None


def _text(message: str) -> Trace:
    return {"type": "text", "payload": {"message": message}}


def as_json(traces: list[Trace]) -> bytes:
    """Return the body of the answer of the form that does not stream."""
    return json.dumps({"traces": traces}).encode()


def events_of(traces: list[Trace]) -> list[bytes]:
    """Return the same turn as server-sent events: one for each trace, then `end`."""
    frames = [f"event: trace\ndata: {json.dumps(trace)}\n\n".encode() for trace in traces]
    return [*frames, b"event: end\ndata: {}\n\n"]
