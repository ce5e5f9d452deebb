"""How a connection is opened, what is sent over it, and the cause when it fails."""

from __future__ import annotations

import errno
import socket
import time
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any, NoReturn

import gevent
import gevent.socket
import pytest

from sessionload.generator.connection import Connection
from sessionload.metrics.exchange import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sessionload.generator.endpoint import Endpoint
    from sessionload.generator.failures import Response

    Serve = Callable[..., int]
    InGreenlet = Callable[..., Any]
    EndpointTo = Callable[..., Endpoint]
    ReadRequest = Callable[[Any], bytes]

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
OURS = "generator/late_deadline"
ON_TIME = 0.04
"""A deadline that is later than this may be the machine's doing."""
SLACK = 1.0
"""How late a busy machine may notice that a deadline has passed."""


def exchange(endpoint: Endpoint, body: bytes = b"{}") -> tuple[Response, float]:
    """Return what came of one exchange on a connection of its own, and how long it took."""
    with closing(Connection(endpoint)) as connection:
        began = time.monotonic()
        return connection.exchange(endpoint.request(body)), time.monotonic() - began


def cause(response: Response) -> str | None:
    return response.failure.cause if response.failure else None


def is_given_up(response: Response, took: float, phase: str) -> bool:
    """Tell whether the server was late; on a machine that stood still itself, that is said instead."""
    at_once = took < 0.3 + ON_TIME
    return cause(response) == f"timeout/{phase}" or (not at_once and cause(response) == OURS)


# Opening


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port that accepts no further connection, because its backlog is full."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)  # noqa: FBT003 -- the standard library has it so
            waiting.connect_ex(server.getsockname())
        yield server.getsockname()[1]


def test_nothing_is_sent_when_the_lease_has_ended_by_the_time_of_a_connection(
    serve: Serve, endpoint_to: EndpointTo, in_greenlet: InGreenlet
) -> None:
    """A connection that is there already is used: what is due without a lease does not come that far."""
    received: list[bytes] = []

    def answer(stream: Any, _: int) -> None:  # noqa: ANN401
        while data := stream.recv(65536):
            received.append(data)
            stream.sendall(ANSWER)

    endpoint = endpoint_to(serve(answer), seconds=5)

    def twice_and_once() -> list[str | None]:
        with closing(Connection(endpoint)) as kept, closing(Connection(endpoint)) as late:
            causes = [cause(kept.exchange(endpoint.request(b"{}")))]
            endpoint.send_until_ns = time.monotonic_ns()
            causes.append(cause(kept.exchange(endpoint.request(b"{}"))))
            response = late.exchange(endpoint.request(b"{}"))
            assert response.outcome is Outcome.ABORTED
            return [*causes, cause(response)]

    assert in_greenlet(twice_and_once) == [None, None, "aborted/no_lease"]
    assert len(received) == 2


def test_a_closed_port_refuses_at_once(
    endpoint_to: EndpointTo, in_greenlet: InGreenlet, closed_port: int
) -> None:
    endpoint = endpoint_to(closed_port, seconds=5)
    response, took = in_greenlet(exchange, endpoint)
    assert (response.outcome, cause(response)) == (Outcome.CONNECTION_ERROR, "connection/refused")
    assert took < 1
    assert endpoint.connections_opened == 0


def test_a_server_that_lets_nobody_in_is_given_up_at_the_deadline(
    endpoint_to: EndpointTo, in_greenlet: InGreenlet, full_port: int
) -> None:
    endpoint = endpoint_to(full_port, seconds=0.3)
    response, took = in_greenlet(exchange, endpoint)
    assert is_given_up(response, took, "connect")
    assert 0.29 < took < 0.3 + SLACK
    assert endpoint.connections_opened == 0


