"""The page with a pointer, a keyboard and a finger: which numbers it shows, and how one zooms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from sessionload.report.charts.chart_tables import chart_tables
from sessionload.report.model.time_axis import clock
from sessionload.units import duration_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sessionload.report.model.rows import ReportModel

pytestmark = pytest.mark.needs("chromium")

TIMED = ("traffic", "response", "service", "heat", "outcomes", "statuses", "lag")
STEP = 36


@pytest.mark.parametrize("width", [400, 1280])
def test_the_pointer_shows_the_numbers_of_its_step(
    visit: Callable[..., Any], models: dict[str, ReportModel], width: int
) -> None:
    model, seen = models["missed"], visit("missed", width)
    step = model.chart_steps[STEP]
    seen.page.mouse.move(*seen.point("response", STEP + 0.5, model))
    assert seen.tip() == {
        "when": "0:36 to 0:37",
        "of": "=cmd|'<b>peak</b>",
        "Arrivals": "50",
        "p50": duration_text(step.p50_ns),
        "p95": duration_text(step.p95_ns),
        "p99": duration_text(step.p99_ns),
    }
    seen.page.mouse.move(*seen.point("traffic", STEP + 0.5, model))
    assert seen.tip()["Done"] == f"{step.done:,}"
    seen.page.mouse.move(2, 2)
    assert seen.page.locator("#tip").is_hidden()


@pytest.mark.parametrize("name", TIMED)
def test_the_pointer_shows_what_the_table_behind_the_chart_says(
    visit: Callable[..., Any], models: dict[str, ReportModel], name: str
) -> None:
    model, seen = models["missed"], visit("missed")
    seen.page.mouse.move(*seen.point(name, STEP + 0.5, model))
    table = chart_tables(model)[name]
    (row,) = (row for _, rows in table.groups for row in rows if row.at == STEP)
    cells = {
        label: text
        for label, text in zip(table.columns, row.cells, strict=True)
        if not table.sparse or text != "0"
    }
    tip = seen.tip()
    assert tip.pop("when") == f"{clock(STEP)} to {clock(STEP + 1)}"
    assert tip.pop("of", None) in {None, "=cmd|'<b>peak</b>"}
    assert tip == cells


def test_the_keyboard_steps_through_a_chart_and_a_voice_reads_it(
    visit: Callable[..., Any], models: dict[str, ReportModel]
) -> None:
    model, seen = models["missed"], visit("missed")
    seen.chart("response").focus()
    for key, number in (("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", -1)):
        seen.page.keyboard.press(key)
        step = model.chart_steps[number]
        when = f"{clock(step.start_s)} to {clock(step.start_s + step.length_s)}"
        assert seen.tip()["when"] == when
        assert seen.text("#announcement").startswith(f"{when}, {step.stage}, Arrivals {step.samples}, p50 ")
    seen.page.keyboard.press("Escape")
    assert seen.page.locator("#tip").is_hidden()


def test_the_keyboard_steps_along_percentiles_and_rates_too(
    visit: Callable[..., Any], models: dict[str, ReportModel]
) -> None:
    seen = visit("missed")
    seen.chart("spectrum").focus()
    seen.page.keyboard.press("End")
    assert seen.text("#announcement") == "100 %, Response never, Service 3.02 s"
    seen.page.keyboard.press("+")
    assert seen.page.locator("#zoomed").is_hidden()
    seen.chart("rate").focus()
    seen.page.keyboard.press("Home")
    assert seen.tip()["when"] == models["missed"].by_rate[0].label


def test_a_drag_zooms_all_charts_over_time_and_escape_shows_all_again(
    visit: Callable[..., Any], models: dict[str, ReportModel]
) -> None:
    model, seen = models["missed"], visit("missed")
    ticks = "figure[data-kind=time] .wide .tick text"
    whole = seen.page.locator(ticks).all_text_contents()
    seen.page.mouse.move(*seen.point("response", 30.1, model))
    seen.page.mouse.down()
    seen.page.mouse.move(*seen.point("response", 39.8, model), steps=4)
    assert seen.page.locator(".selection:visible").count() == len(TIMED)
    seen.page.mouse.up()
    assert seen.text("#zoomed span") == "0:30 to 0:40"
    near = seen.page.locator(ticks).all_text_contents()
    assert near == ["0:30", "0:32", "0:34", "0:36", "0:38", "0:40"] * len(TIMED)
    for name in TIMED:
        (transform,) = {
            one.get_attribute("transform")
            for one in seen.chart(name).locator(".wide [data-zoom=stretch]").all()
        }
        assert re.fullmatch(r"translate\(-[\d.]+,0\) scale\(6\.\d+,1\)", transform or "")
    seen.page.mouse.move(*seen.point("response", 0.65 * 61, model))  # 0:36.5 lies there now
    assert seen.tip()["when"] == "0:36 to 0:37"
    seen.page.keyboard.press("Escape")
    assert seen.page.locator("#zoomed").is_hidden()
    assert seen.page.locator(ticks).all_text_contents() == whole


def test_the_keyboard_zooms_and_a_button_shows_the_whole_run(visit: Callable[..., Any]) -> None:
    seen = visit("missed")
    seen.chart("traffic").focus()
    for _ in range(20):
        seen.page.keyboard.press("ArrowRight")
    assert seen.tip()["when"] == "0:19 to 0:20"
    spans = []
    for key in ("+", "+", "-", "+", "+", "+", "+", "+"):
        seen.page.keyboard.press(key)
        spans.append(seen.text("#zoomed span"))
        assert seen.tip()["when"] == "0:19 to 0:20"
    assert spans[:3] == ["0:04 to 0:34", "0:12 to 0:27", "0:04 to 0:34"]
    assert spans[-1] == spans[-2] == "0:19 to 0:21"  # no nearer than two steps
    seen.page.keyboard.press("ArrowLeft")
    seen.page.keyboard.press("ArrowLeft")
    assert seen.tip()["when"] == "0:17 to 0:18"
    assert seen.text("#zoomed span") != "0:19 to 0:21"
    seen.page.get_by_role("button", name="Whole run").click()
    assert seen.page.locator("#zoomed").is_hidden()
    seen.chart("traffic").focus()
    seen.page.keyboard.press("+")
    seen.page.keyboard.press("0")
    assert seen.page.locator("#zoomed").is_hidden()


def test_a_finger_asks_for_a_step_and_lets_go_of_it(
    visit: Callable[..., Any], models: dict[str, ReportModel]
) -> None:
    model = models["missed"]
    seen = visit("missed", 400, has_touch=True, is_mobile=True)
    seen.page.touchscreen.tap(*seen.point("response", STEP + 0.5, model))
    assert seen.tip()["when"] == "0:36 to 0:37"
    seen.page.touchscreen.tap(5, 5)
    assert seen.page.locator("#tip").is_hidden()
