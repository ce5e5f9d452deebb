"""One session start at a time, judged by the contract: the pytest fixture `start_session` is this.

A start goes out once, as in a preflight, and is judged as under load. What the environment limits holds for
all starts together: `max_rate`, `max_sessions`, and a protected one has to be confirmed by name. Frames of
this module stay out of the tracebacks of pytest, so that a failing test shows its own line.
"""

from __future__ import annotations

import secrets
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import sessionload
from sessionload.config.contract_files import places_shown, read_contract
from sessionload.config.document import Document
from sessionload.config.environment import Environment
from sessionload.config.guard import refuse_unconfirmed
from sessionload.config.read import read_document
from sessionload.config.shipped_files import name_of
from sessionload.contract.contract import Contract
from sessionload.contract.response.seen_keys import REPEATED_KEY, SeenKeys
from sessionload.errors import InputError, Place
from sessionload.process_limits import forbid_core_dumps
from sessionload.suite.cases.check_users import CheckUsers
from sessionload.suite.curl import curl
from sessionload.suite.embedded_stub import with_stub
from sessionload.suite.http_client import Pace, send
from sessionload.suite.preflight import response_of, session_request
from sessionload.tls_trust import refuse_unusable
from sessionload.units import NS, duration_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sessionload.metrics.exchange import Failure
    from sessionload.suite.preflight import StartResponse

_STUB = {"stub": {"embedded": True, "latency": "1ms"}}
_KEYS_KEPT = 10_000
"""A key that comes again is found among at least the last so many."""


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """Where sessions are started, and by which contract. Without `environment` it is the embedded stub."""

    environments: Path
    contract: Path
    environment: str | None = None
    operation: str | None = None
    confirmed: str | None = None
    """The name of a protected environment, typed again."""
    processes: int = 1
    """How many processes start sessions as this one does: each has its share of the limits."""


