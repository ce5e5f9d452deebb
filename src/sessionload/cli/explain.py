"""`sessionload explain`: cause and cure of a code that a message ended with, or of the cause of a finding.

What is said is what `docs/messages.md` says, which comes with sessionload. A cause is looked up as it stands
in a result: `body/type/sessionKey` is in the row of `body/KEYWORD/NAME`. A row of the page may lean on one
above it.
"""

from __future__ import annotations

import re
import textwrap
from functools import cache
from typing import NamedTuple

from sessionload.config.shipped_files import SHIPPED
from sessionload.errors import InputError, Place, nearest
from sessionload.secret import may_be_key
from sessionload.storage.files import read_text

_LARGEST = 1_000_000
_WIDTH = 78
_SECTION = re.compile(r"^### (\S+)\n(.*?)(?=^##|\Z)", re.DOTALL | re.MULTILINE)
_ITEM = re.compile(r"^- (\w[\w ]*): (.*?)(?=^- |\Z)", re.DOTALL | re.MULTILINE)
_ROW = re.compile(r"^\| `([^`]+)` \| (.*) \| (.*) \|$", re.MULTILINE)
_LINK = re.compile(r"\[([^]]*)\]\(([^)#]*)[^)]*\)")
_LEANS = re.compile(r"^(?:the same|as above)(?:, and |, |; |$)")
_PLACES = {"NNN": r"\d+", "KEYWORD": r"[^/]+", "NAME": r".+", "5NN": r"5\d\d"}
"""What stands for something else in a cause of the page, and what it stands for."""


class Message(NamedTuple):
    """What is known of a code: what it is, and its parts by what they tell."""

    code: str
    what: str
    parts: dict[str, str]


def explain(code: str) -> str:
    """Return cause and cure as text. Raises `InputError` (unknown-code)."""
    asked = code.strip().removeprefix("[").removesuffix("]")
    message = messages().get(asked) or _row_for(asked)
    if message is None:
        shown = "(a text that may be a key)" if may_be_key(asked) else f"'{asked}'"
        hint = nearest(asked, messages(), otherwise="it stands in square brackets at the end of a message")
        raise InputError("unknown-code", f"no message has the code {shown}", place=Place("CODE"), hint=hint)
    lines = [f"{asked}: {message.what}"]
    for name, text in message.parts.items():
        lines += textwrap.wrap(f"{name}: {text}", _WIDTH, initial_indent="  ", subsequent_indent="    ")
    return "\n".join(lines)


@cache
def messages() -> dict[str, Message]:
    """Return every message by its code, in the order of the page."""
    page = read_text(SHIPPED / "messages.md", _LARGEST, "the list of messages")
    errors, _, findings = page.partition("\n## Findings\n")
    found = [
        Message(code, "an error", {name: _plain(text) for name, text in _ITEM.findall(body)})
        for code, body in _SECTION.findall(errors)
    ]
    for outcome, body in _SECTION.findall(findings.replace("### Any outcome", "### any")):
        what = "a finding" + (f", {outcome}" if outcome != "any" else "")
        above: dict[str, str] = {}
        for code, cause, cure in _ROW.findall(body):
            parts = {}
            for name, text in (("Cause", _plain(cause)), ("Cure", _plain(cure))):
                own = _LEANS.sub("", text)
                if own == text:
                    above[name] = text
                parts[name] = text if own == text else "; ".join(filter(None, (above[name], own)))
            found.append(Message(code, what, parts))
    return {message.code: message for message in found}


def _plain(text: str) -> str:
    """Return Markdown of a line or several as one line, without the marks that only a page can show."""
    return " ".join(_LINK.sub(r"\1 (docs/\2)", text).split())


def _row_for(cause: str) -> Message | None:
    """Return the row of a cause of which the page has a pattern."""
    for message in messages().values():
        parts = (_PLACES.get(part, re.escape(part)) for part in message.code.split("/"))
        if re.fullmatch("/".join(parts), cause):
            return message
    return None
