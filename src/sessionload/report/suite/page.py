"""A contract check as one HTML page that needs nothing but itself.

Law: the page asks no other place for anything, and no script runs in it. Idea: the look of a run's report,
by the same style model; a policy in its head forbids whatever the escaping might let through. Trap: a
command to copy must not be broken by the page, so it wraps where it is shown and nowhere else.
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
