"""The rules of Jenkins' schema for JUnit files (`junit-10.xsd` of its xUnit plugin), as assertions.

Other servers read less strictly, with one rule more that is checked here too: GitLab shows one of several
test cases with equal class and name, so each has to have a name of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from xml.etree import ElementTree as ET

_COUNTS = {"tests", "failures", "errors"}
_TOLD = ({"type", "message"}, set[str](), set[str]())
_TEXT = (set[str](), set[str](), set[str]())
ELEMENTS: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": ({"name", "time", *_COUNTS}, set(), {"testsuite"}),
    "testsuite": (
        {
            *(
                "name",
                "time",
                "skipped",
                "timestamp",
                "group",
                "hostname",
                "id",
                "package",
                "file",
                "log",
                "url",
            ),
            *_COUNTS,
        },
        {"name", *_COUNTS},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, {"name", "value"}, set()),
    "testcase": (
        {"name", "time", "classname", "group"},
        {"name"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": _TOLD,
    "error": _TOLD,
    "skipped": _TOLD,
    "system-out": _TEXT,
    "system-err": _TEXT,
}
"""For each element the attributes that it may have, those that it must have, and the elements in it."""

_TIME = re.compile(r"(?:(?:[0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(?:\.[0-9]*)?")


def check_junit(text: str) -> ET.Element:
    """Return the root of a JUnit file that keeps the rules; raises `AssertionError` where it does not."""
    root = ET.fromstring(text.encode())  # noqa: S314 - our own text
    assert root.tag in ("testsuites", "testsuite")
    for element in root.iter():
        allowed, needed, inside = ELEMENTS[element.tag]
        assert set(element.attrib) <= allowed, f"{element.tag} has {set(element.attrib) - allowed}"
        assert needed <= set(element.attrib), f"{element.tag} lacks {needed - set(element.attrib)}"
        assert {child.tag for child in element} <= inside, element.tag
        if element.tag in ("testsuites", "testsuite"):
            assert _TIME.fullmatch(element.get("time", ""))
    names = Counter((case.get("classname"), case.get("name")) for case in root.iter("testcase"))
    assert [name for name, count in names.items() if count > 1] == []
    return root
