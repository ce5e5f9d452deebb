"""The baseline of a contract check: known deviations, each with a reason and a date.

    accepted:
      - case: user-id/outer-spaces
        reason: spaces are trimmed until ticket 123 is done
        date: 2026-01-31

A case stands in it at most once: of two reasons for one case, one would be forgotten.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from sessionload.config.node import Node
from sessionload.errors import nearest
from sessionload.suite.suite_report import Accepted

if TYPE_CHECKING:
    from collections.abc import Collection

    from sessionload.config.document import Document

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LONGEST_NAME = 200


def read_baseline(document: Document, known: Collection[str] = ()) -> tuple[Accepted, ...]:
    """Return the entries of a baseline, in their order.

    `known` are the names of the cases and rules of the check. A name in one of their groups that is none
    of them is refused (unknown-case); of other groups nothing is known, as they may not take part.
    Raises `InputError` with line and column for whatever is wrong.
    """
    document.refuse_literal_keys()
    top = Node.top(document).mapping(("accepted",))
    entries: dict[str, Accepted] = {}
    for item in top.need("accepted", "a list of entries with case, reason and date").items():
        item.mapping(("case", "reason", "date"))
        case = _case(item.need("case", "user-id/outer-spaces"), known)
        if case in entries:
            raise item.refuse(
                "case-accepted-twice", f"'{case}' is accepted twice", "keep one entry for it", at_key=True
            )
        reason = item.need("reason", "why this deviation is accepted").text()
        entries[case] = Accepted(case, reason, _date(item.need("date", "2026-01-31")))
    return tuple(entries.values())


def _case(node: Node, known: Collection[str]) -> str:
    name = node.text(most=_LONGEST_NAME)
    group = f"{name.partition('/')[0]}/"
    siblings = [other for other in known if other.startswith(group)]
    if siblings and name not in siblings:
        raise node.refuse("unknown-case", f"{node.name}: no case has this name", nearest(name, siblings))
    return name


def _date(node: Node) -> str:
    text = node.text(most=_LONGEST_NAME)
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise node.refuse("bad-date", f"{node.name} is not a day of the calendar", "write it like 2026-01-31")
