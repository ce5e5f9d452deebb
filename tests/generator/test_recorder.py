"""Each session start that was sent is recorded once, and judged in good time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from sessionload.contract.response.seen_keys import SeenKeys
from sessionload.generator.failures import Response
from sessionload.generator.recorder import Recorder
from sessionload.generator.session_start import SessionStart, prebuild_requests
from sessionload.metrics.exchange import Failure, Outcome
from sessionload.metrics.stage_sums import over
from sessionload.units import NS
from sessionload.workload.schedule import Arrival

if TYPE_CHECKING:
    from sessionload.contract.contract import Contract
    from sessionload.metrics.slices import Slice

MS = 1_000_000
LONG_NS, SHORT_NS = 5 * MS, 1000


def good(key: str, **members: str) -> Response:
    more = "".join(f',"{name}":"{value}"' for name, value in members.items())
    return Response(None, None, 200, "application/json", f'{{"sessionKey":"{key}"{more}}}'.encode())


def done(index: int, response: Response, *, stage: int = 0) -> SessionStart:
    """Return a start that was due every 10 ms, sent 1 ms late and answered after 5 ms."""
    start = SessionStart(Arrival(index, index * 10 * MS, stage), b"")
    start.sent_ns = start.due_ns + MS
    start.done_ns = start.sent_ns + 5 * MS
    start.response = response
    start.connect_ns = start.tls_ns = start.first_byte_ns = None
    return start


@pytest.fixture
def recorder(contract: Contract) -> Recorder:
    return Recorder(contract, SeenKeys(1000))


def record(recorder: Recorder, *starts: SessionStart) -> None:
    for start in starts:
        recorder.on_sent(start.sent_ns)
        recorder.on_done(start)


def closed(recorder: Recorder) -> Slice:
    return over(recorder.flush().raw().packed())


def test_what_has_ended_is_judged_by_the_contract_and_recorded_once(recorder: Recorder) -> None:
    """The first and second are told apart by nothing but their keys; the third is not plain, but good."""
    late = Response(Outcome.TIMEOUT, Failure("timeout/answer", "too late"))
    record(
        recorder,
        done(0, good("a")),
        done(1, good("b")),
        done(2, good("c", more="d")),
        done(3, late),
        done(4, Response(None, None, 500, None, b"")),
        done(5, Response(None, None, 200, "application/json", b"{}")),
    )
    measurement = recorder.flush().raw().packed()
    whole = over(measurement)
    assert whole.outcomes == {
        Outcome.OK: 3,
        Outcome.TIMEOUT: 1,
        Outcome.SERVER_ERROR: 1,
        Outcome.CONTRACT_VIOLATION: 1,
    }
    assert whole.statuses == {200: 4, 500: 1}
    assert (measurement.sent, whole.sent) == (6, 6)
    assert sorted(measurement.findings) == ["body/required/sessionKey", "server_error/500", "timeout/answer"]
    assert (whole.response.ended, whole.response.maximum) == (3, 6 * MS)
    assert (whole.service.maximum, whole.lag.maximum) == (5 * MS, MS)
    assert closed(recorder).sent == 0


@pytest.mark.parametrize("second", [good("a"), good("a", more="b")])
def test_a_key_that_comes_again_is_found_however_it_comes(recorder: Recorder, second: Response) -> None:
    record(recorder, done(0, good("z")), done(1, good("a")), done(2, second))
    measurement = recorder.flush().raw().packed()
    assert over(measurement).outcomes == {Outcome.OK: 2, Outcome.CONTRACT_VIOLATION: 1}
    assert list(measurement.findings) == ["key/repeated"]


def test_stages_and_seconds_are_told_apart(recorder: Recorder) -> None:
    record(recorder, done(0, good("a")), done(100, good("b")), done(101, good("c"), stage=1))
    assert sorted(recorder.flush().raw().packed().slices) == [(0, 0), (0, 1), (1, 1)]


def test_what_is_in_flight_is_sent_and_has_no_outcome(recorder: Recorder) -> None:
    recorder.on_sent(3 * NS)
    measurement = recorder.flush().raw().packed()
    assert (measurement.sent, over(measurement).sent) == (1, 0)
    assert measurement.flow[3].sent == 1


def test_what_is_never_sent_is_counted(recorder: Recorder) -> None:
    recorder.unsent(0, 2 * NS, 3)
    recorder.unsent(0, 2 * NS)
    assert recorder.flush().raw().packed().slices[0, 2].unsent == 4


def test_a_long_pause_is_used(recorder: Recorder) -> None:
    start = done(0, good("a"))
    record(recorder, start)
    recorder.use_pause(LONG_NS)
    assert start.outcome is Outcome.OK


def test_a_short_pause_is_used_for_what_has_waited_long_or_has_become_much(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [10 * NS]
    monkeypatch.setattr(time, "monotonic_ns", lambda: now[0])
    starts = [done(index, good(f"k{index}")) for index in range(80)]
    recorder.use_pause(SHORT_NS)  # there is nothing to judge
    record(recorder, starts[0])
    recorder.use_pause(SHORT_NS)  # nothing was judged for ten seconds
    record(recorder, *starts[1:9])
    now[0] += MS
    recorder.use_pause(SHORT_NS)
    few = [hasattr(start, "outcome") for start in starts[:9]]
    now[0] += MS
    recorder.use_pause(SHORT_NS)
    later = [hasattr(start, "outcome") for start in starts[:9]]
    record(recorder, *starts[9:])
    recorder.use_pause(SHORT_NS)
    assert few == [True] + [False] * 8
    assert later == [True] * 9
    assert [hasattr(start, "outcome") for start in starts[9:]] == [True] * 64 + [False] * 7
    assert closed(recorder).outcomes == {Outcome.OK: 80}


def test_requests_are_prebuild_requests_some_at_a_time() -> None:
    made: list[int] = []

    def request(index: int) -> bytes:
        made.append(index)
        return b"%d" % index

    arrivals = [Arrival(index, index * MS, index % 2) for index in range(70)]
    ready = prebuild_requests(iter(arrivals), request)
    first = next(ready)
    assert made == list(range(32))
    starts = [first, *ready]
    assert [(one.index, one.due_ns, one.stage) for one in starts] == [tuple(one) for one in arrivals]
    assert [one.request for one in starts] == [b"%d" % index for index in range(70)]
    assert {one.queued_ns for one in starts} == {0}
    assert list(prebuild_requests(iter(()), request)) == []


def test_a_session_start_shows_neither_of_its_keys() -> None:
    start = SessionStart(Arrival(7, 5, 0), b"authorization: VF.DM.secret")
    start.response = good("sk.secret")
    assert "secret" not in repr(start)
    assert "7" in repr(start)
