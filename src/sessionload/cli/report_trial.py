"""What a report needs is tried before the load.

The views of a run in which nothing was sent are made, and thrown away. A machine that cannot draw charts says
so while a run can still be moved to another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from sessionload.cli.report_extra import divided
from sessionload.cli.views import ViewMaker
from sessionload.errors import ResultError
from sessionload.report.model.build import build_report_model
from sessionload.report.views import AFTER_A_RUN, views
from sessionload.verdict.finalize import finalize_result, nothing_sent

if TYPE_CHECKING:
    from sessionload.config.run_spec import RunSpec


class ReportTrial:
    """A trial that goes on beside the preflight. A context manager, which ends it if nobody waited for it."""

    def __init__(self, spec: RunSpec) -> None:
        """Begin to make the views of a run that follows `spec`."""
        result = finalize_result(spec.header, nothing_sent(spec.scenario.schedule))
        kept, _ = divided(views(build_report_model(result), AFTER_A_RUN))
        self._maker = ViewMaker(kept)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._maker.__exit__()

    def warnings(self) -> list[str]:
        """Wait for the views; return a sentence for each that cannot be made here."""
        return [f"warning: {error}" for error in self._maker.results() if isinstance(error, ResultError)]
