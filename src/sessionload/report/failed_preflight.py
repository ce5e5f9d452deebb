"""A preflight that failed, as JUnit XML and as Markdown: why a run or a check sent nothing more.

It is an error, never a pass and never a missed target. The XML begins with `MARK`, by which the file of a
failed preflight is told from that of a run: the next attempt may replace the one and never the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from sessionload.report.markdown import escaped
from sessionload.report.model.plain import plain

if TYPE_CHECKING:
    from sessionload.errors import PreflightError

MARK = '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="sessionload preflight"'


@dataclass(frozen=True, slots=True)
class FailedPreflight:
    """What failed, of which command (`run` or `check`), and what it was about."""

    command: str
    title: str
    started: str
    """Wall time, a label."""
    error: PreflightError

    @property
    def sentence(self) -> str:
        """What is wrong, and where."""
        where = f"{self.error.place}: " if self.error.place else ""
        return plain(f"{where}{self.error.message}")

    @property
    def cure(self) -> str:
        """What to do."""
        return plain(self.error.hint)


def junit(failed: FailedPreflight) -> str:
    """Return the XML document as text, to be written as UTF-8."""
    counts = {"tests": "1", "failures": "0", "errors": "1", "time": "0"}
    suites = ET.Element("testsuites", {"name": "sessionload preflight", **counts})
    suite = ET.SubElement(
        suites,
        "testsuite",
        {"name": plain(failed.title), **counts, "skipped": "0", "timestamp": failed.started},
    )
    case = ET.SubElement(
        suite,
        "testcase",
        {"classname": f"sessionload.{failed.command}", "name": "the preflight passes", "time": "0"},
    )
    error = ET.SubElement(case, "error", {"type": failed.error.code, "message": failed.sentence})
    error.text = "\n".join(line for line in (failed.sentence, failed.cure) if line)
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def markdown(failed: FailedPreflight) -> str:
    """Return the document, lines ended with a line feed."""
    end = "" if failed.cure.endswith("?") else "."
    cure = f"What to do: {escaped(failed.cure)}{end}\n\n" if failed.cure else ""
    return (
        f"## {escaped(plain(failed.title))}: preflight failed\n\n"
        f"**NOT RUN**: {escaped(failed.sentence)}.\n\n{cure}"
        f"The {failed.command} ended there with exit code {failed.error.exit_code} "
        f"(`{failed.error.code}`). There is no verdict.\n"
    )
