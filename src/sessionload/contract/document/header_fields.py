"""What may stand in a header field, and which fields are not for a document or an environment to set."""

from __future__ import annotations

import re

FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
FIELD_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
"""Visible ASCII characters, with spaces between them only."""

OWNED = frozenset(
    {
        *("accept", "accept-encoding", "connection", "content-length", "content-type", "cookie", "expect"),
        *("host", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
        "user-agent",
    }
)
"""Fields that HTTP, the body, the cookie parameters or the tool itself decide."""
SENT = frozenset({"accept", "accept-encoding", "content-length", "content-type", "host", "user-agent"})
"""Those of them that every request has."""
