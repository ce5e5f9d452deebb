"""JUnit XML that a CI server reads as the verdict."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from sessionload.judge.verdict import State
from sessionload.view import junit

if TYPE_CHECKING:
    from sessionload.view.sheet.rows import Sheet


def _suite(sheet: Sheet) -> ET.Element:
    suite = ET.fromstring(junit.render(sheet).encode()).find("testsuite")  # noqa: S314 - our own text
    assert suite is not None
    return suite


@pytest.mark.parametrize(
    ("name", "tests", "failures", "errors"),
    [
        ("met", 6, 0, 0),
        ("missed", 8, 5, 0),
        ("void", 6, 1, 1),
        ("interrupted", 6, 3, 1),
        ("empty", 6, 0, 6),
    ],
)
def test_cases_are_counted(
    sheets: dict[str, Sheet], name: str, tests: int, failures: int, errors: int
) -> None:
    suite = _suite(sheets[name])
    counts = (len(suite.findall("testcase")), len(suite.findall("*/failure")), len(suite.findall("*/error")))
    assert counts == (tests, failures, errors)
    assert counts == tuple(int(suite.attrib[key]) for key in ("tests", "failures", "errors"))


def test_a_void_run_is_an_error_that_says_why(sheets: dict[str, Sheet]) -> None:
    error = _suite(sheets["void"]).find("testcase/error")
    assert error is not None
    assert error.attrib["type"] == "void"
    assert error.text == "\n".join(sheets["void"].reasons)


def test_a_finding_of_a_run_that_met_its_targets_is_told_and_does_not_fail(sheets: dict[str, Sheet]) -> None:
    sheet = replace(sheets["missed"], state=State.MET)
    cases = _suite(sheet).findall("testcase[@classname='sessionload.findings']")
    assert [case.get("name") for case in cases] == [row.cause for row in sheet.findings] != []
    for case, row in zip(cases, sheet.findings, strict=True):
        assert case.find("failure") is None
        assert row.message in (case.findtext("system-out") or "")


def test_hostile_text_is_text(sheets: dict[str, Sheet], hostile: str) -> None:
    failure = _suite(sheets["missed"]).find("testcase[@name='body.sessionKey.required']/failure")
    assert failure is not None
    assert failure.text is not None
    finding = sheets["missed"].findings[0]
    assert failure.text.endswith(f"{finding.example}\n{finding.curl}")
    assert "<script>alert(1)</script>" in failure.text
    assert "<script>alert(1)</script>" in hostile
