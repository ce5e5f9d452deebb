"""An API key that nothing prints by accident.

`repr`, `str`, `format`, comparison, pickle and copy show nothing, so no traceback, log line or test diff
prints the key. `reveal()` is called only where a request header is built; in an expression that fails it
would put the key into the locals of a frame.
"""

from __future__ import annotations

import re
from typing import NoReturn

from sessionload.errors import InputError

_KEY = re.compile(r"\A\s*VF\.|(?<![A-Za-z0-9])VF\.[A-Za-z]+\.[0-9A-Za-z]{8}")


def may_be_key(text: str) -> bool:
    """Whether text that a person wrote may be an API key, or has one in it, so that it is not to be shown."""
    return _KEY.search(text) is not None


class Secret:
    """An API key. Equality is identity, so that a comparison that fails has nothing to print."""

    __slots__ = ("_text",)

    def __init__(self, text: str, *, name: str, is_key: bool = True) -> None:
        """Box `text`, read from the environment variable `name`; what is no key may be short, or have spaces.

        Raises `InputError` when it could not be sent as a header value. The message names the
        rule that it breaks, never the value.
        """
        broken_rule = _broken_rule(text, is_key=is_key)
        if broken_rule:
            raise InputError(
                "bad-key",
                f"the key in the environment variable {name} {broken_rule}",
                hint="set it again, copied whole, without quotes or line ends",
            )
        self._text = text

    def reveal(self) -> str:
        """Return the key itself. Call it only where a header is built."""
        return self._text

    def hide(self, text: str) -> str:
        """Return `text` with each occurrence of the key, or of its first 8 characters, replaced by `***`."""
        for shown in (self._text, self._text[:8]):
            text = text.replace(shown, "***")
        return text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "Secret(***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret stays in memory: it cannot be copied or pickled")


def _broken_rule(text: str, *, is_key: bool) -> str:
    if not text:
        return "is empty"
    if text != text.strip():
        return "begins or ends with white space"
    first = "\x21" if is_key else "\x20"
    if not all(first <= character <= "\x7e" for character in text):
        return "has white space, a control character or a character outside ASCII in it"
    shortest = 8 if is_key else 1
    if not shortest <= len(text) <= 512:
        return f"is not between {shortest} and 512 characters long"
    return ""
