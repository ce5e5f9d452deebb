"""Stages: what can be left out follows from the stage before, and a rate can be said in people."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from sessionload.config.document import Document
from sessionload.config.scenario import Scenario
from sessionload.config.stages import LONGEST_NAME, NAME
from sessionload.config.yaml_source import parse
from sessionload.errors import InputError, Place

FRAME = """\
name: stages
users: {id: "user-{run}-{n}"}
targets: [p95 < 400ms]
load:
  stages:
"""


def scenario(*stages: str) -> Scenario:
    text = FRAME + "".join(f"    - {stage}\n" for stage in stages)
    return Scenario.check(parse(text.encode(), "x.yaml"))


def rates(checked: Scenario) -> list[tuple[str, Fraction, Fraction]]:
    return [(stage.name, stage.start_rate, stage.end_rate) for stage in checked.schedule.stages]


def refused(*stages: str) -> InputError:
    with pytest.raises(InputError) as caught:
        scenario(*stages)
    return caught.value


def test_a_stage_goes_on_from_the_last_and_is_called_by_what_it_does() -> None:
    checked = scenario(
        "{rate: 20 / s, duration: 1s, warmup: true}",
        "{ramp_to: 200/s, duration: 2s}",
        "{duration: 3s}",
        "{ramp_to: 30/min, duration: 1s}",
        "{rate: 0/s, duration: 1s}",
        "{rate: 0/s, ramp_to: 20/s, duration: 1s}",
    )
    half = Fraction(1, 2)
    assert rates(checked) == [
        ("hold 20/s", Fraction(20), Fraction(20)),
        ("ramp 20/s to 200/s", Fraction(20), Fraction(200)),
        ("hold 200/s", Fraction(200), Fraction(200)),
        ("ramp 200/s to 30/min", Fraction(200), half),
        ("pause", Fraction(0), Fraction(0)),
        ("ramp 0/s to 20/s", Fraction(0), Fraction(20)),
    ]
    assert checked.peak_at == Place("x.yaml", 7, 17)


def test_equal_names_are_numbered_and_names_that_were_given_are_kept() -> None:
    checked = scenario(
        "{rate: 20/s, duration: 1s}",
        "{name: hold 20/s (2), duration: 1s}",
        "{duration: 1s}",
        "{duration: 1s}",
        "{name: launch (night), duration: 1s}",
    )
    assert [stage.name for stage in checked.schedule.stages] == [
        "hold 20/s",
        "hold 20/s (2)",
        "hold 20/s (3)",
        "hold 20/s (4)",
        "launch (night)",
    ]


def test_people_are_a_rate_in_other_words() -> None:
    checked = scenario(
        "{people: 50, every: 3s, duration: 1m}",
        "{people: 50, ramp_to: 200, every: 3s, duration: 1m}",
        "{ramp_to: 10/s, duration: 1m}",
        "{people: 90, every: 1m 30s, ramp_to: 0/s, duration: 1m}",
    )
    assert rates(checked) == [
        ("hold 50 people every 3s", Fraction(50, 3), Fraction(50, 3)),
        ("ramp 50 to 200 people every 3s", Fraction(50, 3), Fraction(200, 3)),
        ("ramp 200 people every 3s to 10/s", Fraction(200, 3), Fraction(10)),
        ("ramp 90 people every 1m 30s to 0/s", Fraction(1), Fraction(0)),
    ]
    assert checked.peak_at == Place("x.yaml", 7, 29)


@pytest.mark.parametrize(
    "stages",
    [
        ("{rate: 20/s, duration: 1s}", "{duration: 1s}", "{ramp_to: 5/s, duration: 1s, warmup: false}"),
        ("{people: 50, every: 3s, duration: 1m}", "{duration: 1m}", "{ramp_to: 1/s, duration: 1m}"),
        ("{people: 50, every: 3s, ramp_to: 7, duration: 1m}", "{duration: 1m}"),
    ],
)
def test_what_was_left_out_is_written_out_in_the_resolved_scenario(stages: tuple[str, ...]) -> None:
    once = scenario(*stages)
    resolved: list[dict[str, Any]] = once.resolved["load"]["stages"]
    assert all(stage["name"] and ("rate" in stage or "people" in stage) for stage in resolved)
    twice = Scenario.check(Document(once.resolved, "x.yaml", {}))
    assert twice.schedule.stages == once.schedule.stages
    assert twice.resolved == once.resolved


def test_a_rate_in_very_many_digits_is_no_name() -> None:
    long = "1." + "0" * 29 + "1/s"
    checked = scenario(
        f"{{rate: {long}, ramp_to: {long[:-3]}5/s, duration: 1s}}", "{rate: 3/s, duration: 1s}"
    )
    names = [stage.name for stage in checked.schedule.stages]
    assert names == ["stage 1", "hold 3/s"]
    assert all(NAME.fullmatch(name) and len(name) <= LONGEST_NAME for name in names)


@pytest.mark.parametrize(
    ("stages", "code", "place", "hint"),
    [
        (("{duration: 1s}",), "missing-key", (6, 7), "add rate: 20/s, or people: 50 and every: 3s"),
        (("{ramp_to: 5/s, duration: 1s}",), "missing-key", (6, 7), "add rate: 20/s"),
        (("{people: 5, duration: 1s}",), "missing-key", (6, 7), "add every: 3s"),
        (("{every: 3s, duration: 1s}",), "unused-key", (6, 8), "add people: 50, or remove it"),
        (("{rate: 5/s, people: 5, every: 3s, duration: 1s}",), "rate-and-people", (6, 19), "one of the two"),
        (("{people: 5, every: 0s, duration: 1s}",), "out-of-range", (6, 26), "bounds"),
        (("{people: 5, every: 25h, duration: 1s}",), "out-of-range", (6, 26), "bounds"),
        (("{people: 5/s, every: 3s, duration: 1s}",), "bad-type", (6, 16), "digits only"),
        (("{people: -1, every: 3s, duration: 1s}",), "out-of-range", (6, 16), "bounds"),
        (("{people: 5, every: 3s, ramp_to: -2, duration: 1s}",), "out-of-range", (6, 39), "bounds"),
        (("{rate: 5/s, ramp_to: 7, duration: 1s}",), "bad-rate", (6, 28), "did you mean 7/s?"),
        (
            ("{people: 5, every: 3s, duration: 1s}", "{ramp_to: 7, duration: 1s}"),
            "bad-rate",
            (7, 17),
            "add people: 5 and every: 3s, or write 7/s",
        ),
        (("{name: peak!, rate: 1/s, duration: 1s}",), "bad-name", (6, 14), "launch-day"),
        (("{name: 'peak ', rate: 1/s, duration: 1s}",), "bad-name", (6, 14), "launch-day"),
        (
            ("{name: a, rate: 1/s, duration: 1s}", "{name: a, duration: 1s}"),
            "duplicate-stage",
            (7, 14),
            "a name of its own",
        ),
    ],
)
def test_a_stage_that_does_not_say_one_rate_is_refused(
    stages: tuple[str, ...], code: str, place: tuple[int, int], hint: str
) -> None:
    error = refused(*stages)
    assert (error.code, hint in error.hint) == (code, True), str(error)
    assert error.place == Place("x.yaml", *place)
