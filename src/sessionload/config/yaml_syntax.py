"""What is wrong with a text that is no YAML, in our words: the library's own messages quote the file.

Both of its parsers are known, the one in C and the one in Python, whose messages differ a little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.errors import InputError

if TYPE_CHECKING:
    from sessionload.errors import Place

QUOTE_HINT = "inside [ ] and { }, put a text that has brackets, braces, commas or colons in it in quotes"
REFERENCE_HINT = (
    "put it in quotes in the environments file; a scenario has no ${NAME}: "
    'write a value, and give another one with --set load.stages.0.rate="$NAME"'
)
_IN_BRACKETS = ("a list or mapping in brackets is broken here", QUOTE_HINT)
_STRAY = ("this does not belong here", "indent the keys of a mapping alike, and quote what has { } in it")
_LIST_ITEM = ("a list item is not allowed here", "begin each '- ' on a new line")
_ENDED = ("the document has ended before this", "indent the keys of a mapping alike")
_SHORT_ESCAPE = ("this escape is too short", "in double quotes write \\\\ for a backslash")
NO_COLON = "could not find expected ':'"
"""How the library begins its message about a line that is no `key: value`."""

_SENTENCES = (
    (NO_COLON, "this line is no 'key: value'", "write a colon and a space after the key"),
    (
        "mapping values are not allowed",
        "a colon is not allowed here",
        "put a text that has ': ' in it in quotes",
    ),
    ("sequence entries are not allowed", *_LIST_ITEM),
    ("block sequence entries are not allowed", *_LIST_ITEM),
    ("found unexpected end of stream", "a quoted text has no end", "close the quote"),
    ("found unknown escape", "this escape is unknown", "in double quotes write \\\\ for a backslash"),
    ("expected escape sequence", *_SHORT_ESCAPE),
    ("did not find expected hexdecimal number", *_SHORT_ESCAPE),
    ("found invalid Unicode character", "this escape is no character", "write the character itself"),
    ("expected ',' or", *_IN_BRACKETS),
    ("did not find expected ',' or", *_IN_BRACKETS),
    ("expected <block end>", *_STRAY),
    ("did not find expected key", *_STRAY),
    ("did not find expected '-' indicator", *_STRAY),
    ("found character", "a plain text cannot begin with this character", "put the text in quotes"),
    ("expected '<document start>'", *_ENDED),
    ("did not find expected <document start>", *_ENDED),
)


def syntax_error(problem: str, place: Place) -> InputError:
    """Return the refusal for what the library calls `problem`."""
    message, hint = "this is not valid YAML", "look for a missing quote, colon, bracket or space before this"
    for start, sentence, cure in _SENTENCES:
        if problem.startswith(start):
            message, hint = sentence, cure
            break
    return InputError("yaml-syntax", message, place=place, hint=hint)
