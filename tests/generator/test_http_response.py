"""What a server may send, down to the byte: how a response is framed, and what is refused."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import gevent
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessionload.generator.connection import Connection
from sessionload.generator.failures import Response
from sessionload.generator.http_response import ResponseParser
from sessionload.metrics.exchange import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.contract.contract import Contract
    from sessionload.generator.endpoint import Endpoint

    Serve = Callable[..., int]
    InGreenlet = Callable[..., Any]
    EndpointTo = Callable[..., Endpoint]
    ReadRequest = Callable[[Any], bytes]

BODY = b'{"sessionKey":"sk.1"}'
LENGTH = b"content-length: %d\r\n" % len(BODY)
CHUNKED = b"transfer-encoding: chunked\r\n"
CHUNKS = b"9\r\n" + BODY[:9] + b"\r\nc\r\n" + BODY[9:] + b"\r\n0\r\n"
JSON = b"content-type: application/json\r\n"

PROTOCOL, CONNECTION = Outcome.PROTOCOL_ERROR, Outcome.CONNECTION_ERROR
VIOLATION = Outcome.CONTRACT_VIOLATION

GOOD: tuple[None, None, int, str, bytes, dict[str, str]] = (None, None, 200, "application/json", BODY, {})
"""What is made of a good response."""


def head(*fields: bytes, line: bytes = b"HTTP/1.1 200 OK") -> bytes:
    return line + b"\r\n" + b"".join(fields) + b"\r\n"


HONEST = head(JSON, LENGTH) + BODY

WHOLE = {
    "as usual": HONEST,
    "a field without a value": head(b"x:\r\n", JSON, LENGTH) + BODY,
    "a status line without a phrase": head(JSON, LENGTH, line=b"HTTP/1.1 200 ") + BODY,
    "a folded field": head(b"x: a\r\n  b\r\n", JSON, LENGTH) + BODY,
    "a folded media type": head(b"content-type:\r\n\tapplication/json\r\n", LENGTH) + BODY,
    "a folded field after an interim answer": (
        head(line=b"HTTP/1.1 103 Early Hints") + head(b"x: a\r\n  b\r\n", JSON, LENGTH) + BODY
    ),
    "latin-1 in a value": head(b"x: \xff\xe9\r\n", JSON, LENGTH) + BODY,
    "latin-1 in the phrase": head(JSON, LENGTH, line=b"HTTP/1.1 200 \xc9\xff") + BODY,
    "blank lines before": b"\r\n\r\n" + HONEST,
    "a blank line after": HONEST + b"\r\n",
    "100 fields": head(b"a: b\r\n" * 98, JSON, LENGTH) + BODY,
    "interim answers with fields of their own": (
        head(b"a: b\r\n" * 90, b"content-type: text/html\r\n", line=b"HTTP/1.1 103 Early Hints")
        + head(b"a: b\r\n" * 90, JSON, LENGTH)
        + BODY
    ),
    "chunks": head(JSON, CHUNKED) + CHUNKS + b"\r\n",
    "chunks with extensions": head(JSON, CHUNKED) + b'15;a=b;c="d"\r\n' + BODY + b"\r\n0\r\n\r\n",
    "a field after the chunks": head(CHUNKED, JSON) + CHUNKS + b"x-sum: 1\r\n\r\n",
    "a media type after the chunks": head(JSON, CHUNKED) + CHUNKS + b"content-type: text/html\r\n\r\n",
    "an encoding that is none": head(b"content-encoding: identity\r\n", JSON, LENGTH) + BODY,
    "HTTP/1.0 that keeps the connection": (
        head(b"connection: keep-alive\r\n", JSON, LENGTH, line=b"HTTP/1.0 200 OK") + BODY
    ),
    "an upgrade that is offered": head(b"upgrade: h2c\r\nconnection: upgrade\r\n", JSON, LENGTH) + BODY,
}
WHOLE_AT_THE_END = {
    "no length": head(JSON) + BODY,
    "HTTP/1.0": head(JSON, line=b"HTTP/1.0 200 OK") + BODY,
    "connection: close": head(b"connection: close\r\n", JSON, LENGTH) + BODY,
}
MALFORMED, TRUNCATED, EXTRA = "protocol/malformed", "protocol/truncated", "protocol/extra_bytes"
BROKEN: dict[str, tuple[bytes, Outcome, str]] = {
    "nothing": (b"", CONNECTION, "connection/closed"),
    "a body without a head": (BODY, PROTOCOL, MALFORMED),
    "another protocol": (b"ICY 200 OK\r\n\r\n", PROTOCOL, MALFORMED),
    "a request": (b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", PROTOCOL, MALFORMED),
    "a TLS alert": (b"\x15\x03\x01\x00\x02\x02\x46", PROTOCOL, MALFORMED),
    "lines that end in LF alone": (HONEST.replace(b"\r\n", b"\n"), PROTOCOL, MALFORMED),
    "status 0": (head(LENGTH, line=b"HTTP/1.1 000 ") + BODY, PROTOCOL, MALFORMED),
    "status 99": (head(LENGTH, line=b"HTTP/1.1 099 ") + BODY, PROTOCOL, MALFORMED),
    "status 2000": (head(LENGTH, line=b"HTTP/1.1 2000 ") + BODY, PROTOCOL, MALFORMED),
    "a fold before the first field": (head(b"  x: a\r\n", LENGTH) + BODY, PROTOCOL, MALFORMED),
    "a fold in what is broken anyway": (head(b"x: a\r\n  b\0\r\n", LENGTH) + BODY, PROTOCOL, MALFORMED),
    "HTTP/2.0": (head(LENGTH, line=b"HTTP/2.0 200 OK") + BODY, PROTOCOL, MALFORMED),
    "HTTP/0.9": (head(LENGTH, line=b"HTTP/0.9 200 OK") + BODY, PROTOCOL, MALFORMED),
    "an interim answer of HTTP/2.0": (
        head(line=b"HTTP/2.0 103 Early Hints") + head(LENGTH) + BODY,
        PROTOCOL,
        MALFORMED,
    ),
    "gzip and chunks": (
        head(b"transfer-encoding: gzip, chunked\r\n") + CHUNKS + b"\r\n",
        PROTOCOL,
        "protocol/transfer_encoding",
    ),
    "gzip and chunks in two fields": (
        head(b"transfer-encoding: gzip\r\n", CHUNKED) + CHUNKS + b"\r\n",
        PROTOCOL,
        "protocol/transfer_encoding",
    ),
    "NUL in a field": (head(b"x: a\0b\r\n", LENGTH) + BODY, PROTOCOL, MALFORMED),
    "latin-1 in a name": (head(b"x\xe9: a\r\n", LENGTH) + BODY, PROTOCOL, MALFORMED),
    "a length twice": (head(LENGTH, LENGTH) + BODY, PROTOCOL, MALFORMED),
    "a length beyond numbers": (head(b"content-length: 99999999999999999999999\r\n"), PROTOCOL, MALFORMED),
    "a length and chunks": (head(LENGTH, CHUNKED) + CHUNKS + b"\r\n", PROTOCOL, MALFORMED),
    "a chunk size that is none": (head(CHUNKED) + b"xyz\r\n" + BODY, PROTOCOL, MALFORMED),
    "a chunk longer than it says": (head(CHUNKED) + b"2\r\n" + BODY, PROTOCOL, MALFORMED),
    "half a head": (HONEST[:30], PROTOCOL, TRUNCATED),
    "half a body": (HONEST[:-5], PROTOCOL, TRUNCATED),
    "half a chunk": (head(CHUNKED) + CHUNKS[:8], PROTOCOL, TRUNCATED),
    "chunks without an end": (head(CHUNKED) + CHUNKS, PROTOCOL, TRUNCATED),
    "an interim answer alone": (head(line=b"HTTP/1.1 100 Continue"), PROTOCOL, TRUNCATED),
    "more than its length": (HONEST + b"x", PROTOCOL, EXTRA),
    "more after the last": (
        head(b"connection: close\r\n", LENGTH) + BODY + b"x",
        PROTOCOL,
        EXTRA,
    ),
    "two answers": (HONEST + HONEST, PROTOCOL, EXTRA),
    "204 with a body": (head(LENGTH, line=b"HTTP/1.1 204 No Content") + BODY, PROTOCOL, EXTRA),
    "101 fields": (head(b"a: b\r\n" * 100, LENGTH) + BODY, PROTOCOL, "protocol/too_many_fields"),
    "101 fields, some of them after the chunks": (
        head(b"a: b\r\n" * 50, CHUNKED) + CHUNKS + b"a: b\r\n" * 51 + b"\r\n",
        PROTOCOL,
        "protocol/too_many_fields",
    ),
    "gzip": (head(b"content-encoding: gzip\r\n", JSON, LENGTH) + BODY, VIOLATION, "content_encoding"),
    "two encodings": (
        head(b"content-encoding: gzip, identity\r\n", JSON, LENGTH) + BODY,
        VIOLATION,
        "content_encoding",
    ),
}


@pytest.fixture
def answer_with(
    serve: Serve, endpoint_to: EndpointTo, in_greenlet: InGreenlet, read_request: ReadRequest
) -> Callable[..., tuple[list[Response], int]]:
    """Exchange with a server that answers everything with these pieces; return responses and connections."""

    def answer(
        *pieces: bytes, stays: bool = True, times: int = 1, pause: float = 0.0
    ) -> tuple[list[Response], int]:
        def handle(link: Any, _: int) -> None:  # noqa: ANN401 -- a socket of gevent
            while read_request(link):
                for piece in pieces:
                    link.sendall(piece)
                    gevent.sleep(pause)
                if not stays:
                    return

        endpoint = endpoint_to(serve(handle), seconds=5)

        def run() -> list[Response]:
            with closing(Connection(endpoint)) as connection:
                return [connection.exchange(endpoint.request(b"{}")) for _ in range(times)]

        return in_greenlet(run), endpoint.connections_opened

    return answer


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_response_is_taken_and_its_connection_kept(
    answer_with: Callable[..., tuple[list[Response], int]], name: str
) -> None:
    responses, connections = answer_with(WHOLE[name], times=2)
    assert [tuple(response) for response in responses] == [GOOD] * 2
    assert connections == 1


@pytest.mark.parametrize("name", WHOLE_AT_THE_END)
def test_a_response_that_ends_with_its_connection_is_whole_too(
    answer_with: Callable[..., tuple[list[Response], int]], name: str
) -> None:
    responses, connections = answer_with(WHOLE_AT_THE_END[name], stays=False, times=2)
    assert [tuple(response) for response in responses] == [GOOD] * 2
    assert connections == 2


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_response_is_a_fault_of_the_server_and_ends_the_connection(
    answer_with: Callable[..., tuple[list[Response], int]], name: str
) -> None:
    data, outcome, cause = BROKEN[name]
    (response, again), connections = answer_with(data, stays=False, times=2)
    assert (response.outcome, response.failure and response.failure.cause) == (outcome, cause)
    assert again[:2] == response[:2]
    assert connections == 2


def test_a_response_may_come_byte_by_byte(answer_with: Callable[..., tuple[list[Response], int]]) -> None:
    """Long names and values in many pieces are put together again."""
    slow = WHOLE["interim answers with fields of their own"][-200:]
    pieces = [bytes([byte]) for byte in b"HTTP/1.1 200 OK\r\n" + slow[slow.index(b"a: b") :]]
    (response,), _ = answer_with(*pieces)
    assert response == GOOD


def test_an_error_in_gzip_is_that_error(answer_with: Callable[..., tuple[list[Response], int]]) -> None:
    line = b"HTTP/1.1 503 Service Unavailable"
    (response,), _ = answer_with(head(b"content-encoding: gzip\r\n", LENGTH, line=line) + BODY)
    assert (response.outcome, response.status) == (None, 503)


def test_two_media_types_are_both_passed_on(answer_with: Callable[..., tuple[list[Response], int]]) -> None:
    (response,), _ = answer_with(head(b"content-type: text/html\r\n", JSON, LENGTH) + BODY)
    assert response.content_type == "text/html, application/json"


def test_the_fields_that_the_contract_asks_for_are_kept_and_no_others() -> None:
    parser = ResponseParser(1000, frozenset({"x-id", "content-length", "keep-alive"}))
    interim = head(b"x-id: early\r\n", line=b"HTTP/1.1 103 Early Hints")
    fields = (b"X-ID: a\r\n", b"X-Od: b\r\n", b"x-id:  c\xe9 \r\n", b"Keep-Alive: timeout=5\r\n", LENGTH)
    for _ in range(2):
        parser.begin()
        parser.feed(interim + head(*fields) + BODY)
        assert parser.headers == {
            "x-id": "a, c\xe9",
            "keep-alive": "timeout=5",
            "content-length": str(len(BODY)),
        }
        assert parser.idle_timeout_s == 5
    parser.begin()
    trailer = b"5\r\n12345\r\n0\r\nx-id: late\r\n\r\n"
    parser.feed(head(b"transfer-encoding: chunked\r\n") + trailer)
    assert parser.complete
    assert parser.headers == {}
    assert ResponseParser(1000).headers == {}


@pytest.mark.parametrize(("fill", "whole"), [(65_536, True), (65_537, False), (70_000, False)])
def test_a_head_may_have_64_kib_and_not_a_byte_more(
    answer_with: Callable[..., tuple[list[Response], int]], fill: int, *, whole: bool
) -> None:
    least = head(JSON, LENGTH, b"x: \r\n")
    size = fill - len(least)
    (response,), _ = answer_with(head(JSON, LENGTH, b"x: " + b"a" * size + b"\r\n") + BODY)
    if whole:
        assert (response.outcome, response.body) == (None, BODY)
    else:
        assert response.failure is not None
        assert response.failure.cause == "protocol/head_too_large"


def test_a_response_may_come_byte_by_byte_and_folded(
    answer_with: Callable[..., tuple[list[Response], int]],
) -> None:
    data = head(b"x: a\r\n \t b\r\n", b"content-type: application/\r\n json\r\n", LENGTH) + BODY
    (response,), _ = answer_with(*[bytes([byte]) for byte in data])
    assert response == (None, None, 200, "application/ json", BODY, {})


@pytest.mark.parametrize(
    ("field", "pause", "connections"),
    [
        (b"", 0.3, 1),
        (b"keep-alive: timeout=5, max=100\r\n", 0.3, 1),
        (b"Keep-Alive: max=3\r\n", 0.3, 1),
        (b'keep-alive: TIMEOUT="1"\r\n', 0.6, 2),
        (b"Keep-Alive: timeout=0\r\n", 0.0, 2),
    ],
)
def test_a_connection_that_the_server_is_about_to_close_is_not_used(
    serve: Serve,
    endpoint_to: EndpointTo,
    in_greenlet: InGreenlet,
    read_request: ReadRequest,
    field: bytes,
    pause: float,
    connections: int,
) -> None:
    """Half a second before the idle time that the server names is over; it would not have closed yet."""

    def handle(link: Any, _: int) -> None:  # noqa: ANN401 -- a socket of gevent
        while read_request(link):
            link.sendall(head(field, JSON, LENGTH) + BODY)

    endpoint = endpoint_to(serve(handle), seconds=5)

    def run() -> list[int | None]:
        with closing(Connection(endpoint)) as connection:
            statuses = []
            for _ in range(2):
                statuses.append(connection.exchange(endpoint.request(b"{}")).status)
                gevent.sleep(pause)
            return statuses

    assert in_greenlet(run) == [200, 200]
    assert endpoint.connections_opened == connections


FLOODS = {
    "interim answers": (b"", head(line=b"HTTP/1.1 103 Early Hints"), "protocol/head_too_large"),
    "blank lines": (b"", b"\r\n", "protocol/head_too_large"),
    "a value": (b"HTTP/1.1 200 OK\r\nx: ", b"a" * 1000, "protocol/head_too_large"),
    "a name": (b"HTTP/1.1 200 OK\r\nx", b"a" * 1000, "protocol/head_too_large"),
    "fields": (b"HTTP/1.1 200 OK\r\n", b"x: y\r\n", "protocol/too_many_fields"),
    "a body": (head(b"content-length: 999999999\r\n"), b"a" * 1000, "protocol/body_too_large"),
    "chunks": (head(CHUNKED), b"3e8\r\n" + b"a" * 1000 + b"\r\n", "protocol/body_too_large"),
    "chunks of a byte": (head(CHUNKED), b"1\r\na\r\n", "protocol/body_too_large"),
    "an extension of a chunk": (head(CHUNKED) + b"1;", b"a" * 1000, "protocol/body_too_large"),
    "a value after the chunks": (head(CHUNKED) + CHUNKS + b"x: ", b"a" * 1000, "protocol/body_too_large"),
    "a name after the chunks": (head(CHUNKED) + CHUNKS + b"x", b"a" * 1000, "protocol/body_too_large"),
    "fields after the chunks": (head(CHUNKED) + CHUNKS, b"x: y\r\n", "protocol/too_many_fields"),
}


@pytest.mark.parametrize("name", FLOODS)
def test_what_never_ends_is_refused_long_before_the_deadline(
    serve: Serve, endpoint_to: EndpointTo, in_greenlet: InGreenlet, read_request: ReadRequest, name: str
) -> None:
    """No more than ten times the largest body (64 KiB) is read; the deadline of 20 s is far away."""
    begin, more, cause = FLOODS[name]
    sent: list[int] = []

    def handle(link: Any, _: int) -> None:  # noqa: ANN401 -- a socket of gevent
        read_request(link)
        link.sendall(begin)
        while True:
            link.sendall(more * (1 + 10_000 // len(more)))
            sent.append(10_000)

    endpoint = endpoint_to(serve(handle), seconds=20)
    began = time.monotonic()
    response = in_greenlet(lambda: Connection(endpoint).exchange(endpoint.request(b"{}")))
    assert (response.outcome, response.failure.cause) == (PROTOCOL, cause)
    assert time.monotonic() - began < 5
    assert sum(sent) < 10 * (64 << 10) + (6 << 20)  # and what the buffers of two sockets hold


FLOODING = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    print(server.getsockname()[1], flush=True)
    link = server.accept()[0]
    link.recv(65536)
    link.sendall(b"HTTP/1.1 200 OK\\r\\ntransfer-encoding: chunked\\r\\n\\r\\n1;")
    try:
        while True:
            link.sendall(b"a" * 1000000)
    except OSError:
        link.close()
"""


