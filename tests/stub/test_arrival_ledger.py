"""What the stub remembers: arrivals by number, live sessions, and replies that are due later."""

from __future__ import annotations

import asyncio
import json
import socket
from time import monotonic
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.stub.arrival_ledger import ArrivalLedger, number_in
from sessionload.stub.delayed_replies import DelayQueue
from sessionload.stub.process import StubProcess
from sessionload.stub.sessions import KeyMint, LiveSessions
from sessionload.stub.settings import DEFAULT_KEY, StubSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

PATH = "/v4/project/stub/session"


def send(stub: StubProcess, bodies: Iterable[bytes], *, key: str = DEFAULT_KEY, agent: str = "test") -> int:
    """Send these bodies one after the other on one connection; return how many were answered 200."""
    accepted = 0
    with socket.create_connection(("127.0.0.1", stub.port), timeout=5) as link:
        for body in bodies:
            head = f"POST {PATH} HTTP/1.1\r\nhost: stub\r\nuser-agent: {agent}\r\nauthorization: {key}\r\n"
            head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
            link.sendall(head.encode() + body)
            accepted += link.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
    return accepted


def users(names: Iterable[str]) -> list[bytes]:
    return [json.dumps({"userID": name}).encode() for name in names]


@pytest.mark.parametrize(
    ("user", "number"),
    [
        (b"launch-20260711-00000042", 42),
        (b"7", 7),
        (b"user-7-b", 7),
        (b"user-7-b8", 8),
        (b"a1b22c333d", 333),
        ("\u00e9-12-\u0663".encode(), 12),
        (b"ada", None),
        (b"", None),
        (b"9" * 18, 10**18 - 1),
        (b"9" * 19, None),
        (b"0" * 5_000 + b"42", 42),
        (b"0" * 5_000, 0),
        (b"7" * 5_000, None),
    ],
)
def test_the_number_of_a_user_is_its_last_run_of_digits(user: bytes, number: int | None) -> None:
    assert number_in(user) == number


@given(st.lists(st.integers(0, 40) | st.integers(2**25 - 2, 2**25 + 40) | st.none(), max_size=60))
def test_the_ledger_counts_as_a_set_does(numbers: list[int | None]) -> None:
    ledger = ArrivalLedger()
    ordinals = [ledger.arrive(b"x" if number is None else b"u-%08d" % number) for number in numbers]
    page = ledger.page(live_sessions=0)
    known = [number for number in numbers if number is not None]
    again = [number for place, number in enumerate(known) if number in known[:place]]
    assert ordinals == list(range(1, len(numbers) + 1))
    assert page["arrivals"] == len(numbers)
    assert page["without_number"] == len(numbers) - len(known)
    assert page["numbers"] == len(set(known))
    assert page["repeated"] == again[:20]
    assert page["missing_below"] == max(known, default=-1) + 1 - len(set(known))
    assert page["unremembered"] == 0


def test_past_its_memory_the_ledger_says_how_many_it_could_not_tell_apart() -> None:
    ledger = ArrivalLedger(large=2)
    for number in (2**25, 2**26, 2**27, 2**27, 2**25):
        ledger.arrive(b"%d" % number)
    page = ledger.page(live_sessions=0)
    assert (page["numbers"], page["unremembered"], page["repeated"]) == (2, 2, [2**25])


def test_keys_from_the_mint_are_never_the_same() -> None:
    mint = KeyMint()
    keys = {mint.new() for _ in range(5_000)}
    assert len(keys) == 5_000
    assert {len(key) for key in keys} == {35}


def test_a_user_has_one_live_session() -> None:
    sessions = LiveSessions()
    sessions.start(b"ada", b"one")
    sessions.start(b"bob", b"two")
    sessions.start(b"ada", b"three")
    assert [sessions.user_of(key) is not None for key in (b"one", b"two", b"three", b"four")] == [
        False,
        True,
        True,
        False,
    ]
    assert sessions.count == 2


