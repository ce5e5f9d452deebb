"""All conversations of one generator: who holds one, on which connection, and how many are open.

A conversation is a greenlet and a connection of its own, apart from the users that start sessions, so that it
delays no arrival. At most so many are open at once; the turns of one that is too many are unsent. Session
keys are in memory only. Some of users who may come again are held, to see that a new start ends the earlier
session.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, NamedTuple

import gevent
from gevent.event import Event

from sessionload.contract.turn import turn_contract_of
from sessionload.contract.turn_answer import (
    EARLIER_ACCEPTED,
    SHARED,
    UNSENDABLE,
    TurnJudgement,
    failed_turn,
    judge_turn,
)
from sessionload.contract.turn_mark import MARK, mark_of
from sessionload.errors import InputError
from sessionload.generator.conversation import Conversation, TurnAnswer
from sessionload.generator.turn_connection import TurnConnection, TurnEndpoint
from sessionload.metrics.turn_exchange import TurnExchange, TurnOutcome
from sessionload.metrics.turn_recorder import TurnRecorder
from sessionload.metrics.turn_slices import step_of
from sessionload.secret import Secret
from sessionload.units import NS
from sessionload.workload.later_starts import LaterStarts, same_users
from sessionload.workload.turns import LAUNCH
from sessionload.workload.user_ids import compile_user_ids

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.config.run_spec import RunSpec
    from sessionload.generator.connection import Carried
    from sessionload.generator.endpoint import ConnectionPolicy
    from sessionload.generator.failures import Response
    from sessionload.generator.session_start import SessionStart
    from sessionload.metrics.turn_raw import RawTurns
    from sessionload.workload.turns import Turns

_MOST_HELD = 10_000
"""So many earlier keys are held at most; the oldest is dropped for a new one."""
_LOOK_AT_ONCE = 2_000
"""So many arrivals are looked at before others run."""


class _Held(NamedTuple):
    """The latest key of a user who may come again."""

    done_ns: int
    key: Secret


class Conversations:
    """Holds conversations, and counts what comes of them."""

    def __init__(
        self,
        spec: RunSpec,
        turns: Turns,
        *,
        max_open: int,
        policy: ConnectionPolicy,
        now_ns: Callable[[], int],
        next_index: Callable[[], int],
    ) -> None:
        """`now_ns` is the time of the run; below `next_index()` every arrival may have been sent."""
        scenario = spec.scenario
        self.turns = turns
        self.contract = turn_contract_of(spec.contract, spec.environment.binding, streams=turns.streams)
        self.endpoint = TurnEndpoint.of(spec, self.contract, turns, policy)
        self.bodies = tuple(_body(text) for text in turns.say)
        self.recorder = TurnRecorder(step_of(scenario.schedule.duration_ns // NS))
        self.now_ns = now_ns
        self.thinks = turns.thinks(scenario.seed)
        self.stopping = Event()
        self.user_id = compile_user_ids(scenario.users, run_id=spec.run_id, seed=scenario.seed)
        self.is_marked = spec.environment.stub is not None
        """Whether answers say whose session they are of."""
        self._judge_start = spec.contract.judge
        self._user_of = same_users(scenario.users, run_id=spec.run_id, seed=scenario.seed)
        self._later = LaterStarts(self._user_of) if self._user_of is not None else None
        self._next_index = next_index
        self._held: dict[int, _Held] = {}
        self._max_open = max_open
        self._greenlets: set[gevent.Greenlet] = set()
        self._connections_reported = 0

    @property
    def open(self) -> int:
        """How many are open."""
        return len(self._greenlets)

    @property
    def may_send(self) -> bool:
        """Whether a turn may be sent: the run is not being ended, and there is a lease."""
        return not self.stopping.is_set() and time.monotonic_ns() <= self.endpoint.send_until_ns

    def begin(self, start: SessionStart, carry: Callable[[], Carried | None]) -> None:
        """Let the user of a session start that is done converse, if it has a key. To be called by that user.

        `carry()` gives the connection of the session start away, if it is kept.
        """
        response, counts = start.response, self.recorder.counts
        text = None
        if response.outcome is None:
            judged = self._judge_start(
                response.status or 0, response.content_type, response.body, response.headers
            )
            text = judged.session_key
        if text is None:
            counts.keyless += 1
            return
        counts.conversations += 1
        if self.open >= self._max_open or not self.may_send:
            for turn in range(1, len(self.bodies) + 1):
                self.recorder.unsent(start.stage, start.done_ns, turn)
            return
        try:
            key: Secret | None = Secret(text, name="the answer", is_key=False)
        except InputError:
            key = None
        earlier = self._earlier(start, key) if self._user_of is not None and key is not None else None
        talk = _Talk(self, start.index, key, carry())
        greenlet = gevent.spawn(self._hold, talk, start.index, start.stage, start.done_ns, earlier)
        self._greenlets.add(greenlet)
        greenlet.rawlink(self._greenlets.discard)

    def _hold(self, talk: _Talk, index: int, stage: int, done_ns: int, earlier: Secret | None) -> None:
        try:
            conversation = Conversation(index, stage, done_ns, len(self.bodies))
            if earlier is not None:
                talk.try_earlier(earlier)
            conversation.hold(talk, self.recorder)
        finally:
            talk.close()

    def _earlier(self, start: SessionStart, key: Secret) -> Secret | None:
        """Hold the key of this start; return the key that it has ended, if that is known for sure."""
        assert self._user_of is not None  # noqa: S101 - the caller has looked
        user = self._user_of(start.index)
        known = self._held.pop(user, None)
        if len(self._held) >= _MOST_HELD:
            del self._held[next(iter(self._held))]
        self._held[user] = _Held(start.done_ns, key)
        return known.key if known is not None and known.done_ns < start.sent_ns else None

    def is_over(self, index: int) -> bool:
        """Tell whether a later start may have ended the session of this arrival. Others run meanwhile."""
        if self._later is None:
            return False
        while not self._later.look_at(self._next_index(), _LOOK_AT_ONCE):
            gevent.sleep(0)
        return self._later.has_later(index)

    def stop(self) -> None:
        """Let no conversation take another turn; what is in flight goes on."""
        self.stopping.set()

    def cut(self) -> None:
        """End all conversations at once."""
        self.stop()
        gevent.killall(list(self._greenlets))

    def flush(self) -> RawTurns:
        """Return what was counted since the last time, and begin again."""
        opened = self.endpoint.connections_opened
        self.recorder.counts.connections_opened += opened - self._connections_reported
        self._connections_reported = opened
        return self.recorder.flush()


class _Talk:
    """One user in conversation: the key, the connection, and how a turn is sent."""

    def __init__(self, talks: Conversations, index: int, key: Secret | None, carried: Carried | None) -> None:
        self._talks = talks
        self._index = index
        self._key = key
        self._carried = carried
        self._mark = mark_of(talks.user_id(index).encode()).decode() if talks.is_marked else ""
        self._connection: TurnConnection | None = None

    def close(self) -> None:
        """Close what is open."""
        if self._connection is not None:
            self._connection.close()
        if self._carried is not None:
            self._carried.stream.close()

    def now_ns(self) -> int:
        """Return the time of the run."""
        return self._talks.now_ns()

    def wait_until(self, due_ns: int) -> bool:
        """Wait for an instant; return whether it has come, and a turn may be sent."""
        left_ns = due_ns - self._talks.now_ns()
        if left_ns > 0:
            self._talks.stopping.wait(left_ns / NS)
        return self._talks.may_send

    def is_over(self) -> bool:
        """Tell whether a later start of this user has ended the session."""
        return self._talks.is_over(self._index)

    def think_ns(self, turn: int) -> int:
        """Return how long the user thinks before a turn."""
        return self._talks.thinks(self._index, turn)

    def take(self, turn: int) -> TurnAnswer:
        """Send a turn with the key of this user."""
        if self._key is None:
            return TurnAnswer(TurnJudgement(TurnOutcome.CONTRACT_VIOLATION, UNSENDABLE), None, self.now_ns())
        return self._exchange(self._key, self._talks.bodies[turn - 1])

    def try_earlier(self, key: Secret) -> None:
        """Take a turn with a key that this user's start has ended: it has to be refused."""
        sent_ns = self.now_ns()
        answer = self._exchange(key, self._talks.bodies[0], was_ended=True)
        counts = self._talks.recorder.counts
        is_accepted = answer.status is not None and 200 <= answer.status < 300
        counts.earlier_keys_tried += is_accepted or answer.judgement.outcome is TurnOutcome.REJECTED
        if is_accepted:
            counts.earlier_keys_accepted += 1
            outcome = TurnOutcome.CONTRACT_VIOLATION
            exchange = TurnExchange(self._index, 0, sent_ns, sent_ns, answer.done_ns, outcome)
            self._talks.recorder.find(exchange, EARLIER_ACCEPTED.cause, EARLIER_ACCEPTED.message)

    def _exchange(self, key: Secret, body: bytes, *, was_ended: bool = False) -> TurnAnswer:
        connection = self._connection
        if connection is None:
            connection = self._connection = TurnConnection(self._talks.endpoint)
            if self._carried is not None:
                connection.adopt(self._carried)
                self._carried = None
        origin_ns = time.monotonic_ns() - self.now_ns()
        response = connection.exchange(self._talks.endpoint.request_with(key, body))
        done_ns = self.now_ns()
        stream = connection.stream
        first_ns = stream.first_event_ns - origin_ns if stream and stream.first_event_ns else None
        end_ns = stream.end_event_ns - origin_ns if stream and stream.end_event_ns else None
        if connection.was_left_open and end_ns is not None:
            done_ns = end_ns
        judgement = self._judged(connection, response, was_ended=was_ended)
        return TurnAnswer(judgement, response.status, done_ns, first_ns, end_ns)

    def _judged(self, connection: TurnConnection, response: Response, *, was_ended: bool) -> TurnJudgement:
        stream = connection.stream
        has_ended = stream is not None and stream.end_event_ns is not None
        streamed = stream is not None and stream.streams
        if response.outcome is not None and not has_ended:
            return failed_turn(response.outcome, response.failure, streams=streamed)
        if response.status == 401 and not was_ended:
            was_ended = self.is_over()
        judgement = judge_turn(
            self._talks.contract,
            response.status or 0,
            stream.content_type if has_ended and stream is not None else response.content_type,
            response.body,
            response.headers,
            events=stream.traces if streamed and stream is not None else None,
            has_ended=has_ended,
            was_ended=was_ended,
        )
        mark = response.headers.get(MARK, self._mark)
        if judgement.outcome is TurnOutcome.OK and self._mark and mark != self._mark and not was_ended:
            return TurnJudgement(TurnOutcome.CONTRACT_VIOLATION, SHARED)
        return judgement


def _body(text: str) -> bytes:
    action = {"type": "launch"} if text == LAUNCH else {"type": "text", "payload": text}
    return json.dumps({"action": action}, ensure_ascii=False, separators=(",", ":")).encode()
