"""The sums of a run that rows are made of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sessionload.metrics.measurement import Measurement
from sessionload.metrics.slices import Slice
from sessionload.metrics.sums import over, total
from sessionload.report.model.sums import Cells, Sums, rates

if TYPE_CHECKING:
    from sessionload.verdict.result import Result

NS = 1_000_000_000


def sums_of(result: Result, group_of: dict[int, int]) -> Sums:
    cells = Cells(result, group_of)
    for place, part in result.measurement.slices.items():
        cells.add(cells.key(*place), part)
    return cells.sums()


@pytest.mark.parametrize("name", ["missed", "queued", "empty"])
def test_sums_are_those_of_adding_one_by_one(known: dict[str, Result], name: str) -> None:
    result = known[name]
    sums = sums_of(result, {second: second % 3 for second in range(25, 50)})
    slices = result.measurement.slices
    assert sums.all_stages == over(result.measurement)
    assert sums.measured == result.measured
    for stage, found in enumerate(sums.stages):
        assert found == total(part for (of, _), part in slices.items() if of == stage)
    for group, found in sums.groups.items():
        parts = (part for (_, second), part in slices.items() if 25 <= second < 50 and second % 3 == group)
        assert found == total(parts)
    assert list(sums.groups) == [0, 1, 2]


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
