"""One named case: a request to the byte, and what its response must be.

A case holds no secret, so it can be printed whole. `Expect` is a closed set. Where a standard lets a server
choose, a single expectation would blame a server that is right; `Expect.EITHER` is for those places only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

FIRST = "valid/ordinary"
"""The name of the plainest valid case, always the first: where it fails, others show nothing."""

GROUPS = frozenset({"valid", "body", "authorization", "path", "method", "law", "fuzz"})
"""The groups that are about no property of the body; each of those has a group of its own."""


class Expect(StrEnum):
    """What a case expects, in words for people."""

    KEPT = "a documented success"
    """The request is valid by the document: the answer is a success that keeps its schema."""
    REFUSED = "refused with 4xx, no session key"
    """The request is not valid by the document."""
    EITHER = "a documented success, or refused with 4xx"
    """A standard that the document rests on lets a server choose."""
    NO_SESSION = "below 500, or 501, no session key"
    """HTTP gives the request a meaning of its own, which starts no session."""
    UNSENT = "not sent"
    """The document gives rise to it, and the note of the case says why it is not sent all the same."""


@dataclass(frozen=True, slots=True)
class CaseRequest:
    """One request to the byte: `path` is already encoded, and nothing is to be normalized or added to `body`.

    `headers` are sent in this order; a value may hold placeholders (`contract.placeholder`) and never a
    secret.
    """

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Case:
    """One request and what it expects. `name` is `group/what`, stable and unique.

    `requirement` is one sentence.
    """

    name: str
    group: str
    requirement: str
    request: CaseRequest
    expect: Expect
    note: str = ""
    http_statuses: frozenset[int] = frozenset()
    """The statuses that HTTP itself gives such a request: right, whether the document lists them or not."""