def test_past_the_limit_the_oldest_sessions_end() -> None:
    """The limit of 2,560 is kept in 256 parts of 10: the newest is certain to live, others nearly so."""
    sessions = LiveSessions(limit=2_560)
    keys = [b"key-%d" % number for number in range(20_000)]
    for number, key in enumerate(keys):
        sessions.start(b"user-%d" % number, key)
    live = [number for number, key in enumerate(keys) if sessions.user_of(key) is not None]
    assert len(live) == sessions.count <= 2_560
    assert sessions.user_of(keys[-1]) is not None
    assert min(live) > 12_000


def test_what_waits_leaves_in_the_order_in_which_it_is_due() -> None:
    waits = [0.03, 0.001, 0.02, 0.0205, 0.0201, 0.01, 0.0]

    async def release_times() -> list[tuple[float, float]]:
        room = DelayQueue(asyncio.get_running_loop())
        begun, left = monotonic(), []
        for wait in waits:
            room.after(wait, lambda wait=wait: left.append((wait, monotonic() - begun)))  # type: ignore[misc]
        await asyncio.sleep(0.1)
        return left

    left = asyncio.run(release_times())
    assert [wait for wait, _ in left] == sorted(waits)
    assert all(took > wait - 0.001 for wait, took in left)


def test_an_arrival_counts_whatever_it_is_answered() -> None:
    with StubProcess.start(StubSettings(faults=("status 503 on 2", "close on 3"))) as stub:
        assert send(stub, users(f"u-{number}" for number in (0, 1, 2))) == 1
        assert send(stub, [*users(["u-3", "nobody"]), b"{", b'{"userID":7}']) == 2
        assert send(stub, users(["u-4", "u-6", "u-4"]), key="VF.DM.wrong") == 0
        assert send(stub, users(["u-9"]), agent="sessionload preflight") == 1
        page = stub.ledger()
    assert page == {
        "arrivals": 10,
        "numbers": 6,
        "repeated": [4],
        "without_number": 3,
        "unremembered": 0,
        "missing_below": 1,
        "connections": 3,
        "preflights": 1,
        "in_flight": 0,
        "max_in_flight": 1,
        "unauthorized": 3,
        "turns": 0,
        "live_sessions": 6,
    }


def test_what_is_not_received_whole_does_not_count() -> None:
    with StubProcess.start(StubSettings()) as stub:
        with socket.create_connection(("127.0.0.1", stub.port), timeout=5) as link:
            link.sendall(f"POST {PATH} HTTP/1.1\r\ncontent-length: 20\r\n\r\n0123456789".encode())
        page = stub.ledger()
    assert (page["arrivals"], page["connections"], page["in_flight"]) == (0, 0, 0)


def test_the_ledger_has_no_key_in_it() -> None:
    canary = "VF.DM.canary.77d1f0aa"
    with StubProcess.start(StubSettings()) as stub:
        send(stub, users(["u-1"]), key=canary)
        send(stub, users(["u-1"]))
        page = json.dumps(stub.ledger())
    assert canary not in page
    assert DEFAULT_KEY not in page
    assert "sk." not in page


def test_twenty_thousand_arrivals_are_each_counted_once() -> None:
    with StubProcess.start(StubSettings()) as stub:
        with socket.create_connection(("127.0.0.1", stub.port), timeout=10) as link:
            file = link.makefile("rb")
            for first in range(0, 20_000, 200):
                bodies = users(f"run-{number:08d}" for number in range(first, first + 200))
                head = f"POST {PATH} HTTP/1.1\r\nhost: stub\r\nauthorization: {DEFAULT_KEY}\r\n"
                head += f"content-type: application/json\r\ncontent-length: {len(bodies[0])}\r\n\r\n"
                link.sendall(b"".join(head.encode() + body for body in bodies))
                for _ in bodies:
                    while file.readline() != b"\r\n":
                        pass
                    file.read(len(b'{"sessionKey":"sk."}') + 32)
        page = stub.ledger()
    assert (page["arrivals"], page["numbers"], page["missing_below"]) == (20_000, 20_000, 0)
    assert (page["repeated"], page["live_sessions"]) == ([], 20_000)
