"""Labels of a run stand in every view of it, and nowhere where there are none."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from sessionload.comparison.compare import compare
from sessionload.report import html, junit, markdown, terminal
from sessionload.report.comparison import markdown as comparison_markdown
from sessionload.report.comparison import page as comparison_page
from sessionload.report.comparison import terminal as comparison_terminal
from sessionload.report.comparison.model import build_comparison_model
from sessionload.report.history import markdown as history_markdown
from sessionload.report.history import page as history_page
from sessionload.report.history import terminal as history_terminal
from sessionload.report.history.model import build_history_model, run_row
from sessionload.report.model.build import build_report_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.verdict.result import Result

LABELS = {"release": "1.4.2", "team": "<b>a&b</b>"}


def labelled(result: Result) -> Result:
    return replace(result, run=replace(result.run, labels=LABELS))


@pytest.mark.parametrize(
    ("render", "shown"),
    [
        (terminal.render, ["Labels ", "release=1.4.2, team=<b>a&b</b>"]),
        (markdown.render, ["- Labels: release=1.4.2, team=&lt;b&gt;a&amp;b&lt;/b&gt;", "| label.release |"]),
        (junit.render, ['<property name="label.release" value="1.4.2" />', 'name="label.team"']),
        (html.render, ["release=1.4.2, team=&lt;b&gt;a&amp;b&lt;/b&gt;"]),
    ],
)
def test_a_report_has_them(known: dict[str, Result], render: Callable[..., str], shown: list[str]) -> None:
    text = render(build_report_model(labelled(known["met"])))
    assert [words for words in shown if words not in text] == []
    assert "abel" not in render(build_report_model(known["met"])) or render is html.render


@pytest.mark.parametrize(
    ("render", "shown"),
    [
        (comparison_terminal.render, "\n    labels: release=1.4.2, team=<b>a&b</b>\n"),
        (comparison_markdown.render, ", labels release=1.4.2, team=&lt;b&gt;a&amp;b&lt;/b&gt;; **MET**"),
        (comparison_page.render, ", labels release=1.4.2, team=&lt;b&gt;a&amp;b&lt;/b&gt;</p>"),
    ],
)
def test_a_comparison_has_them_on_the_side_that_has_them(
    known: dict[str, Result], render: Callable[..., str], shown: str
) -> None:
    met = known["met"]

    def text(base: Result, candidate: Result) -> str:
        comparison = compare(base, candidate, tolerance=Fraction(1, 20), replicates=100)
        return render(build_comparison_model(base, candidate, comparison))

    assert [text(*sides).count(shown) for sides in ((labelled(met), met), (met, met))] == [1, 0]
    assert text(labelled(met), labelled(met)).count(shown) == 2


def test_a_history_has_them_and_says_what_was_asked_for(known: dict[str, Result]) -> None:
    rows = [run_row(labelled(known["met"]), "one"), run_row(known["met"], "two")]
    plain, asked = build_history_model("reports", rows[1:]), build_history_model("reports", rows)
    assert (plain.trends[0].is_labelled, asked.trends[0].is_labelled) == (False, True)
    assert "| Run | Labels |" in history_markdown.render(asked)
    assert "Labels" not in history_markdown.render(plain)
    assert " one (release=1.4.2, team=<b>a&b</b>): " in " ".join(history_terminal.render(asked).split())
    assert "one · release=1.4.2, team=&lt;b&gt;a&amp;b&lt;/b&gt;</span>" in history_page.render(asked)
    found = build_history_model("reports", rows[:1], labels="release=1.4.2", others=1)
    assert (found.title, found.account) == (
        "reports, release=1.4.2",
        "1 run: 1 met; 1 other run without these labels",
    )
