"""The sums of a run that rows are made of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sessionload.metrics.measurement import Measurement
from sessionload.metrics.slices import Slice
from sessionload.report.model.sums import Cells, Sums, rates

if TYPE_CHECKING:
    from sessionload.verdict.result import Result

NS = 1_000_000_000


def sums_of(result: Result, group_of: dict[int, int]) -> Sums:
    cells = Cells(result, group_of)
    for place, part in result.measurement.slices.items():
        cells.add(cells.key(*place), part)
    return cells.sums()


def test_each_arrival_is_in_the_sums_of_its_stage_and_of_its_group(known: dict[str, Result]) -> None:
    sums = sums_of(known["met"], {second: second % 3 for second in range(25, 50)})
    assert [stage.accounted for stage in sums.stages] == [100, 300, 2000]
    assert (sums.all_stages.accounted, sums.measured.accounted) == (2400, 2300)
    # At 50/s: the seconds 27 to 48, 25 to 49 and 26 to 47, each third one.
    assert {group: part.accounted for group, part in sums.groups.items()} == {0: 400, 1: 450, 2: 400}


@pytest.mark.parametrize(("name", "stages"), [("missed", [1, 4, 30]), ("queued", [0, 0, 50])])
def test_failures_are_in_the_sums_of_the_stage_in_which_they_were_due(
    known: dict[str, Result], name: str, stages: list[int]
) -> None:
    # Each 100th is broken and each 211th refused; and what is unsent was due in the last second.
    sums = sums_of(known[name], {})
    assert [stage.errors for stage in sums.stages] == stages
    assert sums.all_stages.errors == sum(stages)
    assert sums.measured.errors == sum(stages[1:])


def test_a_second_of_the_warmup_is_in_no_group(known: dict[str, Result]) -> None:
    sums = sums_of(known["met"], dict.fromkeys(range(60), 0))
    assert sums.groups[0] == sums.measured != sums.all_stages


def test_a_group_without_arrivals_is_empty(known: dict[str, Result]) -> None:
    empty = replace(known["met"], measurement=Measurement())
    assert sums_of(empty, {30: 4}).groups == {4: Slice()}


def test_each_whole_second_of_the_measured_stages_has_a_rate(known: dict[str, Result]) -> None:
    found = rates(known["missed"])
    assert list(found) == list(range(10, 60))
    assert (found[36], found[37]) == (0, 1)
    assert sum(found.values()) == sum(
        known["missed"].measurement.flow[second].done for second in range(10, 60)
    )


def test_a_second_that_is_measured_in_part_has_no_rate(known: dict[str, Result]) -> None:
    stages = known["met"].stages
    longer = replace(stages[0], duration_ns=10 * NS + 1)
    assert list(rates(replace(known["met"], stages=(longer, *stages[1:])))) == list(range(11, 60))


def test_a_second_in_which_nothing_was_done_has_the_rate_0(known: dict[str, Result]) -> None:
    assert set(rates(replace(known["met"], measurement=Measurement())).values()) == {0}
