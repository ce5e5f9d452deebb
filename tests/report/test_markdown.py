"""Markdown in which hostile text stays text."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from sessionload.report import markdown
from sessionload.report.model.rows import Fact

if TYPE_CHECKING:
    from sessionload.report.model.rows import ReportModel


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "a | b",
        "a \\| b",
        "<script>alert(1)</script>",
        "&lt;",
        "**bold** _it_ `code` ~~no~~",
        "[link](https://evil.example)",
        "![image](https://evil.example/x.png)",
        "# no heading",
        "$x$",
        "\\",
    ],
)
def test_escaped_text_shows_as_itself(text: str) -> None:
    shown = MarkdownIt("commonmark").enable("table").render(f"| a |\n|---|\n| x {markdown.escaped(text)} |")
    (cell,) = re.findall("<td>(.*)</td>", shown)
    assert "<" not in cell
    assert cell == "x " + text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def test_nobody_is_called_by_their_name() -> None:
    assert "@everyone" not in markdown.escaped("@everyone")


def test_an_example_cannot_leave_its_fence(models: dict[str, ReportModel]) -> None:
    shown = MarkdownIt("commonmark").enable("table").render(markdown.render(models["missed"]))
    assert "<script" not in shown
    assert "<img" not in shown
    assert "evil.example/)" in shown
    assert not re.search("<a [^>]*evil", shown)


def test_many_findings_are_cut_with_a_count(models: dict[str, ReportModel]) -> None:
    finding = models["missed"].findings[0]
    text = markdown.render(replace(models["missed"], findings=(finding,) * 25))
    assert "### Findings (25)" in text
    assert "\n… and 5 more findings in the report\n" in text
    assert text.count("- **body") == 20


def test_a_finding_that_has_no_room_is_counted(models: dict[str, ReportModel]) -> None:
    row = models["missed"].findings[0]
    text = markdown.render(replace(models["missed"], findings=(replace(row, message="m" * 30_000),) * 3))
    assert text.count("- **body") == 1
    assert "\n… and 2 more findings in the report\n" in text


def test_the_longest_document_fits_into_a_comment(models: dict[str, ReportModel]) -> None:
    model = models["missed"]
    long = "|" * 2_001
    text = markdown.render(
        replace(
            model,
            title="|" * 200,
            sentence=long,
            reasons=("|" * 700,) * 100,
            targets=tuple(replace(row, expr=long, note=long) for row in model.targets * 20),
            statuses=model.statuses * 900,
            stages=tuple(replace(row, name=long) for row in model.stages * 100),
            run_facts=tuple(Fact("|" * 100, "|" * 301) for _ in range(1000)),
            findings=tuple(replace(row, cause=long, message=long) for row in model.findings * 100),
        )
    )
    assert 30_000 < len(text) <= markdown.LONGEST
    for left_out in ("99 more reasons", "100 more targets", "more stages", "more findings"):
        assert left_out in text


def test_a_row_that_is_left_out_alone_is_one() -> None:
    assert list(markdown.fitting(["a" * 50, "b" * 50], 160, "row")) == [
        "a" * 50,
        "",
        "… and 1 more row in the report",
    ]


def test_the_request_of_a_finding_can_be_copied(models: dict[str, ReportModel]) -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown.render(models["missed"]))
    fenced = [token.content for token in tokens if token.type == "fence" and token.info == "sh"]
    assert fenced == [f"{row.curl}\n" for row in models["missed"].findings]


def test_a_finding_without_example_and_request_is_shown(models: dict[str, ReportModel]) -> None:
    row = replace(models["missed"].findings[0], example="", curl="")
    assert "```" not in markdown.render(replace(models["missed"], findings=(row,)))


def test_what_is_not_said_takes_no_line(models: dict[str, ReportModel]) -> None:
    silent = markdown.render(replace(models["met"], description=""))
    told = markdown.render(replace(models["met"], description="It is as it is."))
    assert told.count("\n") == silent.count("\n") + 2
