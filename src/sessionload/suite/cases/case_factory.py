"""Makes cases from one valid request by changing one thing in its body.

The schema of the document decides whether a value is valid, and from that the requirement and the expectation
of the case follow. A schema may require more than a user ID; the rest is filled in from the schema.

A document can ask for bodies of gigabytes. No body is larger than `LARGEST_BODY`, and all together are not
larger than `_MOST_KEPT`: a case for which there is no room is not sent, and says so.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sessionload.contract.json_data.json_places import put
from sessionload.suite.cases.case import Case, CaseRequest, Expect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessionload.contract.request.request_body import RequestBody
    from sessionload.suite.cases.check_users import CheckUsers
    from sessionload.suite.cases.operation_spec import Body

JSON = "application/json"
LARGEST_BODY = 1 << 20
"""The most bytes that a check sends as one body."""
_MOST_KEPT = 32 * LARGEST_BODY
NO_ROOM = "a check sends bodies of at most 1 MiB, and of at most 32 MiB in all"
"""Why a case is not sent."""


def to_json(value: object) -> bytes:
    """Return compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


class CaseFactory:
    """Makes requests and cases about the body of one operation."""

    def __init__(self, bare: CaseRequest, body: Body, users: CheckUsers, form: RequestBody) -> None:
        """`bare` is the ordinary request without its body and media type."""
        self.bare = bare
        self.body = body
        self.users = users
        self.properties: Mapping[str, Mapping[str, Any]] = body.view.properties(body.schema)
        self.user = form.user
        """Where a body holds the user ID; None where it holds none."""
        self._rest = form.sample if isinstance(form.sample, dict) else {}
        self._kept = 0

    def valid(self, what: str) -> dict[str, Any]:
        """Return a body for the user of the case `what`: valid, if a sample of the schema is."""
        return self.with_user(self.users.named(what))

    def with_user(self, user_id: object) -> dict[str, Any]:
        """Return a body with this user ID, where the schema knows one."""
        return dict(self._rest) if self.user is None else put(self._rest, self.user, user_id)

    def request(self, body: bytes, media_type: str = JSON) -> CaseRequest:
        """Return the ordinary request with this body."""
        bare = self.bare
        return CaseRequest(bare.method, bare.path, (*bare.headers, ("content-type", media_type)), body)

    def case(self, name: str, value: object, subject: str, note: str = "") -> Case:
        """Return a case that sends `value`; the schema decides what it expects.

        `subject` begins the requirement.
        """
        return self.large_case(name, value, to_json(value), subject, note)

    def large_case(self, name: str, value: object, body: bytes, subject: str, note: str = "") -> Case:
        """Return a case that sends `body`, about which the schema decides as about `value`."""
        if self._has_no_room(body):
            return self.unsent(name, subject)
        violation = self.body.violation(value)
        if violation:
            return self.sent(name, body, f"{subject} is refused: {violation.sentence}", Expect.REFUSED, note)
        return self.sent(name, body, f"{subject} is accepted: the document allows it", Expect.KEPT, note)

    def sent(self, name: str, body: bytes, requirement: str, expect: Expect, note: str = "") -> Case:
        """Return a case that sends these bytes as JSON."""
        if self._has_no_room(body):
            return self._case(name, requirement, self.bare, Expect.UNSENT, NO_ROOM)
        self._kept += len(body)
        return self._case(name, requirement, self.request(body), expect, note)

    def unsent(self, name: str, subject: str, reason: str = NO_ROOM) -> Case:
        """Return a case that is not sent, for the reason given."""
        requirement = f"{subject} is accepted or refused as the document says"
        return self._case(name, requirement, self.bare, Expect.UNSENT, reason)

    def _has_no_room(self, body: bytes) -> bool:
        return len(body) > LARGEST_BODY or self._kept + len(body) > _MOST_KEPT

    @staticmethod
    def _case(name: str, requirement: str, request: CaseRequest, expect: Expect, note: str) -> Case:
        return Case(name, name.partition("/")[0], requirement, request, expect, note)
