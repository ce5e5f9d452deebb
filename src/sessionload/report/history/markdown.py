"""The runs of a folder as Markdown.

Law: nothing that a file, or the name of a folder, says can become markup, a link or a mention. Idea: the only
links are ours, to reports, as relative URLs of letters, digits and percent signs. Trap: GitHub makes links of
bare addresses, so those of others are broken up by a character that nobody sees.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sessionload.report.markdown import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sessionload.report.history.model import HistoryModel, RunRow, Trend

_ADDRESS = re.compile(r"(www|:)(?=\.|//)", re.IGNORECASE)
_HEADS = (
    *("", "What came of it", "p50", "p95", "p99", "Without a session", "Sent", "Load", "Started (UTC)"),
    "Run",
)
_RIGHT = range(2, 7)


def render(model: HistoryModel) -> str:
    """Return the document, lines ended with a line feed."""
    return "\n".join(_lines(model)) + "\n"


def _lines(model: HistoryModel) -> Iterator[str]:
    yield f"## History of {_said(model.title)}"
    yield ""
    if model.newest:
        yield f"**{model.word}**: {_said(model.sentence)}."
        yield f"The newest run is {_said(model.about)}."
    else:
        yield f"{model.sentence}."
    yield ""
    yield f"{model.account}."
    for trend in model.trends:
        yield from _trend(trend)
    if model.unread:
        yield ""
        yield f"### Could not be read ({len(model.unread):,})"
        yield ""
        yield from (f"- **{_said(one.name)}**: {_said(one.why)}" for one in model.unread)


def _trend(trend: Trend) -> Iterator[str]:
    yield ""
    yield f"### {_said(trend.title)} ({len(trend.rows):,})"
    yield ""
    yield _row(_HEADS)
    yield _row(["---:" if number in _RIGHT else "---" for number in range(len(_HEADS))])
    for row in trend.rows:
        yield _row(
            [
                *map(_said, (row.word, row.sentence, *(one.text for one in row.percentiles), row.errors)),
                *map(_said, (row.sent, row.load, row.started)),
                _run(row),
            ]
        )


def _run(row: RunRow) -> str:
    return f"[{_said(row.name)}]({row.link})" if row.link else _said(row.name)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _said(text: str) -> str:
    """Return words of others, or with words of others in them, as what they are."""
    return _ADDRESS.sub("\\1\u2060", escaped(text))
