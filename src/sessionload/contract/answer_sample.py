"""Answers that a document would call right, for a server that plays it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from sessionload.contract.document.header_fields import FIELD_VALUE
from sessionload.contract.document.media_type import read_media_type
from sessionload.contract.document.schema_view import SchemaView
from sessionload.contract.json_data.json_places import put
from sessionload.contract.response.response_headers import NO_HEADERS, headers_of
from sessionload.contract.schema.sample import example_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessionload.contract.contract import Contract
    from sessionload.errors import InputError


class AnswerSample(NamedTuple):
    """One answer; `value` is the JSON of its body, `headers` are those that the document requires."""

    status: int
    media_type: str
    value: object
    headers: Mapping[str, str] = NO_HEADERS


def success_sample(contract: Contract, key: str) -> AnswerSample:
    """Return the first success that the document lists with a body, the session key `key` in its place.

    Raises `InputError` (no-sample-answer) when the document gives too little for one.
    """
    sample = _first_success(contract)
    if contract.responses.session_key is not None:
        sample = sample._replace(value=put(sample.value, contract.responses.session_key.pointer, key))
    body = json.dumps(sample.value).encode()
    failure = contract.judge(sample.status, sample.media_type, body, sample.headers).failure
    if failure is not None:
        raise _refusal(contract, sample.status, failure.message)
    return sample


def _first_success(contract: Contract) -> AnswerSample:
    responses = contract.responses.nodes
    for key in sorted(key for key in responses if key.startswith("2")) or ["default"]:
        sample = _sample(contract, responses[key], int(key) if key.isdecimal() else 200)
        if sample is not None:
            return sample
    return AnswerSample(200, "application/json", {})


def error_samples(contract: Contract, statuses: tuple[int, ...]) -> Mapping[int, AnswerSample]:
    """Return an answer for each of `statuses` whose body or headers the document describes.

    Raises `InputError` (no-sample-answer) when the document gives too little for one.
    """
    responses = contract.responses.nodes
    found = {}
    for status in statuses:
        keys = [key for key in (str(status), f"{status // 100}XX", "default") if key in responses]
        sample = _sample(contract, responses[keys[0]], status) if keys else None
        if sample is not None:
            body = json.dumps(sample.value).encode()
            fault = contract.responses.fault_of_error(status, sample.media_type, body, sample.headers)
            if fault is not None:
                raise _refusal(contract, status, fault.message)
            found[status] = sample
    return found


def _refusal(contract: Contract, status: int, message: str) -> InputError:
    return contract.document.refusal(
        "no-sample-answer",
        f"no answer {status} to '{contract.operation.name}' could be made for the stub: {message}",
        hint="give the property an 'example' in the document, or name a server of your own",
        at=contract.operation.node,
        key="responses",
    )


def _sample(contract: Contract, node: Mapping[str, Any], status: int) -> AnswerSample | None:
    document, view = contract.document, SchemaView(contract.document)
    headers = _headers(contract, node, view, status)
    content = document.follow(node.get("content", {}), "its content")
    for text, media in content.items():
        media_type = read_media_type(str(text))
        if media_type.may_be_json:
            schema = view.resolved(document.follow(media, "a media type").get("schema", True))
            name = media_type.essence if media_type.is_json else "application/json"
            return AnswerSample(status, name, example_value(view, schema, answer=True), headers)
    return AnswerSample(status, "application/json", {}, headers) if headers else None


def _headers(contract: Contract, node: Mapping[str, Any], view: SchemaView, status: int) -> dict[str, str]:
    """Return a value for each header that a response must have, by its name in lower case."""
    listed = headers_of(contract.document, node, f"the response {status}")
    values = {}
    for rule in listed.rules if listed else ():
        if rule.required:
            given = rule.node.get("example")
            value = example_value(view, view.resolved(rule.schema), answer=True) if given is None else given
            values[rule.key] = rule.text(value)
            if not FIELD_VALUE.fullmatch(values[rule.key]):
                raise _refusal(contract, status, f"no header can carry the value of {rule.name}")
    return values
