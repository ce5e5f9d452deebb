"""A failed preflight as JUnit XML and as Markdown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from junit_schema import check_junit
from markdown_it import MarkdownIt

from sessionload.errors import Place, PreflightError
from sessionload.report import failed_preflight, junit
from sessionload.report.failed_preflight import MARK, FailedPreflight

if TYPE_CHECKING:
    from sessionload.report.model.rows import ReportModel

PLAIN = FailedPreflight(
    "run",
    "launch",
    "2026-01-02T03:04:05+00:00",
    PreflightError("preflight-refused", "preflight of staging: nothing listens there", hint="is it up?"),
)
HOSTILE = FailedPreflight(
    "check",
    "a|b",
    "",
    PreflightError("preflight-contract", "says \x1b[2J <b>@team</b> \ud800 `x`", place=Place("ca.pem", 3)),
)


def _suite(failed: FailedPreflight) -> ET.Element:
    suite = ET.fromstring(failed_preflight.junit(failed).encode()).find("testsuite")  # noqa: S314 - our own text
    assert suite is not None
    return suite


@pytest.mark.parametrize("failed", [PLAIN, HOSTILE])
def test_it_is_one_error_and_no_failure(failed: FailedPreflight) -> None:
    check_junit(failed_preflight.junit(failed))
    suite = _suite(failed)
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["1", "0", "1", "0"]
    (case,) = suite.findall("testcase")
    error = case.find("error")
    assert case.get("classname") == f"sessionload.{failed.command}"
    assert error is not None
    assert error.get("type") == failed.error.code


def test_the_error_says_what_is_wrong_and_what_to_do() -> None:
    error = _suite(PLAIN).find("testcase/error")
    assert error is not None
    assert error.get("message") == "preflight of staging: nothing listens there"
    assert error.text == "preflight of staging: nothing listens there\nis it up?"


def test_the_place_of_an_error_is_said_and_nothing_unprintable_is() -> None:
    error = _suite(HOSTILE).find("testcase/error")
    assert error is not None
    assert error.text == r"ca.pem:3: says \x1b[2J <b>@team</b> \ud800 `x`"


def test_only_the_file_of_a_failed_preflight_begins_with_its_mark(
    models: dict[str, ReportModel],
) -> None:
    assert failed_preflight.junit(PLAIN).startswith(MARK)
    assert not [name for name, model in models.items() if junit.render(model).startswith(MARK)]


def test_the_markdown_says_that_nothing_was_run_and_why() -> None:
    assert failed_preflight.markdown(PLAIN) == (
        "## launch: preflight failed\n\n"
        "**NOT RUN**: preflight of staging: nothing listens there.\n\n"
        "What to do: is it up?\n\n"
        "The run ended there with exit code 4 (`preflight-refused`). There is no verdict.\n"
    )


def test_a_cure_that_is_no_question_ends_with_a_full_stop() -> None:
    failed = replace(PLAIN, error=PreflightError("preflight-throttled", "too many", hint="wait"))
    assert "\n\nWhat to do: wait.\n\n" in failed_preflight.markdown(failed)


def test_nothing_in_the_markdown_becomes_markup_or_a_mention() -> None:
    text = failed_preflight.markdown(HOSTILE)
    html = MarkdownIt("commonmark").render(text)
    assert "<b>" not in html
    assert html.count("<code>") == 1  # our own
    assert "@team" not in text
    assert "What to do" not in text
