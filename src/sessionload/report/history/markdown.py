"""The runs of a folder as Markdown.

Nothing that a file, or the name of a folder, says becomes markup, a link or a mention. The only links are to
reports, as relative URLs of letters, digits and percent signs. GitHub makes links of bare addresses, so
addresses in text of others are broken up by an invisible character.
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
    yield f"## History of {_escaped(model.title)}"
    yield ""
    if model.newest:
        yield f"**{model.verdict}**: {_escaped(model.sentence)}."
        yield f"The newest run is {_escaped(model.about)}."
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
        yield from (f"- **{_escaped(unread.name)}**: {_escaped(unread.why)}" for unread in model.unread)


def _trend(trend: Trend) -> Iterator[str]:
    yield ""
    yield f"### {_escaped(trend.title)} ({len(trend.rows):,})"
    yield ""
    heads = (*_HEADS, "Labels") if trend.is_labelled else _HEADS
    yield _row(heads)
    yield _row(["---:" if number in _RIGHT else "---" for number in range(len(heads))])
    for row in trend.rows:
        yield _row(
            [
                *map(
                    _escaped,
                    (
                        row.verdict,
                        row.sentence,
                        *(percentile.text for percentile in row.percentiles),
                        row.errors,
                    ),
                ),
                *map(_escaped, (row.sent, row.load, row.started)),
                _run(row),
                *([_escaped(row.labels)] if trend.is_labelled else []),
            ]
        )


def _run(row: RunRow) -> str:
    return f"[{_escaped(row.name)}]({row.link})" if row.link else _escaped(row.name)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """Return words of others, or with words of others in them, as what they are."""
    return _ADDRESS.sub("\\1\u2060", escaped(text))