def test_a_host_that_has_no_address_is_a_fault_of_the_connection(
    endpoint_to: EndpointTo, in_greenlet: InGreenlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The resolver of the machine is not asked: some of them have an answer to everything."""

    def unknown(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(gevent.socket, "getaddrinfo", unknown)
    response, _ = in_greenlet(exchange, endpoint_to(80, host="nothing.invalid"))
    assert (response.outcome, cause(response)) == (Outcome.CONNECTION_ERROR, "connection/dns")


def test_a_resolver_that_does_not_answer_is_given_up_at_the_deadline(
    endpoint_to: EndpointTo, in_greenlet: InGreenlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gevent.socket, "getaddrinfo", lambda *_, **__: gevent.sleep(60))
    response, took = in_greenlet(exchange, endpoint_to(80, host="slow.invalid", seconds=0.3))
    assert is_given_up(response, took, "connect")
    assert 0.29 < took < 0.3 + SLACK


def test_each_address_of_a_host_is_tried(
    serve: Serve,
    endpoint_to: EndpointTo,
    in_greenlet: InGreenlet,
    read_request: ReadRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing listens at the second address; connections begin with either in turn."""

    def handle(link: Any, _: int) -> None:  # noqa: ANN401 -- a socket of gevent
        read_request(link)
        link.sendall(ANSWER)

    def resolve(_: str, port: int, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.0.{n}", port)) for n in (1, 2)]

    monkeypatch.setattr(gevent.socket, "getaddrinfo", resolve)
    endpoint = endpoint_to(serve(handle), host="runtime.example")
    assert [in_greenlet(exchange, endpoint)[0].outcome for _ in range(4)] == [None] * 4
    assert endpoint.addresses.used == {"127.0.0.1": 4}


def test_a_host_without_any_address_cannot_be_reached(
    endpoint_to: EndpointTo, in_greenlet: InGreenlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gevent.socket, "getaddrinfo", lambda *_, **__: [])
    assert cause(in_greenlet(exchange, endpoint_to(80))[0]) == "connection/unreachable"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.EMFILE, "whatever"), "generator/descriptors"),
        (OSError(errno.EADDRNOTAVAIL, "whatever"), "generator/ports"),
        (OSError(errno.EHOSTUNREACH, "whatever"), "connection/unreachable"),
        (LookupError("whatever"), "generator/defect"),
    ],
)
def test_whatever_happens_is_a_failure_with_a_cause(
    endpoint_to: EndpointTo,
    in_greenlet: InGreenlet,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    expected: str,
) -> None:
    def fail(*_: object) -> NoReturn:
        raise error

    endpoint = endpoint_to(9)
    monkeypatch.setattr(endpoint, "connect", fail)
    response, _ = in_greenlet(exchange, endpoint)
    assert (response.outcome, cause(response)) == (Outcome.CONNECTION_ERROR, expected)
    assert "whatever" not in repr(response)


# Sending


@pytest.mark.parametrize(
    ("port", "host", "tls", "expected"),
    [
        (80, "127.0.0.1", False, b"127.0.0.1"),
        (8080, "127.0.0.1", False, b"127.0.0.1:8080"),
        (443, "127.0.0.1", False, b"127.0.0.1:443"),
        (443, "runtime.example", True, b"runtime.example"),
        (80, "runtime.example", True, b"runtime.example:80"),
        (8443, "::1", True, b"[::1]:8443"),
    ],
)
def test_the_host_field_has_the_port_unless_it_is_the_usual_one(
    endpoint_to: EndpointTo,
    port: int,
    host: str,
    tls: bool,  # noqa: FBT001 -- a column
    expected: bytes,
) -> None:
    request = endpoint_to(port, host=host, tls=tls).request(b"{}")
    assert b"\r\nhost: " + expected + b"\r\n" in request


@pytest.mark.parametrize("reuse", [True, False])
def test_a_request_is_what_the_contract_asks_for_and_says_who_sends_it(
    endpoint_to: EndpointTo,
    reuse: bool,  # noqa: FBT001 -- a column
) -> None:
    head, _, body = endpoint_to(8080, reuse=reuse).request('{"userID":"ä"}'.encode()).partition(b"\r\n\r\n")
    line, *fields = head.split(b"\r\n")
    assert line == b"POST /v4/project/stub/environment/main/session HTTP/1.1"
    assert body == '{"userID":"ä"}'.encode()
    assert sorted(field.partition(b": ")[0] for field in fields) == sorted(
        [b"host", b"authorization", b"user-agent", b"content-type", b"accept", b"accept-encoding"]
        + [b"content-length"]
        + ([] if reuse else [b"connection"])
    )
    assert b"content-length: 15" in fields
    assert b"accept-encoding: identity" in fields
    assert b"user-agent: sessionload/1 (a test)" in fields


def test_a_server_that_does_not_read_is_given_up_at_the_deadline(
    serve: Serve, endpoint_to: EndpointTo, in_greenlet: InGreenlet
) -> None:
    endpoint = endpoint_to(serve(lambda _, __: gevent.sleep(60)), seconds=0.3)
    response, took = in_greenlet(exchange, endpoint, b" " * (32 << 20))
    assert is_given_up(response, took, "send")
    assert 0.29 < took < 0.3 + SLACK


def test_the_end_of_a_user_that_is_connecting_passes_through(
    endpoint_to: EndpointTo, in_greenlet: InGreenlet, full_port: int
) -> None:
    def run() -> gevent.Greenlet:
        user = gevent.spawn(exchange, endpoint_to(full_port, seconds=30))
        gevent.sleep(0.05)
        user.kill()
        return user

    assert isinstance(in_greenlet(run).value, gevent.GreenletExit)
