"""The books: each session start that began is recorded once, and judged in good time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from sessionload.contract.keys import IssuedKeys
from sessionload.edges.attempt import Reply
from sessionload.edges.clerk import Clerk
from sessionload.edges.session_start import SessionStart, made_ready
from sessionload.measure.exchange import Fault, Outcome
from sessionload.measure.summing import over
from sessionload.plan.schedule import Arrival
from sessionload.words.units import NS

if TYPE_CHECKING:
    from sessionload.contract.document import Contract
    from sessionload.measure.slices import Slice

MS = 1_000_000
LONG_NS, SHORT_NS = 5 * MS, 1000


def good(key: str, **members: str) -> Reply:
    more = "".join(f',"{name}":"{value}"' for name, value in members.items())
    return Reply(None, None, 200, "application/json", f'{{"sessionKey":"{key}"{more}}}'.encode())


def ended(index: int, reply: Reply, *, stage: int = 0) -> SessionStart:
    """Return a start that was due every 10 ms, sent 1 ms late and answered after 5 ms."""
    start = SessionStart(Arrival(index, index * 10 * MS, stage), b"")
    start.sent_ns = start.due_ns + MS
    start.done_ns = start.sent_ns + 5 * MS
    start.reply = reply
    start.connect_ns = start.tls_ns = None
    return start


@pytest.fixture
def clerk(contract: Contract) -> Clerk:
    return Clerk(contract, IssuedKeys(1000))


def tell(clerk: Clerk, *starts: SessionStart) -> None:
    for start in starts:
        clerk.begun(start.sent_ns)
        clerk.ended(start)


def closed(clerk: Clerk) -> Slice:
    return over(clerk.close())


def test_what_has_ended_is_judged_by_the_contract_and_recorded_once(clerk: Clerk) -> None:
    """The first and second are told apart by nothing but their keys; the third is not plain, but good."""
    late = Reply(Outcome.TIMEOUT, Fault("timeout/answer", "too late"))
    tell(
        clerk,
        ended(0, good("a")),
        ended(1, good("b")),
        ended(2, good("c", more="d")),
        ended(3, late),
        ended(4, Reply(None, None, 500, None, b"")),
        ended(5, Reply(None, None, 200, "application/json", b"{}")),
    )
    measurement = clerk.close()
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
    assert closed(clerk).sent == 0


@pytest.mark.parametrize("second", [good("a"), good("a", more="b")])
def test_a_key_that_comes_again_is_found_however_it_comes(clerk: Clerk, second: Reply) -> None:
    tell(clerk, ended(0, good("z")), ended(1, good("a")), ended(2, second))
    measurement = clerk.close()
    assert over(measurement).outcomes == {Outcome.OK: 2, Outcome.CONTRACT_VIOLATION: 1}
    assert list(measurement.findings) == ["key/repeated"]


def test_stages_and_seconds_are_told_apart(clerk: Clerk) -> None:
    tell(clerk, ended(0, good("a")), ended(100, good("b")), ended(101, good("c"), stage=1))
    assert sorted(clerk.close().slices) == [(0, 0), (0, 1), (1, 1)]


def test_what_is_in_flight_is_sent_and_has_no_outcome(clerk: Clerk) -> None:
    clerk.begun(3 * NS)
    measurement = clerk.close()
    assert (measurement.sent, over(measurement).sent) == (1, 0)
    assert measurement.flow[3].sent == 1


def test_what_is_never_sent_is_counted(clerk: Clerk) -> None:
    clerk.unsent(0, 2 * NS, 3)
    clerk.unsent(0, 2 * NS)
    assert clerk.close().slices[0, 2].unsent == 4


def test_a_long_pause_is_used(clerk: Clerk) -> None:
    start = ended(0, good("a"))
    tell(clerk, start)
    clerk.use_pause(LONG_NS)
    assert start.outcome is Outcome.OK


def test_a_short_pause_is_used_for_what_has_waited_long_or_has_become_much(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [10 * NS]
    monkeypatch.setattr(time, "monotonic_ns", lambda: now[0])
    starts = [ended(index, good(f"k{index}")) for index in range(80)]
    clerk.use_pause(SHORT_NS)  # there is nothing to judge
    tell(clerk, starts[0])
    clerk.use_pause(SHORT_NS)  # nothing was judged for ten seconds
    tell(clerk, *starts[1:9])
    now[0] += MS
    clerk.use_pause(SHORT_NS)
    few = [hasattr(start, "outcome") for start in starts[:9]]
    now[0] += MS
    clerk.use_pause(SHORT_NS)
    later = [hasattr(start, "outcome") for start in starts[:9]]
    tell(clerk, *starts[9:])
    clerk.use_pause(SHORT_NS)
    assert few == [True] + [False] * 8
    assert later == [True] * 9
    assert [hasattr(start, "outcome") for start in starts[9:]] == [True] * 64 + [False] * 7
    assert closed(clerk).outcomes == {Outcome.OK: 80}


def test_requests_are_made_ready_some_at_a_time() -> None:
    made: list[int] = []

    def request(index: int) -> bytes:
        made.append(index)
        return b"%d" % index

    arrivals = [Arrival(index, index * MS, index % 2) for index in range(70)]
    ready = made_ready(iter(arrivals), request)
    first = next(ready)
    assert made == list(range(32))
    starts = [first, *ready]
    assert [(one.index, one.due_ns, one.stage) for one in starts] == [tuple(one) for one in arrivals]
    assert [one.request for one in starts] == [b"%d" % index for index in range(70)]
    assert {one.queued_ns for one in starts} == {0}
    assert list(made_ready(iter(()), request)) == []


def test_a_session_start_shows_neither_of_its_keys() -> None:
    start = SessionStart(Arrival(7, 5, 0), b"authorization: VF.DM.secret")
    start.reply = good("sk.secret")
    assert "secret" not in repr(start)
    assert "7" in repr(start)
