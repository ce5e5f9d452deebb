"""Arrivals whose keys another worker had before are counted as one process would have counted them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.metrics.delta import Delta
from sessionload.metrics.exchange import Exchange, Failure, Outcome
from sessionload.metrics.file_form import delta_from_json, delta_to_json
from sessionload.metrics.histogram import EMPTY
from sessionload.metrics.key_repeat import KeyRepeat
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.raw import RawDelta, read_line
from sessionload.metrics.reclassified import as_violations, without
from sessionload.metrics.run_totals import RunTotals
from sessionload.units import NS

REPEATED = Failure("key/repeated", "the session key was issued before in this run")
ENDS = st.lists(st.integers(1, 5 * NS), min_size=1, max_size=40)


def recorded(
    ends: list[int], repeated: set[int], *, known_at_once: bool
) -> tuple[MeasurementRecorder, list[KeyRepeat]]:
    """Arrivals due at 0 that end so; some have a key that came before, which may be known only later."""
    recorder, repeats = MeasurementRecorder(), []
    for index, done_ns in enumerate(ends):
        bad = index in repeated
        outcome = Outcome.CONTRACT_VIOLATION if bad and known_at_once else Outcome.OK
        failure = REPEATED if bad and known_at_once else None
        recorder.record_sent(0)
        recorder.record_done(0, Exchange(index, 0, 0, done_ns, outcome, 0, 200, failure))
        if bad:
            repeats.append(KeyRepeat(0, index, 0, done_ns))
    if not known_at_once:
        recorder.record_repeats(repeats, REPEATED)
    return recorder, repeats


def raw_delta(
    number: int, recorder: MeasurementRecorder, repeats: list[KeyRepeat] | None = None, settled_ns: int = 0
) -> RawDelta:
    return RawDelta(
        worker=0,
        number=number,
        elapsed_ns=9 * NS,
        in_flight=0,
        waiting=0,
        settled_ns=settled_ns,
        last=False,
        measurement=recorder.raw(),
        repeats=repeats or [],
    )


def delta(
    number: int, recorder: MeasurementRecorder, repeats: list[KeyRepeat] | None = None, settled_ns: int = 0
) -> Delta:
    return raw_delta(number, recorder, repeats, settled_ns).packed()


@given(ENDS, st.sets(st.integers(0, 39)))
def test_a_repetition_that_is_known_later_counts_as_one_that_is_known_at_once(
    ends: list[int], repeated: set[int]
) -> None:
    repeated = {index for index in repeated if index < len(ends)}
    at_once, _ = recorded(ends, repeated, known_at_once=True)
    later, repeats = recorded(ends, repeated, known_at_once=False)
    totals, expected = RunTotals(), RunTotals()
    expected.add(delta(0, at_once))
    totals.add(delta(0, later))
    totals.add(delta(1, MeasurementRecorder(), repeats))
    assert totals.outcomes == expected.outcomes
    assert totals.measurement.findings == expected.measurement.findings
    found, known = totals.measurement.slices[0, 0], expected.measurement.slices[0, 0]
    assert (found.outcomes, found.refused, found.served) == (known.outcomes, known.refused, known.served)
    assert list(found.valid.items()) == list(known.valid.items())
    found.check()
    assert (found.valid.minimum is None) == (known.valid.minimum is None)
    assert (found.valid.minimum or 0) == pytest.approx(known.valid.minimum or 0, rel=0.001)
    assert found.valid.maximum == pytest.approx(known.valid.maximum, rel=0.001)
    assert found.valid.total == known.valid.total


@given(ENDS)
def test_a_second_that_has_settled_is_changed_too(ends: list[int]) -> None:
    recorder, repeats = recorded(ends, {0}, known_at_once=False)
    totals = RunTotals()
    totals.add(delta(0, recorder, settled_ns=9 * NS))
    totals.add(delta(1, MeasurementRecorder(), repeats, settled_ns=9 * NS))
    outcomes = totals.measurement.slices[0, 0].outcomes
    assert outcomes[Outcome.CONTRACT_VIOLATION] == 1
    assert outcomes.get(Outcome.OK, 0) == len(ends) - 1


def test_what_is_not_in_a_slice_cannot_leave_it() -> None:
    recorder, repeats = recorded([NS], {0}, known_at_once=False)
    part = recorder.raw().packed().slices[0, 0]
    assert as_violations(part, repeats).valid == EMPTY
    with pytest.raises(ValueError, match="is not in its slice"):
        without(part.valid, [NS, NS])


def test_a_delta_with_repetitions_is_read_back_from_pipe_and_slices() -> None:
    found = read_line(raw_delta(0, MeasurementRecorder(), [KeyRepeat(0, 7, 1, 2)]).line())
    assert isinstance(found, Delta)
    assert found.repeats == (KeyRepeat(0, 7, 1, 2),)
    assert delta_from_json(delta_to_json(found)) == found
