"""Connecting to a host with several addresses: the first that lets us in, and none holds up the next."""

from __future__ import annotations

import errno
import select
import socket
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from sessionload.happy_eyeballs import ATTEMPT_DELAY_S, Address, addresses_of, connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

V4, V6 = socket.AF_INET, socket.AF_INET6
SLACK_S = 2.0
"""How late a busy machine may be."""


@pytest.fixture
def sockets() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def open_port(sockets: ExitStack) -> Address:
    server = sockets.enter_context(socket.create_server(("127.0.0.1", 0)))
    return V4, server.getsockname()


@pytest.fixture
def closed_port() -> Address:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return V4, server.getsockname()


@pytest.fixture
def silent_port(sockets: ExitStack) -> Address:
    """An address that swallows SYNs: its backlog is full, and nobody accepts."""
    server = sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
    for _ in range(4):
        waiting = sockets.enter_context(socket.socket())
        waiting.setblocking(False)  # noqa: FBT003 -- the standard library has it so
        waiting.connect_ex(server.getsockname())
    return V4, server.getsockname()


def wait(fds: Sequence[int], seconds: float | None) -> list[int]:
    """Wait for a second at most, as a deadline would."""
    poll = select.poll()
    for fd in fds:
        poll.register(fd, select.POLLOUT)
    writable = [fd for fd, _ in poll.poll(1000 * (1 if seconds is None else seconds))]
    if seconds is None and not writable:
        raise TimeoutError
    return writable


@pytest.fixture
def made() -> list[socket.socket]:
    """Every socket that is made for an attempt."""
    return []


@pytest.fixture
def make(made: list[socket.socket]) -> Callable[..., socket.socket]:
    def make_one(family: int, kind: int) -> socket.socket:
        made.append(socket.socket(family, kind))
        return made[-1]

    return make_one


def test_the_only_address_is_connected_to(
    open_port: Address, make: Callable[..., socket.socket], made: list[socket.socket]
) -> None:
    connected = connect([open_port], wait, make)
    with connected.socket:
        assert connected.socket.getpeername() == open_port[1]
    assert (connected.address, connected.passed_over, len(made)) == (open_port, [], 1)


def test_an_address_that_refuses_gives_way_at_once(
    closed_port: Address, open_port: Address, make: Callable[..., socket.socket], made: list[socket.socket]
) -> None:
    def wait_in_vain_never(fds: Sequence[int], seconds: float | None) -> list[int]:
        writable = wait(fds, seconds)
        assert writable
        return writable

    connected = connect([closed_port, open_port], wait_in_vain_never, make)
    with connected.socket:
        assert (connected.address, connected.passed_over) == (open_port, [closed_port])
    assert [each.fileno() for each in made] == [-1, -1]


def test_an_address_that_swallows_what_is_sent_to_it_holds_the_next_one_up_for_a_quarter_of_a_second(
    silent_port: Address, open_port: Address, make: Callable[..., socket.socket], made: list[socket.socket]
) -> None:
    began = time.monotonic()
    connected = connect([silent_port, silent_port, open_port], wait, make)
    took = time.monotonic() - began
    with connected.socket:
        assert (connected.address, set(connected.passed_over)) == (open_port, {silent_port})
    assert 2 * ATTEMPT_DELAY_S <= took < 2 * ATTEMPT_DELAY_S + SLACK_S
    assert [each.fileno() for each in made] == [-1] * 3


def test_an_address_that_is_slow_is_taken_when_it_answers_first(
    silent_port: Address, closed_port: Address, make: Callable[..., socket.socket]
) -> None:
    """The second refuses; the first goes on, and is there when its server has room again."""

    def wait_and_answer(fds: Sequence[int], seconds: float | None) -> Sequence[int]:
        return fds if seconds is None else wait(fds, seconds)

    connected = connect([silent_port, closed_port], wait_and_answer, make)
    with connected.socket:
        assert connected.address == silent_port


def test_the_time_of_all_of_them_is_the_callers_to_bound_and_no_socket_stays_open(
    silent_port: Address, make: Callable[..., socket.socket], made: list[socket.socket]
) -> None:
    with pytest.raises(TimeoutError):
        connect([silent_port, silent_port], wait, make)
    assert [each.fileno() for each in made] == [-1, -1]


def test_when_all_fail_the_last_failure_is_raised(
    closed_port: Address, make: Callable[..., socket.socket], made: list[socket.socket]
) -> None:
    with pytest.raises(ConnectionRefusedError):
        connect([closed_port, closed_port], wait, make)
    assert [each.fileno() for each in made] == [-1, -1]


def test_a_host_without_an_address_is_unreachable(make: Callable[..., socket.socket]) -> None:
    with pytest.raises(OSError, match="no address") as caught:
        connect([], wait, make)
    assert caught.value.errno == errno.EHOSTUNREACH


def test_a_lack_of_descriptors_is_that_error(open_port: Address) -> None:
    def make(*_: object) -> socket.socket:
        raise OSError(errno.EMFILE, "Too many open files")

    with pytest.raises(OSError, match="Too many") as caught:
        connect([open_port], wait, make)
    assert caught.value.errno == errno.EMFILE


def test_families_take_turns_beginning_with_the_one_that_the_system_prefers() -> None:
    """RFC 8305, section 4; of an address that is there twice one is left."""

    def row(family: int, host: str) -> tuple[int, int, int, str, tuple[object, ...]]:
        return family, 1, 6, "", (host, 80, *((0, 0) if family == V6 else ()))

    resolved = [row(V6, "::1"), row(V6, "::2"), row(V6, "::2"), row(V6, "::3"), row(V4, "127.0.0.1")]
    assert addresses_of(resolved) == [
        (V6, ("::1", 80)),
        (V4, ("127.0.0.1", 80)),
        (V6, ("::2", 80)),
        (V6, ("::3", 80)),
    ]
    assert addresses_of([]) == []
