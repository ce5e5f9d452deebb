"""A line for a shell that sends the request of a finding once more.

Who arrived is a function of the scenario, the run and the arrival's number, so the request can be made again
from the result alone. The line holds no key, and of a remote environment no more of the project than the
result does. User IDs that came from a file are not in the result; there the line names the arrival instead.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sessionload.config.document import Document
from sessionload.config.node import Node
from sessionload.config.users import check_users
from sessionload.contract.placeholder import KEY
from sessionload.contract.request_body import SHOWN_USER
from sessionload.errors import InputError
from sessionload.stub.settings import KEY_VARIABLE
from sessionload.suite.cases.case import CaseRequest
from sessionload.suite.curl import curl
from sessionload.workload.user_ids import compile_user_ids

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
"""A method goes into the line as it is, so it had better be one."""


def shell_line(result: Result) -> Callable[[int], str]:
    """Return the function from an arrival's number to its request as a line for a shell.

    A line is empty where the result lacks what it needs.
    """
    contract, environment = result.contract, result.environment
    embedded = environment.get("url") == _EMBEDDED
    origin = STUB_ORIGIN if embedded else environment.get("url", "")
    path = _path(contract.get("path", ""), environment)
    user_of = _users(result)
    method, headers = contract.get("method", ""), _headers(contract)
    names = [name for name, _ in headers]
    template = contract.get("body", f'{{"userID":"{SHOWN_USER}"}}')
    if not (_ORIGIN.fullmatch(origin) and path and user_of and all(map(_TOKEN.fullmatch, (method, *names)))):
        return lambda _: ""

    def line(index: int) -> str:
        user = json.dumps(user_of(index), ensure_ascii=False)
        body = template.replace(json.dumps(SHOWN_USER), user, 1)
        request = CaseRequest(method, path, headers, body.encode(errors="replace"))
        text = curl(request, origin, key_variable=KEY_VARIABLE if embedded else "VF_API_KEY")
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
        ("accept", "application/json"),
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


def _users(result: Result) -> Callable[[int], str] | None:
    """Return the function from an arrival's number to its user ID, or to words where a file has it."""
    try:
        users = check_users(Node.top(Document(result.scenario, "result.json", {})).need("users", ""))
        if users.file is not None:
            return lambda index: f"<user ID of arrival {index}>"
        return compile_user_ids(users.ids, run_id=result.run.id, seed=result.run.seed)
    except (InputError, ValueError):
        return None
