"""What a report needs is tried before the load.

The views of a run in which nothing was sent are made, and thrown away. A machine that cannot draw charts says
so while a run can still be moved to another one.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from sessionload.cli.views import ViewProcess
from sessionload.errors import ResultError
from sessionload.report.model.build import build_report_model
from sessionload.report.views import AFTER_A_RUN, views
from sessionload.verdict.finalize import finalize_result, nothing_sent

if TYPE_CHECKING:
    from sessionload.config.run_spec import RunSpec


class ReportTrial:
    """A trial that goes on beside the preflight."""

    def __init__(self, spec: RunSpec) -> None:
        """Begin to make the views of a run that follows `spec`."""
        with suppress(Exception):  # each view says for itself what it lacks
            import sessionload.report.charts.catalogue  # noqa: F401, PLC0415 -- once, for the views of the end, too
        result = finalize_result(spec.header, nothing_sent(spec.scenario.schedule), workers=0)
        self._processes = [ViewProcess(view) for view in views(build_report_model(result), AFTER_A_RUN)]

    def warnings(self) -> list[str]:
        """Wait for the views; return a sentence for each that cannot be made here."""
        warnings = []
        for process in self._processes:
            try:
                process.contents()
            except ResultError as error:
                warnings.append(f"warning: {error}")
        return warnings
