"""Single calls: the bytes that they send, how they fail, and how they are paced in simulated time."""

from __future__ import annotations

import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from sessionload.config.environment import Environment
from sessionload.contract.document.binding import Binding
from sessionload.contract.document.placeholder import KEY
from sessionload.secret import Secret
from sessionload.stub.process import StubProcess
from sessionload.stub.settings import StubSettings
from sessionload.suite.cases.case import CaseRequest
from sessionload.suite.http_client import (
    BudgetSpent,
    HttpClient,
    Pace,
    as_sent,
    handshake_with_stranger,
    send,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sessionload.suite.expectation import Observed

OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
SECOND = 1_000_000_000
PATH = "/v4/project/stub/environment/main/session"


class Server:
    """Answers each connection with the next of some answers, and keeps what came in."""

    def __init__(self, *answers: bytes) -> None:
        self.requests: list[bytes] = []
        self._answers = list(answers)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(link,), daemon=True).start()

    def _answer(self, link: socket.socket) -> None:
        with link:
            data = b""
            while b"\r\n\r\n" not in data:
                data += link.recv(1 << 16)
            head, _, body = data.partition(b"\r\n\r\n")
            length = head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or b"0"
            while len(body) < int(length):
                body += link.recv(1 << 16)
            answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
            self.requests.append(head + b"\r\n\r\n" + body)
            link.sendall(answer)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(*answers: bytes) -> Server:
        servers.append(Server(*(answers or (OK,))))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def here(api_key: Secret) -> Callable[..., Environment]:
    """Return the environment at a port of this machine."""

    def make(port: int, **fields: Any) -> Environment:  # noqa: ANN401 -- fields of an environment
        known: dict[str, Any] = {"tls": False, "binding": Binding(None, "stub", "main"), "key": api_key}
        url = fields.pop("url", f"http://127.0.0.1:{port}")
        return Environment("here", url, "127.0.0.1", port, **{**known, **fields})

    return make


def request(path: str = PATH, *, method: str = "POST", body: bytes = b'{"userID":"ada"}') -> CaseRequest:
    return CaseRequest(method, path, (("authorization", KEY), ("content-type", "application/json")), body)


def sent(environment: Environment, wanted: CaseRequest, seconds: float = 5.0) -> Observed:
    return send(environment, wanted, timeout_ns=int(seconds * SECOND), agent="test/1")


# The bytes of a call


@pytest.mark.parametrize(
    "path",
    [
        PATH,
        "/v4/project//environment/main/session",
        "/v4/project/../../environment/main/session",
        "/v4/project/stub%2F..%2Fstub/session",
        "/v4/project/%73%74%75%62/environment/main/session",
        "/v4/./project/stub/session?verbose=%20&x",
    ],
)
def test_a_path_goes_out_as_it_was_written(
    serve: Callable[..., Server], here: Callable[..., Environment], path: str
) -> None:
    server = serve()
    assert sent(here(server.port), request(path)).status == 200
    assert server.requests[0].startswith(f"POST {path} HTTP/1.1\r\n".encode())


def test_headers_and_body_go_out_as_they_were_written(
    serve: Callable[..., Server], here: Callable[..., Environment], api_key: Secret
) -> None:
    server = serve()
    body = b'\xef\xbb\xbf{"userID":"\xff\0"'
    wanted = CaseRequest("PATCH", PATH, (("AUTHORIZATION", f"Bearer {KEY}"), ("x-empty", "")), body)
    sent(here(server.port), wanted)
    head, _, came = server.requests[0].partition(b"\r\n\r\n")
    assert came == body
    fields = dict(line.split(b":", 1) for line in head.split(b"\r\n")[1:])
    assert fields == {
        b"Host": f" 127.0.0.1:{server.port}".encode(),
        b"user-agent": b" test/1",
        b"accept-encoding": b" identity",
        b"AUTHORIZATION": f" Bearer {api_key.reveal()}".encode(),
        b"x-empty": b" ",
        b"Content-Length": f" {len(body)}".encode(),
    }


