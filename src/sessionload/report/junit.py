"""The result as JUnit XML, for a CI server to show.

It fails when the exit code says so, and a void run is an error, never a pass. There is one test case for the
validity of the run, one for each target and one for each finding; a finding of a run that met its targets is
shown and does not fail. XML 1.0 cannot hold most control characters; the model has escaped them already.

Jenkins' schema knows `skipped` on a test suite and not on the element around it. GitLab shows one of several
test cases with equal class and name, so no two have both.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from sessionload.verdict.verdict import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sessionload.report.model.comparison_section import ComparisonSection
    from sessionload.report.model.rows import FindingRow, ReportModel, TargetRow


def render(model: ReportModel) -> str:
    """Return the XML document as text, to be written as UTF-8."""
    cases = [
        _validity(model),
        *(_target(row) for row in model.targets),
        *([_compared(model.comparison)] if model.comparison else []),
        *(_finding(row, tolerated=model.state is State.MET) for row in model.findings),
    ]
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "time": f"{model.elapsed_s:.3f}",
    }
    suites = ET.Element("testsuites", {"name": "sessionload", **counts})
    suite = ET.SubElement(
        suites, "testsuite", {"name": model.title, **counts, "skipped": "0", "timestamp": model.started}
    )
    properties = ET.SubElement(suite, "properties")
    for fact in model.run_facts:
        ET.SubElement(properties, "property", {"name": fact.label, "value": fact.text})
    suite.extend(told_apart(cases))
    sentences = (
        model.headline,
        *([model.comparison.headline] if model.comparison else []),
        *([f"EMBEDDED STUB. {model.stub_note}"] if model.stub_note else []),
        model.identity,
        *([f"Turns: {model.turns.identity}"] if model.turns else []),
        *([model.budget] if model.budget else []),
        model.lateness_statement,
        model.generator_statement,
    )
    ET.SubElement(suite, "system-out").text = "\n".join(f"{sentence}." for sentence in sentences)
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def told_apart(cases: Iterable[ET.Element]) -> Iterator[ET.Element]:
    """Yield test cases, with a number in the name of each that has class and name of an earlier one."""
    seen: set[tuple[str, str]] = set()
    for case in cases:
        group, name = case.attrib["classname"], case.attrib["name"]
        numbered = (f"{name} ({number})" for number in count(2))
        while (group, case.attrib["name"]) in seen:
            case.set("name", next(numbered))
        seen.add((group, case.attrib["name"]))
        yield case


def _case(group: str, name: str) -> ET.Element:
    return ET.Element("testcase", {"classname": f"sessionload.{group}", "name": name, "time": "0"})


def _tell(case: ET.Element, tag: str, kind: str, message: str, text: str = "") -> None:
    ET.SubElement(case, tag, {"type": kind, "message": message}).text = text or message


def _validity(model: ReportModel) -> ET.Element:
    case = _case("run", "the run is valid")
    if model.state is State.VOID:
        _tell(case, "error", "void", model.sentence, "\n".join(model.reasons))
    return case


def _target(row: TargetRow) -> ET.Element:
    case = _case("targets", row.name)
    noun = "sample" if row.samples.raw == 1 else "samples"
    measured = f"measured {row.measured} over {row.samples.text} {noun}, margin {row.margin}"
    message = f"{measured}; {row.note}" if row.note else measured
    if row.state is State.MET:
        ET.SubElement(case, "system-out").text = message
    else:
        _tell(case, "failure" if row.state is State.MISSED else "error", row.state.value, message)
    return case


def _compared(section: ComparisonSection) -> ET.Element:
    case = _case("comparison", "not slower than the baseline")
    lines = [f"the baseline is {section.base}", *section.remarks]
    if section.tone == "met":
        ET.SubElement(case, "system-out").text = "\n".join((section.headline, *lines))
    else:
        tag = "failure" if section.tone == "missed" else "error"
        _tell(case, tag, section.verdict.lower(), section.sentence, "\n".join((section.headline, *lines)))
    return case


def _finding(row: FindingRow, *, tolerated: bool) -> ET.Element:
    case = _case("findings", row.cause)
    text = "\n".join(line for line in (row.message, row.seen, row.example, row.curl) if line)
    if tolerated:
        ET.SubElement(case, "system-out").text = f"{row.outcome}, {row.times}\n{text}"
    else:
        _tell(case, "failure", row.outcome, f"{row.message} ({row.times})", text)
    return case
