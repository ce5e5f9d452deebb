"""The views of a result: which there are, where each is written, and what makes it.

Each view is made by itself, when it is asked for. One that fails leaves the result and the other views as
they are.
"""

from __future__ import annotations

from functools import partial
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
    drawn: bool = False
    """Whether it has charts, which a program draws that not every install has."""


def _one(file: str, render: Callable[[ReportModel], str], *, drawn: bool = False) -> Format:
    return Format(file, lambda model: {file: render(model)}, drawn)


def _svg(model: ReportModel) -> Mapping[str, str | bytes]:
    from sessionload.report.charts.picture import svg_files  # noqa: PLC0415 - slow to import, and only pictures need it

    return {f"charts/{name}.svg": text for name, text in svg_files(model).items()}


def _png(model: ReportModel) -> Mapping[str, str | bytes]:
    from sessionload.report.charts.picture import png_files  # noqa: PLC0415 - as above

    return {f"charts/{name}.png": data for name, data in png_files(model).items()}


FORMATS = {
    "html": _one("report.html", html.render, drawn=True),
    "md": _one("summary.md", markdown.render),
    "junit": _one("junit.xml", junit.render),
    "csv": _one("timeline.csv", csv.render),
    "hgrm": _one("spectrum.hgrm", hgrm.render),
    "png": Format("charts/NAME.png", _png, drawn=True),
    "svg": Format("charts/NAME.svg", _svg, drawn=True),
}
"""The views of a result."""

AFTER_A_RUN = ("html", "md", "junit", "csv", "hgrm")
"""Those that are written when a run ends."""


class View(NamedTuple):
    """A view of one result that has not been made yet."""

    format: str
    render: Callable[[], Mapping[str, str | bytes]]
    """Makes the contents by file, below the folder of the run. May raise anything, for this view alone.

    It can be pickled, because views are made in another process.
    """
    drawn: bool = False
    """Whether it has charts."""

    @property
    def name(self) -> str:
        """How a message calls it: by its file, where it is one."""
        return FORMATS[self.format].file if self.format in FORMATS else self.format


def views(model: ReportModel, formats: Iterable[str]) -> Iterator[View]:
    """Yield the views named, none of them made yet."""
    for name in formats:
        yield View(name, partial(_render, name, model), FORMATS[name].drawn)


def _render(name: str, model: ReportModel) -> Mapping[str, str | bytes]:
    return FORMATS[name].render(model)
