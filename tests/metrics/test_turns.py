"""What is measured of turns adds, travels and is read again without a change."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.metrics.delta import Delta
from sessionload.metrics.exchange import Failure, Outcome
from sessionload.metrics.file_form import delta_from_json, delta_to_json
from sessionload.metrics.generator_health import GeneratorHealth
from sessionload.metrics.measurement import Measurement
from sessionload.metrics.raw import RawDelta, RawMeasurement, read_line
from sessionload.metrics.turn_exchange import TURN_ANSWERED, TurnExchange, TurnOutcome
from sessionload.metrics.turn_form import TurnsForm
from sessionload.metrics.turn_measurement import TurnCounts, TurnFlow, TurnMeasurement
from sessionload.metrics.turn_recorder import TurnRecorder
from sessionload.metrics.turn_slices import TURN_VIEWS, TurnSlice, step_of
from sessionload.units import NS

MS = 1_000_000


def turn(
    number: int,
    due_ms: int,
    took_ms: int,
    outcome: TurnOutcome = TurnOutcome.OK,
    **more: Any,  # noqa: ANN401
) -> TurnExchange:
    due_ns = due_ms * MS
    return TurnExchange(7, number, due_ns, due_ns + MS, due_ns + took_ms * MS, outcome, **more)


def recorded() -> TurnRecorder:
    recorder = TurnRecorder()
    recorder.opened(0)
    streamed = turn(1, 100, 900, status=200, first_event_ns=400 * MS, end_event_ns=999 * MS)
    recorder.done(0, streamed)
    failure = Failure("turn/stream/ended", "the stream ended", "x")
    recorder.done(0, turn(2, 1_200, 300, TurnOutcome.ENDED_EARLY, status=200, failure=failure))
    recorder.done(0, turn(2, 1_200, 30_000, TurnOutcome.TIMEOUT))
    recorder.skipped(0, 1_500 * MS, 3)
    recorder.unsent(0, 1_500 * MS, 3)
    recorder.closed(1_500 * MS)
    recorder.counts += TurnCounts(conversations=1, keyless=2, sent=3, earlier_keys_tried=4)
    return recorder


def test_known_answers() -> None:
    turns = recorded().flush().packed()
    assert sorted(turns.slices) == [(0, 0, 1), (0, 1, 2), (0, 1, 3)]
    first, second, third = (turns.slices[place] for place in sorted(turns.slices))
    half = Fraction(1, 2)
    assert (first.sent, first.due, first.errors, first.accounted) == (1, 1, 0, 1)
    known = {"response": 900, "answered": 900, "service": 899, "lag": 1, "first_event": 300, "end_event": 899}
    for view in TURN_VIEWS:
        assert abs((getattr(first, view).quantile(half) or 0) - known[view] * MS) <= MS, view
    assert (second.sent, second.errors, second.statuses) == (2, 2, {200: 1})
    assert second.response.quantile(half) is None
    assert second.answered.count == second.service.count == 1
    assert not second.first_event
    assert (third.sent, third.due, third.skipped, third.accounted, third.response.count) == (0, 1, 1, 2, 1)
    assert turns.flow == {0: TurnFlow(1, 0), 1: TurnFlow(0, 1)}
    assert turns.open_by_second() == {0: 1, 1: 0}
    assert TurnMeasurement().open_by_second() == {}
    finding = turns.findings["turn/stream/ended"]
    assert (finding.outcome, finding.turn, finding.count, finding.first_index) == (
        TurnOutcome.ENDED_EARLY,
        2,
        1,
        7,
    )


def test_what_was_flushed_is_not_counted_again() -> None:
    recorder = recorded()
    recorder.flush()
    assert recorder.flush().packed() == TurnMeasurement()


def test_findings_of_turns_add() -> None:
    turns = recorded().flush().packed()
    turns += recorded().flush().packed()
    assert turns.findings["turn/stream/ended"].count == 2
    assert turns.slices[0, 0, 1].sent == 2
    assert turns.flow[0] == TurnFlow(2, 0)


def test_a_gap_in_the_conversations_keeps_its_level() -> None:
    recorder = TurnRecorder()
    recorder.opened(0)
    recorder.opened(2 * NS)
    recorder.closed(3 * NS)
    assert recorder.flush().packed().open_by_second() == {0: 1, 1: 1, 2: 2, 3: 1}


def test_seconds_are_rounded_down_to_a_step_in_long_runs() -> None:
    assert [step_of(seconds) for seconds in (0, 1, 900, 901, 86_400)] == [1, 1, 1, 2, 96]
    recorder = TurnRecorder(step=96)
    recorder.unsent(0, 95 * NS, 1)
    recorder.unsent(0, 96 * NS, 1)
    assert sorted(recorder.flush().packed().slices) == [(0, 0, 1), (0, 96, 1)]


def test_outcomes_are_those_of_session_starts_and_two_more() -> None:
    names = {outcome.name: outcome.value for outcome in TurnOutcome}
    assert {outcome.name: outcome.value for outcome in Outcome}.items() < names.items()
    assert len(TurnOutcome) == len(Outcome) + 2
    assert set(TurnOutcome) > TURN_ANSWERED


SMALL = st.integers(0, 3)
EXCHANGES = st.builds(
    lambda number, due, took, outcome: turn(number + 1, due * 700, took * 10, outcome),
    SMALL,
    SMALL,
    SMALL,
    st.sampled_from(TurnOutcome),
)


@given(st.lists(EXCHANGES, max_size=12), st.lists(SMALL, max_size=12))
def test_parts_by_workers_add_to_the_whole(exchanges: list[TurnExchange], workers: list[int]) -> None:
    """Whatever is dealt to whom, and in whatever order it is added."""
    whole, parts = TurnRecorder(), [TurnRecorder() for _ in range(4)]
    for number, exchange in enumerate(exchanges):
        part = parts[workers[number] if number < len(workers) else 0]
        for recorder in (whole, part):
            recorder.opened(exchange.due_ns)
            recorder.done(1, exchange)
            recorder.closed(exchange.done_ns)
            recorder.counts.sent += 1
    measured = [part.flush() for part in parts]
    total = Measurement()
    for raw in reversed(measured):
        total += Measurement(turns=raw.packed())
    assert total.turns == whole.flush().packed()


def delta_line(recorder: TurnRecorder | None) -> bytes:
    turns = recorder.flush() if recorder else None
    measurement = RawMeasurement([], [], [], GeneratorHealth(), 0, turns)
    return RawDelta(0, 0, 1, 0, 0, 0, last=False, measurement=measurement).line()


def test_a_delta_with_turns_is_read_again_from_pipe_and_file() -> None:
    expected = recorded().flush().packed()
    delta = read_line(delta_line(recorded()))
    assert isinstance(delta, Delta)
    assert delta.measurement.turns == expected
    data = json.loads(json.dumps(delta_to_json(delta)))
    assert delta_from_json(data).measurement.turns == expected


def test_a_delta_without_turns_has_no_word_of_them() -> None:
    delta = read_line(delta_line(None))
    assert isinstance(delta, Delta)
    assert delta.measurement.turns is None
    assert "turns" not in delta_to_json(delta)["measurement"]


@pytest.mark.parametrize("member", ["slices", "open"])
def test_a_place_that_stands_twice_is_refused(member: str) -> None:
    form = TurnsForm.of(recorded().flush().packed())
    getattr(form, member).append(getattr(form, member)[0])
    with pytest.raises(ValueError, match="twice"):
        form.measurement()


def test_a_slice_that_contradicts_itself_is_refused() -> None:
    form = TurnsForm.of(recorded().flush().packed())
    first, second = form.slices[0], form.slices[1]
    first.valid = type(first.valid)(None, 0, 0, 0, second.refused.packed)
    with pytest.raises(ValueError, match="do not reach"):
        form.measurement()


def test_slices_add() -> None:
    one = TurnSlice(outcomes={TurnOutcome.OK: 1}, unsent=1, skipped=2)
    both = one + one
    assert (both.sent, both.unsent, both.skipped, both.due) == (2, 2, 4, 4)
