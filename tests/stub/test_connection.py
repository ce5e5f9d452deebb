"""How the stub handles connections: many requests on one, pieces, order, bounds."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from sessionload.stub.process import StubProcess
from sessionload.stub.settings import DEFAULT_KEY, StubSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

START = "/v4/project/stub/environment/main/session"


@pytest.fixture(scope="module")
def stub() -> Iterator[StubProcess]:
    with StubProcess.start(StubSettings()) as running:
        yield running


def raw_request(body: bytes, path: str = START, fields: str = "") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nhost: stub\r\nauthorization: {DEFAULT_KEY}\r\n{fields}"
    return f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


def read_answers(sock: socket.socket, count: int) -> list[tuple[int, bytes]]:
    """Return status and body of the next answers, each framed by its content-length."""
    file = sock.makefile("rb")
    answers = []
    for _ in range(count):
        status = int(file.readline().split()[1])
        length = 0
        while (line := file.readline().strip()) != b"":
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        answers.append((status, file.read(length)))
    return answers


def test_many_keys_are_all_different(stub: StubProcess) -> None:
    with socket.create_connection(("127.0.0.1", stub.port), timeout=5) as sock:
        sock.sendall(b"".join(raw_request(b'{"userID":"many-%d"}' % n) for n in range(600)))
        keys = [json.loads(body)["sessionKey"] for _, body in read_answers(sock, 600)]
    assert len(set(keys)) == 600


def test_an_answer_to_head_is_a_head(stub: StubProcess) -> None:
    with socket.create_connection(("127.0.0.1", stub.port), timeout=5) as sock:
        last = raw_request(b'{"userID":"ada"}', fields="connection: close\r\n")
        sock.sendall(f"HEAD {START} HTTP/1.1\r\nhost: stub\r\n\r\n".encode() + last)
        head, _, rest = sock.makefile("rb").read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 405 ")
    assert rest.startswith(b"HTTP/1.1 200 ")


def test_one_connection_serves_many_requests_good_and_bad(stub: StubProcess) -> None:
    bodies = [b'{"userID":"ada"}', b"{", b'{"userID":"bob"}', b'{"userID":7}', b'{"userID":"eve"}']
    with socket.create_connection(("127.0.0.1", stub.port), timeout=5) as sock:
        statuses = []
        for body in bodies:
            sock.sendall(raw_request(body))
            statuses += [status for status, _ in read_answers(sock, 1)]
    assert statuses == [200, 400, 200, 400, 200]


def test_a_head_that_was_seen_before_is_still_judged(stub: StubProcess) -> None:
    """Heads are remembered only for accepted starts; a wrong key or another length is never one of them."""
    good = raw_request(b'{"userID":"ada"}')
    wrong = good.replace(DEFAULT_KEY.encode(), b"VF.DM.evil.0123456789abcdef")
    with socket.create_connection(("127.0.0.1", stub.port), timeout=5) as sock:
        for request, status in [(good, 200), (good, 200), (wrong, 401), (wrong, 401), (good, 200)]:
            sock.sendall(request)
            assert read_answers(sock, 1)[0][0] == status
        sock.sendall(good[:-3])
        sock.sendall(good[-3:] + good)
        assert [status for status, _ in read_answers(sock, 2)] == [200, 200]


def test_a_request_may_come_byte_by_byte(stub: StubProcess) -> None:
    with socket.create_connection(("127.0.0.1", stub.port), timeout=5) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in raw_request(b'{"userID":"ada"}'):
            sock.sendall(bytes([byte]))
        assert read_answers(sock, 1)[0][0] == 200


def test_a_body_may_come_in_chunks(stub: StubProcess) -> None:
    head = f"POST {START} HTTP/1.1\r\nhost: stub\r\nauthorization: {DEFAULT_KEY}\r\n"
    head += "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    rest = '7\r\n{"userI\r\n9\r\nD":"ada"}\r\n0\r\n\r\n'
    with socket.create_connection(("127.0.0.1", stub.port), timeout=5) as sock:
        for _ in range(2):
            sock.sendall((head + rest).encode())
            assert read_answers(sock, 1)[0][0] == 200


def test_pipelined_requests_are_answered_in_order(stub: StubProcess) -> None:
    with socket.create_connection(("127.0.0.1", stub.port), timeout=5) as sock:
        requests = [raw_request(b"{" if n % 3 else b'{"userID":"ada"}') for n in range(2_000)]
        sock.sendall(b"".join(requests))
        statuses = [status for status, _ in read_answers(sock, 2_000)]
    assert statuses == [400 if n % 3 else 200 for n in range(2_000)]


def test_a_client_that_does_not_read_is_not_read_from() -> None:
    """The stub stops reading long before 64 MiB of requests; what it took, it answers in the end."""
    with StubProcess.start(StubSettings()) as stub:
        with socket.create_connection(("127.0.0.1", stub.port), timeout=1) as sock:
            batch = raw_request(b'{"userID":"ada"}') * 400
            sent, file = 0, sock.makefile("rb")
            sock.settimeout(0.5)
            with suppress(TimeoutError):
                while sent < 1 << 26:
                    sent += sock.send(batch[sent % len(batch) :])
            assert sent < 1 << 26
            taken = sent // (len(batch) // 400)
            sock.settimeout(5)
            answers = []
            for _ in range(taken):
                answers.append(file.readline())
                while file.readline() != b"\r\n":
                    pass
                file.read(len(b'{"sessionKey":"sk."}') + 32)
        assert set(answers) == {b"HTTP/1.1 200 OK\r\n"}
        assert len(answers) == taken


def test_connection_close_closes_after_the_answer(stub: StubProcess) -> None:
    with socket.create_connection(("127.0.0.1", stub.port), timeout=5) as sock:
        sock.sendall(raw_request(b'{"userID":"ada"}', fields="connection: close\r\n"))
        assert read_answers(sock, 1)[0][0] == 200
        assert sock.recv(1) == b""


@pytest.mark.parametrize(("size", "status"), [(1 << 16, 200), ((1 << 16) + 1, 413), (1 << 20, 413)])
def test_a_request_has_at_most_64_kib(stub: StubProcess, size: int, status: int) -> None:
    """The bound is on the whole request. This stub has no contract, so any user ID that fits will do."""
    spare = size - len(raw_request(b'{"userID":""}'))
    spare -= len(str(spare)) - 2
    request = raw_request(b'{"userID":"' + b"a" * spare + b'"}')
    assert len(request) == size
    with socket.create_connection(("127.0.0.1", stub.port), timeout=5) as sock:
        sock.sendall(request)
        assert read_answers(sock, 1)[0][0] == status


@pytest.mark.parametrize("size", [70_000, 1 << 17])
def test_a_head_has_at_most_64_kib(stub: StubProcess, size: int) -> None:
    with socket.create_connection(("127.0.0.1", stub.port), timeout=5) as sock:
        sock.sendall(f"POST {START} HTTP/1.1\r\nx: ".encode() + b"a" * size)
        assert read_answers(sock, 1)[0][0] == 413
        assert sock.recv(1) == b""


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"userID":"user-' + b"7" * 5_000 + b'"}', 200),
        (b'{"userID":"ada","n":' + b"7" * 5_000 + b"}", 400),
        (b'{"userID":' + b"7" * 5_000 + b"}", 400),
    ],
)
def test_an_integer_of_5000_digits_is_answered(stub: StubProcess, body: bytes, status: int) -> None:
    with socket.create_connection(("127.0.0.1", stub.port), timeout=5) as sock:
        for _ in range(2):
            sock.sendall(raw_request(body))
            assert read_answers(sock, 1)[0][0] == status


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-client\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        b"GET / HTTP/1.1\r\nhost: stub\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nx: folded\r\n line\r\n\r\n",
        b"POST / HTTP/1.1\r\nauthorization:\r\n\tkey\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused_and_closed(stub: StubProcess, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", stub.port), timeout=5) as sock:
        sock.sendall(data)
        received = b""
        while piece := sock.recv(1 << 16):
            received += piece
    assert b"HTTP/1.1 400 " in received
