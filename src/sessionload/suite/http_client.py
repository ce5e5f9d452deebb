"""Single calls with requests, where speed does not matter: one at a time, paced, counted and exact.

A request goes out byte for byte as it was written: it is a prepared request whose URL is set past all
normalizing. Every call ends in one observation within its timeout, whatever the server does, and a failure
has the same cause and the same sentence as under load. A timeout of requests is for each read, and a server
that drips would hold it for ever, so the deadline is kept from outside. No redirect is followed. A success
that is too large is a failure; of any other answer the beginning is enough, for its status says it all.
"""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

import requests

from sessionload.contract.document.placeholder import fill
from sessionload.failure_causes import CONTENT_ENCODING, body_too_large, defect, timeout_of
from sessionload.metrics.exchange import Failure
from sessionload.suite.expectation import Observed
from sessionload.suite.transport import Progress, Transport, cause_of_call, fields_of, refuse_head
from sessionload.units import NS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from fractions import Fraction

    from sessionload.config.environment import Environment
    from sessionload.failure_causes import Cause
    from sessionload.secret import Secret
    from sessionload.suite.cases.case import CaseRequest

_CHUNK = 4096
_SUCCESS = range(200, 300)
_MOST_RETRIES = 3
_USUAL_WAIT_S = 1.0
_LONGEST_WAIT_S = 60.0


class BudgetSpent(Exception):  # noqa: N818 - it says what happened, and only this program sees it
    """There is no request left in the budget; nothing was sent."""


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:  # no redirect is followed
        """Look at no redirect: requests would read its whole body, however large."""


def send(
    environment: Environment, request: CaseRequest, *, timeout_ns: int, agent: str, key: Secret | None = None
) -> Observed:
    """Send `request` to `environment` and return what came; never raises for what a server does.

    `key` goes where the request has `KEY`; it is the environment's own unless given.
    """
    progress = Progress()
    secrets = environment.binding.secrets
    prepared = _prepared(environment, request, agent, key or environment.key, secrets)
    transport = Transport(environment, progress)
    return _within(timeout_ns, progress, lambda: _exchange(environment, prepared, timeout_ns, transport))


def handshake_with_stranger(
    environment: Environment, request: CaseRequest, *, timeout_ns: int, agent: str, host: str | None = None
) -> Observed:
    """Send `request` without any key where the server cannot be who it must be: a good client sends nothing.

    With `host`, the certificate must be for that name; without it, no authority at all is trusted.
    """
    progress = Progress()
    prepared = _prepared(environment, request, agent)
    transport = Transport(environment, progress, expected_host=host, trusting=host is not None)
    return _within(timeout_ns, progress, lambda: _exchange(environment, prepared, timeout_ns, transport))


def as_sent(environment: Environment, request: CaseRequest) -> requests.PreparedRequest:
    """Return `request` as requests has it, without any secret."""
    return _prepared(environment, request, "")


def _within(timeout_ns: int, progress: Progress, call: Callable[[], Observed]) -> Observed:
    """Return what `call()` returns, or a timeout; an exception that it raises is a defect of ours."""
    observed: queue.Queue[Observed] = queue.Queue()
    began_ns = time.monotonic_ns()

    def run() -> None:
        try:
            observed.put(call())
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is not the server's
            observed.put(_failed(defect(error), time.monotonic_ns() - began_ns))

    threading.Thread(target=run, daemon=True, name="call").start()
    try:
        return observed.get(timeout=timeout_ns / NS)
    except queue.Empty:
        return _failed(timeout_of(progress.phase), timeout_ns)


def _failed(cause: Cause, elapsed_ns: int) -> Observed:
    return Observed(None, (), b"", elapsed_ns, Failure(*cause))


def _prepared(
    environment: Environment,
    request: CaseRequest,
    agent: str,
    key: Secret | None = None,
    secrets: Mapping[str, Secret] = MappingProxyType({}),
) -> requests.PreparedRequest:
    fields = {"user-agent": agent, "accept-encoding": "identity"}
    fields |= {name: fill(value, key, secrets) for name, value in request.headers}
    prepared = requests.Request(request.method, environment.url, fields, data=request.body).prepare()
    prepared.url = environment.url + request.path
    return prepared


