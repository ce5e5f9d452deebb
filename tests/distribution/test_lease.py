"""Nobody sends what was dealt to another, however late he hears of it: leases end before deals begin."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any, cast

import gevent
import pytest

from sessionload.distribution import coordinator as coordinator_module
from sessionload.distribution.coordinator import Coordinator, Wanted
from sessionload.distribution.digests import Digests
from sessionload.distribution.mailbox import Mailbox, Said
from sessionload.distribution.messages import (
    Alive,
    Brief,
    Deal,
    DeltaLine,
    Hello,
    Lease,
    Ping,
    Pong,
    Ready,
    Start,
)
from sessionload.metrics.raw import read_line
from sessionload.metrics.worker_events import WorkerLoss
from sessionload.units import NS
from sessionload.workload.deal import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sessionload.config.run_spec import RunInputs, RunSpec
    from sessionload.distribution.messages import Message

    PlanFor = Callable[..., tuple[RunInputs, RunSpec, dict[str, str]]]
    InGreenlet = Callable[..., Any]

LEASE_S, LOST_S = 0.6, 0.8


class Workers:
    """Workers without sockets, and the mailbox through which a coordinator hears them."""

    def __init__(self, spec: RunSpec, *nodes: str) -> None:
        self._environment = Digests.of(spec).environment
        self.said: deque[Said] = deque()
        self.got: list[tuple[str, Message, int]] = []
        """What the coordinator sent: to whom, what, and when."""
        for node in nodes:
            self.say(node, Hello(version=coordinator_version()))

    def say(self, node: str, message: Message) -> None:
        self.said.append(Said(node, message, time.monotonic_ns()))

    def heard(self) -> Iterator[Said]:
        gevent.sleep(0.005)
        while self.said:
            yield self.said.popleft()

    def send(self, node: str, message: Message) -> None:
        self.got.append((node, message, time.monotonic_ns()))
        if isinstance(message, Brief):
            self.say(node, Ready(environment=self._environment))
        elif isinstance(message, Ping):
            self.say(node, Pong(message.sent_ns, time.monotonic_ns()))

    def sent_to(self, node: str, kind: type[Message]) -> list[Any]:
        return [message for to, message, _ in self.got if to == node and isinstance(message, kind)]

    def wait_for(self, node: str, kind: type[Message], count: int = 1) -> Any:  # noqa: ANN401
        end = time.monotonic() + 20
        while len(self.sent_to(node, kind)) < count:
            assert time.monotonic() < end, f"no {kind.__name__} came to {node}"
            gevent.sleep(0.005)
        return self.sent_to(node, kind)[-1]


def coordinator_version() -> str:
    from sessionload import __version__  # noqa: PLC0415

    return __version__


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coordinator_module, "LEASE_NS", int(LEASE_S * NS))
    monkeypatch.setattr(coordinator_module, "LOST_AFTER_S", LOST_S)
    monkeypatch.setattr(coordinator_module, "_HEAD_START_NS", NS // 10)
    monkeypatch.setattr(coordinator_module, "_DEAL_AHEAD_NS", NS // 10)


@pytest.mark.usefixtures("quick")
def test_a_deal_begins_when_every_lease_that_was_given_before_has_ended(
    plan_for: PlanFor, in_greenlet: InGreenlet
) -> None:
    """One worker falls silent. The other asks for a lease all the time, so its last one ends late."""

    def run() -> None:
        inputs, spec, _ = plan_for("http://127.0.0.1:1", rate="100/s", duration="30s")
        workers = Workers(spec, "calm", "lost")
        told: list[bytes] = []
        coordinator = Coordinator(cast("Mailbox", workers), told.append, inputs, spec)
        coordinator.begin()
        running = gevent.spawn(coordinator.run, Wanted(2, 10), lambda _: None)
        start = workers.wait_for("calm", Start)
        workers.say("lost", Alive(time.monotonic_ns(), 1))
        while not workers.sent_to("calm", Deal):
            assert time.monotonic_ns() < start.origin_ns + 20 * NS
            workers.say("calm", Alive(time.monotonic_ns(), 1))
            gevent.sleep(0.05)
        deal = workers.sent_to("calm", Deal)[0]
        before = workers.got[: [message for _, message, _ in workers.got].index(deal)]
        ends = [lease.end_ns for _, lease, _ in before if isinstance(lease, Lease)]
        begins_ns = start.origin_ns + spec.scenario.schedule.due_ns(deal.first)
        assert len(ends) > 5
        assert max(ends) < begins_ns
        (loss,) = (event for event in map(read_line, told) if isinstance(event, WorkerLoss))
        assert max(ends) < start.origin_ns + loss.dealt_ns <= begins_ns
        assert Part(deal.first, deal.stripe, deal.stripes).stripes == 1

        # Who does not know of it is told again, before there is another lease.
        known = len(workers.got)
        workers.say("calm", Alive(asked_ns := time.monotonic_ns(), 1))
        workers.wait_for("calm", Lease, len(workers.sent_to("calm", Lease)) + 1)
        answers = [message for node, message, _ in workers.got[known:] if node == "calm"]
        assert answers == [deal, Lease(asked_ns + int(LEASE_S * NS), deal.deal, 0)]

        # The lost one has nothing any more, whatever it says.
        workers.say("lost", Alive(time.monotonic_ns(), 1))
        assert workers.wait_for("lost", Lease, 2) == Lease(0, 0, 0)
        workers.say("calm", DeltaLine(0, b"", last=True))
        assert running.get(timeout=10)

    in_greenlet(run)


@pytest.mark.usefixtures("quick")
def test_an_answer_that_comes_late_is_no_longer_lease(plan_for: PlanFor, in_greenlet: InGreenlet) -> None:
    """It counts from when the worker asked, by the worker's own clock."""

    def run() -> None:
        inputs, spec, _ = plan_for("http://127.0.0.1:1", rate="100/s", duration="30s")
        workers = Workers(spec, "one")
        coordinator = Coordinator(cast("Mailbox", workers), lambda _: None, inputs, spec)
        coordinator.begin()
        running = gevent.spawn(coordinator.run, Wanted(1, 10), lambda _: None)
        workers.wait_for("one", Start)
        for sent_ns in (123, 123 + NS):
            workers.say("one", Alive(sent_ns, 1))
        workers.wait_for("one", Lease, 2)
        assert [lease.end_ns for lease in workers.sent_to("one", Lease)] == [
            123 + int(LEASE_S * NS),
            123 + NS + int(LEASE_S * NS),
        ]
        workers.say("one", DeltaLine(0, b"", last=True))
        assert running.get(timeout=10)

    in_greenlet(run)
