"""A contract check as plain text for a terminal.

The verdict comes first, then each violation with all that is known of it, then the counts of all groups. The
text has no color and no control character; the command may color lines by their first word. No line is wider
than the terminal but a curl command: one that is broken into lines cannot be copied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.report.model.quantities import counted_noun
from sessionload.report.model.text_layout import COLUMNS, cut, fill, padded, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sessionload.report.suite.model import CaseRow, SuiteModel
    from sessionload.suite.suite_report import Planned

_WORD = 12
_NAME = 30
_TIME = 9
_LEAST = 8


def render(model: SuiteModel, columns: int = COLUMNS) -> str:
    """Return the end of a check for a terminal of so many columns, lines ended with a line feed."""
    lines = fill(f"{model.headline}.", columns)
    if model.stub_note:
        lines += fill(f"EMBEDDED STUB. {model.stub_note}.", columns)
    lines += ["", *table(list(model.about), columns, left={0, 1})] if model.about else []
    blocks: list[tuple[str, Iterable[str]]] = [
        (f"Broke the contract ({len(model.failing):,})", _failing(model.failing, columns)),
        ("No longer occurs, take it out of the baseline", _stale(model, columns)),
        (f"Accepted by the baseline ({len(model.accepted):,})", _accepted(model.accepted, columns)),
        (f"Not seen ({sum(map(len, model.unseen.values())):,})", _unseen(model, columns)),
        ("Cases", _groups(model, columns)),
    ]
    for heading, block in blocks:
        if block_lines := list(block):
            lines += ["", heading, *block_lines]
    return "\n".join(lines) + "\n"


def line(row: CaseRow, columns: int = COLUMNS) -> str:
    """Return one case on one line of a terminal of so many columns, as it is shown while a check goes on."""
    room = max(_LEAST, columns - _WORD - _NAME - _TIME - 3)
    name = padded(cut(row.name, _NAME), _NAME)
    observed = padded(cut(row.observed, room), room)
    return f"{row.verdict:{_WORD}} {name} {observed} {row.elapsed.text:>{_TIME}}".rstrip()


def listing(cases: Sequence[Planned]) -> str:
    """Return what a check would send, as `--list` shows it; nothing was sent."""
    requests = sum(case.requests for case in cases)
    lines = []
    for case in cases:
        count = f"  ({case.requests:,} requests)" if case.requests > 1 else ""
        lines.append(f"{padded(case.name, _NAME)}  {case.expected}{count}")
        lines += fill(case.requirement, COLUMNS, first="    ", rest="    ")
        lines += fill(f"Note: {case.note}", COLUMNS, first="    ", rest="    ") if case.note else []
    total = (
        f"{counted_noun(len(cases), 'case or rule', 'cases and rules')}, {counted_noun(requests, 'request')}"
    )
    return "\n".join([*lines, "", f"{total}. Nothing was sent."]) + "\n"


def _failing(rows: Sequence[CaseRow], columns: int) -> Iterator[str]:
    for row in rows:
        yield f"  {row.verdict}  {row.name}"
        for label, text in (
            ("requires", row.requirement),
            ("expected", row.expected),
            ("came back", row.observed),
        ):
            yield from fill(text, columns, first=f"    {label:9}  ", rest=" " * 15)
        if row.curl:
            yield f"    {'again':9}  {row.curl}"


def _stale(model: SuiteModel, columns: int) -> Iterator[str]:
    for row in model.stale:
        yield f"  {row.case}"
        yield from fill(f"{row.sentence} ({row.reason})", columns, first="    ", rest="    ")


def _accepted(rows: Sequence[CaseRow], columns: int) -> Iterator[str]:
    for row in rows:
        yield f"  {row.name}"
        yield from fill(f"came back: {row.observed}", columns, first="    ", rest="    ")
        yield from fill(row.accepted, columns, first="    ", rest="    ")


def _unseen(model: SuiteModel, columns: int) -> Iterator[str]:
    for reason, rows in model.unseen.items():
        yield from fill(", ".join(row.name for row in rows), columns, first="  ", rest="  ")
        yield from fill(reason, columns, first="    ", rest="    ")


def _groups(model: SuiteModel, columns: int) -> Iterator[str]:
    rows = [
        (
            group.title,
            *(
                f"{number:,}" if number else "-"
                for number in (
                    len(group.cases),
                    group.kept,
                    group.undocumented,
                    group.failing,
                    group.accepted,
                    group.unseen,
                )
            ),
        )
        for group in model.groups
    ]
    heads = ("", "cases", "kept", "undocumented", "broken", "accepted", "not seen")
    return table([heads, *rows] if rows else [], columns)
