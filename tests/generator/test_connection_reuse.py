"""How a connection is kept, lost and given up; and that nothing is ever sent twice."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import gevent
import pytest
from gevent.event import Event

from sessionload.generator.connection import Connection
from sessionload.metrics.exchange import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.generator.endpoint import Endpoint
    from sessionload.generator.failures import Response

    Serve = Callable[..., int]
    InGreenlet = Callable[..., Any]
    EndpointTo = Callable[..., Endpoint]
    ReadRequest = Callable[[Any], bytes]

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
RESET = struct.pack("ii", 1, 0)


def cause(response: Response) -> str | None:
    return response.failure.cause if response.failure else None


class Server:
    """Answers each request, and does what its test wants around that; counts what came."""

    def __init__(self, read_request: ReadRequest) -> None:
        self._read_request = read_request
        self.requests = self.connections = 0
        self.gone = Event()

    def read(self, link: Any) -> bool:  # noqa: ANN401 -- a socket of gevent
        got = bool(self._read_request(link))
        self.requests += got
        return got

    def closing_after_each(self, link: Any, number: int) -> None:  # noqa: ANN401
        self.connections = number
        if self.read(link):
            link.sendall(ANSWER)

    def talking_when_nobody_asks(self, link: Any, number: int) -> None:  # noqa: ANN401
        self.connections = number
        while self.read(link):
            link.sendall(ANSWER)
            gevent.sleep(0.01)
            link.sendall(b"HTTP/1.1 408 Request Timeout\r\n\r\n")

    def closing_at_the_second(self, link: Any, number: int) -> None:  # noqa: ANN401
        self.connections = number
        if self.read(link):
            link.sendall(ANSWER)
            self.read(link)

    def resetting_at_the_second(self, link: Any, number: int) -> None:  # noqa: ANN401
        self.closing_at_the_second(link, number)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    def silent(self, link: Any, number: int) -> None:  # noqa: ANN401
        self.connections = number
        self.read(link)
        link.recv(1)  # returns when the client closes
        self.gone.set()

    def half_an_answer(self, link: Any, number: int) -> None:  # noqa: ANN401
        self.connections = number
        self.read(link)
        link.sendall(ANSWER[:-1])
        link.recv(1)
        self.gone.set()


@pytest.fixture
def server(read_request: ReadRequest) -> Server:
    return Server(read_request)


def several(endpoint: Endpoint, count: int, pause: float = 0.0) -> list[Response]:
    """Return the responses of so many exchanges on one connection."""
    responses = []
    with closing(Connection(endpoint)) as connection:
        for _ in range(count):
            responses.append(connection.exchange(endpoint.request(b"{}")))
            gevent.sleep(pause)
    return responses


@pytest.mark.parametrize("manner", ["closing_after_each", "talking_when_nobody_asks"])
def test_what_happens_to_an_idle_connection_is_noticed_before_it_is_used(
    serve: Serve, endpoint_to: EndpointTo, in_greenlet: InGreenlet, server: Server, manner: str
) -> None:
    endpoint = endpoint_to(serve(getattr(server, manner)))
    responses = in_greenlet(several, endpoint, 4, 0.05)
    assert [(response.outcome, response.status) for response in responses] == [(None, 200)] * 4
    assert (server.requests, server.connections, endpoint.connections_opened) == (4, 4, 4)


def test_a_connection_that_was_closed_while_the_loop_stood_still_is_not_written_to(
    endpoint_to: EndpointTo, in_greenlet: InGreenlet
) -> None:
    """The loop has polled after the first answer, and not since the server closed the connection."""
    requests: list[bytes] = []
    closed = threading.Event()

    def serve_two(server: socket.socket) -> None:
        for _ in range(2):
            link, _ = server.accept()
            requests.append(link.recv(1 << 16))
            link.sendall(ANSWER)
            link.close()
            closed.set()

    def run() -> list[int | None]:
        with socket.create_server(("127.0.0.1", 0)) as server:
            threading.Thread(target=serve_two, args=(server,), daemon=True).start()
            endpoint = endpoint_to(server.getsockname()[1])
            with closing(Connection(endpoint)) as connection:
                first = connection.exchange(endpoint.request(b"{}"))
                closed.wait(5)  # without the loop, which gevent has not patched here
                second = connection.exchange(endpoint.request(b"{}"))
                return [first.status, second.status]

    assert in_greenlet(run) == [200, 200]
    assert [len(request) > 0 for request in requests] == [True, True]


@pytest.mark.parametrize("manner", ["closing_at_the_second", "resetting_at_the_second"])
def test_a_connection_that_ends_just_as_it_is_used_again_is_told_apart_and_nothing_is_sent_twice(
    serve: Serve, endpoint_to: EndpointTo, in_greenlet: InGreenlet, server: Server, manner: str
) -> None:
    endpoint = endpoint_to(serve(getattr(server, manner)))
    responses = in_greenlet(several, endpoint, 3)
    assert [(response.outcome, cause(response)) for response in responses] == [
        (None, None),
        (Outcome.CONNECTION_ERROR, "connection/stale"),
        (None, None),
    ]
    assert (server.requests, server.connections) == (3, 2)


# Giving up


@pytest.mark.parametrize(
    ("manner", "expected", "status"),
    [("silent", "timeout/answer", None), ("half_an_answer", "timeout/body", 200)],
)
def test_what_is_late_is_closed(
    serve: Serve,
    endpoint_to: EndpointTo,
    in_greenlet: InGreenlet,
    server: Server,
    manner: str,
    expected: str,
    status: int | None,
) -> None:
    endpoint = endpoint_to(serve(getattr(server, manner)), seconds=0.2)

    def run() -> tuple[Response, bool]:
        with closing(Connection(endpoint)) as connection:
            return connection.exchange(endpoint.request(b"{}")), server.gone.wait(5)

    response, gone = in_greenlet(run)
    assert (cause(response), response.status, gone) == (expected, status, True)


@pytest.mark.parametrize("manner", ["silent", "half_an_answer"])
def test_the_end_of_a_user_passes_through_and_closes_its_connection(
    serve: Serve, endpoint_to: EndpointTo, in_greenlet: InGreenlet, server: Server, manner: str
) -> None:
    endpoint = endpoint_to(serve(getattr(server, manner)), seconds=30)
    ended: list[object] = []

    def use(connection: Connection) -> None:
        try:
            connection.exchange(endpoint.request(b"{}"))
        except BaseException as error:
            ended.append(type(error))
            raise

    def run() -> None:
        user = gevent.spawn(lambda: use(Connection(endpoint)))
        while not server.requests:
            gevent.sleep(0.005)
        user.kill()
        assert isinstance(user.value, gevent.GreenletExit)
        assert server.gone.wait(5)

    in_greenlet(run)
    assert ended == [gevent.GreenletExit]


def test_a_deadline_is_over_with_its_exchange(
    serve: Serve, endpoint_to: EndpointTo, in_greenlet: InGreenlet, server: Server
) -> None:
    """The user goes on for three times the deadline, and is not disturbed."""
    endpoint = endpoint_to(serve(server.closing_after_each), seconds=0.1)

    def run() -> list[Response]:
        with closing(Connection(endpoint)) as connection:
            responses = [connection.exchange(endpoint.request(b"{}"))]
            gevent.sleep(0.3)
            return [*responses, connection.exchange(endpoint.request(b"{}"))]

    assert [response.outcome for response in in_greenlet(run)] == [None, None]