class SessionKey:
    """A session key. Two are equal if their texts are; nothing that prints one shows it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the key itself."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return self._text == other._text if isinstance(other, SessionKey) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "SessionKey(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "SessionKey(***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a session key stays in memory: it cannot be copied or pickled")


@dataclass(frozen=True, slots=True)
class StartedSession:
    """A session that was started, by an answer that keeps the contract."""

    user_id: str
    session_key: SessionKey | None
    """`None` where the operation does not return one."""
    status: int
    duration_s: float
    """From sending to the last byte of the answer, connecting included, in seconds."""


class SessionStartError(AssertionError):
    """A session start did not end as the contract says. `cause` is that of a finding, and stable."""

    def __init__(self, message: str, cause: str) -> None:
        super().__init__(message)
        self.cause = cause


class StartSession:
    """Starts sessions in one environment, one for each call. Calls may come from several threads."""

    def __init__(
        self, environment: Environment, contract: Contract, *, processes: int = 1, embedded: bool = False
    ) -> None:
        """Use `environment`, whose limits hold for all calls in so many `processes` together.

        It is `embedded` if it is a stub of ours.
        """
        self._environment = environment
        self._contract = contract
        self._embedded = embedded
        self._users = CheckUsers.of(contract, secrets.token_hex(4))
        rate, most = environment.max_rate, environment.max_sessions
        self._pace = Pace(rate / processes) if rate is not None else None
        self._most = most // processes if most is not None else None
        self._processes = processes
        self._keys = SeenKeys(_KEYS_KEPT)
        self._started = 0
        self._lock = threading.Lock()

    def __call__(self, user_id: str | None = None, *, timeout_s: float = 10.0) -> StartedSession:
        """Start a session for `user_id`, or for a new user, and return it.

        Raises `SessionStartError`, an `AssertionError`, with the finding if the answer does not keep the
        contract within `timeout_s` seconds. Raises `InputError` for a user ID that the contract refuses, and
        for more starts than the environment allows, and `ValueError` for a timeout that is not above 0.
        """
        __tracebackhide__ = True
        if not timeout_s > 0:
            raise ValueError("timeout_s is not above 0")
        if user_id is not None:
            self._refuse_user(user_id)
        with self._lock:
            user_id = self._next(user_id)
        answer = response_of(
            send(
                self._environment,
                session_request(self._contract, user_id),
                timeout_ns=round(timeout_s * NS),
                agent=f"sessionload/{sessionload.__version__} (pytest)",
            )
        )
        failure, key = self._judged(answer)
        if failure is not None:
            raise SessionStartError(self._finding(failure, answer, user_id), failure.cause)
        session_key = SessionKey(key) if key is not None else None
        return StartedSession(user_id, session_key, answer.status, answer.elapsed_ns / NS)

    def _refuse_user(self, user_id: str) -> None:
        __tracebackhide__ = True
        fault = self._contract.request.body.user_id_fault(user_id)
        if fault is not None:
            hint = "the contract says what a user ID is; without one, start_session makes one that it allows"
            raise InputError("bad-user-id", f"the user ID {fault}", hint=hint)

    def _next(self, user_id: str | None) -> str:
        """Take the next turn, and return its user. Raises `InputError` when there is none left."""
        __tracebackhide__ = True
        if self._most is not None and self._started >= self._most:
            limit = f"max_sessions of '{self._environment.name}' is {self._environment.max_sessions:,}"
            part = f"this one of {self._processes} processes had its part"
            raise InputError(
                "too-many-sessions",
                f"{limit}, and {'so many were started' if self._processes == 1 else part}",
                hint="start fewer, or raise max_sessions if the owner of that environment agrees",
            )
        self._started += 1
        if self._pace is not None:
            self._pace.take()
        return user_id if user_id is not None else self._users.named(f"test-{self._started}")

    def _judged(self, answer: StartResponse) -> tuple[Failure | None, str | None]:
        if answer.failure is not None:
            return answer.failure, None
        judged = self._contract.judge(answer.status, answer.content_type, answer.body, answer.headers)
        key = judged.session_key
        if key is not None:
            with self._lock:
                if not self._keys.first_time(key):
                    return REPEATED_KEY, None
        return judged.failure, key

    def _finding(self, failure: Failure, answer: StartResponse, user_id: str) -> str:
        environment = self._environment
        where = f"{environment.name} ({environment.host}:{environment.port})"
        status = f"status {answer.status} " if answer.status else "nothing "
        example = f": {failure.example}" if failure.example else ""
        lines = [
            f"start_session at {where}: {failure.message} [{failure.cause}]",
            f"came back: {status}after {duration_text(answer.elapsed_ns)}{example}",
        ]
        if not self._embedded:  # whose port is gone with the tests
            request = session_request(self._contract, user_id)
            again = curl(request, environment.url, key_variable=environment.key_variable)
            lines.append(f"again: {again}")
        return "\n".join(lines)


@contextmanager
def session_starter(settings: SessionSettings, variables: Mapping[str, str]) -> Iterator[StartSession]:
    """Yield what starts sessions as `settings` say, with the keys in `variables`; a stub ends with the block.

    Raises `InputError` for what cannot be used, before anything is sent.
    """
    forbid_core_dumps()
    environment = _environment(settings, variables)
    document, sha256 = read_contract(settings.contract)
    embedded = environment.stub is not None
    with ExitStack() as stack, places_shown(settings.contract):
        if embedded:
            environment, _ = with_stub(environment, document, stack, f"VF.DM.test.{secrets.token_hex(8)}")
        contract = Contract.from_document(
            document, environment.binding, file=name_of(settings.contract), sha256=sha256
        )
        contract.request.body.refuse_invalid()
        starter = StartSession(environment, contract, processes=settings.processes, embedded=embedded)
        yield starter


def _environment(settings: SessionSettings, variables: Mapping[str, str]) -> Environment:
    if settings.environment is None:
        stub = Document(_STUB, "the embedded stub", {})
        return Environment.check(stub, "stub", {}, operation=settings.operation)
    place = Place("sessionload_environment")
    environment = Environment.check(
        read_document(settings.environments),
        settings.environment,
        variables,
        operation=settings.operation,
        asked_at=place,
    )
    refuse_unconfirmed(environment, settings.confirmed, place)
    if environment.tls:
        refuse_unusable(environment.ca_file, environment.client_cert, environment.client_key)
    return environment
