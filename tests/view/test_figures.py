"""One sheet, many views: what two of them show for one fact is the same text."""

from __future__ import annotations

import csv
import html
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from sessionload.judge.verdict import State
from sessionload.view import junit, markdown, report, tables, terminal
from sessionload.view.figures import NOTHING, prepare

if TYPE_CHECKING:
    from sessionload.judge.result import Result
    from sessionload.view.rows import Sheet

NAMES = ("met", "missed", "void", "interrupted", "aborted", "never", "queued", "empty")
each_result = pytest.mark.parametrize("name", NAMES)


class _Tables(HTMLParser):
    """All rows of cells of a page, without the notes in them."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[str, ...]] = []
        self.text = ""
        self._row: list[str] = []
        self._open = False
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self._row = []
        elif tag in ("td", "th"):
            self._row.append("")
            self._open = True
        elif tag == "span":
            self._skipped = 1 if "note" in (dict(attrs).get("class") or "") else 0

    def handle_endtag(self, tag: str) -> None:
        if tag == "tr":
            self.rows.append(tuple(self._row))
        elif tag in ("td", "th"):
            self._open = False
        elif tag == "span":
            self._skipped = 0

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._open and not self._skipped:
            self._row[-1] += data


@pytest.fixture(scope="module")
def pages(sheets: dict[str, Sheet]) -> dict[str, _Tables]:
    found = {}
    for name, sheet in sheets.items():
        found[name] = _Tables()
        found[name].feed(report.render(sheet))
    return found


def _terminal_rows(sheet: Sheet) -> set[tuple[str, ...]]:
    return {tuple(re.split(r" {2,}", line.strip())) for line in terminal.render(sheet).splitlines()}


def _markdown_rows(sheet: Sheet) -> set[tuple[str, ...]]:
    rows = (line for line in markdown.render(sheet).splitlines() if line.startswith("| "))
    return {
        tuple(re.sub(r"\\(.)", r"\1", html.unescape(cell)) for cell in row[2:-2].split(" | ")) for row in rows
    }


@each_result
def test_latencies_are_the_same_in_all_views(
    sheets: dict[str, Sheet], pages: dict[str, _Tables], name: str
) -> None:
    rows = {(row.name, *(cell.text for cell in row.cells)) for row in sheets[name].latency}
    assert len(rows) == 5
    assert rows <= _terminal_rows(sheets[name])
    assert rows <= _markdown_rows(sheets[name])
    assert rows <= set(pages[name].rows)


@each_result
def test_targets_are_the_same_in_all_views(
    sheets: dict[str, Sheet], pages: dict[str, _Tables], name: str
) -> None:
    rows = {
        (row.state.name, row.expr, row.measured, row.margin, row.samples.text) for row in sheets[name].targets
    }
    assert rows
    assert rows <= _terminal_rows(sheets[name])
    assert rows <= {row[:5] for row in _markdown_rows(sheets[name])}
    assert rows <= set(pages[name].rows)
    text = junit.render(sheets[name])
    for row in sheets[name].targets:
        said = f"measured {row.measured} over {row.samples.text} samples, margin {row.margin}"
        assert said in text


@each_result
def test_counts_are_the_same_in_all_views(
    sheets: dict[str, Sheet], pages: dict[str, _Tables], name: str
) -> None:
    every = (*sheets[name].outcomes, *sheets[name].statuses)
    rows = {(row.name, row.every.text, row.share, row.measured.text) for row in every}
    seen = {row[:3] for row in rows if row[1] != "0"}
    assert seen <= {row[:3] for row in _terminal_rows(sheets[name])}
    assert {row for row in rows if row[1] != "0"} <= _markdown_rows(sheets[name])
    assert rows <= set(pages[name].rows)


@each_result
def test_sentences_are_the_same_in_all_views(
    sheets: dict[str, Sheet], pages: dict[str, _Tables], name: str
) -> None:
    sheet = sheets[name]
    page = pages[name].text.replace("\u00a0", " ")
    in_terminal = " ".join(terminal.render(sheet).split())
    in_junit = "".join(ET.fromstring(junit.render(sheet)).itertext())  # noqa: S314 - our own text
    in_markdown = re.sub(r"\\(.)", r"\1", html.unescape(markdown.render(sheet)))
    for sentence in (sheet.sentence, sheet.identity, *sheet.reasons):
        assert sentence in page
        assert sentence in in_terminal
        assert sentence in in_junit
        assert sentence in in_markdown
    for row in sheet.findings:
        for text in (row.cause, row.message, row.seen, row.example):
            assert text in page
            assert " ".join(text.split()) in in_terminal
            assert text in (in_markdown if text != row.example else markdown.render(sheet))


@each_result
def test_generator_and_what_was_run_are_the_same_in_all_views(
    sheets: dict[str, Sheet], pages: dict[str, _Tables], name: str
) -> None:
    facts = {(fact.label, fact.text) for fact in sheets[name].generator}
    assert facts <= _terminal_rows(sheets[name])
    facts |= {(fact.label, fact.text) for fact in sheets[name].ran}
    assert facts <= _markdown_rows(sheets[name])
    assert facts <= set(pages[name].rows)
    stages = {
        (row.name, row.load, row.duration, *(one.text for one in (row.arrivals, row.p50, row.p95, row.p99)))
        for row in sheets[name].stages
    }
    assert stages <= _markdown_rows(sheets[name])
    assert stages <= set(pages[name].rows)


@each_result
def test_seconds_are_the_same_in_csv_and_page(
    sheets: dict[str, Sheet], pages: dict[str, _Tables], name: str
) -> None:
    lines = list(csv.DictReader(tables.timeline(sheets[name]).splitlines()))
    assert len(lines) == len(sheets[name].seconds_of_run) == len(sheets[name].steps_of_run)
    for line in lines:
        clock = f"{int(line['second']) // 60}:{int(line['second']) % 60:02d}"
        counts = (line[kind] for kind in ("planned", "sent", "done", "ok", "errors", "unsent"))
        assert (clock, *counts, "0") in pages[name].rows


@each_result
def test_rows_are_the_figures_of_the_result(
    known: dict[str, Result], sheets: dict[str, Sheet], name: str
) -> None:
    figures = known[name].to_json()["latency_ms"]
    for row in sheets[name].latency:
        mine = [cell.raw for cell in row.cells]
        theirs = [figures[row.name][key] for key in ("count", "p50", "p90", "p95", "p99", "p99_9", "max")]
        assert mine == theirs
    assert {row.name: row.every.raw for row in sheets[name].outcomes} == known[name].outcomes


def test_a_row_of_nothing_is_told_from_never(sheets: dict[str, Sheet]) -> None:
    nothing = {cell.text for row in sheets["empty"].latency for cell in row.cells[1:]}
    assert nothing == {NOTHING}
    assert sheets["never"].latency[0].cells[-1].text == "never"


def test_targets_on_response_percentiles_can_be_drawn(sheets: dict[str, Sheet]) -> None:
    drawn = [(row.percentile, row.bound_ns) for row in sheets["aborted"].targets]
    assert drawn == [("p50", 400_000_000), ("p95", 2_000_000_000), *[("", None)] * 4]


def test_a_result_read_back_gives_the_same_sheet(known: dict[str, Result]) -> None:
    result = known["missed"]
    assert prepare(type(result).from_json(result.to_json())) == prepare(result)


def test_a_scenario_without_a_name_is_still_shown(known: dict[str, Result]) -> None:
    sheet = prepare(replace(known["met"], scenario={}))
    assert (sheet.title, sheet.state) == ("unnamed scenario", State.MET)