def test_a_header_that_is_left_out_is_not_sent(
    serve: Callable[..., Server],
    here: Callable[..., Environment],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Not even from a .netrc."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve()
    sent(here(server.port), CaseRequest("GET", PATH, ()))
    assert b"uthorization" not in server.requests[0]
    assert b"ontent-" not in server.requests[0]


def test_another_key_can_be_sent(serve: Callable[..., Server], here: Callable[..., Environment]) -> None:
    server = serve()
    other = Secret("sk.a-session-key", name="the answer")
    send(here(server.port), request(), timeout_ns=SECOND, agent="test/1", key=other)
    assert b"authorization: sk.a-session-key\r\n" in server.requests[0]


def test_what_is_shown_to_others_has_no_key(here: Callable[..., Environment], api_key: Secret) -> None:
    prepared = as_sent(here(9), request())
    assert prepared.url == f"http://127.0.0.1:9{PATH}"
    assert api_key.reveal() not in str(prepared.headers)


def test_no_redirect_is_followed(serve: Callable[..., Server], here: Callable[..., Environment]) -> None:
    aim = serve()
    away = (
        f"HTTP/1.1 307 Away\r\nlocation: http://127.0.0.1:{aim.port}/\r\ncontent-length: 0\r\n\r\n".encode()
    )
    observed = sent(here(serve(away).port), request())
    assert observed.status == 307
    assert ("location", f"http://127.0.0.1:{aim.port}/") in observed.headers
    assert aim.requests == []


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (b"SSH-2.0-nothing\r\n\r\n", "protocol/malformed"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + b"x" * 100_000, "protocol/body_too_large"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx", "protocol/truncated"),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}", "content_encoding"),
    ],
)
def test_what_is_no_whole_answer_is_a_fault(
    serve: Callable[..., Server], here: Callable[..., Environment], answer: bytes, cause: str
) -> None:
    observed = sent(here(serve(answer).port), request())
    assert observed.status is None
    assert observed.failure is not None
    assert observed.failure.cause == cause


@pytest.mark.parametrize("status", [302, 413, 422, 500])
def test_of_what_is_no_success_the_beginning_is_read(
    serve: Callable[..., Server], here: Callable[..., Environment], status: int
) -> None:
    """Its status says what it is, so that a long explanation is no failure."""
    answer = b"HTTP/1.1 %d Long\r\ncontent-length: 100000\r\n\r\n" % status + b"x" * 100_000
    observed = sent(here(serve(answer).port), request())
    assert (observed.status, observed.failure, observed.cut) == (status, None, True)
    assert observed.body == b"x" * 65_536
    whole = sent(here(serve(answer).port, max_body=100_000), request())
    assert (len(whole.body), whole.cut) == (100_000, False)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("hang always", "timeout/answer"),
        ("slow_drip always", "timeout/body"),
        ("hang_mid_body always", "timeout/body"),
    ],
)
def test_one_deadline_holds_for_the_whole_call(
    here: Callable[..., Environment], api_key: Secret, fault: str, expected: str
) -> None:
    with StubProcess.start(StubSettings(faults=(fault,)), api_key) as stub:
        began = time.monotonic()
        observed = sent(here(stub.port), request(), 0.4)
        assert time.monotonic() - began < 1.4
    assert observed.failure is not None
    assert observed.failure.cause == expected
    assert observed.elapsed_ns >= 300_000_000


# Turns, in simulated time