def test_a_sender_that_never_pauses_holds_up_neither_the_deadline_nor_other_users(
    endpoint_to: EndpointTo, in_greenlet: InGreenlet
) -> None:
    """A process of its own floods; with a limit of 1 GiB only the deadline of 300 ms can end it."""
    turns: list[float] = []

    def take_turns() -> None:
        while True:
            gevent.sleep(0.001)
            turns.append(time.monotonic())

    with subprocess.Popen([sys.executable, "-c", FLOODING], stdout=subprocess.PIPE) as process:
        assert process.stdout
        endpoint = endpoint_to(int(process.stdout.readline()), seconds=0.3, max_body=1 << 30)
        other = gevent.spawn(take_turns)
        began = time.monotonic()
        response = in_greenlet(lambda: Connection(endpoint).exchange(endpoint.request(b"{}")))
        took = time.monotonic() - began
        other.kill()
        process.kill()
    assert (response.outcome, response.failure.cause) == (Outcome.TIMEOUT, "timeout/body")
    assert 0.29 < took < 1.3
    assert len(turns) > 10


MUTABLE = (*WHOLE.values(), *WHOLE_AT_THE_END.values(), *(data for data, *_ in BROKEN.values()))


@st.composite
def mutants(draw: st.DrawFn) -> bytes:
    """Draw a response of the tables above, in which some places were written over."""
    data = bytearray(draw(st.sampled_from(MUTABLE)))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 3))
        data[start : start + length] = draw(
            st.one_of(
                st.binary(max_size=6),
                st.sampled_from((b"\r\n", b"\r\n\r\n", b"0", b"-1", b": ", b"HTTP/1.1 ", b"\xff")),
            )
        )
    return bytes(data)


