"""Where connections go: every address of a name, each in its turn, and how seldom the name is looked up."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NoReturn

import gevent
import gevent.socket
import pytest

from sessionload import happy_eyeballs
from sessionload.generator import addresses as addresses_module
from sessionload.generator.addresses import Addresses
from sessionload.happy_eyeballs import Connected
from sessionload.metrics.generator_health import OTHER_ADDRESSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    InGreenlet = Callable[..., Any]

HOSTS = [f"127.0.0.{number}" for number in range(1, 5)]


class Resolver:
    """Answers look-ups of a name, and counts them."""

    def __init__(self) -> None:
        self.hosts = HOSTS
        self.asked = 0
        self.error: OSError | None = None

    def getaddrinfo(self, _: str, port: int, **__: object) -> list[Any]:
        self.asked += 1
        gevent.sleep(0.001)
        if self.error is not None:
            raise self.error
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in self.hosts]


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    resolver = Resolver()
    monkeypatch.setattr(gevent.socket, "getaddrinfo", resolver.getaddrinfo)
    return resolver


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(addresses_module, "time", clock)
    return clock


@pytest.fixture
def port() -> Iterator[int]:
    """A port that is open on all addresses."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("0.0.0.0", 0), backlog=200))
        number: int = server.getsockname()[1]
        yield number


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number: int = server.getsockname()[1]
    return number


def open_connections(addresses: Addresses, count: int) -> list[str]:
    """Return the hosts that so many connections were opened to, one after the other."""
    hosts = []
    for _ in range(count):
        with addresses.connect() as connection:
            hosts.append(connection.getpeername()[0])
    return hosts


def fail_to_connect(addresses: Addresses, count: int) -> None:
    for _ in range(count):
        with pytest.raises(ConnectionRefusedError):
            addresses.connect()


def test_connections_go_round_the_addresses_and_are_counted(
    in_greenlet: InGreenlet, resolver: Resolver, port: int
) -> None:
    addresses = Addresses("runtime.example", port, in_turn=True)
    assert in_greenlet(open_connections, addresses, 8) == HOSTS * 2
    assert addresses.used == dict.fromkeys(HOSTS, 2)
    assert resolver.asked == 1


def test_all_connections_go_to_the_first_address_if_that_is_wanted(
    in_greenlet: InGreenlet, resolver: Resolver, port: int
) -> None:
    addresses = Addresses("runtime.example", port, in_turn=False)
    assert in_greenlet(open_connections, addresses, 5) == HOSTS[:1] * 5
    assert (addresses.used, resolver.asked) == ({HOSTS[0]: 5}, 1)


def test_an_address_that_fails_is_passed_over_and_tried_again_later(
    in_greenlet: InGreenlet, resolver: Resolver, clock: Clock, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second of two refuses; for ten seconds every connection begins with the first."""
    order: list[list[str]] = []
    dead = "127.0.0.2"
    resolver.hosts = ["127.0.0.1", dead]

    def connect(known: list[Any], *_: object) -> Connected:
        order.append([host for _, (host, _) in known])
        alive = next(each for each in known if each[1][0] != dead)
        return Connected(gevent.socket.socket(), alive, known[: known.index(alive)])

    monkeypatch.setattr(happy_eyeballs, "connect", connect)
    addresses = Addresses("runtime.example", port, in_turn=True)

    def run() -> None:
        for _ in range(4):
            addresses.connect().close()
        clock.now += 11
        for _ in range(2):
            addresses.connect().close()

    in_greenlet(run)
    good, bad = ["127.0.0.1", dead], [dead, "127.0.0.1"]
    assert order == [good, bad, good, good, good, bad]


def test_a_name_is_looked_up_once_a_second_however_many_connections_fail(
    in_greenlet: InGreenlet, resolver: Resolver, clock: Clock, closed_port: int
) -> None:
    addresses = Addresses("runtime.example", closed_port, in_turn=True)

    def run() -> None:
        for _ in range(5):
            users = [gevent.spawn(fail_to_connect, addresses, 10) for _ in range(5)]
            gevent.joinall(users, raise_error=True)
            gevent.sleep(0.005)
            clock.now += 0.4

    in_greenlet(run)
    assert resolver.asked == 2  # at the beginning, and 1.2 s after it


def test_a_look_up_that_fails_leaves_the_old_addresses(
    in_greenlet: InGreenlet, resolver: Resolver, clock: Clock, closed_port: int
) -> None:
    addresses = Addresses("runtime.example", closed_port, in_turn=True)

    def run() -> None:
        fail_to_connect(addresses, 1)
        resolver.error = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        for _ in range(3):
            clock.now += 2
            fail_to_connect(addresses, 1)
            gevent.sleep(0.005)
        resolver.error, resolver.hosts = None, []
        clock.now += 2
        fail_to_connect(addresses, 1)
        gevent.sleep(0.005)
        fail_to_connect(addresses, 1)

    in_greenlet(run)
    assert resolver.asked == 5


def test_a_name_that_has_moved_is_found_again(
    in_greenlet: InGreenlet, resolver: Resolver, clock: Clock, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = Addresses("runtime.example", port, in_turn=True)
    resolver.hosts = ["127.0.0.9"]
    connect = happy_eyeballs.connect
    refused = ConnectionRefusedError(errno.ECONNREFUSED, "refused")

    def fail(*_: object) -> NoReturn:
        raise refused

    def run() -> list[str]:
        monkeypatch.setattr(happy_eyeballs, "connect", fail)
        fail_to_connect(addresses, 1)
        monkeypatch.setattr(happy_eyeballs, "connect", connect)
        resolver.hosts = ["127.0.0.3"]
        clock.now += 2
        first = open_connections(addresses, 1)
        gevent.sleep(0.005)
        return first + open_connections(addresses, 1)

    assert in_greenlet(run) == ["127.0.0.9", "127.0.0.3"]


def test_a_look_up_goes_on_when_the_user_that_waits_for_it_is_stopped(
    in_greenlet: InGreenlet, resolver: Resolver, port: int
) -> None:
    addresses = Addresses("runtime.example", port, in_turn=True)

    def run() -> list[str]:
        user = gevent.spawn(open_connections, addresses, 1)
        gevent.sleep(0)
        user.kill()
        return open_connections(addresses, 1)

    assert in_greenlet(run) == HOSTS[:1]
    assert resolver.asked == 1


def test_a_resolver_without_descriptors_is_no_unknown_name(
    in_greenlet: InGreenlet, resolver: Resolver, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """glibc says that the name is unknown when it cannot open a socket to ask for it."""

    def fail(*_: object) -> NoReturn:
        raise OSError(errno.EMFILE, "Too many open files")

    resolver.error = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    addresses = Addresses("runtime.example", port, in_turn=True)
    monkeypatch.setattr(os, "open", fail)
    with pytest.raises(OSError, match="Too many") as caught:
        in_greenlet(addresses.connect)
    assert caught.value.errno == errno.EMFILE


def test_not_more_than_64_addresses_are_counted_apart(
    in_greenlet: InGreenlet, resolver: Resolver, port: int
) -> None:
    resolver.hosts = [f"127.0.1.{number}" for number in range(1, 101)]
    addresses = Addresses("runtime.example", port, in_turn=True)
    in_greenlet(open_connections, addresses, 100)
    assert (len(addresses.used), addresses.used[OTHER_ADDRESSES]) == (65, 36)
