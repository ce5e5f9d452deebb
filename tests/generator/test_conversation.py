"""Conversations in simulated time: known answers to the nanosecond, and every turn counted once."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.contract.turn_answer import ENDED_EARLY, TurnJudgement
from sessionload.generator.conversation import Conversation, TurnAnswer
from sessionload.generator.event_response import EventResponseParser
from sessionload.generator.http_response import Unacceptable
from sessionload.metrics.turn_exchange import TurnOutcome
from sessionload.metrics.turn_recorder import TurnRecorder
from sessionload.units import NS

if TYPE_CHECKING:
    from sessionload.metrics.turn_measurement import TurnMeasurement

MS = 1_000_000
OK = TurnJudgement(TurnOutcome.OK, None)
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def chunk(name: str, data: object) -> bytes:
    event = f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()
    return b"%x\r\n%b\r\n" % (len(event), event)


@dataclass
class World:
    """Simulated time: a server that sends what it is told, at instants after the request."""

    pieces: dict[int, list[tuple[int, bytes]]] = field(default_factory=dict)
    """By turn: milliseconds after the request, and bytes."""
    lag_ns: int = 0
    thinks_ns: int = 4 * NS
    outcomes: dict[int, TurnJudgement] = field(default_factory=dict)
    stops_at_ns: float = float("inf")
    ended_at_ns: float = float("inf")
    clock_ns: int = 0
    dies_in: int = 0

    def now_ns(self) -> int:
        return self.clock_ns

    def wait_until(self, due_ns: int) -> bool:
        if due_ns >= self.stops_at_ns:
            self.clock_ns = max(self.clock_ns, int(self.stops_at_ns))
            return False
        self.clock_ns = max(self.clock_ns, due_ns) + self.lag_ns
        return True

    def is_over(self) -> bool:
        return self.clock_ns >= self.ended_at_ns

    def think_ns(self, turn: int) -> int:
        assert turn > 1, "the first turn is due at once"
        return self.thinks_ns

    def take(self, turn: int) -> TurnAnswer:
        if turn == self.dies_in:
            self.clock_ns += 7 * MS
            raise KeyboardInterrupt
        sent_ns = self.clock_ns
        parser = EventResponseParser(1 << 16, frozenset(), self.now_ns)
        for after_ms, data in self.pieces.get(turn, [(20, b"")]):
            self.clock_ns = sent_ns + after_ms * MS
            if data:
                parser.feed(data)
        return TurnAnswer(
            self.outcomes.get(turn, OK), 200, self.clock_ns, parser.first_event_ns, parser.end_event_ns
        )


def held(world: World, turns: int = 3, started_ns: int = NS) -> TurnMeasurement:
    world.clock_ns = started_ns
    recorder = TurnRecorder()
    recorder.counts.conversations += 1
    Conversation(7, 0, started_ns, turns).hold(world, recorder)
    return recorder.flush().packed()


def only(measured: TurnMeasurement, turn: int, view: str) -> int | None:
    """Return the one duration of a view, in nanoseconds, to the grain of a histogram."""
    part = next(part for (_, _, number), part in measured.slices.items() if number == turn)
    histogram = getattr(part, view)
    assert histogram.count == 1
    return histogram.quantile(Fraction(1, 2))  # type: ignore[no-any-return]


STREAM = [
    (0, HEAD),
    (300, chunk("trace", {"type": "text"})),
    (1_999, chunk("end", {})),
    (2_000, b"0\r\n\r\n"),
]


def test_a_third_turn_of_two_seconds_and_a_first_event_after_300_ms() -> None:
    measured = held(World({3: STREAM}))
    assert abs((only(measured, 3, "response") or 0) - 2_000 * MS) <= MS
    assert abs((only(measured, 3, "service") or 0) - 2_000 * MS) <= MS
    assert abs((only(measured, 3, "first_event") or 0) - 300 * MS) <= MS
    assert abs((only(measured, 3, "end_event") or 0) - 1_999 * MS) <= MS
    for turn in (1, 2):
        assert abs((only(measured, turn, "response") or 0) - 20 * MS) <= MS
    # Done at 1 s; turns at 1 s, 5.02 s and 9.04 s; the last one ends at 11.04 s.
    assert sorted(measured.slices) == [(0, 1, 1), (0, 5, 2), (0, 9, 3)]
    assert {second: (flow.opened, flow.closed) for second, flow in measured.flow.items()} == {
        1: (1, 0),
        11: (0, 1),
    }


def test_our_own_lag_is_part_of_the_response_and_not_of_the_service() -> None:
    measured = held(World({1: STREAM}, lag_ns=50 * MS), turns=1)
    assert abs((only(measured, 1, "response") or 0) - 2_050 * MS) <= 2 * MS
    assert abs((only(measured, 1, "service") or 0) - 2_000 * MS) <= MS
    assert abs((only(measured, 1, "first_event") or 0) - 350 * MS) <= MS
    assert only(measured, 1, "lag") == pytest.approx(50 * MS, rel=0.001)


def test_what_follows_the_end_of_a_stream_does_not_matter() -> None:
    pieces = [(0, HEAD), (5, chunk("end", {})), (900, chunk("trace", {})), (901, b"0\r\n\r\n")]
    parser = EventResponseParser(1 << 16, frozenset(), lambda: 5)
    for _, data in pieces:
        parser.feed(data)
    assert (parser.end_event_ns, parser.first_event_ns, parser.traces, parser.complete) == (5, None, [], True)


def test_a_stream_is_bounded_as_a_body_is() -> None:
    for event in (chunk("trace", "x" * 80), chunk("trace", "") * 5):
        parser = EventResponseParser(100, frozenset(), lambda: 0)
        with pytest.raises(Unacceptable):
            parser.feed(HEAD + event)
    parser = EventResponseParser(100, frozenset(), lambda: 0)
    parser.feed(HEAD + chunk("trace", "") * 2)
    assert len(parser.traces) == 2


def test_an_error_is_a_body_and_no_stream() -> None:
    parser = EventResponseParser(100, frozenset(), lambda: 0)
    parser.feed(b"HTTP/1.1 401 Nope\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")
    assert (parser.streams, parser.body, parser.complete) == (False, b"{}", True)


def counted(measured: TurnMeasurement) -> dict[int, tuple[int, int, int]]:
    """By turn: sent, unsent, skipped."""
    return {
        turn: (part.sent, part.unsent, part.skipped) for (_, _, turn), part in sorted(measured.slices.items())
    }


SENT, UNSENT, SKIPPED = (1, 0, 0), (0, 1, 0), (0, 0, 1)


def test_a_conversation_ends_with_the_first_turn_that_fails() -> None:
    world = World(outcomes={2: TurnJudgement(TurnOutcome.ENDED_EARLY, ENDED_EARLY)})
    measured = held(world)
    assert counted(measured) == {1: SENT, 2: SENT, 3: SKIPPED}
    assert measured.findings["turn/ended_early"].turn == 2
    assert measured.counts.sent == 2


def test_a_later_start_ends_it_before_its_next_turn() -> None:
    assert counted(held(World(ended_at_ns=4 * NS))) == {1: SENT, 2: SKIPPED, 3: SKIPPED}


def test_a_stop_leaves_later_turns_unsent() -> None:
    measured = held(World(stops_at_ns=4 * NS))
    assert counted(measured) == {1: SENT, 2: UNSENT, 3: UNSENT}
    assert measured.flow[4].closed == 1


def test_a_cut_counts_what_was_in_flight_as_aborted() -> None:
    world, recorder = World(dies_in=2), TurnRecorder()
    with pytest.raises(KeyboardInterrupt):
        Conversation(7, 0, 0, 3).hold(world, recorder)
    measured = recorder.flush().packed()
    assert counted(measured) == {1: SENT, 2: SENT, 3: UNSENT}
    assert measured.findings["aborted"].first_ns == 4_027 * MS
    assert sum(flow.opened - flow.closed for flow in measured.flow.values()) == 0


@given(
    st.integers(1, 6),
    st.integers(0, 7),
    st.one_of(st.just(float("inf")), st.integers(0, 30 * NS)),
    st.one_of(st.just(float("inf")), st.integers(0, 30 * NS)),
)
def test_every_turn_is_counted_once(turns: int, fails: int, stops: float, ends: float) -> None:
    world = World(
        outcomes={fails: TurnJudgement(TurnOutcome.ENDED_EARLY, ENDED_EARLY)},
        stops_at_ns=stops,
        ended_at_ns=ends,
    )
    measured = held(world, turns)
    assert [sum(count) for count in counted(measured).values()] == [1] * turns
    assert sum(part.sent for part in measured.slices.values()) == measured.counts.sent
