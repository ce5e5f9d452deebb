"""Locust's FastHttpUser: one session start after the other, checked for status and with jsonschema."""

from __future__ import annotations

import os
from itertools import count

from jsonschema import Draft202012Validator, ValidationError
from locust import FastHttpUser, task

_HEADERS = {"authorization": os.environ.get("BENCH_KEY", "")}
_ANSWER = Draft202012Validator(
    {"type": "object", "required": ["sessionKey"], "properties": {"sessionKey": {"type": "string"}}}
)
_NUMBERS = count()


class Starter(FastHttpUser):  # type: ignore[misc]  # Locust's classes have no types
    """Starts sessions without a pause."""

    @task  # type: ignore[untyped-decorator]
    def start_session(self) -> None:
        """Start one session and check the answer."""
        user = {"userID": f"bench-{next(_NUMBERS)}"}
        with self.client.post(
            os.environ["ROUTE"], json=user, headers=_HEADERS, name="start session", catch_response=True
        ) as answer:
            if answer.status_code != 200:
                answer.failure("the status is not 200")
                return
            try:
                _ANSWER.validate(answer.json())
            except (ValueError, ValidationError):
                answer.failure("the answer does not keep the contract")
