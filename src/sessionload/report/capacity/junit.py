"""The answer of a search as JUnit XML, for a CI server to show.

There is one test case: that a rate was found. It fails when not even the lowest rate meets the targets, and
is an error when nothing can be said. A missed hold is no failure: to find the limit, some rates have to fail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from sessionload.capacity.search import Ending
from sessionload.report.model.plain import plain

if TYPE_CHECKING:
    from sessionload.report.capacity.model import CapacityModel

_PASSED = {Ending.FOUND.value, Ending.OPEN.value}


def render(model: CapacityModel) -> str:
    """Return the XML document as text, to be written as UTF-8."""
    ending, elapsed_s = model.source.ending, f"{model.source.seconds:.3f}"
    named = {"classname": "sessionload.capacity", "name": "capacity", "time": elapsed_s}
    case = ET.Element("testcase", named)
    tag = "failure" if ending == Ending.TOO_HIGH.value else "error"
    if ending not in _PASSED:
        ET.SubElement(case, tag, {"type": ending, "message": model.sentence}).text = model.headline
    counts = {
        "tests": "1",
        "failures": str(len(case.findall("failure"))),
        "errors": str(len(case.findall("error"))),
        "time": elapsed_s,
    }
    suites = ET.Element("testsuites", {"name": "sessionload capacity", **counts})
    titled = {"name": model.title, **counts, "skipped": "0", "timestamp": model.source.started}
    suite = ET.SubElement(suites, "testsuite", titled)
    if labels := model.source.known_labels:
        properties = ET.SubElement(suite, "properties")
        for name, value in labels.items():
            ET.SubElement(properties, "property", {"name": f"label.{name}", "value": plain(value)})
    suite.append(case)
    rows = "\n".join(f"{row.rate} for {row.seconds}: {row.shown} {row.because}".strip() for row in model.rows)
    ET.SubElement(suite, "system-out").text = f"{model.headline}.\n{rows}"
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"
