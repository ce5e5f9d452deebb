"""A client of the suite whose server does what a contract says, and nothing else: nothing may accuse it."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import unquote

from answering_client import AnsweringClient

from sessionload.contract.json_data.json_places import put
from sessionload.contract.json_data.strict_json import JsonError, parse
from sessionload.suite.expectation import Observed

if TYPE_CHECKING:
    from sessionload.contract.contract import Contract
    from sessionload.secret import Secret
    from sessionload.suite.cases.case import CaseRequest


class HonestClient(AnsweringClient):
    """It knows the contract by heart: method, path, key, media type and body."""

    def __init__(self, contract: Contract) -> None:
        super().__init__([])
        self._contract = contract
        self._numbers = count()

    def _send(self, request: CaseRequest, key: Secret | None) -> Observed:
        del key
        status = self._status(request)
        place = self._contract.responses.session_key
        assert place is not None
        body = put(None, place.pointer, f"key-{next(self._numbers)}") if status == 200 else {"no": status}
        return Observed(status, (("content-type", "application/json"),), json.dumps(body).encode(), 1)

    def _status(self, request: CaseRequest) -> int:
        form = self._contract.request
        fields = {name.lower(): value for name, value in request.headers}
        if unquote(request.path) != unquote(form.path()) or "%2F" in request.path:
            return 404
        if request.method != form.method:
            return 501
        if form.security.key is not None and fields.get(form.security.key.name) != form.security.key.value:
            return 401
        if request.body and fields.get("content-type") != "application/json":
            return 415
        try:
            value = parse(request.body)
        except JsonError:
            return 400
        return 200 if form.body.rule is None or form.body.rule.violation(value) is None else 422
