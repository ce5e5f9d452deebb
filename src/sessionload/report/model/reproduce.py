"""A line for a shell that sends the request of a finding once more.

Who arrived is a function of the scenario, the run and the arrival's number, so the request can be made again
from the result alone. The line holds no key, which the shell puts in from the variable that the run had it
from, and of a remote environment no more of the project than the result does. User IDs and other columns of a
file are not in the result; the line names the arrival instead.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sessionload.config.document import Document
from sessionload.config.node import Node
from sessionload.config.users import check_users
from sessionload.contract.document.placeholder import KEY
from sessionload.contract.request.request_body import SHOWN_USER
from sessionload.errors import InputError
from sessionload.stub.settings import KEY_VARIABLE
from sessionload.suite.cases.case import CaseRequest
from sessionload.suite.curl import USUAL_VARIABLE, curl
from sessionload.workload.user_ids import compile_user_ids, plain_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sessionload.verdict.result import Result

STUB_ORIGIN = "http://127.0.0.1:47311"
"""Where a stub listens that was started by itself with the port that its documentation uses."""

LONGEST = 1_800
"""A longer line is none: it would be cut, and half a line is worse than no line."""

_PLACE = re.compile(r"\{([^{}]*)\}")
_VALUES = {"projectID": "project", "environmentID": "environment"}
_MASK = "…"
_EMBEDDED = "embedded stub"
_ORIGIN = re.compile(r"https?://[^\s/]+")
_TOKEN = re.compile(r"[A-Za-z0-9_-]+")
"""Methods and names go into the line as they are, so they had better be such."""


def shell_line(result: Result) -> Callable[[int], str]:
    """Return the function from an arrival's number to its request as a line for a shell.

    A line is empty where the result lacks what it needs.
    """
    contract, environment = result.contract, result.environment
    embedded = environment.get("url") == _EMBEDDED
    origin = STUB_ORIGIN if embedded else environment.get("url", "")
    path = _path(contract.get("path", ""), environment)
    method, headers = contract.get("method", ""), _headers(contract)
    variable = KEY_VARIABLE if embedded else environment.get("key_variable", USUAL_VARIABLE)
    words = (method, variable, *(name for name, _ in headers))
    body_of = _bodies(result)
    if not (_ORIGIN.fullmatch(origin) and path and body_of and all(map(_TOKEN.fullmatch, words))):
        return lambda _: ""

    def line(index: int) -> str:
        request = CaseRequest(method, path, headers, body_of(index).encode(errors="replace"))
        text = curl(request, origin, key_variable=variable)
        return text if len(text) <= LONGEST else ""

    return line


def _headers(contract: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the headers of each request; a secret is a placeholder."""
    key = contract.get("header", "")
    others = contract.get("headers", {})
    return (
        *(((key, contract.get("prefix", "") + KEY),) if key else ()),
        *others.items(),
        ("content-type", "application/json"),
        ("accept", contract.get("accept", "application/json")),
    )


def _path(template: str, environment: Mapping[str, str]) -> str:
    """Return the path to call, `_MASK` for what a result does not say; empty if it should say it."""
    values = {
        place: environment.get(_VALUES[place], "") if place in _VALUES else _MASK
        for place in _PLACE.findall(template)
    }
    return _PLACE.sub(lambda place: _encoded(values[place[1]]), template) if all(values.values()) else ""


def _encoded(value: str) -> str:
    # What was masked stays to be seen: nobody's ID has this character, and no server would take it.
    return _MASK.join(quote(piece, safe="", errors="replace") for piece in value.split(_MASK))


def _bodies(result: Result) -> Callable[[int], str] | None:
    """Return the function from an arrival's number to its body, with words for what a file has."""
    try:
        users = check_users(Node.top(Document(result.scenario, "result.json", {})).need("users", ""))
        ids, seed = users.ids, result.run.seed
        user_of = None if users.file else compile_user_ids(ids, run_id=result.run.id, seed=seed)
        number_of = plain_numbers(ids, seed=seed)
    except (InputError, ValueError):
        return None
    template = result.contract.get("body", f'{{"userID":"{SHOWN_USER}"}}')
    varied: Mapping[str, list[Any]] = result.contract.get("values", {})

    def body_of(index: int) -> str:
        number = number_of(index)
        user = user_of(index) if user_of else f"<user ID of arrival {index}>"
        body: str = template
        for name, values in varied.items():
            value = values[number % len(values)] if values else f"<{name} of arrival {index}>"
            body = body.replace(json.dumps(f"<{name}>", ensure_ascii=False), _json(value), 1)
        return body.replace(json.dumps(SHOWN_USER), _json(user), 1)

    return body_of


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