class Simulated:
    """A clock that only sleep moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def simulated() -> Simulated:
    return Simulated()


def pace_of(simulated: Simulated, per_second: int = 5) -> Pace:
    return Pace(Fraction(per_second), clock=simulated.clock, sleep=simulated.sleep)


def test_requests_are_a_gap_apart(simulated: Simulated) -> None:
    pace = pace_of(simulated)
    instants = []
    for _ in range(11):
        pace.take()
        instants.append(simulated.now - 100)
    assert instants == pytest.approx([number / 5 for number in range(11)])


def test_requests_that_go_at_once_are_paid_for_afterwards(simulated: Simulated) -> None:
    pace = pace_of(simulated)
    pace.take(10)
    assert simulated.now == 100
    pace.take()
    assert simulated.now == pytest.approx(102)


def test_time_that_was_not_used_is_not_saved_up(simulated: Simulated) -> None:
    pace = pace_of(simulated)
    pace.take()
    simulated.now += 60
    for _ in range(3):
        pace.take()
    assert simulated.now == pytest.approx(160.4)


def client_of(environment: Environment, simulated: Simulated, budget: int = 100) -> HttpClient:
    return HttpClient(
        environment, agent="test/1", timeout_ns=5 * SECOND, pace=pace_of(simulated), budget=budget
    )


def throttled(fields: str = "") -> bytes:
    return f"HTTP/1.1 429 Slow\r\n{fields}content-length: 0\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("fields", "waits"),
    [
        ("retry-after: 7\r\n", 7.0),
        ("Retry-After: 0\r\n", 0.2),
        ("", 1.0),
        ("retry-after: soon\r\n", 1.0),
        ("retry-after: -5\r\n", 1.0),
        (
            "date: Wed, 21 Oct 2026 07:28:00 GMT\r\nretry-after: Wed, 21 Oct 2026 07:28:30 GMT\r\n",
            30.0,
        ),
        ("retry-after: Wed, 21 Oct 2015 07:28:00 GMT\r\n", 0.2),
    ],
)
def test_a_429_is_asked_again_when_it_says(
    serve: Callable[..., Server],
    here: Callable[..., Environment],
    simulated: Simulated,
    fields: str,
    waits: float,
) -> None:
    """At the pace of 5/s, or later if the server asks for it."""
    server = serve(throttled(fields), OK)
    called = client_of(here(server.port), simulated).call(request())
    assert (called.observed.status, called.requests, called.throttled) == (200, 2, 1)
    assert sum(simulated.slept) == pytest.approx(waits)
    assert server.requests[0] == server.requests[1]


@pytest.mark.parametrize(("fields", "requests"), [("retry-after: 61\r\n", 1), ("retry-after: 2\r\n", 4)])
def test_a_429_is_not_asked_for_ever(
    serve: Callable[..., Server],
    here: Callable[..., Environment],
    simulated: Simulated,
    fields: str,
    requests: int,
) -> None:
    server = serve(throttled(fields))
    called = client_of(here(server.port), simulated).call(request())
    assert (called.observed.status, called.requests, called.throttled) == (429, requests, requests)
    assert len(server.requests) == requests


def test_nothing_is_sent_beyond_the_budget(
    serve: Callable[..., Server], here: Callable[..., Environment], simulated: Simulated
) -> None:
    server = serve(throttled("retry-after: 0\r\n"))
    client = client_of(here(server.port), simulated, budget=3)
    assert client.call(request()).requests == 3
    with pytest.raises(BudgetSpent):
        client.call(request())
    with pytest.raises(BudgetSpent):
        client.call_together([request()])
    assert len(server.requests) == client.sent == 3


def test_requests_that_go_together_are_under_way_at_once(
    here: Callable[..., Environment], api_key: Secret, simulated: Simulated
) -> None:
    with StubProcess.start(StubSettings(latency="300ms"), api_key) as stub:
        client = client_of(here(stub.port), simulated)
        answers = client.call_together([request()] * 10)
        page = stub.ledger()
    assert [observed.status for observed in answers] == [200] * 10
    assert client.sent == page["arrivals"] == page["max_in_flight"] == 10


# TLS


@pytest.mark.parametrize(
    ("names", "expired", "trusted", "good"),
    [
        (["127.0.0.1"], False, True, True),
        (["127.0.0.1"], True, True, False),
        (["127.0.0.1"], False, False, False),
        (["other.example"], False, True, False),
    ],
)
def test_only_a_good_certificate_is_good_enough(
    here: Callable[..., Environment],
    api_key: Secret,
    tmp_path: Path,
    names: list[str],
    expired: bool,  # noqa: FBT001 -- a table
    trusted: bool,  # noqa: FBT001 -- a table
    good: bool,  # noqa: FBT001 -- a table
) -> None:
    """Expired, self-made or for another host: refused. So is a good one when another host is asked for."""
    authority, other = trustme.CA(), trustme.CA()
    past = datetime.now(UTC) - timedelta(days=1)
    certificate = authority.issue_cert(*names, not_after=past if expired else None)
    files = {"cert": str(tmp_path / "cert.pem"), "key": str(tmp_path / "key.pem")}
    certificate.cert_chain_pems[0].write_to_path(files["cert"])
    certificate.private_key_pem.write_to_path(files["key"])
    (authority if trusted else other).cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with StubProcess.start(StubSettings(), api_key, tls=files) as stub:
        environment = here(stub.port, url=stub.url, tls=True, ca_file=str(tmp_path / "ca.pem"))
        observed = sent(environment, request())
        strangers = [
            handshake_with_stranger(environment, request(), timeout_ns=SECOND, agent="test/1", host=host)
            for host in ("stranger.invalid", None)
        ]
    assert (observed.status == 200) == good
    for refused in strangers if good else [observed, *strangers]:
        assert refused.failure is not None
        assert refused.failure.cause.startswith("connection/tls_")
