"""What an arrival is called in the headers that it is sent with, by which a server's log can be searched.

A name is 32 hexadecimal digits: 16 follow from the run, and 16 from the arrival's number, one to one. It is
the trace ID of `traceparent` (W3C Trace Context), whose parent ID is the run's, and the value of a header of
one's own choice. The arithmetic must never change: results of earlier versions name arrivals by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

TRACEPARENT = "traceparent"
PREFLIGHT_NUMBER = -1
"""What stands for the number of the preflight, which is no arrival."""

_SIZE = 1 << 64


class TraceIds:
    """The names of the arrivals of one run."""

    def __init__(self, run_id: str) -> None:
        digest = blake2b(f"trace/{run_id}".encode(), digest_size=32).digest()
        self.run = digest[:8].hex()
        """The first half of each name."""
        self.parent = digest[8:16].hex()
        """The span that all of them are children of."""
        self.factor = int.from_bytes(digest[16:24], "big") | 1  # odd, so that it has an inverse
        self.plus = int.from_bytes(digest[24:], "big")

    def place(self, number: int) -> int:
        """Return the second half of an arrival's name, as a number below 2**64."""
        return (number * self.factor + self.plus) % _SIZE

    def trace_id(self, number: int) -> str:
        """Return an arrival's name."""
        return f"{self.run}{self.place(number):016x}"


@dataclass(frozen=True, slots=True)
class Tracing:
    """Which headers say an arrival's name."""

    w3c: bool = False
    """Whether `traceparent` does."""
    sampled: Fraction = Fraction(1)
    """The share of the arrivals whose `traceparent` asks the server to record the trace."""
    request_id: str | None = None
    """Another header that does, in lower case."""

    def __bool__(self) -> bool:
        return self.w3c or self.request_id is not None

    def fields(self, run_id: str) -> Callable[[int], bytes]:
        """Return the function from an arrival's number to its fields, each ended with CR and LF."""
        ids = TraceIds(run_id)
        name = f"{ids.run}%016x"
        fixed = f"{self.request_id}: {name}\r\n" if self.request_id else ""
        recorded, unrecorded = (
            ((f"{TRACEPARENT}: 00-{name}-{ids.parent}-{flags}\r\n" if self.w3c else "") + fixed).encode()
            for flags in ("01", "00")
        )
        places = recorded.count(b"%")
        factor, plus, below = ids.factor, ids.plus, self._below

        def fields_of(number: int) -> bytes:
            place = (number * factor + plus) % _SIZE
            return (recorded if place < below else unrecorded) % ((place,) * places)

        return fields_of

    def headers(self, run_id: str, number: int) -> tuple[tuple[str, str], ...]:
        """Return the names and values of an arrival's fields."""
        lines = self.fields(run_id)(number).decode().splitlines()
        return tuple((name, value) for name, _, value in (line.partition(": ") for line in lines))

    @property
    def _below(self) -> int:
        return int(self.sampled * _SIZE)


NO_TRACING = Tracing()
