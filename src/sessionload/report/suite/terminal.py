"""A contract check as plain text for a terminal.

Law: no color, no control character, at most 100 columns but for the lines to copy; the command may color
lines by their first word. Idea: verdict first, then each violation whole, then what all groups came to.
Trap: a command that is broken into lines cannot be copied, so a curl line is left as long as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.report.model.plain import fill, width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sessionload.report.suite.model import CaseRow, SuiteModel
    from sessionload.suite.suite_report import Planned

COLUMNS = 100
_WORD = 12
_NAME = 30
_TIME = 9


def render(model: SuiteModel) -> str:
    """Return the end of a check, lines ended with a line feed."""
    lines = fill(f"{model.headline}.", COLUMNS)
    blocks: list[tuple[str, list[str]]] = [
        (f"Broke the contract ({len(model.failing):,})", list(_failing(model.failing))),
        ("No longer occurs, take it out of the baseline", list(_stale(model))),
        (f"Accepted by the baseline ({len(model.accepted):,})", list(_accepted(model.accepted))),
        ("Cases", _groups(model)),
    ]
    for heading, block in blocks:
        if block:
            lines += ["", heading, *block]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def line(row: CaseRow) -> str:
    """Return one case on one line, as it is shown while a check goes on."""
    room = COLUMNS - _WORD - _NAME - _TIME - 3
    name = _padded(_cut(row.name, _NAME), _NAME)
    observed = _padded(_cut(row.observed, room), room)
    return f"{row.word:{_WORD}} {name} {observed} {row.elapsed.text:>{_TIME}}".rstrip()


def listing(cases: Sequence[Planned]) -> str:
    """Return what a check would send, as `--list` shows it; nothing was sent."""
    requests = sum(case.requests for case in cases)
    lines = []
    for case in cases:
        count = f"  ({case.requests:,} requests)" if case.requests > 1 else ""
        lines.append(f"{_padded(case.name, _NAME)}  {case.expected}{count}")
        lines += fill(case.requirement, COLUMNS, first="    ", rest="    ")
    total = f"{len(cases):,} cases and laws, {requests:,} requests. Nothing was sent."
    return "\n".join([*lines, "", total]) + "\n"


def _failing(rows: Sequence[CaseRow]) -> Iterator[str]:
    for row in rows:
        yield f"  {row.word}  {row.name}"
        for label, text in (("law", row.law), ("expected", row.expected), ("came back", row.observed)):
            yield from fill(text, COLUMNS, first=f"    {label:9}  ", rest=" " * 15)
        if row.curl:
            yield f"    {'again':9}  {row.curl}"


def _stale(model: SuiteModel) -> Iterator[str]:
    for row in model.stale:
        yield f"  {row.case}"
        yield from fill(f"{row.sentence} ({row.reason})", COLUMNS, first="    ", rest="    ")


def _accepted(rows: Sequence[CaseRow]) -> Iterator[str]:
    for row in rows:
        yield f"  {row.name}"
        yield from fill(f"came back: {row.observed}", COLUMNS, first="    ", rest="    ")
        yield from fill(row.accepted, COLUMNS, first="    ", rest="    ")


def _groups(model: SuiteModel) -> list[str]:
    heads = ("", "cases", "kept", "undocumented", "broken", "accepted", "not seen")
    rows = [
        (
            group.title,
            len(group.cases),
            group.kept,
            group.undocumented,
            group.failing,
            group.accepted,
            group.unseen,
        )
        for group in model.groups
    ]
    room = max((width(title) for title, *_ in rows), default=0)
    lines = [f"  {'':{room}}" + "".join(f"{head:>{max(len(head), 5) + 2}}" for head in heads[1:])]
    for title, *numbers in rows:
        cells = (
            f"{number or '-':>{max(len(head), 5) + 2}}"
            for number, head in zip(numbers, heads[1:], strict=True)
        )
        lines.append(f"  {_padded(title, room)}" + "".join(cells))
    return lines if rows else []


def _padded(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))


def _cut(text: str, columns: int) -> str:
    if width(text) <= columns:
        return text
    while width(text) > columns - 1:
        text = text[:-1]
    return text + "…"
