"""Text for a console whose encoding may lack some of its characters.

Summaries have a few characters beyond ASCII, such as `µ` and `→`. A console that cannot encode one raises in
the middle of a line, so the text is spelled in what the console has before it is printed. Text that a console
can encode stays as it is.
"""

from __future__ import annotations

_SPELLINGS = {
    **dict.fromkeys("▁▂▃", "."),
    **dict.fromkeys("▄▅▆▇", ":"),
    "\N{FULL BLOCK}": "#",
    "\N{MICRO SIGN}": "u",
    "\N{GREEK SMALL LETTER MU}": "u",
    "\N{HYPHEN}": "-",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{MINUS SIGN}": "-",
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{NOT EQUAL TO}": "!=",
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{RIGHTWARDS ARROW}": "->",
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{MIDDLE DOT}": "-",
    "\N{NO-BREAK SPACE}": " ",
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
}


def console_text(text: str, encoding: str | None) -> str:
    """Return `text` in characters that `encoding` has; any other character is spelled or escaped.

    An encoding that Python does not know, or `None`, is taken for ASCII.
    """
    try:
        text.encode(encoding or "ascii")
    except UnicodeEncodeError:
        return "".join(_spelled(character, encoding or "ascii") for character in text)
    except LookupError:
        return console_text(text, "ascii")
    return text


def _spelled(character: str, encoding: str) -> str:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return _SPELLINGS.get(character) or character.encode("ascii", "backslashreplace").decode("ascii")
    return character
