"""What rate so many clients got, where all of them were busy."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from recorded import slice_of

from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.measurement import Flow, Measurement
from sessionload.report.model.build import build_report_model
from sessionload.report.model.busy_clients import busy_clients_sentence
from sessionload.units import NS
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from sessionload.verdict.result import Result

STAGES = (Stage("peak", Fraction(4), Fraction(4), 5 * NS),)


def with_queues(result: Result, *queued: int, clients: object = 20) -> Result:
    """A run of 4/s in which so many of the four arrivals of each second waited; 2 or 3 were sent in each."""
    slices = {
        (0, second): slice_of(
            *(
                Exchange(0, 0, wait, wait + NS // 10, Outcome.OK, wait, 200)
                for number in range(4)
                for wait in [NS if number < waiting else 0]
            )
        )
        for second, waiting in enumerate(queued)
    }
    flow = {second: Flow(sent=2 + second % 2, done=2) for second in range(len(queued))}
    return replace(
        result,
        scenario={**result.scenario, "load": {"max_in_flight": clients}},
        stages=STAGES,
        measurement=Measurement(slices=slices, flow=flow),
        planned_by_second=dict.fromkeys(range(5), 4),
    )


def test_the_rate_is_that_of_the_seconds_in_which_all_were_busy(known: dict[str, Result]) -> None:
    """Seconds 1, 2 and 4 are; 3, 2 and 2 were sent in them."""
    result = with_queues(known["met"], 0, 3, 4, 2, 4)
    assert busy_clients_sentence(result) == (
        "For 3 s all 20 of max_in_flight were busy: so many clients got 2.33/s, where 4/s were due"
    )


@pytest.mark.parametrize("queued", [(0, 0, 0, 0, 0), (4, 4, 0, 0, 0), (2, 2, 2, 2, 2)])
def test_a_moment_says_nothing(known: dict[str, Result], queued: tuple[int, ...]) -> None:
    assert busy_clients_sentence(with_queues(known["met"], *queued)) == ""


def test_what_a_result_does_not_say_is_not_known(known: dict[str, Result]) -> None:
    result = with_queues(known["met"], 4, 4, 4, 4, 4, clients=None)
    assert busy_clients_sentence(result) == ""
    assert busy_clients_sentence(replace(result, scenario={})) == ""


def test_it_stands_beside_what_is_said_of_queueing(known: dict[str, Result]) -> None:
    queued = known["queued"]
    small = replace(queued, scenario={**queued.scenario, "load": {"max_in_flight": 2}})
    statement = build_report_model(small).lateness_statement
    assert "s all 2 of max_in_flight were busy: so many clients got " in statement
    assert "max_in_flight" not in build_report_model(known["met"]).lateness_statement
