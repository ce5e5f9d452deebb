"""A hold as a row of the file, and as stages of a scenario."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sessionload.capacity.hold import Hold, HoldResult, Purpose, Shown
from sessionload.capacity.hold_rows import row_of
from sessionload.capacity.step_stages import HELD, rate_value, stages_of
from sessionload.metrics.exchange import Outcome
from sessionload.metrics.histogram_recorder import HistogramRecorder
from sessionload.metrics.slices import Slice

STEP = Hold(Fraction(10), 2, Purpose.BISECT)
SECOND = Slice(
    outcomes={Outcome.OK: 9, Outcome.TIMEOUT: 1},
    valid=HistogramRecorder([20_000_000] * 9).raw().packed(),
)


def test_a_row_is_of_all_pieces() -> None:
    row = row_of(STEP, HoldResult(Shown.MISSED, "p95 < 400ms"), [SECOND] * 4, run="holds/01-10")
    assert (row.shown, row.sure, row.because) == ("missed", True, "p95 < 400ms")
    assert (row.pieces, row.seconds, row.arrivals, row.failed) == (2, 4, 40, 4)
    assert (row.rate, row.sent_per_s, row.run) == (10.0, 10.0, "holds/01-10")
    assert row.p50_ms == pytest.approx(20, rel=0.001)
    assert (row.p95_ms, row.p99_ms) == (None, None)


@pytest.mark.parametrize(("leans_met", "shown"), [(True, "met"), (False, "missed")])
def test_an_unsure_hold_is_what_it_leans_to(leans_met: bool, shown: str) -> None:  # noqa: FBT001
    row = row_of(STEP, HoldResult(Shown.UNSURE, "p95 < 400ms", leans_met), [SECOND] * 2, run="")
    assert (row.shown, row.sure, row.pieces) == (shown, False, 1)


def test_a_hold_without_a_slice_has_no_rate() -> None:
    row = row_of(STEP, HoldResult(Shown.VOID, "lost"), [], run="")
    assert (row.sent_per_s, row.p50_ms, row.pieces) == (0, None, 1)


def test_the_last_stage_alone_is_judged() -> None:
    stages = stages_of(Hold(Fraction(825, 2), 20, Purpose.CONFIRM), Fraction(50))
    assert stages == [
        {"name": "calm", "rate": "50/s", "duration": "5s", "warmup": True},
        {"name": "approach", "rate": "50/s", "ramp_to": "412.5/s", "duration": "3s", "warmup": True},
        {"name": "hold 412.5/s", "rate": "412.5/s", "duration": "20s"},
    ]
    assert not stages[HELD].get("warmup")


@pytest.mark.parametrize(("rate", "text"), [("100", "100/s"), ("0.5", "0.5/s"), ("1312.5", "1312.5/s")])
def test_a_rate_is_as_a_scenario_has_it(rate: str, text: str) -> None:
    assert rate_value(Fraction(rate)) == text
