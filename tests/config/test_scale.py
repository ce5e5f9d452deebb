"""One knob for a part of a scenario: its rates, its time, and what fits no more."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.config.document import Document
from sessionload.config.scale import OPTION, with_scale
from sessionload.config.scenario import Scenario
from sessionload.config.yaml_source import parse
from sessionload.errors import InputError
from sessionload.units import NS

TEXT = """\
name: launch
users: {id: "user-{run}-{n}"}
load:
  stages:
    - {name: warm-up, rate: 20/s, duration: 30s, warmup: true}
    - {name: ramp, ramp_to: 200/s, duration: 2m}
    - {name: peak, duration: 10m}
targets:
  - p95 < 400ms
  - {expr: error_rate < 5%, window: 30s}
"""
WHOLE = parse(TEXT.encode(), "x.yaml")


def scaled(option: str, document: Document = WHOLE) -> Scenario:
    return Scenario.check(with_scale(document, option))


def test_a_tenth_of_it_for_a_minute() -> None:
    small = scaled("rate=10%, time=1m")
    assert [(stage.name, stage.start_rate, stage.end_rate) for stage in small.schedule.stages] == [
        ("warm-up", Fraction(2), Fraction(2)),
        ("ramp", Fraction(2), Fraction(20)),
        ("peak", Fraction(20), Fraction(20)),
    ]
    assert [stage.duration_ns / NS for stage in small.schedule.stages] == [2.4, 9.6, 48]
    assert small.schedule.duration_ns == 60 * NS
    assert small.max_in_flight == 200
    assert small.targets == Scenario.check(WHOLE).targets
    assert small.resolved["scale"] == {"rate": "10%", "time": "1m"}


@pytest.mark.parametrize(
    ("option", "peak", "seconds"),
    [
        ("rate=20/s", 20, 750),
        ("rate=300%", 600, 750),
        ("time=50%", 200, 375),
        ("time=2h", 200, 7200),
        ("rate=0.5%,time=1.5h", 1, 5400),
    ],
)
def test_rate_and_time_are_shares_or_what_they_become(option: str, peak: int, seconds: int) -> None:
    schedule = scaled(option).schedule
    assert (schedule.peak, schedule.duration_ns) == (Fraction(peak), seconds * NS)


def test_a_window_without_room_is_as_long_as_there_is_room_for() -> None:
    small = scaled("time=20s")
    assert [target.window_s for target in small.targets] == [0, 19]
    assert small.resolved["targets"] == ["p95 < 400ms", {"expr": "error_rate < 5%", "window": "19s"}]


@pytest.mark.parametrize("option", ["rate=10%,time=1m", "time=20s", "rate=7/s"])
def test_a_scaled_scenario_is_the_same_when_it_is_resolved(option: str) -> None:
    once = scaled(option)
    twice = Scenario.check(Document(once.resolved, "x.yaml", {}))
    assert twice.schedule.stages == once.schedule.stages
    assert twice.resolved == once.resolved
    assert twice.targets == once.targets


@given(st.integers(1, 999_999), st.integers(1, 86_000))
def test_all_stages_together_take_exactly_as_long_as_was_asked(percent: int, seconds: int) -> None:
    schedule = scaled(f"rate={percent / 10_000}%,time={seconds}s").schedule if percent < 10**6 else None
    assert schedule is not None
    assert schedule.duration_ns == seconds * NS
    assert schedule.peak == 200 * Fraction(str(percent / 10_000)) / 100


@pytest.mark.parametrize("option", ["", "10%", "rate", "rate=", "rate=10%,rate=5%", "speed=10%", "rate=1%,"])
def test_an_option_that_is_no_scale_is_refused(option: str) -> None:
    with pytest.raises(InputError) as caught:
        scaled(option)
    assert (caught.value.code, caught.value.place) == ("bad-scale", OPTION)
    assert "--scale rate=10%,time=1m" in caught.value.hint


@pytest.mark.parametrize(
    ("option", "hint"),
    [
        ("rate=0%", "rate=10%,time=1m"),
        ("rate=0/s", "rate=10%,time=1m"),
        ("time=0s", "rate=10%,time=1m"),
        ("rate=10", "did you mean 10/s?"),
        ("time=10", "did you mean 10s?"),
        ("time=20ms", "scale the time less"),
        ("time=25h", "scale the time less"),
        ("rate=-10%", "200/s or 90/min"),
    ],
)
def test_what_a_scenario_cannot_be_scaled_to_is_refused(option: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        scaled(option)
    assert (caught.value.code, caught.value.place) == ("bad-scale", OPTION)
    assert hint in caught.value.hint


def test_a_scenario_without_a_rate_is_no_reason_to_divide_by_it() -> None:
    stages = [{"rate": "0/s", "duration": "1s"}]
    data = {**WHOLE.data, "load": {"stages": stages}}
    with pytest.raises(InputError) as caught:
        scaled("rate=5/s", Document(data, "x.yaml", {}))
    assert caught.value.code == "no-measured-stage"
