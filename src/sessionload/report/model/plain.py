"""Text that other people chose, made fit to be shown.

No view shows a control character, a bidirectional override or half a surrogate, whatever a server sent or a
file said. Each is written out as its escape once, where the rows of a model are made; a view then escapes
only what has a meaning in its own format. Without this a terminal would obey an escape sequence in a finding,
and XML 1.0 could not hold most control characters at all.
"""

from __future__ import annotations

import unicodedata

_LONGEST = 2_000
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def plain(text: str, longest: int = _LONGEST) -> str:
    """Return `text` on one line, unsafe characters as escapes, cut after `longest` characters with `…`."""
    if len(text) > longest:
        text = text[:longest] + "…"
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _UNSAFE:
        return character
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
