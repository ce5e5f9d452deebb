"""The views of a result: which there are, where each is written, and what makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sessionload.report import csv, hgrm, html, junit, markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sessionload.report.model.rows import ReportModel


class Format(NamedTuple):
    """Where a view is written, and what makes it: a model in, contents by file out."""

    file: str
    """Below the folder of the run. `NAME` in it is the name of a picture: such a view has a file for each."""
    render: Callable[[ReportModel], Mapping[str, str | bytes]]


def _one(file: str, render: Callable[[ReportModel], str]) -> Format:
    return Format(file, lambda model: {file: render(model)})


def _svg(model: ReportModel) -> Mapping[str, str | bytes]:
    from sessionload.report.charts.picture import svg_files  # noqa: PLC0415 - slow to import, and only pictures need it

    return {f"charts/{name}.svg": text for name, text in svg_files(model).items()}


def _png(model: ReportModel) -> Mapping[str, str | bytes]:
    from sessionload.report.charts.picture import png_files  # noqa: PLC0415 - as above

    return {f"charts/{name}.png": data for name, data in png_files(model).items()}


FORMATS = {
    "html": _one("report.html", html.render),
    "md": _one("summary.md", markdown.render),
    "junit": _one("junit.xml", junit.render),
    "csv": _one("timeline.csv", csv.render),
    "hgrm": _one("spectrum.hgrm", hgrm.render),
    "png": Format("charts/NAME.png", _png),
    "svg": Format("charts/NAME.svg", _svg),
}
"""The views of a result."""

AFTER_A_RUN = ("html", "md", "junit", "csv", "hgrm")
"""Those that are written when a run ends."""


def rendered(model: ReportModel, formats: Iterable[str]) -> Iterator[tuple[str, str | bytes]]:
    """Yield (file below the folder of the run, content) of the views named."""
    for name in formats:
        yield from FORMATS[name].render(model).items()
