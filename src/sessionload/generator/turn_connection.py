"""One conversation's connection: it may begin with the one of its session start, and it reads streams.

A turn is over with the `end` event of its stream. If the response does not end soon after, the connection is
closed, and nothing was late.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Self

import gevent

from sessionload.contract.turn_mark import MARK
from sessionload.generator.connection import Connection, DeadlinePassed
from sessionload.generator.endpoint import Endpoint
from sessionload.generator.event_response import EventResponseParser
from sessionload.generator.failures import complete

if TYPE_CHECKING:
    from sessionload.config.run_spec import RunSpec
    from sessionload.contract.turn import TurnContract
    from sessionload.generator.endpoint import ConnectionPolicy, Stream
    from sessionload.generator.failures import FailureClassifier, Response
    from sessionload.generator.http_response import ResponseParser
    from sessionload.workload.turns import Turns

_EVENT_STREAM = "text/event-stream"
_LINGER_S = 0.25
"""So long the end of a response may come after the `end` of its stream."""


class _LeftOpenError(BaseException):
    """The response goes on after the `end` of its stream."""


class TurnEndpoint(Endpoint):
    """What all connections of conversations share. Requests show a session key, not the API key."""

    streams: bool
    """Whether answers are streams of events."""

    @classmethod
    def of(cls, spec: RunSpec, turn: TurnContract, turns: Turns, policy: ConnectionPolicy) -> Self:
        """Return the endpoint of the turns of a run."""
        marks = {MARK} if spec.environment.stub is not None else set()
        endpoint = cls(
            replace(spec.environment, key=None),
            turn.contract.request,
            timeout_ns=turns.timeout_ns,
            policy=policy,
            agent=f"sessionload/{spec.version} (run {spec.run_id})",
            header_names=turn.contract.responses.header_names | marks,
            accept=_EVENT_STREAM if turns.streams else "",
        )
        endpoint.streams = turns.streams
        return endpoint

    def parser(self) -> ResponseParser:
        """Return a parser for the responses of one connection."""
        if not self.streams:
            return super().parser()
        return EventResponseParser(self.body_limit, self.header_names, time.monotonic_ns)


class TurnConnection(Connection):
    """The connection of one conversation."""

    was_left_open = False
    """Whether the response of the last exchange went on after the `end` of its stream."""

    @property
    def stream(self) -> EventResponseParser | None:
        """The stream of the last exchange, if answers are streams."""
        return self._parser if isinstance(self._parser, EventResponseParser) else None

    def _converse(self, request: bytes, classifier: FailureClassifier, begun_ns: int) -> Response:
        if self.stream is not None:
            self.stream.begin()  # what it has is of the turn before
        self.was_left_open = False
        try:
            return super()._converse(request, classifier, begun_ns)
        except (_LeftOpenError, DeadlinePassed):
            if not self._has_ended:
                raise
            self.was_left_open = True
            return complete(self._parser)

    @property
    def _has_ended(self) -> bool:
        return self.stream is not None and self.stream.end_event_ns is not None

    def _receive(self, stream: Stream) -> int:
        if not self._has_ended:
            return super()._receive(stream)
        with gevent.Timeout(_LINGER_S, _LeftOpenError()):
            return super()._receive(stream)
