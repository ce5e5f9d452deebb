"""Which load session start goes wrong at the stub, and how: a script of one line for each fault.

Law: a fault is fixed by the number of the arrival and by the time since the first one, by nothing
else. Idea: `<what> <when>`, where every form of *when* is one and the same arithmetic: a range of numbers,
a step, and a span of time. Trap: a stall is not an answer. It only holds what arrives meanwhile,
so it joins with the first other fault that matches, while among the others the first one wins.

    stall from 10s for 3s                 held until the stall ends, then answered with their latency
    status 503 every 10                   arrivals 10, 20, 30, ...
    throttle retry-after 30 on 5..9       429 for arrivals 5 to 9
    missing_key always                    preflights too: only `always` touches them
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from sessionload.words.errors import nearest
from sessionload.words.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Sequence


class FaultKind(StrEnum):
    """What the stub can do instead of answering as the contract says."""

    STALL = "stall"
    STATUS = "status"
    THROTTLE = "throttle"
    REDIRECT = "redirect"

    NOT_JSON = "not_json"
    EMPTY_BODY = "empty_body"
    NAN = "nan"
    OVERFLOW = "overflow"
    HUGE_INTEGER = "huge_integer"
    DUPLICATE_KEY = "duplicate_key"
    NOT_UTF8 = "not_utf8"
    BOM = "bom"
    LONE_SURROGATE = "lone_surrogate"
    DEEP = "deep"
    ARRAY = "array"
    HTML = "html"
    WRONG_TYPE = "wrong_type"
    MISSING_KEY = "missing_key"
    EMPTY_KEY = "empty_key"
    NULL_KEY = "null_key"
    NUMBER_KEY = "number_key"
    SAME_KEY = "same_key"
    BIG_KEY = "big_key"
    ECHO_API_KEY = "echo_api_key"

    EXTRA_BYTES = "extra_bytes"
    CLOSE = "close"
    CLOSE_AFTER = "close_after"
    CLOSE_MID_BODY = "close_mid_body"
    RESET = "reset"
    RESET_MID_BODY = "reset_mid_body"
    HANG = "hang"
    HANG_MID_BODY = "hang_mid_body"
    SLOW_DRIP = "slow_drip"
    ENDLESS_BODY = "endless_body"
    GZIP_BOMB = "gzip_bomb"
    BIG_HEADER = "big_header"
    MANY_HEADERS = "many_headers"
    CHUNKED = "chunked"
    BAD_CHUNK = "bad_chunk"
    TWO_LENGTHS = "two_lengths"
    NEGATIVE_LENGTH = "negative_length"
    INTERIM = "interim"
    HTTP10_CLOSE = "http10_close"
    BANNER = "banner"


@dataclass(frozen=True, slots=True)
class When:
    """Arrivals `first` to `last`, only multiples of `step`, that come from `from_ns` to before `until_ns`."""

    step: int = 1
    first: int = 1
    last: float = math.inf
    from_ns: int = 0
    until_ns: float = math.inf
    preflights: bool = False
    """Whether requests that are no load are meant too."""

    def matches(self, number: int, elapsed_ns: int) -> bool:
        """Tell whether arrival `number`, `elapsed_ns` after the first arrival, is meant."""
        return (
            self.first <= number <= self.last
            and number % self.step == 0
            and self.from_ns <= elapsed_ns < self.until_ns
        )


ALWAYS = When(preflights=True)


@dataclass(frozen=True, slots=True)
class Action:
    """What happens to one arrival: it is held for `hold_ns`, then `kind`, or an honest answer for `None`."""

    kind: FaultKind | None
    argument: str = ""
    hold_ns: int = 0


@dataclass(frozen=True, slots=True)
class ScriptedFault:
    """One line of a script."""

    action: Action
    when: When

    @classmethod
    def parse(cls, line: str) -> Self:
        """Return the fault that `line` describes. Raises `ValueError` with one sentence."""
        match = _LINE.fullmatch(line.strip())
        if not match:
            raise ValueError(f"'{line}' does not say when: {_WHEN_HINT}")
        what, when = match[1], _when(match[2])
        word, _, rest = what.partition(" ")
        kind = _KINDS.get(word)
        if kind is None:
            raise ValueError(f"'{word}' is not a fault: {nearest(word, _KINDS)}")
        if kind is FaultKind.STALL and when.until_ns == math.inf:
            raise ValueError(f"'{line}' has no end: write it like stall from 10s for 3s, or use hang")
        return cls(Action(kind, _argument(kind, rest.strip())), when)


_KINDS = {str(kind): kind for kind in FaultKind}
_LINE = re.compile(r"(\S.*?)\s+(always|every\b.*|on\b.*|from\b.*)")
_WHEN_HINT = "end it with always, every 10, on 5, on 5..9 or from 10s for 3s"
_HEADER_TEXT = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


def _when(text: str) -> When:
    if text == "always":
        return ALWAYS
    if match := re.fullmatch(r"every\s+([1-9]\d*)", text, re.ASCII):
        return When(step=int(match[1]))
    if match := re.fullmatch(r"on\s+([1-9]\d*)(?:\.\.(\d+))?", text, re.ASCII):
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first:
            raise ValueError(f"'{text}' ends before it begins")
        return When(first=first, last=last)
    if match := re.fullmatch(r"from\s+(.+?)\s+for\s+(.+)", text):
        start, length = parse_duration(match[1]), parse_duration(match[2])
        if not length:
            raise ValueError(f"'{text}' lasts no time at all")
        return When(from_ns=start, until_ns=start + length)
    raise ValueError(f"'{text}' is not a time for a fault: {_WHEN_HINT}")


def _argument(kind: FaultKind, text: str) -> str:
    if kind is FaultKind.STATUS:
        if not re.fullmatch(r"[1-9]\d\d", text, re.ASCII):
            raise ValueError(
                f"'status {text}' has no status of three digits: write it like status 503 every 10"
            )
        return text
    if kind is FaultKind.REDIRECT:
        if not _HEADER_TEXT.fullmatch(text) or " " in text:
            raise ValueError(
                f"'redirect {text}' has no address: write it like redirect http://127.0.0.1/ always"
            )
        return text
    if kind is FaultKind.THROTTLE and text:
        match = re.fullmatch(r"retry-after\s+(.+)", text)
        if not match or not _HEADER_TEXT.fullmatch(match[1]):
            raise ValueError(
                f"'throttle {text}' is not understood: write it like throttle retry-after 30 on 5..9"
            )
        return match[1]
    if text:
        raise ValueError(f"'{kind}' takes nothing before its time, and '{text}' stands there")
    return ""


@dataclass(frozen=True, slots=True)
class FaultScript:
    """All faults of a stub, in the order in which they were written."""

    faults: tuple[ScriptedFault, ...] = ()

    @classmethod
    def parse(cls, lines: Sequence[str]) -> Self:
        """Return the script of `lines`. Raises `ValueError` with one sentence."""
        return cls(tuple(map(ScriptedFault.parse, lines)))

    def action(self, number: int, elapsed_ns: int) -> Action | None:
        """Return what happens to load session start `number` (from 1), `elapsed_ns` after the first one.

        `None` is an honest answer at once. Both numbers are the stub's own: order and time of arrival there.
        """
        hold_ns = 0
        chosen = None
        for fault in self.faults:
            if not fault.when.matches(number, elapsed_ns):
                continue
            if fault.action.kind is FaultKind.STALL:
                hold_ns = max(hold_ns, int(fault.when.until_ns) - elapsed_ns)
            elif chosen is None:
                chosen = fault.action
        if not hold_ns:
            return chosen
        if chosen is None:
            return Action(None, hold_ns=hold_ns)
        return Action(chosen.kind, chosen.argument, hold_ns)

    @property
    def for_preflight(self) -> Action | None:
        """What happens to a request that is no load: only faults that are `always` there."""
        return next((fault.action for fault in self.faults if fault.when.preflights), None)
