"""What an answer of one operation is worth.

What can be worked out once for a status and a media type is remembered, so that a valid answer costs
microseconds; details are made for violations only. Causes and messages hold nothing that a server chose: that
would make findings without end, and could show a key.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from sessionload.contract.content import Content, content_of
from sessionload.contract.masking import mask
from sessionload.contract.media_type import read_media_type
from sessionload.contract.strict_json import JsonError, parse
from sessionload.metrics.exchange import Failure, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from sessionload.contract.openapi import OpenApiDocument
    from sessionload.contract.schema_rule import SchemaRule

SESSION_KEY = "sessionKey"
"""The property of a response that holds the session key: the two named rules are about it."""

_STATUS = re.compile(r"[1-5](?:\d\d|XX)")


class Judgement(NamedTuple):
    """What one answer is worth. `failure` is None exactly when `outcome` is ok.

    `session_key` is the key of an ok answer; None where the operation does not return one.
    """

    outcome: Outcome
    failure: Failure | None
    session_key: str | None

    def __repr__(self) -> str:
        key = "None" if self.session_key is None else "***"
        return f"Judgement(outcome={self.outcome!r}, failure={self.failure!r}, session_key={key})"


class _Wrong(NamedTuple):
    cause: str
    message: str


_OK = Outcome.OK
_judgement = partial(tuple.__new__, Judgement)
"""Makes a judgement in half the time of a call of the class: one is made for each answer."""


class _Expected(NamedTuple):
    """What the body of a success has to be: nothing will do (`wrong`), JSON after a rule, or anything."""

    wrong: _Wrong | None = None
    is_json: bool = False
    rule: SchemaRule | None = None
    any_key: bool = False
    """Whether each `_JUST_A_KEY` is such a body, so that its bytes need not be parsed."""


_ANYTHING = _Expected()
_MOST_EXPECTED = 64
"""How many are remembered: media types are texts that a server chooses."""

_NOT_ACCEPTED = {401: Outcome.REJECTED, 403: Outcome.REJECTED, 429: Outcome.THROTTLED}
_NOT_ACCEPTED_SENTENCES = {
    Outcome.REJECTED: "the API key was not accepted (status {status})",
    Outcome.THROTTLED: "the server asked for fewer requests (status {status})",
    Outcome.SERVER_ERROR: "the server failed (status {status})",
}
_LONGEST_KEY = 1024
_JUST_A_KEY = re.compile(
    rb'[ \t\r\n]*\{[ \t\r\n]*"%b"[ \t\r\n]*:[ \t\r\n]*"([!#-\[\]-~]{1,%d})"[ \t\r\n]*\}[ \t\r\n]*'
    % (SESSION_KEY.encode(), _LONGEST_KEY)
).fullmatch
"""An object of nothing but a session key of printable ASCII without white space, quote or backslash."""
_NO_MEDIA_TYPE = _Wrong("media_type/missing", "the response does not say its media type")
_OTHER_MEDIA_TYPE = _Wrong("media_type", "the document does not list the media type of the response")
_OTHER_CHARSET = _Wrong("media_type/charset", "the response says that its JSON is not in UTF-8")
_EMPTY_KEY = _Wrong("key/empty", "the session key is empty, or only white space")


class ResponseRule:
    """Judges the answers of one operation."""

    def __init__(self, document: OpenApiDocument, operation: Mapping[str, Any]) -> None:
        """Prepare everything. Raises `InputError` when the document could not judge by it."""
        self._success, self._listed = _responses(document, operation)
        self._expected: dict[tuple[int, str | None], _Expected] = {}

    def judge(self, status: int, content_type: str | None, body: bytes) -> Judgement:
        """Return what an answer is worth: its outcome, the first thing that is wrong, the session key.

        Never raises. The number of causes is bounded, and nothing in them was chosen by the server.
        """
        expected = self._expected.get((status, content_type))
        if expected is None:
            content = self._success.get(status)
            if content is None:
                return self._other_status(status, body)
            expected = _expectation(content, content_type)
            if len(self._expected) < _MOST_EXPECTED:
                self._expected[status, content_type] = expected
        if expected.any_key and (just_a_key := _JUST_A_KEY(body)):
            return _judgement((_OK, None, just_a_key[1].decode()))
        wrong, value = _read(expected, body)
        if wrong:
            return _violation(wrong, body)
        key = value.get(SESSION_KEY) if isinstance(value, dict) else None
        return Judgement(Outcome.OK, None, key if isinstance(key, str) else None)

    def _other_status(self, status: int, body: bytes) -> Judgement:
        outcome = _NOT_ACCEPTED.get(status)
        if 500 <= status <= 599:
            outcome = Outcome.SERVER_ERROR
        if outcome:
            sentence = _NOT_ACCEPTED_SENTENCES[outcome].format(status=status)
            return Judgement(outcome, Failure(f"{outcome}/{status}", sentence, mask(body)), None)
        if status in self._listed:
            wrong = _Wrong(f"status/{status}", f"the document lists status {status}, but not as a success")
        elif 100 <= status <= 999:
            wrong = _Wrong(f"status/{status}", f"the document does not list status {status}")
        else:
            wrong = _Wrong("status/other", "the status is not a number of three digits")
        return _violation(wrong, body)


def _violation(wrong: _Wrong, body: bytes) -> Judgement:
    return Judgement(Outcome.CONTRACT_VIOLATION, Failure(wrong.cause, wrong.message, mask(body)), None)


def _expectation(content: Content, content_type: str | None) -> _Expected:
    """Return what a body of a listed success has to be when it comes as `content_type`."""
    if not content:
        return _ANYTHING
    media_type = read_media_type(content_type or "")
    listed = media_type.essence
    if listed not in content:
        listed = next((pattern for pattern in media_type.ranges if pattern in content), "")
    if not listed:
        return _Expected(_OTHER_MEDIA_TYPE if media_type.essence else _NO_MEDIA_TYPE)
    if not media_type.is_json:
        return _ANYTHING
    if not media_type.is_utf8:
        return _Expected(_OTHER_CHARSET)
    rule = content[listed]
    any_key = rule is not None and rule.allows_any_text(SESSION_KEY, _LONGEST_KEY)
    return _Expected(None, is_json=True, rule=rule, any_key=any_key)


def _read(expected: _Expected, body: bytes) -> tuple[_Wrong | None, object]:
    """Return the first thing that is wrong with a listed success, and its JSON value where it has one."""
    if not expected.is_json:
        return expected.wrong, None
    try:
        value = parse(body)
    except JsonError as error:
        return _Wrong(f"json/{error.kind}", error.message), None
    return _body_wrong(expected.rule, value), value


def _body_wrong(rule: SchemaRule | None, value: object) -> _Wrong | None:
    violation = rule.violation(value) if rule else None
    if violation:
        return _Wrong(violation.cause, f"the body breaks the contract: {violation.sentence}")
    if isinstance(value, dict):
        key = value.get(SESSION_KEY)
        if isinstance(key, str) and not key.strip():
            return _EMPTY_KEY
    return None


def _responses(
    document: OpenApiDocument, operation: Mapping[str, Any]
) -> tuple[dict[int, Content], frozenset[int]]:
    """Return what each listed success may hold, and the statuses listed as something else."""
    success: dict[int, Content] = {}
    listed: set[int] = set()
    responses = {
        str(key): node for key, node in document.follow(operation.get("responses"), "responses").items()
    }
    for key in sorted(filter(_STATUS.fullmatch, responses), reverse=True):  # a range first: `2XX` > `200`
        statuses = range(int(key[0]) * 100, int(key[0]) * 100 + 100) if key.endswith("XX") else [int(key)]
        if key.startswith("2"):
            success |= dict.fromkeys(statuses, content_of(document, responses[key], f"the response {key}"))
        else:
            listed.update(statuses)
    if not success:
        raise document.refusal("unusable-operation", "the document lists no status that is a success")
    return success, frozenset(listed)
