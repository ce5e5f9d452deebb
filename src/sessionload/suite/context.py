"""What a check has seen so far, and the means to send more requests: the argument of every rule.

Every response is recorded together with the name of the case or rule that sent the request. A rule starts a
session or takes a turn with one call; when that call fails, `RuleEnded` ends the rule with the right result.
What a server put into a response may be a secret, so no text of it is shown before it is masked.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urljoin, urlsplit

from sessionload.contract.json_data.strict_json import JsonError, parse
from sessionload.errors import InputError
from sessionload.metrics.exchange import Outcome
from sessionload.secret import Secret
from sessionload.suite.cases.case import CaseRequest
from sessionload.suite.cases.check_users import CheckUsers
from sessionload.suite.expectation import CaseStatus
from sessionload.suite.similar_users import SimilarUsers, similar_users

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.contract.contract import Contract
    from sessionload.contract.response.response_rule import Judgement
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
    """What one request of the check brought; `name` is the case or rule that sent it."""

    name: str
    request: CaseRequest
    observed: Observed
    started: bool
    """Whether it started a session."""


@dataclass(frozen=True, slots=True)
class RuleResult:
    """How a rule has ended. `request` shows it, if one request can."""

    state: CaseStatus
    observed: str
    request: CaseRequest | None = None
    elapsed_ns: int | None = None


class RuleEnded(Exception):  # noqa: N818 - it ends a rule early and goes no further
    """A rule has ended before its last step."""

    def __init__(self, result: RuleResult) -> None:
        super().__init__(result.observed)
        self.result = result


class RuleContext:
    """What is known when the rules are checked, and the means to learn more.

    `ordinary` is the plainest valid request; `turn` the contract of a turn, if the document has one.
    """

    def __init__(
        self,
        contract: Contract,
        turn: Contract | None,
        client: HttpClient,
        ordinary: CaseRequest,
        run_id: str,
    ) -> None:
        self.contract = contract
        self.turn = turn
        self.client = client
        self.environment = client.environment
        self.ordinary = ordinary
        self.users = CheckUsers.of(contract, run_id)
        self.run_id = run_id
        self.calls: list[RecordedCall] = []
        self.issued: list[Issued] = []

    @property
    def secrets(self) -> dict[str, str]:
        """What no answer may repeat, by what a person calls it: the API key and what else is secret here."""
        key = self.environment.key
        others = self.environment.binding.secrets.items()
        return {
            **({"the API key": key.reveal()} if key else {}),
            **{f"the secret of {variable}": secret.reveal() for variable, secret in others},
        }

    def record(self, name: str, request: CaseRequest, observed: Observed) -> str | None:
        """Record a response; return the session key in it if it is a good one."""
        key = None
        if observed.status is not None:
            key = _judgement(self.contract, observed.status, observed).session_key
        self.calls.append(RecordedCall(name, request, observed, started=key is not None))
        user = self._user_of(request.body)
        if key is not None and user is not None:
            self.issued.append(Issued(user, key))
        return key

    def _user_of(self, body: bytes) -> str | None:
        try:
            return self.contract.request.body.user_in(parse(body))
        except JsonError:
            return None

    def similar_users(self) -> tuple[SimilarUsers, ...]:
        """Return pairs of user IDs that the document allows, and that differ in little."""
        body = self.contract.request.body
        if body.user is None or "format" in body.user_facts:
            return ()
        users = CheckUsers.of(self.contract, self.run_id, room=1)
        return similar_users(users.named, users.allows)

    def start_request(self, user: str) -> CaseRequest:
        """Return the request that starts a session for `user`."""
        return replace(self.ordinary, body=self.contract.request.body.to_bytes(user))

    def start(self, name: str, user: str) -> str:
        """Start a session for `user` and return its key. Raises `RuleEnded` when there is none."""
        request = self.start_request(user)
        return self.session_key_from(name, request, self.client.call(request).observed)

    def session_key_from(self, name: str, request: CaseRequest, observed: Observed) -> str:
        """Return the session key that `request` brought. Raises `RuleEnded` when there is none."""
        key = self.record(name, request, observed)
        if key is None:
            self._raise_result(observed, request)
        return key

    def _raise_result(self, observed: Observed, request: CaseRequest) -> NoReturn:
        if observed.status is None:
            text = observed.failure.message if observed.failure else "the call failed"
            raise RuleEnded(RuleResult(CaseStatus.VIOLATED, f"no answer: {text}", request))
        if observed.status == 429:
            raise RuleEnded(RuleResult(CaseStatus.THROTTLED, "429: the server asked for fewer requests"))
        fault = _judgement(self.contract, observed.status, observed).failure
        text = f"{fault.message}: {fault.example}" if fault else "there is no session key in it"
        raise RuleEnded(
            RuleResult(
                CaseStatus.VIOLATED, f"a session start was answered {observed.status}, {text}", request
            )
        )

    def accepts(self, name: str, session_key: str) -> bool:
        """Take one turn with a session key; tell whether it was accepted. Raises `RuleEnded`."""
        if self.turn is None:
            raise RuleEnded(RuleResult(CaseStatus.SKIPPED, "the document does not say how to take a turn"))
        try:
            secret = Secret(session_key, name="the answer")
        except InputError:
            raise RuleEnded(
                RuleResult(CaseStatus.SKIPPED, "the session key cannot be sent as a header")
            ) from None
        headers = (*self.turn.request.fields, ("accept", self.turn.request.accept))
        request = CaseRequest(
            self.turn.request.method,
            self.turn.request.path(),
            (*headers, ("content-type", "application/json")),
            _LAUNCH,
        )
        observed = self.client.call(request, key=secret).observed
        self.calls.append(RecordedCall(name, request, observed, started=False))
        if observed.status is None:
            self._raise_result(observed, request)
        if observed.status == 429:
            raise RuleEnded(RuleResult(CaseStatus.THROTTLED, "429: the server asked for fewer requests"))
        if 400 <= observed.status < 500:
            return False
        judgement = _judgement(self.turn, observed.status, observed)
        if judgement.outcome is Outcome.OK:
            return True
        text = judgement.failure.message if judgement.failure else judgement.outcome.value
        raise RuleEnded(RuleResult(CaseStatus.VIOLATED, f"a turn was answered {observed.status}, {text}"))


def _judgement(contract: Contract, status: int, observed: Observed) -> Judgement:
    return contract.judge(status, observed.content_type, observed.body, observed.fields)


def texts_in(body: bytes) -> set[str]:
    """Return every text that is a value in a JSON body; none where the body is no JSON."""
    try:
        waiting = [parse(body)]
    except JsonError:
        return set()
    texts: set[str] = set()
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            texts.add(value)
        elif isinstance(value, dict | list):
            waiting += value.values() if isinstance(value, dict) else value
    return texts


def redirected_to(context: RuleContext, observed: Observed) -> str | None:
    """Return scheme and host of a redirect that leads to another host, or `None`."""
    if observed.status is None or not 300 <= observed.status < 400:
        return None
    location = next((value for name, value in observed.headers if name.lower() == "location"), None)
    if location is None:
        return None
    try:
        here, there = (
            urlsplit(context.environment.url),
            urlsplit(urljoin(context.environment.url, location)),
        )
        if (here.scheme, here.netloc) == (there.scheme, there.netloc):
            return None
        text = f"{there.scheme}://{there.hostname}" + (f":{there.port}" if there.port else "")
    except ValueError:
        return "an address that cannot be read"
    for secret in _secrets(context):
        text = text.replace(secret, "***").replace(secret.lower(), "***")
    return text


def _secrets(context: RuleContext) -> Iterator[str]:
    yield from context.secrets.values()
    yield from (issued.key for issued in context.issued)
