"""Counts over time: traffic, outcomes, status codes, the heat map, and the stages behind all of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sessionload.metrics.exchange import Outcome
from sessionload.report.charts.chart_tables import chart_tables
from sessionload.report.charts.heat_chart import count_bounds
from sessionload.report.model.build import build_report_model
from sessionload.report.model.rows import HeatMap

if TYPE_CHECKING:
    from sessionload.report.model.rows import ReportModel
    from sessionload.verdict.result import Result

Draw = Callable[..., Any]


def _color(name: str) -> str:
    return f"var(--chart-{name})"


def test_stages_are_shaded_parted_and_named(drawn: Draw, models: dict[str, ReportModel]) -> None:
    for name in ("traffic", "response", "heat"):
        seen = drawn(models["met"], name)
        (shade,) = seen.boxes(fill=_color("shade"))
        assert shade == pytest.approx((0, 0, seen.at(10), seen.plot.height), abs=0.1)
        borders = [one.get("transform") for one in seen.zoomed("stretch") if one.tag.endswith("line")]
        assert [float(re.findall(r"[\d.]+", one)[0]) for one in borders] == [
            pytest.approx(seen.at(second), abs=0.1) for second in (10, 20)
        ]
        names = {one[0].text: float(one.get("data-x")) for one in seen.zoomed("move")}
        assert names == {
            "warm-up": pytest.approx(4, abs=0.1),
            "ramp": pytest.approx(seen.at(10) + 4, abs=0.1),
            "=cmd|'<b>peak</b>": pytest.approx(seen.at(20) + 4, abs=0.1),
        }


def test_a_stage_without_room_for_its_name_has_its_number_and_no_name_is_cut(
    drawn: Draw, models: dict[str, ReportModel]
) -> None:
    first, second, third = models["met"].spans
    spans = (
        replace(first, name="a long name for only five seconds", warmup=False, end=5.0),
        replace(second, start=5.0, end=6.0),
        replace(third, name="長い名前", start=6.0, end=12.0),
        replace(third, name="長い名前の段階です", start=12.0, end=18.0),
        replace(third, name="a moment", start=18.0, end=18.3),
        replace(third, name="calm", start=18.3, end=30.0),
    )
    names = [one[0].text for one in drawn(replace(models["met"], spans=spans), "traffic").zoomed("move")]
    assert names == ["1", "2", "3 長い名前", "4", "6 calm"]


def test_traffic_is_a_rate(drawn: Draw, models: dict[str, ReportModel], long_run: Result) -> None:
    slow = drawn(build_report_model(long_run), "traffic")
    assert slow.boxes(stroke=_color("planned"))[0][:2] == pytest.approx((0, slow.height(4)), abs=1.2)
    stalled = drawn(models["missed"], "traffic")
    most = max(step.done for step in models["missed"].chart_steps)
    assert stalled.boxes(stroke=_color("done"))[0][1] == pytest.approx(stalled.height(most), abs=1.2)
    for name in ("planned", "sent", "done", "late"):
        assert stalled.lines(stroke=_color(name)) == 1
    assert stalled.lines(stroke=_color("server")) == 0


def test_how_many_waited_at_once_is_a_line_of_the_traffic(drawn: Draw, known: dict[str, Result]) -> None:
    measurement = replace(known["met"].measurement, backlog={30: 140, 31: 60})
    model = build_report_model(replace(known["met"], measurement=measurement))
    seen = drawn(model, "traffic")
    assert seen.lines(stroke=_color("server")) == 1
    assert seen.boxes(stroke=_color("server"))[0][1] == pytest.approx(seen.height(140), abs=1.2)
    traffic = chart_tables(model)["traffic"]
    assert traffic.columns[-1] == "Waiting"
    rows = [row for _, group in traffic.groups for row in group]
    assert [row.cells[-1] for row in rows[29:33]] == ["0", "140", "60", "0"]
    assert traffic.caption.endswith("Waiting: the most that waited to be sent at once.")


def test_outcomes_are_a_stack_with_what_failed_below(drawn: Draw, models: dict[str, ReportModel]) -> None:
    steps = models["met"].chart_steps
    outcomes = {Outcome.OK: 30, Outcome.TIMEOUT: 5, Outcome.SERVER_ERROR: 10}
    made = tuple(replace(step, outcomes=outcomes, unsent=5) for step in steps)
    seen = drawn(replace(models["met"], chart_steps=made), "outcomes")
    tops = {name: seen.boxes(fill=_color(name))[0][1] for name in ("server_error", "timeout", "ok", "unsent")}
    assert tops == {
        "server_error": pytest.approx(seen.height(10), abs=1.2),
        "timeout": pytest.approx(seen.height(15), abs=1.2),
        "ok": pytest.approx(seen.height(45), abs=1.2),
        "unsent": pytest.approx(seen.height(50), abs=1.2),
    }
    fills = [one.get("fill") for one in seen.zoomed("stretch") if one.get("fill")]
    assert fills[1:] == [_color(name) for name in ("unsent", "ok", "timeout", "server_error")]  # lowest above
    assert {"server error", "timeout", "ok", "unsent"} <= set(seen.texts)
    assert "rejected" not in seen.texts


def test_status_codes_are_a_stack_with_successes_on_top(drawn: Draw, models: dict[str, ReportModel]) -> None:
    seen = drawn(models["never"], "statuses")
    legend = [text for text in seen.texts if text.isdigit() and len(text) == 3]
    assert legend == ["503", "201"]
    peak = models["never"].chart_steps[30]
    assert peak.statuses == {503: 50}
    (failed,) = seen.boxes(fill=_color("contract_violation"))
    assert failed[1] == pytest.approx(seen.height(50), abs=1.2)


def test_each_cell_of_the_heat_map_has_the_color_of_its_count(
    drawn: Draw, models: dict[str, ReportModel]
) -> None:
    heat = HeatMap(
        columns=((0, 20), (20, 20), (40, 20)),
        bands=((0, 10_000_000), (10_000_000, 20_000_000)),
        counts=((1, 0), (1, 7), (0, 400)),
        never=(0, 0, 2),
    )
    seen = drawn(replace(models["met"], heat_map=heat), "heat")
    tall, ground = seen.plot.height / 3.4, seen.plot.height
    first, second, third = seen.at(20), seen.at(40), seen.at(60)
    assert {
        number: found for number in range(1, 8) if (found := seen.boxes(fill=_color(f"heat{number}")))
    } == {
        1: [pytest.approx((0, ground - tall, second, ground), abs=0.1)],  # two cells are one rectangle
        2: [pytest.approx((second, 0, third, tall), abs=0.1)],
        3: [pytest.approx((first, ground - 2 * tall, second, ground - tall), abs=0.1)],
        7: [pytest.approx((second, ground - 2 * tall, third, ground - tall), abs=0.1)],
    }
    assert set(seen.scale) == {"0 ms", "10 ms", "20 ms", "never"}
    assert {"1", "2 to 4", "5 to 19", "200 or more"} <= set(seen.texts)


def test_a_run_in_which_all_is_never_has_a_heat_map_of_one_row(
    drawn: Draw, models: dict[str, ReportModel]
) -> None:
    heat = HeatMap(columns=((0, 30), (30, 30)), bands=(), counts=((), ()), never=(3, 0))
    seen = drawn(replace(models["met"], heat_map=heat), "heat")
    ((left, _, right, _),) = [
        box for number in range(1, 8) for box in seen.boxes(fill=_color(f"heat{number}"))
    ]
    assert (left, right) == pytest.approx((0, seen.at(30)), abs=0.1)
    assert "never" in seen.scale


@pytest.mark.parametrize(
    ("most", "bounds"),
    [
        (1, (1,)),
        (9, (1, 2, 5)),
        (100, (1, 2, 5, 10, 20, 50, 100)),
        (2_500, (1, 5, 10, 50, 200, 500, 2000)),
        (999_999, (1, 10, 100, 500, 5000, 50_000, 500_000)),
    ],
)
def test_few_colors_hold_all_counts(most: int, bounds: tuple[int, ...]) -> None:
    assert count_bounds(most) == bounds
