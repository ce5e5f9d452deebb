"""`{key}` and `${NAME}` in the value of a header: the API key, and a secret of the environment variable NAME.

A request is written with them, so that it can be shown whole. Only what sends it fills them in, in one pass:
what a secret says is never read as a placeholder again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessionload.secret import Secret

KEY = "{key}"
"""Stands for the API key."""
PLACEHOLDER = re.compile(r"\{key\}|\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""Either kind; the group is NAME."""


def fill(value: str, key: Secret | None, secrets: Mapping[str, Secret]) -> str:
    """Return a value to send; a secret that is not there leaves nothing."""

    def text(place: re.Match[str]) -> str:
        secret = secrets.get(place[1]) if place[1] else key
        return secret.reveal() if secret else ""

    return PLACEHOLDER.sub(text, value)
