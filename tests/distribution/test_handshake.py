"""Who is let in, who is refused and why, without any socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

import sessionload
from sessionload.distribution.digests import Digests
from sessionload.distribution.handshake import Handshake
from sessionload.distribution.messages import (
    Brief,
    Hello,
    Ping,
    Pong,
    Ready,
    Refused,
    data_of,
    read,
)
from sessionload.distribution.peers import PINGS, Peers

if TYPE_CHECKING:
    from sessionload.distribution.mailbox import Mailbox, Said
    from sessionload.distribution.messages import Message

OURS = Digests("scenario", "contract", "environment")
VERSION = sessionload.__version__


class Letters:
    """A mailbox that keeps what was sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Message]] = []

    def send(self, node: str, message: Message) -> None:
        self.sent.append((node, message))


class Heard:
    def __init__(self, message: Message, node: str = "a", at_ns: int = 0) -> None:
        self.node, self.message, self.at_ns = node, message, at_ns


class Door:
    """A handshake, and what it says."""

    def __init__(self, *, local: bool = False) -> None:
        self.letters, self.peers = Letters(), Peers()
        nobody = (lambda _: None) if local else None
        self.handshake = Handshake(self.peers, cast("Mailbox", self.letters), b"inputs", OURS, nobody)

    def hear(self, message: Message, node: str = "a", at_ns: int = 0) -> list[Message]:
        """Take a message; return what was answered."""
        before = len(self.letters.sent)
        self.handshake.take(cast("Said", Heard(message, node, at_ns)))
        assert {to for to, _ in self.letters.sent[before:]} <= {node}
        return [message for _, message in self.letters.sent[before:]]


def test_a_worker_gets_the_inputs_once_and_is_ready_when_it_says_so() -> None:
    door = Door()
    assert door.hear(Hello(VERSION, host="one")) == [Brief(0, b"inputs")]
    assert door.hear(Hello(VERSION, host="one")) == []
    assert door.peers.ready(0.0, 1e9) == []
    (ping,) = door.hear(Ready(environment="environment"))
    assert isinstance(ping, Ping)
    assert [str(peer) for peer in door.peers.ready(0.0, 1e9)] == ["worker 1 (one)"]
    assert door.handshake.news == ["worker 1 (one) is ready"]
    assert door.hear(Hello(VERSION), "b") == [Brief(1, b"inputs")]


def test_the_clock_of_a_worker_is_asked_for_until_it_is_compared() -> None:
    door = Door()
    door.hear(Hello(VERSION))
    door.hear(Ready(environment="environment"))
    (peer,) = door.peers
    answered = [door.hear(Pong(sent_ns=0, at_ns=1000 + number), at_ns=number) for number in range(PINGS)]
    assert [len(each) for each in answered] == [1] * (PINGS - 1) + [0]
    assert peer.compared
    assert peer.offset == (1000, 0)  # the quickest exchange counts
    door.handshake.compare_clock(peer)
    assert not peer.compared


@pytest.mark.parametrize(
    ("hello", "reason"),
    [
        (Hello("0.0.1"), f"it has sessionload 0.0.1, and the master {VERSION}"),
        (Hello(VERSION, scenario="another"), "its scenario is not the master's"),
        (Hello(VERSION, contract="another"), "its OpenAPI document is not the master's"),
    ],
)
def test_a_worker_with_something_else_is_told_in_one_sentence(hello: Hello, reason: str) -> None:
    door = Door()
    assert door.hear(hello) == [Refused(reason, mismatch=True)]
    assert list(door.peers) == []
    assert door.handshake.refusals == door.handshake.news == [f"a worker was refused: {reason}"]


def test_files_of_the_same_content_are_let_in() -> None:
    door = Door()
    hello = Hello(VERSION, scenario="scenario", contract="contract")
    assert door.hear(hello) == [Brief(0, b"inputs")]


def test_a_worker_whose_variables_lead_elsewhere_is_refused() -> None:
    door = Door()
    door.hear(Hello(VERSION, host="two"))
    (refused,) = door.hear(Ready(environment="production"))
    assert isinstance(refused, Refused)
    assert refused.mismatch
    assert door.handshake.refusals == [f"worker 1 (two) was refused: {refused.reason}"]
    assert list(door.peers) == []


def test_a_worker_that_cannot_says_why_and_may_come_again() -> None:
    door = Door()
    door.hear(Hello(VERSION))
    assert door.hear(Ready("no route to the server")) == []
    assert door.handshake.refusals == ["worker 1 cannot take part: no route to the server"]
    assert door.hear(Hello(VERSION)) == [Brief(1, b"inputs")]  # a number is never given again


def test_where_workers_are_local_nobody_else_is_let_in() -> None:
    door = Door(local=True)
    assert door.hear(Hello(VERSION, process=7)) == []
    assert list(door.peers) == []


def test_messages_of_who_was_not_let_in_change_nothing() -> None:
    door = Door()
    for message in (Ready(environment="environment"), Pong(0, 0), Ready("x")):
        assert door.hear(message) == []
    assert list(door.peers) == []
    assert door.handshake.news == []


def test_only_so_many_are_let_in() -> None:
    door = Door()
    for number in range(1100):
        door.hear(Hello(VERSION), f"{number}")
    assert len(list(door.peers)) == 1000


def test_another_version_can_say_hello_and_be_refused_whatever_else_it_says() -> None:
    hello = read(Hello, {"version": "9", "process": 1, "something": "new"})
    assert hello == Hello("9", 1)
    assert read(Refused, {**data_of(Refused("why", mismatch=True)), "more": 1}) == Refused(
        "why", mismatch=True
    )
    assert read(Ready, {"something": "new"}) is None
