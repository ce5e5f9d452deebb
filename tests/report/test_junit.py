"""JUnit XML that a CI server reads as the verdict."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from junit_schema import check_junit

from sessionload.report import junit
from sessionload.report.model.build import build_report_model
from sessionload.units import NS
from sessionload.verdict.targets import parse_target
from sessionload.verdict.verdict import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.report.model.rows import ReportModel
    from sessionload.verdict.result import Result


def _suite(model: ReportModel) -> ET.Element:
    suite = ET.fromstring(junit.render(model).encode()).find("testsuite")  # noqa: S314 - our own text
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
    models: dict[str, ReportModel], name: str, tests: int, failures: int, errors: int
) -> None:
    suite = _suite(models[name])
    counts = (len(suite.findall("testcase")), len(suite.findall("*/failure")), len(suite.findall("*/error")))
    assert counts == (tests, failures, errors)
    assert counts == tuple(int(suite.attrib[key]) for key in ("tests", "failures", "errors"))


def test_a_void_run_is_an_error_that_says_why(models: dict[str, ReportModel]) -> None:
    error = _suite(models["void"]).find("testcase/error")
    assert error is not None
    assert error.attrib["type"] == "void"
    assert error.text == "\n".join(models["void"].reasons)


def test_a_finding_of_a_run_that_met_its_targets_is_shown_and_does_not_fail(
    models: dict[str, ReportModel],
) -> None:
    model = replace(models["missed"], state=State.MET)
    cases = _suite(model).findall("testcase[@classname='sessionload.findings']")
    assert [case.get("name") for case in cases] == [row.cause for row in model.findings] != []
    for case, row in zip(cases, model.findings, strict=True):
        assert case.find("failure") is None
        assert row.message in (case.findtext("system-out") or "")


def test_hostile_text_is_text(models: dict[str, ReportModel], hostile: str) -> None:
    failure = _suite(models["missed"]).find("testcase[@name='body.sessionKey.required']/failure")
    assert failure is not None
    assert failure.text is not None
    finding = models["missed"].findings[0]
    assert failure.text.endswith(f"{finding.example}\n{finding.curl}")
    assert "<script>alert(1)</script>" in failure.text
    assert "<script>alert(1)</script>" in hostile


def test_each_known_result_keeps_the_schema_of_jenkins(models: dict[str, ReportModel]) -> None:
    for name, model in models.items():
        assert check_junit(junit.render(model)).tag == "testsuites", name


def test_targets_that_differ_in_window_or_stages_alone_have_names_of_their_own(
    known: dict[str, Result], result_with: Callable[..., Result]
) -> None:
    targets = (
        parse_target("error_rate < 5%"),
        parse_target("error_rate < 5%", window_ns=5 * NS),
        parse_target("error_rate < 5%", window_ns=10 * NS),
        parse_target("error_rate < 5%", window_ns=10 * NS, abort=True),
        parse_target("error_rate < 5%", stages=("ramp",)),
        parse_target("error_rate < 5%", window_ns=5 * NS, stages=("ramp",)),
    )
    model = build_report_model(result_with(known["met"].measurement, targets=targets))
    root = check_junit(junit.render(model))
    assert [case.get("name") for case in root.iterfind(".//testcase[@classname='sessionload.targets']")] == [
        "error_rate < 5%",
        "error_rate < 5% in each window of 5 s",
        "error_rate < 5% in each window of 10 s",
        "error_rate < 5% in each window of 10 s (2)",
        "error_rate < 5% in stage ramp",
        "error_rate < 5% in stage ramp in each window of 5 s",
        "contract_violations == 0",
    ]


def test_no_two_cases_of_a_class_have_one_name() -> None:
    cases = [
        ET.Element("testcase", {"classname": group, "name": name})
        for group, name in (("a", "x"), ("b", "x"), ("a", "x"), ("a", "x (2)"), ("a", "x"))
    ]
    names = [(case.get("classname"), case.get("name")) for case in junit.told_apart(cases)]
    assert names == [("a", "x"), ("b", "x"), ("a", "x (2)"), ("a", "x (2) (2)"), ("a", "x (3)")]
