"""Without the program that draws, all else is written, and one sentence says how to get the page.

The program is hidden from the command, which looks for it and does not begin what needs it. That the wheel
alone behaves like this is seen where the wheel is installed alone.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sessionload.cli import report_extra

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import Ended, World

ALL_ELSE = {"result.json", "slices.jsonl", "summary.md", "junit.xml", "timeline.csv", "spectrum.hgrm"}
CURE = "pip install 'sessionload[report]'"


@pytest.fixture
def undrawn(call: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    monkeypatch.setattr(report_extra, "is_installed", lambda: False)
    return call


def test_every_command_does_all_else(world: World, undrawn: Callable[..., Ended]) -> None:
    world.stub()
    for name in ("base", "candidate"):
        ended = undrawn("run", world.scenario("50/s", "1s"), "--out", f"runs/{name}", "--quiet")
        assert ended.code == 0, ended.err
        assert {path.name for path in (world.folder / "runs" / name).iterdir()} == ALL_ELSE
        assert ended.err.count(CURE) == 1
        assert f"note: no report.html: the program that draws is not installed; {CURE}, then " in ended.err
        assert f"'sessionload report runs/{name}' makes it" in ended.err
    assert json.loads((world.folder / "runs/base/result.json").read_text())["verdict"]["state"] == "met"

    refused = undrawn("report", "runs/base")
    assert refused.code == 2
    assert "[no-report-extra]" in refused.err
    assert CURE in refused.err
    assert undrawn("report", "runs/base", "--format", "md,junit,csv,hgrm").code == 0

    compared = undrawn("compare", "runs/base", "runs/candidate", "--out", "compared")
    assert compared.code in {0, 3}
    assert f"note: no comparison.html: the program that draws is not installed; {CURE}" in compared.err
    assert [path.name for path in (world.folder / "compared").iterdir()] == ["comparison.md"]

    trend = undrawn("history", "runs")
    assert trend.code == 0
    assert f"note: no history.html: the program that draws is not installed; {CURE}" in trend.err
    assert not (world.folder / "runs" / "history.html").exists()
    assert (world.folder / "runs" / "history.md").is_file()


@pytest.mark.long
def test_a_full_install_makes_the_page_of_a_run_without_one(
    world: World, call: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.stub()
    with monkeypatch.context() as hidden:
        hidden.setattr(report_extra, "is_installed", lambda: False)
        assert call("run", world.scenario("50/s", "1s"), "--out", "out", "--quiet").code == 0
    page = world.folder / "out" / "report.html"
    assert not page.exists()
    assert call("report", "out").code == 0
    assert "<svg" in page.read_text()
