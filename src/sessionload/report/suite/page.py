"""A contract check as one HTML page that needs nothing but itself.

It has the style of a run's report, loads nothing from anywhere else, and runs no script: a policy in its head
forbids whatever the escaping might let through. A command to copy is wrapped where it is shown, without a
line break in its text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.report.template import templates

if TYPE_CHECKING:
    from sessionload.report.suite.model import SuiteModel

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def render(model: SuiteModel) -> str:
    """Return the page, to be written as UTF-8."""
    return templates().get_template("suite.html.j2").render(model=model, policy=_POLICY)
