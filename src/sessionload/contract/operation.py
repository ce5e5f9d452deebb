"""One operation of the OpenAPI document, made executable: what to send, and what an answer is worth.

The document decides: no schema is repeated here. What can be worked out once for a status and a media type
is remembered, so that a valid answer costs microseconds; details are made for violations only. Causes and
messages hold nothing that a server chose: that would make findings without end, and could show a key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from json.encoder import encode_basestring
from typing import Any, NamedTuple
from urllib.parse import quote

from sessionload.contract.masking import mask
from sessionload.contract.media_type import read_media_type
from sessionload.contract.openapi import OpenApiDocument
from sessionload.contract.schema_rule import SchemaRule
from sessionload.contract.strict_json import JsonError, parse
from sessionload.errors import InputError
from sessionload.metrics.exchange import Failure, Outcome

SESSION_KEY = "sessionKey"
"""The property of a response that holds the session key: the two named rules are about it."""
USER_ID = "userID"
"""The property of a request that holds the user ID: the one value of the body that a plan chooses."""
PROJECT = "projectID"
"""The place in a path template for the project."""
ENVIRONMENT = "environmentID"
"""The place in a path template for the environment."""

_BODY = f'{{"{USER_ID}":'.encode()
_PLACE = re.compile(r"\{([^{}]*)\}")
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

_Content = Mapping[str, SchemaRule | None]
"""The rule for each media type that a response may have; None where every body of that type will do."""


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


class Contract:
    """What one operation of the document asks of a request and of its answer."""

    def __init__(self, document: OpenApiDocument, operation_id: str, sha256: str) -> None:
        """Prepare everything. Raises `InputError` when the document cannot be used."""
        self.operation_id = operation_id
        self.file = document.file
        self.sha256 = sha256
        self.document = document
        self._template, self.method, operation = document.operation(operation_id)
        self.security_header = _security_header(document, operation)
        self.request_rule = _request_rule(document, operation)
        self._success, self._listed = _responses(document, operation)
        self._expected: dict[tuple[int, str | None], _Expected] = {}
        unknown = set(_PLACE.findall(self._template)) - {PROJECT, ENVIRONMENT}
        if unknown:
            raise document.refusal(
                "unusable-operation",
                f"the path of '{operation_id}' has a place for '{min(unknown)}', which nothing can fill",
                hint=f"only '{PROJECT}' and '{ENVIRONMENT}' are known here",
            )

    @classmethod
    def from_document(
        cls, document: Mapping[str, Any], operation_id: str, *, file: str, sha256: str
    ) -> Contract:
        """Return the contract of one operation of a parsed document, read from `file` with digest `sha256`.

        Raises `InputError` when there is no such operation, or the document could not judge by it.
        """
        return cls(OpenApiDocument(document, file), operation_id, sha256)

    def describe(self) -> dict[str, str]:
        """Return what a result says of it: enough to know the document again, and to send a request again."""
        return {
            "file": self.file,
            "operation": self.operation_id,
            "sha256": self.sha256,
            "method": self.method,
            "path": self._template,
            "header": self.security_header,
        }

    def path(self, project: str, environment: str) -> str:
        """Return the path to call, each value percent-encoded.

        Raises `InputError` for a value that cannot be one part of a path. The message does not repeat it.
        """
        values = {PROJECT: project, ENVIRONMENT: environment}
        return _PLACE.sub(lambda place: _encoded(place[1], values[place[1]]), self._template)

    def body(self, user_id: str) -> bytes:
        """Return the compact JSON body that starts a session for `user_id`, which has no `user_id_fault`."""
        return b"%b%b}" % (_BODY, encode_basestring(user_id).encode())  # a quarter of what json.dumps takes

    def user_id_fault(self, user_id: str) -> str | None:
        """Say why the request schema does not allow `user_id`, in words to follow its name, or None."""
        try:
            user_id.encode()
        except UnicodeEncodeError:
            return "has half of a surrogate pair in it, which UTF-8 cannot carry"
        violation = self.request_rule.violation({USER_ID: user_id}) if self.request_rule else None
        if violation is None:
            return None
        if violation.names == (USER_ID,):
            bound = {"maxLength": "at most", "minLength": "at least"}.get(violation.keyword)
            if bound:
                count = "1 character" if len(user_id) == 1 else f"{len(user_id)} characters"
                return f"is {count} long; the contract allows {bound} {violation.limit}"
        return f"does not fit the request of the contract: {violation.sentence}"

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


def _expectation(content: _Content, content_type: str | None) -> _Expected:
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


def _encoded(name: str, value: str) -> str:
    try:
        encoded = quote(value, safe="")
    except UnicodeEncodeError:
        encoded = ""
    if encoded in {"", ".", ".."}:
        raise InputError(
            "bad-path-value",
            f"the value for '{name}' cannot be one part of a path",
            hint="it is empty, a dot or two, or has half of a surrogate pair in it",
        )
    return encoded


def _security_header(document: OpenApiDocument, operation: Mapping[str, Any]) -> str:
    requirements = operation.get("security", document.root.get("security"))
    if isinstance(requirements, list) and requirements:
        first = document.follow(requirements[0], "a security requirement")
        if len(first) == 1:
            components = document.follow(document.root.get("components"), "components")
            schemes = document.follow(components.get("securitySchemes"), "components.securitySchemes")
            scheme = document.follow(schemes.get(next(iter(first))), "a security scheme")
            if scheme.get("type") == "apiKey" and scheme.get("in") == "header":
                return str(scheme.get("name", "")).lower()
    raise document.refusal(
        "unusable-operation",
        f"the operation '{operation.get('operationId')}' does not ask for one API key in a header",
        hint="only a security scheme with 'type: apiKey' and 'in: header' is supported",
    )


def _request_rule(document: OpenApiDocument, operation: Mapping[str, Any]) -> SchemaRule | None:
    if "requestBody" not in operation:
        return None
    content = _content(document, operation["requestBody"], "the request body", request=True)
    if "application/json" not in content:
        raise document.refusal("unusable-operation", "the request body is not listed as application/json")
    return content["application/json"]


def _responses(
    document: OpenApiDocument, operation: Mapping[str, Any]
) -> tuple[dict[int, _Content], frozenset[int]]:
    """Return what each listed success may hold, and the statuses listed as something else."""
    success: dict[int, _Content] = {}
    listed: set[int] = set()
    responses = {
        str(key): node for key, node in document.follow(operation.get("responses"), "responses").items()
    }
    for key in sorted(filter(_STATUS.fullmatch, responses), reverse=True):  # a range first: `2XX` > `200`
        statuses = range(int(key[0]) * 100, int(key[0]) * 100 + 100) if key.endswith("XX") else [int(key)]
        if key.startswith("2"):
            success |= dict.fromkeys(statuses, _content(document, responses[key], f"the response {key}"))
        else:
            listed.update(statuses)
    if not success:
        raise document.refusal("unusable-operation", "the document lists no status that is a success")
    return success, frozenset(listed)


def _content(document: OpenApiDocument, node: object, what: str, *, request: bool = False) -> _Content:
    content = document.follow(document.follow(node, what).get("content", {}), f"the content of {what}")
    rules: dict[str, SchemaRule | None] = {}
    for text, media in content.items():
        schema = document.follow(media, f"{text} of {what}").get("schema")
        name = read_media_type(str(text)).essence
        rules[name] = None if schema is None else SchemaRule(document, schema, what, request=request)
    return rules