def _exchange(
    environment: Environment, prepared: requests.PreparedRequest, timeout_ns: int, transport: Transport
) -> Observed:
    began_ns = time.monotonic_ns()

    def failed(cause: Cause) -> Observed:
        return _failed(cause, time.monotonic_ns() - began_ns)

    with _Session() as session:
        session.trust_env = False  # no proxy, no .netrc: what is tested is what the file names
        session.mount("http://", transport)
        session.mount("https://", transport)
        try:
            response = session.send(prepared, timeout=timeout_ns / NS, allow_redirects=False, stream=True)
            refusal = refuse_head(response)
            if refusal is not None:
                return failed(refusal)
            encoding = response.headers.get("content-encoding", "").strip().lower()
            if response.status_code in _SUCCESS and encoding not in ("", "identity"):
                return failed(CONTENT_ENCODING)
            body = b""
            for piece in response.iter_content(_CHUNK):
                body += piece
                if len(body) > environment.max_body and response.status_code in _SUCCESS:
                    return failed(body_too_large(environment.max_body))
                if len(body) > environment.max_body:
                    break
        except (requests.RequestException, OSError, ValueError) as error:
            return failed(cause_of_call(error, transport.progress))
        return Observed(
            response.status_code,
            fields_of(response),
            body[: environment.max_body],
            time.monotonic_ns() - began_ns,
            cut=len(body) > environment.max_body,
        )


class Pace:
    """When the next request may go: at most `per_second` of them, and none before a server wants one."""

    def __init__(
        self,
        per_second: Fraction,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap = float(1 / per_second)
        self._clock = clock
        self._sleep = sleep
        self._free_at = clock()

    def take(self, count: int = 1) -> None:
        """Wait for the turn of `count` requests that go at once; those after them wait for as many gaps."""
        wait = self._free_at - self._clock()
        if wait > 0:
            self._sleep(wait)
        self._free_at = max(self._free_at, self._clock()) + count * self._gap

    def hold(self, seconds: float) -> None:
        """Let nothing go for so long."""
        self._free_at = max(self._free_at, self._clock() + seconds)


@dataclass(frozen=True, slots=True)
class CallResult:
    """What a request came to: the last response, how many requests it took, and how many were throttled."""

    observed: Observed
    requests: int = 1
    throttled: int = 0


class HttpClient:
    """Sends requests to one environment, at a pace and within a budget."""

    def __init__(
        self,
        environment: Environment,
        *,
        agent: str,
        timeout_ns: int,
        pace: Pace,
        budget: int,
    ) -> None:
        self.environment = environment
        self.sent = 0
        self._agent = agent
        self._timeout_ns = timeout_ns
        self._pace = pace
        self.budget = budget

    def call(self, request: CaseRequest, *, key: Secret | None = None) -> CallResult:
        """Send `request` in its turn. After a 429 wait as the server asks and send it again, a few times.

        Raises `BudgetSpent` when it cannot be sent even once.
        """
        throttled = 0
        while True:
            self._spend(1)
            observed = self._send(request, key)
            if observed.status != 429:
                break
            throttled += 1
            wait = _retry_after(observed)
            if throttled > _MOST_RETRIES or wait > _LONGEST_WAIT_S or self.sent >= self.budget:
                break
            self._pace.hold(wait)
        return CallResult(observed, throttled + (observed.status != 429), throttled)

    def call_together(self, wanted: Sequence[CaseRequest]) -> list[Observed]:
        """Send requests at the same time, as one turn. Raises `BudgetSpent` when not all can be sent."""
        self._spend(len(wanted))
        observations: list[Observed | None] = [None] * len(wanted)

        def send_to(place: int) -> None:
            observations[place] = self._send(wanted[place], None)

        threads = [
            threading.Thread(target=send_to, args=(place,), daemon=True) for place in range(len(wanted))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [observed for observed in observations if observed is not None]

    def meet_stranger(self, request: CaseRequest, host: str | None = None) -> Observed:
        """See what happens where the server's certificate is not one to be trusted. Costs one request."""
        self._spend(1)
        return handshake_with_stranger(
            self.environment, request, timeout_ns=self._timeout_ns, agent=self._agent, host=host
        )

    def _spend(self, count: int) -> None:
        if self.sent + count > self.budget:
            raise BudgetSpent
        self._pace.take(count)
        self.sent += count

    def _send(self, request: CaseRequest, key: Secret | None) -> Observed:
        return send(self.environment, request, timeout_ns=self._timeout_ns, agent=self._agent, key=key)


def _retry_after(observed: Observed) -> float:
    """Return the seconds that a 429 asks to wait: a number, or a date by the server's own clock."""
    fields = {name.lower(): value for name, value in observed.headers}
    asked = fields.get("retry-after", "").strip()
    if asked.isascii() and asked.isdigit():
        return float(asked[:9])
    try:
        until = parsedate_to_datetime(asked)
        now = parsedate_to_datetime(fields.get("date", "")) if "date" in fields else None
        seconds = until.timestamp() - (now.timestamp() if now else time.time())
    except (ValueError, OverflowError):
        return _USUAL_WAIT_S
    return max(0.0, seconds)
