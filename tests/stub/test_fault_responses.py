"""Every scripted fault as it is seen on the transport, and the latency and stalls of the stub."""

from __future__ import annotations

import json
import socket
import time
import zlib
from contextlib import ExitStack
from selectors import EVENT_READ, DefaultSelector
from typing import TYPE_CHECKING, NamedTuple, cast

import pytest
from recording_transport import RecordingTransport
from stub_thread import StubThread

from sessionload.secret import Secret
from sessionload.stub.connection import StubProtocol
from sessionload.stub.delayed_replies import DelayQueue
from sessionload.stub.faults import FaultKind
from sessionload.stub.process import StubProcess
from sessionload.stub.routes import RequestHandler
from sessionload.stub.sessions import KeyForm
from sessionload.stub.settings import DEFAULT_KEY, StubSettings

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator

Stub = StubProcess | StubThread

ARGUMENTS = {
    FaultKind.STATUS: "status 503",
    FaultKind.THROTTLE: "throttle retry-after 30",
    FaultKind.REDIRECT: "redirect http://127.0.0.1:9/elsewhere",
}
TIMED = (FaultKind.STALL, FaultKind.SLOW_DRIP, FaultKind.ENDLESS_BODY)
KINDS = [kind for kind in FaultKind if kind not in TIMED]
REQUEST = (
    "POST /v4/project/stub/environment/main/session HTTP/1.1\r\nhost: stub\r\n"
    f"authorization: {DEFAULT_KEY}\r\ncontent-type: application/json\r\n"
)


def request(number: int, fields: str = "") -> bytes:
    body = b'{"userID":"user-%d"}' % number
    return f"{REQUEST}{fields}content-length: {len(body)}\r\n\r\n".encode() + body


