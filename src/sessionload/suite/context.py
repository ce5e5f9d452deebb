"""What a check has seen so far, and the means to see more: the ground that its laws stand on.

Law: every answer is kept, with the name of whoever sent its request. Idea: a law starts a session or takes a
turn in one line, and what goes wrong on the way ends the law with a result of its own. Trap: what a server
put into an answer may be a secret, so no text of it is shown that was not masked.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urljoin, urlsplit

from sessionload.contract.strict_json import JsonError, parse
from sessionload.errors import InputError
from sessionload.metrics.exchange import Outcome
from sessionload.secret import Secret
from sessionload.suite.cases.case import KEY, CaseRequest
from sessionload.suite.cases.check_users import CheckUsers
from sessionload.suite.expectation import CaseStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.contract.operation import Contract
    from sessionload.suite.expectation import Observed
    from sessionload.suite.http_client import HttpClient

_LAUNCH = b'{"action":{"type":"launch"}}'


@dataclass(frozen=True, slots=True)
class Issued:
    """A session key and the user it was given to."""

    user: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """What one request of the check brought; `name` says which case or law sent it."""

    name: str
    request: CaseRequest
    observed: Observed
    started: bool
    """Whether it started a session."""


@dataclass(frozen=True, slots=True)
class RuleResult:
    """How a law has ended. `request` shows it, if one request can."""

    state: CaseStatus
    observed: str
    request: CaseRequest | None = None
    elapsed_ns: int | None = None


class RuleEnded(Exception):  # noqa: N818 - it ends a law early and goes no further
    """A law has ended before its last step."""

    def __init__(self, found: RuleResult) -> None:
        super().__init__(found.observed)
        self.found = found


class RuleContext:
    """What is known when the laws are asked, and the means to learn more.

    `ordinary` is the plainest valid request; `turn` the contract of a turn, if the document has one.
    """

    def __init__(
        self,
        contract: Contract,
        turn: Contract | None,
        caller: HttpClient,
        ordinary: CaseRequest,
        run_id: str,
    ) -> None:
        self.contract = contract
        self.turn = turn
        self.caller = caller
        self.environment = caller.environment
        self.ordinary = ordinary
        self.users = CheckUsers(run_id)
        self.answers: list[RecordedCall] = []
        self.issued: list[Issued] = []

    def remember(self, name: str, request: CaseRequest, observed: Observed) -> str | None:
        """Keep an answer; return the session key in it if it is a good one."""
        key = None
        if observed.status is not None:
            key = self.contract.judge(observed.status, observed.content_type, observed.body).session_key
        self.answers.append(RecordedCall(name, request, observed, started=key is not None))
        user = _user_of(request.body)
        if key is not None and user is not None:
            self.issued.append(Issued(user, key))
        return key

    def start_of(self, user: str) -> CaseRequest:
        """Return the request that starts a session for `user`."""
        return replace(self.ordinary, body=self.contract.body(user))

    def start(self, name: str, user: str) -> str:
        """Start a session for `user` and return its key. Raises `RuleEnded` when there is none."""
        request = self.start_of(user)
        return self.key_in(name, request, self.caller.call(request).observed)

    def key_in(self, name: str, request: CaseRequest, observed: Observed) -> str:
        """Return the session key that `request` brought. Raises `RuleEnded` when there is none."""
        key = self.remember(name, request, observed)
        if key is None:
            self._end(observed, request)
        return key

    def _end(self, observed: Observed, request: CaseRequest) -> NoReturn:
        if observed.status is None:
            words = observed.failure.message if observed.failure else "the call failed"
            raise RuleEnded(RuleResult(CaseStatus.VIOLATED, f"no answer: {words}", request))
        if observed.status == 429:
            raise RuleEnded(RuleResult(CaseStatus.THROTTLED, "429: the server asked for fewer requests"))
        fault = self.contract.judge(observed.status, observed.content_type, observed.body).failure
        words = f"{fault.message}: {fault.example}" if fault else "there is no session key in it"
        raise RuleEnded(
            RuleResult(
                CaseStatus.VIOLATED, f"a session start was answered {observed.status}, {words}", request
            )
        )

    def opens(self, name: str, session_key: str) -> bool:
        """Take one turn with a session key; tell whether it was accepted. Raises `RuleEnded`."""
        if self.turn is None:
            raise RuleEnded(RuleResult(CaseStatus.SKIPPED, "the document does not say how to take a turn"))
        try:
            secret = Secret(session_key, name="the answer")
        except InputError:
            raise RuleEnded(
                RuleResult(CaseStatus.SKIPPED, "the session key cannot be sent as a header")
            ) from None
        headers = ((self.turn.security_header, KEY), ("accept", "application/json"))
        request = CaseRequest(
            self.turn.method,
            self.turn.path("", ""),
            (*headers, ("content-type", "application/json")),
            _LAUNCH,
        )
        observed = self.caller.call(request, key=secret).observed
        self.answers.append(RecordedCall(name, request, observed, started=False))
        if observed.status is None:
            self._end(observed, request)
        if observed.status == 429:
            raise RuleEnded(RuleResult(CaseStatus.THROTTLED, "429: the server asked for fewer requests"))
        if 400 <= observed.status < 500:
            return False
        judgement = self.turn.judge(observed.status, observed.content_type, observed.body)
        if judgement.outcome is Outcome.OK:
            return True
        words = judgement.failure.message if judgement.failure else judgement.outcome.value
        raise RuleEnded(RuleResult(CaseStatus.VIOLATED, f"a turn was answered {observed.status}, {words}"))


def _user_of(body: bytes) -> str | None:
    try:
        value = parse(body)
    except JsonError:
        return None
    user = value.get("userID") if isinstance(value, dict) else None
    return user if isinstance(user, str) else None


def redirected_to(evidence: RuleContext, observed: Observed) -> str | None:
    """Return scheme and host of a redirect that leads to another host, or `None`."""
    if observed.status is None or not 300 <= observed.status < 400:
        return None
    location = next((value for name, value in observed.headers if name.lower() == "location"), None)
    if location is None:
        return None
    try:
        here, there = (
            urlsplit(evidence.environment.url),
            urlsplit(urljoin(evidence.environment.url, location)),
        )
        if (here.scheme, here.netloc) == (there.scheme, there.netloc):
            return None
        text = f"{there.scheme}://{there.hostname}" + (f":{there.port}" if there.port else "")
    except ValueError:
        return "an address that cannot be read"
    for secret in _secrets(evidence):
        text = text.replace(secret, "***").replace(secret.lower(), "***")
    return text


def _secrets(evidence: RuleContext) -> Iterator[str]:
    if evidence.environment.key:
        yield evidence.environment.key.reveal()
    yield from (one.key for one in evidence.issued)
