"""Single calls with requests, where speed does not matter: one at a time, paced, counted and exact.

Law: a request goes out byte for byte as it was written, after its turn and within the budget, and ends in one
observation, whatever the server does. Idea: a prepared request whose URL is set past all normalizing, and one
deadline kept from outside. Trap: a time-out of requests is for each read; a server that drips would hold
it for ever. And a session that follows redirects would read a body of any size on its way.
"""

from __future__ import annotations

import queue
import ssl
import threading
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter

from sessionload.metrics.exchange import Failure
from sessionload.suite.cases.case import KEY
from sessionload.suite.expectation import Observed
from sessionload.tls_trust import ca_file
from sessionload.units import NS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from fractions import Fraction

    from sessionload.config.environment import Environment
    from sessionload.secret import Secret
    from sessionload.suite.cases.case import CaseRequest

_CHUNK = 4096
_MOST_RETRIES = 3
_USUAL_WAIT_S = 1.0
_LONGEST_WAIT_S = 60.0

_TIMEOUT = Failure("timeout", "there was no whole answer before the time-out")
_ENCODED = Failure("content_encoding", "the body is encoded, though only identity was asked for")


class BudgetSpent(Exception):  # noqa: N818 - it says what happened, and only this program hears it
    """There is no request left in the budget; nothing was sent."""


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:  # nobody's address
        """Look at no redirect: requests would read its whole body, however large."""


def send(
    environment: Environment, request: CaseRequest, *, timeout_ns: int, agent: str, key: Secret | None = None
) -> Observed:
    """Send `request` to `environment` and return what came; never raises for what a server does.

    `key` goes where the request has `KEY`; it is the environment's own unless given.
    """
    secret = key or environment.key
    return _within(
        timeout_ns, lambda: _exchange(environment, request, timeout_ns, agent, secret, _trusting(environment))
    )


def handshake_with_stranger(
    environment: Environment, request: CaseRequest, *, timeout_ns: int, agent: str, host: str | None = None
) -> Observed:
    """Send `request` without any key where the server cannot be who it must be: a good client sends nothing.

    With `host`, the certificate must be for that name; without it, no authority at all is trusted.
    """

    def call() -> Observed:
        session = _trusting(environment)
        if host is None:
            session.mount("https://", _Trustless())
        else:
            session.mount("https://", _Misnamed(host))
        return _exchange(environment, request, timeout_ns, agent, None, session)

    return _within(timeout_ns, call)


def as_sent(environment: Environment, request: CaseRequest) -> requests.PreparedRequest:
    """Return `request` as requests has it, without the key."""
    return _prepared(environment, request, "", None)


class _Misnamed(HTTPAdapter):
    """Expects the certificate of another host."""

    def __init__(self, host: str) -> None:
        self._name = host
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- as it is there
        super().init_poolmanager(*args, assert_hostname=self._name, **kwargs)


class _Trustless(HTTPAdapter):
    """Trusts no authority."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- as it is there
        nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        super().init_poolmanager(*args, ssl_context=nobody, **kwargs)

    def build_connection_pool_key_attributes(
        self,
        request: requests.PreparedRequest,
        _verify: object,
        cert: Any = None,  # noqa: ANN401 -- as it is there
    ) -> Any:  # noqa: ANN401 -- as it is there
        return super().build_connection_pool_key_attributes(request, True, cert)  # noqa: FBT003 -- as it is there

    def cert_verify(self, *_: object) -> None:
        """Add no authority to the context."""


def _trusting(environment: Environment) -> _Session:
    session = _Session()
    session.trust_env = False  # no proxy, no .netrc: what is tested is what the file names
    session.verify = ca_file(environment.ca_file)
    return session


def _within(timeout_ns: int, call: Callable[[], Observed]) -> Observed:
    answers: queue.Queue[Observed] = queue.Queue()
    threading.Thread(target=lambda: answers.put(call()), daemon=True, name="caller").start()
    try:
        return answers.get(timeout=timeout_ns / NS)
    except queue.Empty:
        return _failed(_TIMEOUT, timeout_ns)


def _failed(fault: Failure, elapsed_ns: int) -> Observed:
    return Observed(None, (), b"", elapsed_ns, fault)


def _prepared(
    environment: Environment, request: CaseRequest, agent: str, key: Secret | None
) -> requests.PreparedRequest:
    fields = {"user-agent": agent, "accept-encoding": "identity"}
    secret = key.reveal() if key else ""
    fields |= {name: value.replace(KEY, secret) for name, value in request.headers}
    prepared = requests.Request(request.method, environment.url, fields, data=request.body).prepare()
    prepared.url = environment.url + request.path
    return prepared


def _exchange(
    environment: Environment,
    request: CaseRequest,
    timeout_ns: int,
    agent: str,
    key: Secret | None,
    session: requests.Session,
) -> Observed:
    began = time.monotonic_ns()
    with session:
        try:
            response = session.send(
                _prepared(environment, request, agent, key),
                timeout=timeout_ns / NS,
                allow_redirects=False,
                stream=True,
            )
            headers = tuple(response.raw.headers.items())
            encoding = response.headers.get("content-encoding", "").strip().lower()
            if response.status_code < 300 and encoding not in ("", "identity"):
                return _failed(_ENCODED, time.monotonic_ns() - began)
            body = b""
            for part in response.iter_content(_CHUNK):
                body += part
                if len(body) > environment.max_body:
                    words = f"the body is larger than {environment.max_body:,} bytes"
                    return _failed(Failure("body_too_large", words), time.monotonic_ns() - began)
        except (requests.RequestException, OSError, ValueError) as error:
            return _failed(_fault_of(error), time.monotonic_ns() - began)
        return Observed(response.status_code, headers, body, time.monotonic_ns() - began)


def _fault_of(error: Exception) -> Failure:
    causes = " ".join(type(cause).__name__ for cause in _chain(error))
    if isinstance(error, requests.exceptions.SSLError) or "SSL" in causes:
        return Failure("tls", "TLS failed, or the server's certificate could not be verified")
    if "NameResolution" in causes or "gaierror" in causes:
        return Failure("dns", "the host name could not be resolved")
    if isinstance(error, requests.exceptions.Timeout):
        return _TIMEOUT
    if "Refused" in causes or "NewConnection" in causes:
        return Failure("refused", "nothing accepts connections there")
    if "Protocol" in causes or "RemoteDisconnected" in causes or "Invalid" in causes:
        return Failure("protocol", "the connection ended, or what came back was not HTTP")
    return Failure("connection", "the connection failed")


def _chain(error: BaseException) -> list[BaseException]:
    """Return an error with its causes, those that urllib3 keeps in `reason` and `args` too."""
    found: list[BaseException] = []
    following: list[object] = [error]
    while following and len(found) < 20:
        one = following.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            following += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return found


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
    """What a request came to: the last answer, after how many requests, of which so many were throttled."""

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
        found: list[Observed | None] = [None] * len(wanted)

        def one(place: int) -> None:
            found[place] = self._send(wanted[place], None)

        threads = [threading.Thread(target=one, args=(place,), daemon=True) for place in range(len(wanted))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [observed for observed in found if observed is not None]

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
