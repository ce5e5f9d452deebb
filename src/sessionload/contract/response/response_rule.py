"""What an answer of one operation is worth.

What can be worked out once for a status and a media type is remembered, so that a valid answer costs
microseconds; details are made for violations only. Causes and messages hold nothing that a server chose: that
would make findings without end, and could show a key.

A status says more than a body: an answer 429 is throttled, whatever it says. So the outcome follows from the
status, and that the answer breaks the document besides is in its cause.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from sessionload.contract.document.media_type import read_media_type
from sessionload.contract.json_data.strict_json import JsonError, parse
from sessionload.contract.response.answer_fault import AnswerFault
from sessionload.contract.response.listed_responses import ListedResponse, ListedResponses
from sessionload.contract.response.masking import mask
from sessionload.contract.response.response_headers import NO_HEADERS
from sessionload.contract.response.session_key import SessionKeyPlace
from sessionload.metrics.exchange import Failure, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessionload.contract.document.find_operation import Operation
    from sessionload.contract.document.openapi import OpenApiDocument
    from sessionload.contract.json_data.pointer import Pointer
    from sessionload.contract.response.response_headers import ResponseHeaders
    from sessionload.contract.schema.schema_rule import SchemaRule

_WITHOUT_BODY = frozenset({"204", "205"})
"""Successes that have no body (RFC 9110, sections 15.3.5 and 15.3.6)."""


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


_OK = Outcome.OK
_judgement = partial(tuple.__new__, Judgement)
"""Makes a judgement in half the time of a call of the class: one is made for each answer."""


class _Expected(NamedTuple):
    """What an answer has to be: nothing will do (`wrong`), JSON after a rule, or anything."""

    wrong: AnswerFault | None = None
    is_json: bool = False
    rule: SchemaRule | None = None
    any_key: bool = False
    """Whether each body that is nothing but a key is such a body, so that its bytes need not be parsed."""
    headers: ResponseHeaders | None = None


_MOST_EXPECTED = 64
"""How many are remembered: media types are texts that a server chooses."""

_NOT_ACCEPTED = {401: Outcome.REJECTED, 403: Outcome.REJECTED, 429: Outcome.THROTTLED}
_NOT_ACCEPTED_SENTENCES = {
    Outcome.REJECTED: "the API key was not accepted (status {status})",
    Outcome.THROTTLED: "the server asked for fewer requests (status {status})",
    Outcome.SERVER_ERROR: "the server failed (status {status})",
}
_NO_MEDIA_TYPE = AnswerFault("media_type/missing", "the response does not say its media type")
_OTHER_MEDIA_TYPE = AnswerFault("media_type", "the document does not list the media type of the response")
_OTHER_CHARSET = AnswerFault("media_type/charset", "the response says that its JSON is not in UTF-8")


class ResponseRule:
    """Judges the answers of one operation."""

    def __init__(self, document: OpenApiDocument, operation: Operation, session_key: Pointer | None) -> None:
        """Prepare everything; `session_key` is None where an operation returns none.

        Raises `InputError` when the document could not judge by it, or no success can hold the key.
        """
        self.session_key = SessionKeyPlace(session_key) if session_key is not None else None
        self._listed = ListedResponses(document, operation.node)
        self.nodes = self._listed.nodes
        """The responses as they stand in the document, by status, range or `default`."""
        self.header_names = self._listed.header_names
        """The headers of an answer that `judge` needs, in lower case."""
        if not self._listed.successes:
            message = "the document lists no status that is a success"
            hint = "list one, like '200', '2XX' or 'default'"
            raise document.refusal(
                "unusable-operation", message, hint=hint, at=operation.node, key="responses"
            )
        if self.session_key is not None:
            _refuse_keyless(document, operation, self._listed, self.session_key)
        self._expected: dict[tuple[int, str | None], _Expected] = {}

    def judge(
        self,
        status: int,
        content_type: str | None,
        body: bytes,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> Judgement:
        """Return what an answer is worth: its outcome, the first thing that is wrong, the session key.

        `headers` has those of `header_names` that came, with commas between several of one name. Never
        raises. The number of causes is bounded, and nothing in them was chosen by the server.
        """
        place = self.session_key
        expected = self._expected.get((status, content_type))
        if expected is None:
            listed = self._listed.successes.get(status)
            if listed is None:
                return self._other_status(status, content_type, body, headers)
            expected = _expectation(listed, content_type, place)
            if str(status) in _WITHOUT_BODY and place is not None:
                expected = _Expected(place.missing)
            if len(self._expected) < _MOST_EXPECTED:
                self._expected[status, content_type] = expected
        if expected.any_key and place is not None and (just_a_key := place.just_a_key(body)):
            if expected.headers is None:
                return _judgement((_OK, None, just_a_key[1].decode()))
            wrong, key = None, just_a_key[1].decode()
        else:
            wrong, value = _read(expected, body)
            wrong, key = place.read(value) if wrong is None and place is not None else (wrong, None)
        if wrong is None and expected.headers is not None:
            wrong = expected.headers.fault(headers)
        return _violation(wrong, body) if wrong else Judgement(_OK, None, key)

    def lists(self, status: int) -> bool:
        """Tell whether the document says something of `status`, by itself, by its range or by `default`."""
        return status in self._listed

    def fault_of_error(
        self,
        status: int,
        content_type: str | None,
        body: bytes,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> AnswerFault | None:
        """Return what the document has against an answer that is no success, if it lists its status."""
        listed = self._listed.other(status)
        if listed is None:
            return None
        wrong = _read(_expectation(listed, content_type, None), body)[0] if listed.content else None
        return wrong or (listed.headers.fault(headers) if listed.headers else None)

    def _other_status(
        self, status: int, content_type: str | None, body: bytes, headers: Mapping[str, str]
    ) -> Judgement:
        outcome = _NOT_ACCEPTED.get(status, Outcome.CONTRACT_VIOLATION)
        if 500 <= status <= 599:
            outcome = Outcome.SERVER_ERROR
        if outcome is not Outcome.CONTRACT_VIOLATION:
            sentence = _NOT_ACCEPTED_SENTENCES[outcome].format(status=status)
            wrong = AnswerFault(f"{outcome}/{status}", sentence)
        elif not 100 <= status <= 999:
            wrong = AnswerFault("status/other", "the status is not a number of three digits")
        elif self.lists(status):
            message = f"the document lists status {status}, but not as a success"
            wrong = AnswerFault(f"status/{status}", message)
        else:
            wrong = AnswerFault(f"status/{status}", f"the document does not list status {status}")
        fault = self.fault_of_error(status, content_type, body, headers)
        if fault is not None:
            part = "header" if fault.cause.startswith("header/") else "body"
            message = f"{wrong.message}, and the answer is not the listed one: {fault.message}"
            wrong = AnswerFault(f"{wrong.cause}/{part}", message)
        return Judgement(outcome, Failure(wrong.cause, wrong.message, mask(body)), None)


def _violation(wrong: AnswerFault, body: bytes) -> Judgement:
    return Judgement(Outcome.CONTRACT_VIOLATION, Failure(wrong.cause, wrong.message, mask(body)), None)


def _expectation(
    response: ListedResponse, content_type: str | None, place: SessionKeyPlace | None
) -> _Expected:
    """Return what a listed answer has to be when it comes as `content_type`."""
    media_type = read_media_type(content_type or "")
    content, headers = response
    if not content:  # the document says nothing of it, but a key is looked for in JSON only
        return _Expected(is_json=place is not None, headers=headers)
    listed = media_type.essence
    if listed not in content:
        listed = next((pattern for pattern in media_type.ranges if pattern in content), "")
    if not listed:
        return _Expected(_OTHER_MEDIA_TYPE if media_type.essence else _NO_MEDIA_TYPE)
    if not media_type.is_json:
        return _Expected(place.missing if place is not None else None, headers=headers)
    if not media_type.is_utf8:
        return _Expected(_OTHER_CHARSET)
    rule = content[listed]
    any_key = rule is not None and place is not None and place.allowed_alone(rule)
    return _Expected(None, is_json=True, rule=rule, any_key=any_key, headers=headers)


def _read(expected: _Expected, body: bytes) -> tuple[AnswerFault | None, object]:
    """Return the first thing that is wrong with a listed answer, and its JSON value where it has one."""
    if not expected.is_json:
        return expected.wrong, None
    try:
        value = parse(body)
    except JsonError as error:
        return AnswerFault(f"json/{error.kind}", error.message), None
    violation = expected.rule.violation(value) if expected.rule else None
    if violation:
        return AnswerFault(violation.cause, f"the body breaks the contract: {violation.sentence}"), value
    return None, value


def _refuse_keyless(
    document: OpenApiDocument, operation: Operation, listed: ListedResponses, place: SessionKeyPlace
) -> None:
    """Raise `InputError` when no success that the document lists can hold a session key."""
    successes = [key for key in listed.nodes if key.startswith("2")] or ["default"]
    schemas: list[object] = []
    for key in successes:
        content = listed.nodes[key].get("content", {})
        if not content and key not in _WITHOUT_BODY:
            return
        for text, media in content.items():
            if read_media_type(str(text)).may_be_json:
                schemas.append(document.follow(media, text).get("schema", True))
    if not any(place.may_be_in(document, schema) for schema in schemas):
        raise document.refusal(
            "no-session-key",
            f"no success of '{operation.name}' can hold a session key at {place.text}",
            hint=place.suggestion(document, schemas),
            at=operation.node,
            key="responses",
        )
