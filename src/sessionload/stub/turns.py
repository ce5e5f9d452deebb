"""Turns at the stub: which session answers, how the answer is cut into pieces, and what goes wrong with it.

A stream is sent event by event, each a chunk of its own, after the gaps that the script says. Each answer
marks whose session it is of, by a digest of the user ID in a header field, so that a load tool can tell
whether two users ever share a conversation.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from sessionload.contract.turn_mark import MARK, mark_of
from sessionload.stub import interact
from sessionload.stub.responses import (
    NO_SESSION,
    Ending,
    Reply,
    content_type_line,
    refusal,
    response,
    status_line,
)
from sessionload.stub.turn_faults import TurnAction, TurnFault, turn_action

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessionload.stub.sessions import LiveSessions
    from sessionload.stub.turn_faults import ScriptedTurnFault

_MOST_COUNTED = 200_000
"""So many sessions have their turns counted; the oldest is forgotten for a new one."""
_NOBODY = b"nobody"
_CHUNKED = b"transfer-encoding: chunked\r\n\r\n"
_LAST_CHUNK = b"0\r\n\r\n"


class Turns:
    """Answers turns, one at a time."""

    def __init__(self, faults: Sequence[ScriptedTurnFault], sessions: LiveSessions) -> None:
        self._faults = faults
        self._sessions = sessions
        self._numbers: dict[bytes, int] = {}
        self.taken = 0
        """Turns with a live session key."""
        self.refused = 0
        """Turns with any other key."""

    def answer(self, key: bytes, body: bytes, *, stream: bool) -> Reply:
        """Return the answer to a turn that shows `key`; its wait is what the script says."""
        user = self._sessions.user_of(key)
        if user is None:
            self.refused += 1
            return Reply(NO_SESSION)
        self.taken += 1
        action = turn_action(self._faults, self._count(key)) if self._faults else TurnAction()
        traces = interact.traces_of(body)
        if traces is None:
            return Reply(refusal(400, "the action is neither a launch nor a text with a payload"))
        reply = self._faulty(action, traces, user, stream=stream)
        reply.wait = action.wait
        return reply

    def _count(self, key: bytes) -> int:
        """Return the number of a turn in its session, from 1."""
        digest = blake2b(key, digest_size=16).digest()
        number = self._numbers.pop(digest, 0) + 1
        if len(self._numbers) >= _MOST_COUNTED:
            del self._numbers[next(iter(self._numbers))]
        self._numbers[digest] = number
        return number

    def _faulty(
        self, action: TurnAction, traces: list[interact.Trace], user: bytes, *, stream: bool
    ) -> Reply:
        kind = action.kind
        if kind is TurnFault.TURN_STATUS:
            return Reply(refusal(int(action.argument), "a turn that fails"))
        if kind is TurnFault.DEAD_KEY:
            return Reply(NO_SESSION)
        if kind is TurnFault.BAD_TRACE:
            traces = [{"payload": {"message": "a trace without a type"}}, *traces[1:]]
        whose = _NOBODY if kind is TurnFault.OTHER_SESSION else user.partition(b"\0")[0]
        mark = b"%b: %b\r\n" % (MARK.encode(), mark_of(whose))
        return _streamed(action, traces, mark) if stream else _whole(action, traces, mark)


def _whole(action: TurnAction, traces: list[interact.Trace], mark: bytes) -> Reply:
    data = response(200, interact.as_json(traces), fields=mark)
    if action.kind is TurnFault.CUT_TURN:
        return Reply(data[:-5], Ending.CLOSE)
    if action.kind is TurnFault.HANG_TURN:
        return Reply(data[:-5], Ending.HANG)
    return Reply(data)


def _streamed(action: TurnAction, traces: list[interact.Trace], mark: bytes) -> Reply:
    events = interact.events_of(traces)
    last, after = _LAST_CHUNK, Ending.KEEP
    if action.kind is TurnFault.NO_END:
        events.pop()
    elif action.kind in (TurnFault.CUT_TURN, TurnFault.HANG_TURN):
        events.pop()
        last, after = b"", Ending.CLOSE if action.kind is TurnFault.CUT_TURN else Ending.HANG
    head = status_line(200) + content_type_line(interact.EVENT_STREAM) + mark + _CHUNKED
    gaps = (*action.gaps, *[0.0] * len(events))
    pieces = [(gap, b"%x\r\n%b\r\n" % (len(event), event)) for gap, event in zip(gaps, events, strict=False)]
    return Reply(head, Ending.PIECES, pieces=(*pieces, (0.0, last)), after=after)
