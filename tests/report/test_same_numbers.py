"""One result, many views: each number is made once, and a view that made one of its own would be caught.

Each text of a model is replaced by a word without digits that stands nowhere else. Then a view must show
the words, and a digit in it is a number that the view made up.
"""

from __future__ import annotations

import csv
import html
import re
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree as ET

import pytest

from sessionload.metrics.exchange import Outcome
from sessionload.report import csv as csv_view
from sessionload.report import hgrm, junit, markdown, terminal
from sessionload.report import html as page
from sessionload.report.model.rows import (
    LATENCY_COLUMNS,
    TURN_COLUMNS,
    CountRow,
    Fact,
    Quantity,
    ReportModel,
    TurnReport,
)
from sessionload.report.model.timeline import ChartStep, Span
from sessionload.verdict.verdict import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sessionload.verdict.result import Result

NAMES = ("met", "missed", "void", "interrupted", "aborted", "never", "late", "queued", "empty", "talks")
each_result = pytest.mark.parametrize("name", NAMES)


COUNTERS = ("tests", "failures", "errors", "skipped", "time")
"""What JUnit counts is how many cases there are, which is nothing that was measured."""


class _Text(HTMLParser):
    """What people read of a page: no style, no script."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._hidden = tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script"):
            self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def _page(model: ReportModel) -> str:
    reader = _Text()
    reader.feed(page.render(model))
    return _flat("".join(reader.parts))


def _markdown(model: ReportModel) -> str:
    text = html.unescape(re.sub(r"\\([\\`*_\[\]#~$])", r"\1", markdown.render(model)))
    return _flat(text.replace("\u2060", ""))


def _junit(model: ReportModel) -> str:
    suites = ET.fromstring(junit.render(model).encode())  # noqa: S314 - our own text
    texts = []
    for element in suites.iter():
        texts += [value for name, value in element.attrib.items() if name not in COUNTERS]
        texts.append(element.text or "")
    return _flat("\n".join(texts))


def _terminal(model: ReportModel) -> str:
    return _flat(terminal.render(model, 160))  # so wide that no cell is broken


def _flat(text: str) -> str:
    """The text with any white space as one blank, and hyphens as they are typed."""
    return " ".join(text.replace("\u00a0", " ").replace("\u2011", "-").split())


VIEWS: dict[str, Callable[[ReportModel], str]] = {
    "html": _page,
    "md": _markdown,
    "terminal": _terminal,
    "junit": _junit,
}


class Statement(NamedTuple):
    """A text of the model, and the views that must show it."""

    what: str
    text: str
    views: tuple[str, ...]


ALL = ("html", "md", "terminal", "junit")
TABLES = ("html", "md", "terminal")


PERCENTILES = ("p50", "p95", "p99")


def statements_of(model: ReportModel) -> Iterator[Statement]:
    """Yield each number of a model, as text, with the views that show it."""
    for what in ("sentence", "identity", "lateness_statement", "generator_statement"):
        yield Statement(what, getattr(model, what), ALL)
    yield from (Statement("reason", reason, ALL) for reason in model.reasons)
    for target in model.targets:
        for what in ("expr", "measured", "margin", "note"):
            yield Statement(f"{target.expr}: {what}", getattr(target, what), ALL)
        yield Statement(f"{target.expr}: samples", target.samples.text, ALL)
    for latency in model.latency:
        for column, cell in zip(LATENCY_COLUMNS, latency.cells, strict=True):
            yield Statement(f"{latency.name}: {column}", cell.text, TABLES)
    for count in (*model.outcomes, *model.statuses):
        yield from _counts(count)
    yield from _findings(model)
    yield from _facts(model)
    yield from _splits(model)
    if model.turns:
        yield from _turns(model.turns)


def _turns(turns: TurnReport) -> Iterator[Statement]:
    yield Statement("turns: identity", turns.identity, ALL)
    for row in turns.rows:
        yield from (Statement("turn", text, TABLES) for text in (row.number, row.says, row.note))
        for column, cell in zip(TURN_COLUMNS, row.cells, strict=True):
            yield Statement(f"turn: {column}", cell.text, TABLES)
    for latency in turns.latency:
        yield from (Statement(f"turns: {latency.name}", cell.text, TABLES) for cell in latency.cells)
    for count in turns.outcomes:
        yield from _counts(count)
    yield from (Statement(fact.label, fact.text, TABLES) for fact in turns.facts)


def _counts(row: CountRow) -> Iterator[Statement]:
    # Outcomes that did not occur are left out where there is little room.
    rare = TABLES if row.all_stages.raw else ("html",)
    yield Statement(f"{row.name}: all", row.all_stages.text, rare)
    yield Statement(f"{row.name}: share", row.share, rare)
    yield Statement(f"{row.name}: measured", row.measured.text, rare)


def _findings(model: ReportModel) -> Iterator[Statement]:
    for finding in model.findings:
        for what in ("cause", "outcome", "message", "example", "seen", "times"):
            yield Statement(f"finding {what}", getattr(finding, what), ALL)
        yield Statement("finding curl", finding.curl, ("html", "md", "junit"))


def _facts(model: ReportModel) -> Iterator[Statement]:
    yield from (Statement(fact.label, fact.text, TABLES) for fact in (*model.about, *model.generator))
    yield Statement("description", model.description, TABLES)
    yield from (Statement(fact.label, fact.text, ("html", "md", "junit")) for fact in model.run_facts)
    yield from (Statement(fact.label, fact.text, ("html",)) for fact in model.glance)


def _splits(model: ReportModel) -> Iterator[Statement]:
    for stage in model.stages:
        for what in ("name", "load", "duration", "errors"):
            yield Statement(f"stage {what}", getattr(stage, what), TABLES)
        for what in ("arrivals", *PERCENTILES):
            yield Statement(f"stage {what}", getattr(stage, what).text, TABLES)
    for row in model.by_rate:
        yield Statement("rate", row.label, ("html",))
        for what in ("seconds", "arrivals", *PERCENTILES):
            yield Statement(f"rate {what}", getattr(row, what).text, ("html",))


class _Words:
    """Words without digits, none the beginning of another."""

    def __init__(self) -> None:
        self._count = 0

    def next(self) -> str:
        self._count += 1
        letters = ""
        rest = self._count
        while rest:
            rest, letter = divmod(rest, 26)
            letters += chr(ord("a") + letter)
        return f"<{letters}>"


RAW = (ChartStep, Span, State)
"""What pictures are drawn from: numbers without a text."""
PICTURES = ("heat_map", "response", "service", "lateness_gaps", "timeline", "chart_steps", "spans", "state")


def marked(value: Any, words: _Words) -> Any:  # noqa: ANN401 - any part of a model
    """The same with a word of its own for each text."""
    if isinstance(value, Quantity):
        return Quantity(words.next(), value.raw)
    if isinstance(value, Fact):
        return Fact(words.next(), words.next())
    if isinstance(value, str) and not isinstance(value, State):
        return words.next() if value else value
    if isinstance(value, tuple):
        return tuple(marked(one, words) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        kept = (
            PICTURES
            if isinstance(value, ReportModel)
            else ("steps",)
            if isinstance(value, TurnReport)
            else ()
        )
        return replace(
            value,
            **{
                one.name: marked(getattr(value, one.name), words)
                for one in fields(value)
                if one.name not in kept
            },
        )
    return value


@pytest.mark.parametrize("view", VIEWS)
@each_result
def test_each_number_is_shown_as_the_model_has_it(
    models: dict[str, ReportModel], name: str, view: str
) -> None:
    shown = VIEWS[view](models[name])
    for one in statements_of(models[name]):
        if view in one.views:
            assert _flat(one.text) in shown, one.what


@pytest.mark.parametrize("view", VIEWS)
@each_result
def test_no_view_makes_a_number_of_its_own(models: dict[str, ReportModel], name: str, view: str) -> None:
    model = marked(models[name], _Words())
    shown = VIEWS[view](model)
    missing = [one.what for one in statements_of(model) if view in one.views and one.text not in shown]
    assert not missing


@pytest.mark.parametrize("view", ["md", "terminal", "junit"])
@each_result
def test_no_digit_in_a_text_view_comes_from_elsewhere(
    models: dict[str, ReportModel], name: str, view: str
) -> None:
    shown = VIEWS[view](marked(models[name], _Words()))
    for own in (*LATENCY_COLUMNS, f"({len(models[name].findings)})"):
        shown = shown.replace(f" {own} ", "  ")
    assert not re.findall(r"\S*\d\S*", shown)


@each_result
def test_the_lines_of_the_csv_add_up_to_the_counts(
    known: dict[str, Result], models: dict[str, ReportModel], name: str
) -> None:
    lines = list(csv.DictReader(csv_view.render(models[name]).splitlines()))
    sums = {
        what: sum(int(line[what]) for line in lines)
        for what in ("planned", "sent", "done", "ok", "errors", "unsent")
    }
    rows = [row for row in models[name].outcomes if row.name in set(Outcome)]
    outcomes = {row.name: row.all_stages.raw for row in rows}
    arrivals = known[name].accounting
    assert sums["planned"] == arrivals.planned
    assert sums["sent"] == sums["done"] == arrivals.sent == sum(filter(None, outcomes.values()))
    assert sums["ok"] == outcomes["ok"]
    assert sums["unsent"] == arrivals.unsent
    assert sums["errors"] == arrivals.sent - sums["ok"] + arrivals.unsent


@each_result
def test_the_csv_has_the_percentiles_of_the_steps_that_pictures_show(
    models: dict[str, ReportModel], name: str
) -> None:
    lines = csv.DictReader(csv_view.render(models[name]).splitlines())
    for line, step in zip(lines, models[name].chart_steps, strict=True):
        for what in PERCENTILES:
            ns = getattr(step, f"{what}_ns")
            assert line[f"{what}_ms"] == ("" if ns is None else f"{ns / 1e6:.3f}")


@each_result
def test_the_spectrum_ends_where_the_latency_row_does(models: dict[str, ReportModel], name: str) -> None:
    text = hgrm.render(models[name])
    levels = [line.split() for line in text.splitlines()[2:] if not line.startswith("#")]
    count, *_, largest = models[name].latency[0].cells
    assert f"Total count    = {count.raw:12d}]" in text
    reached = int(count.raw or 0) - models[name].response.never
    assert int(levels[-1][2] if levels else "0") == reached
    if largest.raw is not None:
        assert levels[-1][:2] == [f"{largest.raw:.3f}", "1.000000000000"]
        assert f"[Max     = {largest.raw:12.3f}," in text


@each_result
def test_the_percentiles_of_the_latency_row_are_levels_of_the_spectrum(
    models: dict[str, ReportModel], name: str
) -> None:
    cells = dict(zip(LATENCY_COLUMNS, models[name].latency[0].cells, strict=True))
    levels = {float(level.share): level.value_ns / 1e6 for level in models[name].response.levels}
    for column, share in (("p50", 0.5), ("p90", 0.9), ("p95", 0.95)):
        raw = cells[column].raw
        assert levels.get(share) == raw
