"""Labels of a run: short words that people know it by again, such as `release=1.4.2`.

They stand in the result and in every view, and say nothing about how a run is judged. What may be an API key
is refused here and its text is not repeated, because a label goes wherever a report goes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sessionload.errors import InputError, Place
from sessionload.secret import may_be_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

MOST_LABELS = 20
LONGEST_NAME, LONGEST_VALUE = 40, 100
NAME_PATTERN = "^[A-Za-z][A-Za-z0-9._-]*$"
_NAME = re.compile(NAME_PATTERN.removesuffix("$") + r"\Z")
_PLACE = Place("--label")
_HINT = "write it like --label release=1.4.2"


def parse_labels(texts: Iterable[str]) -> dict[str, str]:
    """Return labels by their names, of `NAME=VALUE` each.

    Raises `InputError` (bad-label, literal-key), whose sentence repeats a name at most.
    """
    labels: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if may_be_key(text) or may_be_key(value):
            raise _literal_key()
        if not equals:
            raise _bad("a label needs a name and a value")
        if not _NAME.match(name) or len(name) > LONGEST_NAME:
            raise _bad(
                f"the name of a label has 1 to {LONGEST_NAME} letters, digits, dots, hyphens and underscores,"
                " and begins with a letter"
            )
        if not value or len(value) > LONGEST_VALUE:
            raise _bad(
                f"the value of the label '{name}' is not between 1 and {LONGEST_VALUE} characters long"
            )
        if not value.isprintable() or value != value.strip():
            raise _bad(
                f"the value of the label '{name}' has a character that cannot be printed, or white space at"
                " an end"
            )
        if name in labels:
            raise _bad(f"the label '{name}' is given twice")
        labels[name] = value
    if len(labels) > MOST_LABELS:
        raise _bad(f"{len(labels):,} labels are more than the {MOST_LABELS} that a run can have")
    return labels


def refuse_secrets(labels: Mapping[str, str], hide: Callable[[str], str]) -> None:
    """Refuse labels from which `hide`, which hides what is secret, takes something away.

    Raises `InputError` (literal-key).
    """
    if any(hide(text) != text for pair in labels.items() for text in pair):
        raise _literal_key()


def _literal_key() -> InputError:
    """Return the error of a label that may be a key."""
    return InputError(
        "literal-key",
        "this looks like an API key, and a label stands in every report",
        place=_PLACE,
        hint="revoke it, and label the run by something that everybody may read",
    )


def labels_text(labels: Mapping[str, str]) -> str:
    """Return labels in one line: `release=1.4.2, commit=4f2a`."""
    return ", ".join(f"{name}={value}" for name, value in labels.items())


def _bad(message: str) -> InputError:
    return InputError("bad-label", message, place=_PLACE, hint=_HINT)
