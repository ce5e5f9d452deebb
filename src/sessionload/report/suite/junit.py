"""A contract check as JUnit XML, for a CI server to show.

There is one test case for each case and rule; it fails when the exit code says so. A violation is a failure,
what was throttled is an error, what was not sent or is accepted is skipped. An entry of the baseline that no
longer occurs fails the check and belongs to no failed case, so it has a test case of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from sessionload.report.junit import told_apart
from sessionload.suite.expectation import CaseStatus
from sessionload.suite.suite_report import SuiteStatus

if TYPE_CHECKING:
    from sessionload.report.suite.model import CaseRow, StaleRow, SuiteModel


def render(model: SuiteModel) -> str:
    """Return the XML document as text, to be written as UTF-8."""
    cases = [*map(_case, model.cases), *map(_stale, model.stale)]
    if model.state is SuiteStatus.INCOMPLETE:
        cases.append(_incomplete(model))
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "time": f"{model.elapsed_s:.3f}",
    }
    skipped = str(sum(case.find("skipped") is not None for case in cases))
    suites = ET.Element("testsuites", {"name": "sessionload check", **counts})
    suite = ET.SubElement(
        suites, "testsuite", {"name": model.title, **counts, "skipped": skipped, "timestamp": model.started}
    )
    properties = ET.SubElement(suite, "properties")
    for fact in model.run_facts:
        ET.SubElement(properties, "property", {"name": fact.label, "value": fact.text})
    suite.extend(told_apart(cases))
    stub = f"\nEMBEDDED STUB. {model.stub_note}." if model.stub_note else ""
    ET.SubElement(suite, "system-out").text = f"{model.headline}.{stub}"
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _element(group: str, name: str, seconds: float = 0) -> ET.Element:
    return ET.Element(
        "testcase", {"classname": f"sessionload.check.{group}", "name": name, "time": f"{seconds:.3f}"}
    )


def _tell(case: ET.Element, tag: str, kind: str, message: str, text: str = "") -> None:
    ET.SubElement(case, tag, {"type": kind, "message": message}).text = text or message


def _case(row: CaseRow) -> ET.Element:
    case = _element(row.group, row.name, (row.elapsed.raw or 0) / 1000)
    text = "\n".join(
        f"{label}: {value}"
        for label, value in (
            ("requires", row.requirement),
            ("expected", row.expected),
            ("came back", row.observed),
            ("again", row.curl),
        )
        if value
    )
    if row.failing:
        _tell(case, "failure", row.state.value, row.observed, text)
    elif row.accepted:
        _tell(case, "skipped", "accepted", f"accepted by the baseline {row.accepted}", text)
    elif row.state is CaseStatus.THROTTLED:
        _tell(case, "error", row.state.value, row.observed, text)
    elif row.state is CaseStatus.SKIPPED:
        _tell(case, "skipped", row.state.value, row.observed)
    else:
        ET.SubElement(case, "system-out").text = text
    return case


def _stale(row: StaleRow) -> ET.Element:
    case = _element("baseline", row.case)
    _tell(case, "failure", "no-longer-occurs", row.sentence, f"{row.sentence}\nreason: {row.reason}")
    return case


def _incomplete(model: SuiteModel) -> ET.Element:
    case = _element("check", "the check is complete")
    _tell(case, "error", "incomplete", model.sentence)
    return case
