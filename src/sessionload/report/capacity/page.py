"""A search as one HTML page that needs nothing but itself.

It has the frame and style of a run's report, loads nothing from anywhere else, and runs no script.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sessionload
from sessionload.report.template import templates

if TYPE_CHECKING:
    from sessionload.report.capacity.model import CapacityModel

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def render(model: CapacityModel) -> str:
    """Return the page, to be written as UTF-8."""
    from sessionload.report.capacity.chart import drawn  # noqa: PLC0415 - slow to import, and only a page needs it

    return (
        templates()
        .get_template("capacity.html.j2")
        .render(model=model, version=sessionload.__version__, policy=_POLICY, picture=drawn(model))
    )
