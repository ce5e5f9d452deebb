"""Markdown in which hostile text stays text."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from sessionload.view import markdown

if TYPE_CHECKING:
    from sessionload.view.rows import Sheet


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


def test_an_example_cannot_leave_its_fence(sheets: dict[str, Sheet]) -> None:
    shown = MarkdownIt("commonmark").enable("table").render(markdown.render(sheets["missed"]))
    assert "<script" not in shown
    assert "<img" not in shown
    assert "evil.example/)" in shown
    assert not re.search("<a [^>]*evil", shown)


def test_many_findings_are_cut_with_a_count(sheets: dict[str, Sheet]) -> None:
    finding = sheets["missed"].findings[0]
    text = markdown.render(replace(sheets["missed"], findings=(finding,) * 25))
    assert "### Findings (25)" in text
    assert "… and 5 more in the report" in text
    assert text.count("- **body") == 20
