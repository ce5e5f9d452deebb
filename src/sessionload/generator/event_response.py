"""A response whose body is a stream of events: each is taken as it comes, with the instant at which it came.

Nothing of the stream is kept but the data of its traces, for the contract to judge, and both are bounded as a
body is. Whatever is no stream of events, such as an error, is kept as a body.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.contract.response.event_stream import EventStream, EventTooLong
from sessionload.contract.turn_answer import END, TRACE
from sessionload.failure_causes import body_too_large
from sessionload.generator.http_response import ResponseParser, Unacceptable

if TYPE_CHECKING:
    from collections.abc import Callable

_EVENT_STREAM = "text/event-stream"


class EventResponseParser(ResponseParser):
    """A parser of responses that follows the events of their bodies."""

    def __init__(self, body_limit: int, header_names: frozenset[str], now: Callable[[], int]) -> None:
        """`now` is a clock, in nanoseconds."""
        self._now = now
        super().__init__(body_limit, header_names)

    def begin(self) -> None:
        """Expect the next response of the connection."""
        super().begin()
        self._events = EventStream(self._body_limit)
        self._size = 0
        self.traces: list[str] = []
        """The data of each trace so far."""
        self.first_event_ns: int | None = None
        """When the first trace had come."""
        self.end_event_ns: int | None = None
        """When the `end` had come. What follows it is passed over."""

    @property
    def streams(self) -> bool:
        """Whether the response is a success that is a stream of events."""
        media_type = (self.content_type or "").partition(";")[0].strip().lower()
        return self.status == 200 and media_type == _EVENT_STREAM

    def on_body(self, data: bytes) -> None:
        """Take a part of the body."""
        if not self.streams:
            super().on_body(data)
            return
        self._size += len(data)
        if self._size > self._body_limit:
            raise Unacceptable(body_too_large(self._body_limit))
        if self.end_event_ns is not None:
            return
        try:
            events = self._events.feed(data)
        except EventTooLong:
            raise Unacceptable(body_too_large(self._body_limit)) from None
        for event in events:
            if event.name == END:
                self.end_event_ns = self._now()
                return
            if event.name == TRACE:
                if self.first_event_ns is None:
                    self.first_event_ns = self._now()
                self.traces.append(event.data)
