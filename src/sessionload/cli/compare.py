"""`sessionload compare`: whether a candidate is slower than a base, in words, as a page and as an exit code.

All results are read, compared once and turned into rows once, so that all views show the same numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.cli.console import columns_of_output, say, show, warn
from sessionload.cli.finish_run import add_to_step_summary
from sessionload.cli.option_values import option_value
from sessionload.cli.report_extra import notes
from sessionload.cli.setup_run import REPORTS, new_run
from sessionload.cli.views import page_views, write_views
from sessionload.comparison.compare import Conclusion, compare_sides
from sessionload.errors import ResultError
from sessionload.report.comparison import markdown, page, terminal
from sessionload.report.comparison.model import build_side_model
from sessionload.storage.output_folder import OutputFolder
from sessionload.storage.run_folder import RunFolder
from sessionload.units import parse_share

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_EXIT_CODES = {Conclusion.NOT_SLOWER: 0, Conclusion.SLOWER: 1, Conclusion.CANNOT_SAY: 3}
_SUMMARY = "comparison.md"
_PAGE = "comparison.html"
_PAGES = {_PAGE: page.render, _SUMMARY: markdown.render}


def compare(
    bases: Sequence[Path], candidates: Sequence[Path], *, tolerance: str, seed: int, out: Path | None
) -> int:
    """Compare the runs of two sides, their folders or the files of their results, and return the exit code.

    Writes the pages, then prints the answer, and the folder of the pages last. The Markdown goes to the page
    of a step of GitHub Actions too, if there is one. Raises `InputError`.
    """
    allowed = option_value(parse_share, tolerance, "bad-tolerance", "--tolerance")
    ours, theirs = ([RunFolder.named(path).read() for path in side] for side in (bases, candidates))
    folder = out if out is not None else REPORTS / f"comparison-{new_run()[0]}"
    output = OutputFolder.create(folder, _PAGES)
    comparison = compare_sides(ours, theirs, tolerance=allowed, seed=seed)
    model = build_side_model(ours, theirs, comparison)
    written = write_views(page_views(model, _PAGES, drawn=(_PAGE,)), output)
    warnings = [*add_to_step_summary(written, _SUMMARY), *notes(written.undrawn, "then compare again")]
    show(terminal.render(model, columns_of_output()))
    for warning in (*warnings, *(f"error: {error}" for error in written.errors)):
        warn(warning)
    say(folder)
    return ResultError.exit_code if written.errors else _EXIT_CODES[comparison.conclusion]
