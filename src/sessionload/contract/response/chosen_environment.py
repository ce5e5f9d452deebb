"""The environment that a traffic split chose for a session, if the answer says so.

No document promises it, so it is for people to read and for nothing else. What could not be an alias or an ID
is not taken: a server may write anything there.
"""

from __future__ import annotations

import re

from sessionload.contract.json_data.strict_json import JsonError, parse

_NAMES = ("environmentID", "environmentId", "environment_id", "environment")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def chosen_environment(body: bytes) -> str:
    """Return the alias or ID that a success names at its top; empty if it names none."""
    try:
        value = parse(body)
    except JsonError:
        return ""
    texts = [value.get(name) for name in _NAMES] if isinstance(value, dict) else []
    return next((text for text in texts if isinstance(text, str) and _WORD.fullmatch(text)), "")
