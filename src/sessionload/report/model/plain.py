"""Text that other people chose, made fit to be shown.

Law: no view shows a control character, a bidirectional override or half a surrogate, whatever a
server sent or a file said. Idea: each one is written out as its escape, once, where the rows are
prepared; the views then escape only what their own format gives a meaning to. Trap: a terminal
obeys an escape sequence in a finding, and XML 1.0 cannot hold most control characters at all.
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


def width(text: str) -> int:
    """Return how many columns of a terminal `text` takes: wide characters two, combining ones none."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def fill(text: str, columns: int, *, first: str = "", rest: str = "") -> list[str]:
    """Return `text` broken into lines of at most `columns` columns; a word too long for a line is cut."""
    lines: list[str] = []
    line, used, blank = first, width(first), True
    for word in text.split():
        pending = word
        gap = "" if blank else " "
        while used + len(gap) + width(pending) > columns:
            room = columns - used
            if blank and room > 0:
                head = _head(pending, room)
                line, pending = line + head, pending[len(head) :]
            lines.append(line)
            line, used, gap, blank = rest, width(rest), "", True
        line, used, blank = line + gap + pending, used + len(gap) + width(pending), False
    lines.append(line)
    return lines


def _head(word: str, columns: int) -> str:
    # At least one character, so that a wide one in a narrow place cannot stop the filling.
    end = 1
    while end < len(word) and width(word[: end + 1]) <= columns:
        end += 1
    return word[:end]
