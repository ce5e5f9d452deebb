"""`sessionload check` against servers that answer wrongly or not at all: the right sentence, and soon."""

from __future__ import annotations

import json
import re
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from world import Ended, World

OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
BODY = b'{"sessionKey":"sk.%s"}' % (b"k" * 32)
WHOLE = OK + b"content-length: %d\r\n\r\n" % len(BODY) + BODY
BIG = b'{"sessionKey":"sk.k","n":' + b"7" * 5_000 + b"}"


def silent(_: socket.socket) -> None:
    time.sleep(10)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def drip(connection: socket.socket) -> None:
    for byte in WHOLE:
        connection.sendall(bytes([byte]))
        time.sleep(0.1)


def endless(start: bytes, piece: bytes) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(piece)

    return answer


def read_request(connection: socket.socket) -> None:
    """Read all of it: to close a connection with unread bytes would reset it."""
    data = b""
    while True:
        head, end, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if end and len(body) >= int(length[1] if length else 0):
            return
        piece = connection.recv(1 << 16)
        if not piece:
            return
        data += piece


Answer = bytes | Callable[[socket.socket], None]


@pytest.fixture
def served(world: World) -> Iterator[Callable[[Answer], None]]:
    """Make `here` a server that treats every request so, and then closes."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=100)

    def serve(answer: Answer) -> None:
        def connected(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                connection.settimeout(10)
                read_request(connection)
                connection.sendall(answer) if isinstance(answer, bytes) else answer(connection)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    Thread(target=connected, args=(listener.accept()[0],), daemon=True).start()

        Thread(target=accept, daemon=True).start()
        world.environments(f"http://127.0.0.1:{listener.getsockname()[1]}")

    yield serve
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


ANSWERS: dict[str, tuple[Answer, str]] = {
    "silent": (silent, "the deadline passed before the first byte of an answer"),
    "drip": (drip, "the deadline passed before the whole answer had come"),
    "reset": (reset, "the server reset the connection"),
    "closed": (b"", "the server closed the connection without an answer"),
    "huge body": (endless(OK + b"content-length: 999999999\r\n\r\n", b"x" * 65_536), "body is larger than"),
    "huge head": (endless(b"HTTP/1.1 200 OK\r\n", b"x: " + b"y" * 60_000 + b"\r\n"), "the head"),
    "endless interim": (endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"), "the head has more than"),
    "HTTP/0.9": (BODY, "what came back is not HTTP/1.1"),
    "HTTP/2.0": (WHOLE.replace(b"HTTP/1.1", b"HTTP/2.0"), "what came back is not HTTP/1.1"),
    "two lengths": (WHOLE.replace(b"\r\n\r\n", b"\r\ncontent-length: 3\r\n\r\n"), "is not HTTP/1.1"),
    "negative length": (OK + b"content-length: -1\r\n\r\n" + BODY, "what came back is not HTTP/1.1"),
    "length of 5,000 digits": (OK + b"content-length: " + b"9" * 5_000 + b"\r\n\r\n{}", "is not HTTP/1.1"),
    "bad chunk": (OK + b"transfer-encoding: chunked\r\n\r\nzz\r\n", "what came back is not HTTP/1.1"),
    "truncated": (WHOLE[:-1], "the connection ended before the response did"),
    "wrong media type": (WHOLE.replace(b"application/json", b"text/html"), "does not list the media type"),
    "integer of 5,000 digits": (
        OK + b"content-length: %d\r\n\r\n" % len(BIG) + BIG,
        "a number that no double can hold",
    ),
    "not UTF-8": (OK + b"x-\xff: \xfe\r\ncontent-length: 2\r\n\r\n\xff\xfe", "is not valid UTF-8"),
    "no status of HTTP": (b"HTTP/1.1 999 X\r\ncontent-length: 0\r\n\r\n", "does not list status 999"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_first_case_says_what_the_server_did(
    served: Callable[[Answer], None], check: Callable[..., Ended], name: str
) -> None:
    """It is violated, and the check ends with a report, long before each case had its timeout."""
    answer, sentence = ANSWERS[name]
    served(answer)
    began = time.monotonic()
    ended = check("--timeout", "1s", "--quiet")
    assert time.monotonic() - began < 30
    assert ended.code == 1, ended.err
    first = json.loads((ended.folder / "examination.json").read_text())["results"][0]
    assert (first["name"], first["state"]) == ("valid/ordinary", "violated")
    assert sentence in first["observed"]


def test_interim_responses_are_not_the_answer(
    served: Callable[[Answer], None], check: Callable[..., Ended]
) -> None:
    served(b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" * 3 + WHOLE)
    first = json.loads((check("--quiet").folder / "examination.json").read_text())["results"][0]
    assert first["state"] == "kept"


def test_a_wait_of_5000_digits_is_not_waited_for(
    served: Callable[[Answer], None], check: Callable[..., Ended]
) -> None:
    served(b"HTTP/1.1 429 Too Many\r\nretry-after: " + b"9" * 5_000 + b"\r\ncontent-length: 0\r\n\r\n")
    ended = check("--quiet")
    assert ended.code == 4
    assert "[preflight-throttled]" in ended.err
