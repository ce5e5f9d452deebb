"""The views of a result: each is made by itself, when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sessionload.report.views import FORMATS, Format, View, views

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessionload.report.model.rows import ReportModel


@pytest.mark.parametrize("name", FORMATS)
def test_a_view_makes_the_files_that_its_format_names(models: dict[str, ReportModel], name: str) -> None:
    (view,) = views(models["met"], [name])
    files = view.render()
    assert view.format == name
    folder, _, last = FORMATS[name].file.partition("NAME")
    assert files
    assert all(file.startswith(folder) and file.endswith(last) for file in files)
    assert all(files.values())


def test_a_view_that_fails_fails_alone(
    models: dict[str, ReportModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(model: ReportModel) -> Mapping[str, str | bytes]:
        raise MemoryError(model.title)

    monkeypatch.setitem(FORMATS, "html", Format("report.html", broken))
    first, failing, last = views(models["met"], ["md", "html", "csv"])
    assert first.render().keys() == {"summary.md"}
    with pytest.raises(MemoryError):
        failing.render()
    assert last.render().keys() == {"timeline.csv"}


def test_a_view_is_called_by_its_file_where_it_is_one() -> None:
    assert View("md", dict).name == "summary.md"
    assert View("comparison.html", dict).name == "comparison.html"
