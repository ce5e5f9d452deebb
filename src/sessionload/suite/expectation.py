"""Judges the response to a case by what the case expects.

Every response, whatever it is, gets one `CaseStatus`, and the text beside it cannot hold a key. A success is
judged by the contract; a refusal by its status, and by the absence of a session key. A 401 for a request
whose only fault is its body means that the API key is dead, so it does not count as a refusal of the body.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from sessionload.contract.response.masking import mask
from sessionload.suite.cases.case import Expect

if TYPE_CHECKING:
    from sessionload.contract.contract import Contract
    from sessionload.metrics.exchange import Failure
    from sessionload.suite.cases.case import Case


class CaseStatus(StrEnum):
    """How a case or a rule has ended. The set is closed."""

    KEPT = "kept"
    VIOLATED = "violated"
    UNDOCUMENTED = "undocumented"
    """Refused as it should be, with a status that the document does not list."""
    THROTTLED = "throttled"
    """429 to the last: nothing is known of the case."""
    SKIPPED = "skipped"
    """Not sent; nothing is known of it."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What one request brought: an answer, or the `failure` of the connection (then `status` is None).

    `cut` says that `body` is only the beginning of what came: more is not read of what is no success.
    """

    status: int | None
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    elapsed_ns: int
    failure: Failure | None = None
    cut: bool = False

    @property
    def fields(self) -> dict[str, str]:
        """The headers by their names in lower case; of several with one name, all, with commas between."""
        fields: dict[str, str] = {}
        for name, value in self.headers:
            key = name.lower()
            fields[key] = f"{fields[key]}, {value}" if key in fields else value
        return fields

    @property
    def content_type(self) -> str | None:
        """The media type as the answer says it; of two headers, both, which is none that is listed."""
        return self.fields.get("content-type")


_ELSEWHERE = frozenset({"path", "method"})
"""Groups in which a server may well answer 401, though the key is good: it never came to look at it."""
_NEVER = {1: "no final status", 5: "the server failed"}
_NOT_REFUSED = {2: "accepted", 3: "neither accepted nor refused"}


def judge_case(contract: Contract, case: Case, observed: Observed) -> tuple[CaseStatus, str]:
    """Return how the case has ended, and one masked line of what came back. Never raises."""
    status = observed.status
    if status is None:
        return (
            CaseStatus.VIOLATED,
            f"no answer: {observed.failure.message if observed.failure else 'the call failed'}",
        )
    if status == 429:
        return CaseStatus.THROTTLED, "429: the server asked for fewer requests"
    if case.expect is Expect.KEPT or (case.expect is Expect.EITHER and not 400 <= status <= 499):
        return _as_success(contract, status, observed)
    wrong = _wrong(contract, case, status, observed)
    if wrong:
        return CaseStatus.VIOLATED, f"{status}, {wrong}: {mask(observed.body)}"
    if contract.responses.lists(status) or status in case.http_statuses:
        return CaseStatus.KEPT, f"{status}: {mask(observed.body)}"
    return CaseStatus.UNDOCUMENTED, f"undocumented, observed {status}: {mask(observed.body)}"


def _as_success(contract: Contract, status: int, observed: Observed) -> tuple[CaseStatus, str]:
    judgement = contract.judge(status, observed.content_type, observed.body, observed.fields)
    if judgement.failure is None:
        return CaseStatus.KEPT, f"{status}: {mask(observed.body)}"
    return CaseStatus.VIOLATED, f"{status}, {judgement.failure.message}: {mask(observed.body)}"


def _wrong(contract: Contract, case: Case, status: int, observed: Observed) -> str:
    """Say what is wrong with an answer where no success is expected, or nothing."""
    place = contract.responses.session_key
    if place is not None and place.issued_in(observed.body):
        return "with a session key"
    if status in case.http_statuses:
        return ""
    fault = None
    if case.group not in _ELSEWHERE and not observed.cut:
        fault = contract.responses.fault_of_error(
            status, observed.content_type, observed.body, observed.fields
        )
    if fault is not None:
        return f"which is listed otherwise: {fault.message}"
    kind = status // 100
    if kind in _NOT_REFUSED and case.expect is not Expect.NO_SESSION:
        return _NOT_REFUSED[kind]
    key = contract.request.security.key
    with_key = key is not None and key.value in [value for _, value in case.request.headers]
    if status == 401 and with_key and case.group not in _ELSEWHERE:
        return "the API key was refused, which was good"
    return "" if kind in (2, 3, 4) else _NEVER.get(kind, "not a status of HTTP")
