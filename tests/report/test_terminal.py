"""Text that fits a terminal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sessionload.report import terminal
from sessionload.report.model.text_layout import COLUMNS, width

if TYPE_CHECKING:
    from sessionload.report.model.rows import ReportModel


def test_no_line_is_wider_than_a_terminal_and_none_holds_a_control_character(
    models: dict[str, ReportModel],
) -> None:
    for model in models.values():
        lines = terminal.render(model).split("\n")
        assert max(map(width, lines)) <= COLUMNS
        assert all(line.isprintable() for line in lines)


def test_the_verdict_comes_first(models: dict[str, ReportModel]) -> None:
    for model in models.values():
        assert terminal.render(model).startswith(f"{model.state.name}: ")


def test_many_findings_are_cut_with_a_count(models: dict[str, ReportModel]) -> None:
    finding = models["missed"].findings[0]
    text = terminal.render(replace(models["missed"], findings=(finding,) * 12))
    assert "Findings (12)" in text
    assert "  … and 2 more in the report\n" in text


def test_a_run_without_targets_has_no_table_of_them(models: dict[str, ReportModel]) -> None:
    assert "\nTargets\n" not in terminal.render(replace(models["met"], targets=()))


def test_what_was_seen_once_is_said_so(models: dict[str, ReportModel]) -> None:
    finding = models["missed"].findings[0]
    once = replace(finding, count=finding.count._replace(text="1", raw=1))
    assert "\n  once: body" in terminal.render(replace(models["missed"], findings=(once,)))