class Seen(NamedTuple):
    """The bytes that came for one request, and how the connection stood a while after them."""

    data: bytes
    end: str

    @property
    def head(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[0]

    @property
    def body(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[2]

    @property
    def whole(self) -> bool:
        """An answer with a body as long as its head says, and a connection that is still open."""
        return self.end == "open" and f"content-length: {len(self.body)}".encode() in self.head

    @property
    def key(self) -> str:
        key: str = json.loads(self.body)["sessionKey"]
        return key


def see(stub: Stub, *requests: bytes, quiet: float = 0.5) -> list[Seen]:
    """Send each on a connection of its own, in this order, and read them all.

    Reading ends when nothing has come for `quiet` seconds; the first bytes may take 2 s.
    """
    data: dict[socket.socket, bytes] = {}
    ends: dict[socket.socket, str] = {}
    before = stub.ledger()["arrivals"]
    with ExitStack() as stack, DefaultSelector() as selector:
        for number, sent in enumerate(requests, 1):
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", stub.port), timeout=5))
            sock.sendall(sent)
            selector.register(sock, EVENT_READ)
            data[sock], ends[sock] = b"", "open"
            patience = time.monotonic() + 5
            while number < len(requests) and stub.ledger()["arrivals"] < before + number:
                assert time.monotonic() < patience
        while ready := selector.select(quiet if any(data.values()) else 2):
            for key, _ in ready:
                sock = cast("socket.socket", key.fileobj)
                try:
                    piece = sock.recv(1 << 20)
                    ends[sock] = "open" if piece else "closed"
                except ConnectionResetError:
                    piece, ends[sock] = b"", "reset"
                data[sock] += piece
                if ends[sock] != "open":
                    selector.unregister(sock)
    return [Seen(data[sock], ends[sock]) for sock in data]


@pytest.fixture(scope="module")
def seen() -> dict[FaultKind, Seen]:
    """Each fault met once, by its number, on a connection of its own."""
    lines = tuple(f"{ARGUMENTS.get(kind, kind)} on {number}" for number, kind in enumerate(KINDS, 1))
    with StubProcess.start(StubSettings(faults=lines)) as stub:
        *faulty, honest = see(stub, *(request(number) for number in range(1, len(KINDS) + 2)))
        page = stub.ledger()
    assert honest.whole
    assert page["arrivals"] == page["numbers"] == len(KINDS) + 1
    assert page["in_flight"] == 0
    return dict(zip(KINDS, faulty, strict=True))


def ok(seen: Seen) -> bool:
    return seen.whole and seen.head.startswith(b"HTTP/1.1 200 OK\r\n")


HONEST_LENGTH = len(b'{"sessionKey":"sk.') + 32 + len(b'"}')

FACTS: dict[FaultKind, Callable[[Seen], bool]] = {
    FaultKind.STATUS: lambda s: s.whole and s.data.startswith(b"HTTP/1.1 503 Service Unavailable\r\n"),
    FaultKind.THROTTLE: lambda s: (
        s.whole and s.data.startswith(b"HTTP/1.1 429 ") and b"\r\nretry-after: 30" in s.head
    ),
    FaultKind.REDIRECT: lambda s: (
        s.data.startswith(b"HTTP/1.1 307 ") and b"\r\nlocation: http://127.0.0.1:9/elsewhere" in s.head
    ),
    FaultKind.NOT_JSON: lambda s: ok(s) and s.body == b'{"sessionKey":',
    FaultKind.EMPTY_BODY: lambda s: ok(s) and s.body == b"",
    FaultKind.NAN: lambda s: ok(s) and s.body.endswith(b":NaN}"),
    FaultKind.OVERFLOW: lambda s: ok(s) and s.body.endswith(b":1e999}"),
    FaultKind.HUGE_INTEGER: lambda s: ok(s) and s.body.endswith(b"7" * 5_000 + b"}"),
    FaultKind.DUPLICATE_KEY: lambda s: ok(s) and s.body.count(b'"sessionKey":') == 2,
    FaultKind.NOT_UTF8: lambda s: ok(s) and b"\xff\xfe" in s.body,
    FaultKind.BOM: lambda s: ok(s) and s.body.startswith(b"\xef\xbb\xbf{"),
    FaultKind.LONE_SURROGATE: lambda s: ok(s) and b"\\ud800" in s.body,
    FaultKind.DEEP: lambda s: ok(s) and b"[" * 5_000 in s.body,
    FaultKind.ARRAY: lambda s: ok(s) and isinstance(json.loads(s.body), list),
    FaultKind.HTML: lambda s: ok(s) and b"content-type: text/html" in s.head and s.body.startswith(b"<!"),
    FaultKind.WRONG_TYPE: lambda s: ok(s) and b"content-type: text/plain" in s.head and bool(s.key),
    FaultKind.MISSING_KEY: lambda s: ok(s) and s.body == b"{}",
    FaultKind.EMPTY_KEY: lambda s: ok(s) and s.key == "",
    FaultKind.NULL_KEY: lambda s: ok(s) and s.body == b'{"sessionKey":null}',
    FaultKind.NUMBER_KEY: lambda s: ok(s) and s.body == b'{"sessionKey":7}',
    FaultKind.SAME_KEY: lambda s: ok(s) and s.key == KeyForm.USUAL.value.decode(),
    FaultKind.BIG_KEY: lambda s: ok(s) and len(s.key) > 1_000_000,
    FaultKind.ECHO_API_KEY: lambda s: (
        ok(s) and DEFAULT_KEY.encode() in s.body and DEFAULT_KEY.encode() in s.head
    ),
    FaultKind.EXTRA_BYTES: lambda s: s.end == "open" and s.data.count(b"HTTP/1.1 200 OK") == 2,
    FaultKind.CLOSE: lambda s: s == Seen(b"", "closed"),
    FaultKind.CLOSE_AFTER: lambda s: s.end == "closed" and len(s.body) == HONEST_LENGTH,
    FaultKind.CLOSE_MID_BODY: lambda s: s.end == "closed" and len(s.body) == HONEST_LENGTH - 20,
    FaultKind.RESET: lambda s: s == Seen(b"", "reset"),
    FaultKind.RESET_MID_BODY: lambda s: s.end == "reset",
    FaultKind.HANG: lambda s: s == Seen(b"", "open"),
    FaultKind.HANG_MID_BODY: lambda s: s.end == "open" and len(s.body) == HONEST_LENGTH - 20,
    FaultKind.GZIP_BOMB: lambda s: (
        ok(s) and b"content-encoding: gzip" in s.head and len(zlib.decompress(s.body, 31)) > 900 * len(s.body)
    ),
    FaultKind.BIG_HEADER: lambda s: ok(s) and len(s.head) > 1 << 20,
    FaultKind.MANY_HEADERS: lambda s: ok(s) and s.head.count(b"\r\n") > 10_000,
    FaultKind.CHUNKED: lambda s: (
        s.end == "open"
        and b"\r\ntransfer-encoding: chunked" in s.head
        and s.body.startswith(b"9\r\n")
        and s.body.endswith(b"\r\n0\r\n\r\n")
    ),
    FaultKind.BAD_CHUNK: lambda s: (
        b"\r\ntransfer-encoding: chunked" in s.head and s.body.startswith(b'{"sessionKey"')
    ),
    FaultKind.TWO_LENGTHS: lambda s: s.head.count(b"\r\ncontent-length: ") == 2,
    FaultKind.NEGATIVE_LENGTH: lambda s: b"\r\ncontent-length: -1" in s.head,
    FaultKind.INTERIM: lambda s: (
        [part.split()[1] for part in s.data.split(b"\r\n\r\n")[:3]] == [b"100", b"103", b"200"]
    ),
    FaultKind.HTTP10_CLOSE: lambda s: (
        s.end == "closed" and s.data.startswith(b"HTTP/1.0 200 ") and b"length" not in s.head
    ),
    FaultKind.BANNER: lambda s: s.end == "closed" and s.data.startswith(b"SSH-2.0-"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_is_what_its_name_says(seen: dict[FaultKind, Seen], kind: FaultKind) -> None:
    assert FACTS[kind](seen[kind]), (seen[kind].data[:300], seen[kind].end)


def test_any_status_can_be_scripted() -> None:
    lines = {
        201: b"201 Created",
        204: b"204 No Content",
        101: b"101 Switching Protocols",
        999: b"999 Unknown",
    }
    with StubThread(*(f"status {status} on {number}" for number, status in enumerate(lines, 1))) as stub:
        responses = see(stub, *(request(number) for number in range(4)))
    for (status, line), response in zip(lines.items(), responses, strict=True):
        assert response.data.startswith(b"HTTP/1.1 " + line + b"\r\n")
        assert bool(response.body) == (status in (201, 999))


@pytest.fixture
def troubled() -> Iterator[StubProcess]:
    with StubProcess.start(StubSettings(faults=("endless_body on 1", "slow_drip on 2", "hang on 3"))) as stub:
        yield stub


def test_what_takes_time_is_seen_while_it_lasts(troubled: StubProcess) -> None:
    with socket.create_connection(("127.0.0.1", troubled.port), timeout=5) as sock:
        sock.sendall(request(1))
        received = 0
        while received < 1 << 20:
            received += len(sock.recv(1 << 16))
    with socket.create_connection(("127.0.0.1", troubled.port), timeout=5) as sock:
        sock.sendall(request(2))
        begun, pieces = time.monotonic(), [sock.recv(1 << 16) for _ in range(6)]
        assert 0.35 < time.monotonic() - begun < 2
        assert b"".join(pieces) == b"HTTP/1"
        with socket.create_connection(("127.0.0.1", troubled.port), timeout=5) as hanging:
            hanging.sendall(request(3) + request(4))
            assert see(troubled, request(5))[0].whole
            page = troubled.ledger()
            assert (page["arrivals"], page["in_flight"]) == (
                4,
                2,
            )  # the answer to 4 waits behind the one that hangs
    deadline = time.monotonic() + 5
    while troubled.ledger()["in_flight"] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert troubled.ledger()["in_flight"] == 0


class ImmediateLoop:
    """A loop whose timers go off at once."""

    def call_later(self, delay: float, callback: Callable[..., object], *args: object) -> None:
        assert delay == pytest.approx(0.09)
        callback(*args)


def test_a_drip_comes_to_its_end_and_the_next_answer_follows() -> None:
    """In simulated time, because a whole answer drips for eleven seconds."""
    handler = RequestHandler(StubSettings(faults=("slow_drip on 1",)), key=Secret(DEFAULT_KEY, name="X"))
    loop, transport = cast("asyncio.AbstractEventLoop", ImmediateLoop()), RecordingTransport()
    connection = StubProtocol(handler, DelayQueue(loop), loop)
    connection.connection_made(transport)
    connection.data_received(request(1) + request(2))
    assert len(transport.written) > 100
    assert {len(piece) for piece in transport.written[:-1]} == {1}
    assert b"".join(transport.written[:-1]).startswith(b"HTTP/1.1 200 OK\r\n")
    assert transport.written[-1].startswith(b"HTTP/1.1 200 OK\r\n")
    assert handler.ledger.in_flight == 0


def test_faults_go_by_the_number_of_the_arrival() -> None:
    with StubThread("status 503 every 3", "missing_key on 4..5") as stub:
        responses = see(stub, *(request(number) for number in range(1, 8)))
    assert [s.data[9:12].decode() + s.body.decode()[:2] for s in responses] == [
        '200{"', '200{"', '503{"', "200{}", "200{}", '503{"', '200{"',
    ]  # fmt: skip


@pytest.mark.parametrize(("when", "status"), [("every 1", 200), ("on 1..99", 200), ("always", 503)])
def test_a_preflight_meets_only_what_is_always_there(when: str, status: int) -> None:
    with StubThread(f"status 503 {when}") as stub:
        (got,) = see(stub, request(1, "user-agent: sessionload-preflight/1\r\n"))
        (load,) = see(stub, request(1, "user-agent: sessionload/1\r\n"))
        page = stub.ledger()
    assert got.data.startswith(f"HTTP/1.1 {status} ".encode())
    assert load.data.startswith(b"HTTP/1.1 503 ")
    assert (page["preflights"], page["arrivals"], page["connections"]) == (1, 1, 1)


def seconds_for(stub: Stub, sent: bytes, answers: int = 1) -> list[float]:
    """Send on one connection and return when each answer had come."""
    times: list[float] = []
    with socket.create_connection(("127.0.0.1", stub.port), timeout=10) as sock:
        begun = time.monotonic()
        sock.sendall(sent)
        received = b""
        while len(times) < answers:
            received += sock.recv(1 << 16)
            times += [time.monotonic() - begun] * (received.count(b'"}') - len(times))
    return times


def test_a_stall_holds_what_arrives_until_it_ends() -> None:
    """The stall lasts from 1 s to 2 s after the first arrival; the latency comes on top. Bounds are wide."""
    settings = StubSettings(latency="100ms", faults=("stall from 1s for 1s", "status 503 on 3"))
    with StubProcess.start(settings) as stub:
        origin = time.monotonic()
        assert 0.09 < seconds_for(stub, request(1))[0] < 0.9
        time.sleep(max(0.0, origin + 1.3 - time.monotonic()))
        for took in seconds_for(stub, request(2) + request(3), 2):
            assert 0.6 < took < 1.6
        assert time.monotonic() - origin > 2.09
        assert 0.09 < seconds_for(stub, request(4))[0] < 0.9


def test_equal_seeds_give_equal_latencies() -> None:
    """The delay of each reply, as the handler decides it: no clock takes part."""

    def delays(seed: int) -> list[float]:
        settings = StubSettings(latency="uniform(10ms, 200ms)", seed=seed)
        handler = RequestHandler(settings, key=Secret(DEFAULT_KEY, name="X"))
        return [handler.start(b'{"userID":"user-%d"}' % number).wait for number in range(10)]

    assert delays(5) == delays(5) != delays(6)
    assert max(delays(5)) - min(delays(5)) > 0.05


def test_latency_is_what_the_words_say() -> None:
    """Twenty answers of 50 ms: none is early by more than 1 ms, and the fastest is late by less than 20."""
    with StubProcess.start(StubSettings(latency="50ms")) as stub:
        fastest = min(seconds_for(stub, request(number))[0] for number in range(20))
    assert 0.049 < fastest < 0.07


def test_answers_keep_their_order_whatever_each_waits_for() -> None:
    """A thousand pipelined requests with random latencies are answered in order, bad ones among them."""
    with StubProcess.start(
        StubSettings(latency="uniform(0ms, 50ms)", faults=("status 503 every 7",))
    ) as stub:
        (got,) = see(stub, b"".join(request(number) for number in range(3_000)))
        page = stub.ledger()
    statuses = [part[:3] for part in got.data.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200" if number % 7 else b"503" for number in range(1, 3_001)]
    assert (page["arrivals"], page["in_flight"]) == (3_000, 0)
    assert page["max_in_flight"] > 100
