"""Which load session start fails at the stub, and how: a script of one line for each fault.

A fault depends on the number of the arrival and on the time since the first one, and on nothing else. A line
is `<what> <when>`; every form of *when* is a range of numbers, a step and a span of time. Of the faults that
match an arrival the first one applies. A stall only holds what arrives meanwhile, so it combines with another
fault.

    stall from 10s for 3s                 held until the stall ends, then answered with their latency
    status 503 every 10                   arrivals 10, 20, 30, ...
    throttle retry-after 30 on 5..9       429 for arrivals 5 to 9
    missing_key always                    preflights too: only `always` and `if granted` apply to them
    status 201 if granted                 each response that would hand out a session, and no refusal
    grants_empty always                   a defect: one promise that is broken each time
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from sessionload.errors import ValueProblem, nearest, quoted
from sessionload.stub.fault_time import ALWAYS, WHEN_HINT, When, parse_when
from sessionload.stub.turn_faults import ScriptedTurnFault, TurnFault

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


class Defect(StrEnum):
    """One promise of the contract that the stub can break all the time, and otherwise behave."""

    GRANTS_TOO_LONG = "grants_too_long"
    """A user ID that is one character too long gets a session."""
    GRANTS_EMPTY = "grants_empty"
    """An empty user ID gets a session."""
    GRANTS_KEYLESS = "grants_keyless"
    """A start without the header for the key gets a session."""
    GRANTS_GET = "grants_get"
    """GET starts a session."""
    GRANTS_ANY_MEDIA_TYPE = "grants_any_media_type"
    """The media type of the body does not matter."""
    GRANTS_NULL = "grants_null"
    """`null` as user ID gets a session."""
    GRANTS_BEARER = "grants_bearer"
    """The key with `Bearer ` before it gets a session."""
    REFUSES_ASTRAL = "refuses_astral"
    """Lengths are counted in UTF-16 units, so characters beyond U+FFFF count twice."""
    FAILS_ON_BAD_JSON = "fails_on_bad_json"
    """A body that is not JSON is answered by 500."""
    REPEATS_KEY = "repeats_key"
    """A user who starts again gets the same key again."""
    KEEPS_OLD_KEY = "keeps_old_key"
    """Starting again does not end the earlier session."""
    KEEPS_RACING_KEYS = "keeps_racing_keys"
    """The same, but only where the starts are under way at once."""
    TRIMS_USER_ID = "trims_user_id"
    """Spaces around a user ID are dropped, so that two users share a session."""
    KEY_IS_USER_ID = "key_is_user_id"
    """The session key is the user ID."""
    KEY_IS_API_KEY = "key_is_api_key"
    """The session key is the API key."""
    KEY_HAS_CONTROL = "key_has_control"
    """The session key has a control character in it."""
    SHOWS_KEY_IN_BODY = "shows_key_in_body"
    """Beside a good session key, the body holds the API key."""
    SHOWS_KEY_IN_HEAD = "shows_key_in_head"
    """Beside a good answer, a header field holds the API key."""


@dataclass(frozen=True, slots=True)
class Action:
    """What happens to one arrival: it is held for `hold_ns`, then `kind`, or an honest answer for `None`."""

    kind: FaultKind | Defect | None
    argument: str = ""
    hold_ns: int = 0


@dataclass(frozen=True, slots=True)
class ScriptedFault:
    """One line of a script."""

    action: Action
    when: When

    @classmethod
    def parse(cls, line: str) -> Self | ScriptedTurnFault:
        """Return the fault that `line` describes, of a session start or of a turn. Raises `ValueProblem`."""
        match = _LINE.fullmatch(line.strip())
        if not match:
            raise ValueProblem(f"{quoted(line)} does not say when", WHEN_HINT)
        word, _, rest = match[1].partition(" ")
        if word in _TURN_KINDS:
            return ScriptedTurnFault.parse(TurnFault(word), rest.strip(), match[2])
        when = parse_when(match[2])
        kind = _KINDS.get(word)
        if kind is None:
            raise ValueProblem(f"{quoted(word)} is not a fault", nearest(word, (*_KINDS, *_TURN_KINDS)))
        if kind is FaultKind.STALL and when.until_ns == math.inf:
            raise ValueProblem(
                f"{quoted(line)} has no end", "write it like stall from 10s for 3s, or use hang"
            )
        if isinstance(kind, Defect) and when != ALWAYS:
            raise ValueProblem(f"'{kind}' is there always or not at all", f"write {kind} always")
        return cls(Action(kind, _argument(kind, rest.strip())), when)


_KINDS: dict[str, FaultKind | Defect] = {str(kind): kind for kind in (*FaultKind, *Defect)}
_TURN_KINDS = frozenset(map(str, TurnFault))
_LINE = re.compile(r"(\S.*?)\s+(always|if\s+granted|every\b.*|on\b.*|from\b.*)")
_HEADER_TEXT = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


def _argument(kind: FaultKind | Defect, text: str) -> str:
    if kind is FaultKind.STATUS:
        if not re.fullmatch(r"[1-9]\d\d", text, re.ASCII):
            raise ValueProblem(
                f"{quoted(f'status {text}')} has no status of three digits",
                "write it like status 503 every 10",
            )
        return text
    if kind is FaultKind.REDIRECT:
        if not _HEADER_TEXT.fullmatch(text) or " " in text:
            raise ValueProblem(
                f"{quoted(f'redirect {text}')} has no address",
                "write it like redirect http://127.0.0.1/ always",
            )
        return text
    if kind is FaultKind.THROTTLE and text:
        match = re.fullmatch(r"retry-after\s+(.+)", text)
        if not match or not _HEADER_TEXT.fullmatch(match[1]):
            raise ValueProblem(
                f"{quoted(f'throttle {text}')} is not understood",
                "write it like throttle retry-after 30 on 5..9",
            )
        return match[1]
    if text:
        raise ValueProblem(
            f"'{kind}' takes nothing before its time, and {quoted(text)} stands there",
            f"write it like {kind} every 10",
        )
    return ""


@dataclass(frozen=True, slots=True)
class FaultScript:
    """All faults of a stub, in the order in which they were written, and its defects."""

    faults: tuple[ScriptedFault, ...] = ()
    defects: frozenset[Defect] = frozenset()
    turns: tuple[ScriptedTurnFault, ...] = ()

    @classmethod
    def parse(cls, lines: Sequence[str]) -> Self:
        """Return the script of `lines`. Raises `ValueProblem`."""
        read = [ScriptedFault.parse(line) for line in lines]
        parsed = [fault for fault in read if isinstance(fault, ScriptedFault)]
        return cls(
            tuple(fault for fault in parsed if not isinstance(fault.action.kind, Defect)),
            frozenset(fault.action.kind for fault in parsed if isinstance(fault.action.kind, Defect)),
            tuple(fault for fault in read if isinstance(fault, ScriptedTurnFault)),
        )

    @property
    def error_statuses(self) -> frozenset[int]:
        """The statuses of errors that are played, from 300 on."""
        actions = [fault.action for fault in self.faults]
        played = {int(action.argument) for action in actions if action.kind is FaultKind.STATUS}
        played |= {429 for action in actions if action.kind is FaultKind.THROTTLE}
        played |= {500 for defect in self.defects if defect is Defect.FAILS_ON_BAD_JSON}
        return frozenset(status for status in played if status >= 300 and status != 304)

    def action(self, number: int, elapsed_ns: int, *, granted: bool = True) -> Action | None:
        """Return what happens to load session start `number` (from 1), `elapsed_ns` after the first one.

        `None` is an honest answer at once; `granted` says whether that is a session. Both numbers are the
        stub's own: order and time of arrival there.
        """
        hold_ns = 0
        chosen = None
        for fault in self.faults:
            if not fault.when.matches(number, elapsed_ns, granted=granted):
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

    def for_preflight(self, *, granted: bool = True) -> Action | None:
        """Return what happens to a request that is no load: only `always` and `if granted` apply to it."""
        applicable = (
            fault for fault in self.faults if fault.when.preflights and granted >= fault.when.granted
        )
        return next((fault.action for fault in applicable), None)
