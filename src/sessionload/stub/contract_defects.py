"""Defects: promises of the contract that the stub breaks on purpose, to show that a check notices.

A defect changes the one thing that its name says and leaves every other response honest. A request is judged
as always; then a defect may accept it, refuse it, or change the key or the response. A defect accepts an
invalid request only if nothing else is wrong with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.contract.json_data.strict_json import JsonError, JsonErrorKind, parse
from sessionload.stub.faults import Defect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.stub.head_rule import HeadRule
    from sessionload.stub.request_rule import RequestRule
    from sessionload.stub.responses import ReceivedRequest
    from sessionload.stub.session_answer import SessionAnswer
    from sessionload.stub.sessions import LiveSessions

_JSON = b"application/json"


class Defects:
    """The defects of one stub."""

    def __init__(
        self,
        defects: frozenset[Defect],
        rule: RequestRule,
        sessions: LiveSessions,
        head: HeadRule,
        answer: SessionAnswer,
    ) -> None:
        self.any = bool(defects)
        self.methods = frozenset({b"GET"} if Defect.GRANTS_GET in defects else ())
        self._defects = defects
        self._rule = rule
        self._sessions = sessions
        self._head = head
        self._answer = answer

    def judge(
        self, request: ReceivedRequest, user: bytes, refused: bytes, *, whole: bool
    ) -> tuple[bytes, bytes]:
        """Return the user and the refusal (empty when a session may begin) as the defects have it.

        `whole` says that nothing is wrong with the request but its API key, its method or its body.
        """
        if not whole or not self._opens(request):
            return user, refused
        if request.method == b"GET":
            return user or b"nobody", b""
        judged, violation = self._rule.judge(request.body, request.content_type)
        if not violation:
            return user, self._refused_although_valid(judged)
        for body, content_type in self._repaired(request):
            judged, remaining = self._rule.judge(body, content_type)
            if not remaining:
                return judged, b""
        if Defect.FAILS_ON_BAD_JSON in self._defects and _is_no_json(request.body):
            return user, self._answer.refusal(500, "unexpected end of input")
        return user, self._answer.refusal(400, violation)

    def _opens(self, request: ReceivedRequest) -> bool:
        shown = self._head.authorization(request)
        return (
            self._head.shows_key(request)
            or (shown is None and Defect.GRANTS_KEYLESS in self._defects)
            or (shown == b"Bearer " + self._head.key and Defect.GRANTS_BEARER in self._defects)
        )

    def _refused_although_valid(self, user: bytes) -> bytes:
        if Defect.REFUSES_ASTRAL in self._defects:
            violation = self._rule.violation_of("a" * (len(user.decode().encode("utf-16-le")) // 2))
            if violation:
                return self._answer.refusal(400, violation)
        return b""

    def _repaired(self, request: ReceivedRequest) -> Iterator[tuple[bytes, bytes]]:
        """Yield the request with each thing repaired that a defect overlooks."""
        if Defect.GRANTS_ANY_MEDIA_TYPE in self._defects:
            yield request.body, _JSON
        user, with_user = self._rule.user_of(request.body), self._rule.with_user
        if Defect.GRANTS_TOO_LONG in self._defects and isinstance(user, str) and user:
            yield with_user(request.body, user[1:]), request.content_type
        if Defect.GRANTS_EMPTY in self._defects and user == "":
            yield with_user(request.body, "nobody"), request.content_type
        if Defect.GRANTS_NULL in self._defects and user is None:
            yield with_user(request.body, "null"), request.content_type

    def begin(self, user: bytes, key: bytes, *, crowded: bool) -> tuple[bytes, bytes]:
        """Begin a session; return its key and the answer. `crowded` says that other starts are under way."""
        if Defect.TRIMS_USER_ID in self._defects:
            user = user.strip(b" ")
        key = self._altered_key(user, key)
        keeps = Defect.KEEPS_OLD_KEY in self._defects or (
            crowded and Defect.KEEPS_RACING_KEYS in self._defects
        )
        self._sessions.start(user + b"\0" + key if keeps else user, key)
        return key, self._response(key)

    def _altered_key(self, user: bytes, key: bytes) -> bytes:
        if Defect.REPEATS_KEY in self._defects:
            return self._sessions.key_of(user) or key
        if Defect.KEY_IS_USER_ID in self._defects:
            return user
        if Defect.KEY_IS_API_KEY in self._defects:
            return self._head.key
        return key[:-1] + b"\a" if Defect.KEY_HAS_CONTROL in self._defects else key

    def _response(self, key: bytes) -> bytes:
        secret = self._head.key.decode("ascii")
        more = {"account": secret} if Defect.SHOWS_KEY_IN_BODY in self._defects else {}
        fields = f"x-account: {secret}\r\n" if Defect.SHOWS_KEY_IN_HEAD in self._defects else ""
        return self._answer.with_key(key.decode(), fields=fields.encode(), **more)


def _is_no_json(body: bytes) -> bool:
    try:
        parse(body)
    except JsonError as error:
        return error.kind is JsonErrorKind.NOT_JSON
    return False