def test_whatever_comes_is_a_reply(
    serve: Serve,
    endpoint_to: EndpointTo,
    in_greenlet: InGreenlet,
    contract: Contract,
    read_request: ReadRequest,
) -> None:
    """Nothing that a server sends, in whatever pieces, raises; and the judgement does not raise either."""
    stated: list[tuple[bytes, int]] = [(b"", 1)]

    def handle(link: Any, _: int) -> None:  # noqa: ANN401 -- a socket of gevent
        read_request(link)
        data, size = stated[0]
        for start in range(0, len(data), size):
            link.sendall(data[start : start + size])
            gevent.sleep(0)

    endpoint = endpoint_to(serve(handle), seconds=5)

    def exchange() -> Response:
        with closing(Connection(endpoint)) as connection:
            return connection.exchange(endpoint.request(b"{}"))

    @settings(max_examples=150)
    @given(data=st.one_of(st.binary(max_size=200), mutants()), size=st.sampled_from((1, 7, 1 << 16)))
    def check(data: bytes, size: int) -> None:
        stated[0] = (data, size)
        began = time.monotonic()
        response = in_greenlet(exchange)
        assert time.monotonic() - began < 2.5  # the server hangs up, so nothing waits for the deadline
        assert isinstance(response, Response)
        assert response.outcome in {None, PROTOCOL, CONNECTION, VIOLATION}
        assert (response.failure is None) is (response.outcome is None)
        contract.judge(response.status or 0, response.content_type, response.body)

    check()
