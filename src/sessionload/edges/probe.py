"""Single calls, where speed does not matter: the preflight before any load.

Law: no load is sent before one session start has kept the whole contract. Idea: requests sends
it, from the machine's own network stack and with nothing of the hot path, so that the two can be
compared. Trap: a time-out of requests is for each read; a server that drips bytes would hold it
for ever, so one deadline is kept from outside.
"""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import requests

from sessionload.edges.trust import ca_file, refuse_unusable
from sessionload.measure.exchange import Fault, Outcome
from sessionload.words.errors import PreflightError
from sessionload.words.units import duration

if TYPE_CHECKING:
    from sessionload.inputs.brief import Brief

_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class Answer:
    """What a single call brought: a response, or the fault of the connection."""

    elapsed_ns: int
    status: int = 0
    content_type: str | None = None
    body: bytes = field(default=b"", repr=False)
    fault: Fault | None = None


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:  # nobody's address
        """Look at no redirect: requests would read its whole body, however large."""


def start_session(brief: Brief, user_id: str) -> Answer:
    """Start one session for `user_id` with requests; never raises for what a server does."""
    answers: queue.Queue[Answer] = queue.Queue()
    thread = threading.Thread(target=lambda: answers.put(_call(brief, user_id)), daemon=True, name="probe")
    thread.start()
    timeout_s = brief.scenario.timeout_ns / 1e9
    try:
        return answers.get(timeout=timeout_s)
    except queue.Empty:
        return Answer(brief.scenario.timeout_ns, fault=_TIMEOUT)


_TIMEOUT = Fault("timeout", "there was no whole answer before the time-out")
_ENCODED = Fault("content_encoding", "the body is encoded, though only identity was asked for")


_CURES = {
    "timeout": "is the server slow? raise load.timeout if it may take so long",
    "tls": "check the host in the url; if its authority is a private one, name its file as ca_file",
    "dns": "check the host in the url",
    "refused": "is the server up, and the port in the url right?",
    "protocol": "is this the runtime, and not something else on its port?",
    "connection": "is the server up, and the url right?",
    "body_too_large": "look at what answers there; raise max_body if it is meant",
    "content_encoding": "look at what answers there: a proxy may be encoding for everybody",
}


def _call(brief: Brief, user_id: str) -> Answer:
    environment, contract = brief.environment, brief.contract
    timeout_s = brief.scenario.timeout_ns / 1e9
    began = time.monotonic_ns()
    with _Session() as session:
        session.trust_env = False  # no proxy, no .netrc: what is tested is what the file names
        session.verify = ca_file(environment.ca_file)
        try:
            response = session.request(
                contract.method,
                environment.url + contract.path(environment.project, environment.environment),
                data=contract.body(user_id),
                headers={
                    contract.security_header: environment.key.reveal() if environment.key else "",
                    "content-type": "application/json",
                    "accept": "application/json",
                    "accept-encoding": "identity",
                    "user-agent": f"sessionload/{brief.version} (preflight of run {brief.run_id})",
                },
                timeout=timeout_s,
                allow_redirects=False,
                stream=True,
            )
            encoding = response.headers.get("content-encoding", "").strip().lower()
            if response.status_code < 300 and encoding not in ("", "identity"):
                return Answer(time.monotonic_ns() - began, response.status_code, fault=_ENCODED)
            body = b""
            for part in response.iter_content(_CHUNK):
                body += part
                if len(body) > environment.max_body:
                    return Answer(
                        time.monotonic_ns() - began,
                        fault=Fault(
                            "body_too_large", f"the body is larger than {environment.max_body:,} bytes"
                        ),
                    )
        except (requests.RequestException, OSError, ValueError) as error:
            return Answer(time.monotonic_ns() - began, fault=_fault_of(error))
        return Answer(
            time.monotonic_ns() - began, response.status_code, response.headers.get("content-type"), body
        )


def _fault_of(error: Exception) -> Fault:
    causes = " ".join(type(cause).__name__ for cause in _chain(error))
    if isinstance(error, requests.exceptions.SSLError) or "SSL" in causes:
        return Fault("tls", "TLS failed, or the server's certificate could not be verified")
    if "NameResolution" in causes or "gaierror" in causes:
        return Fault("dns", "the host name could not be resolved")
    if isinstance(error, requests.exceptions.Timeout):
        return _TIMEOUT
    if "Refused" in causes or "NewConnection" in causes:
        return Fault("refused", "nothing accepts connections there")
    if "Protocol" in causes or "RemoteDisconnected" in causes or "Invalid" in causes:
        return Fault("protocol", "the connection ended, or what came back was not HTTP")
    return Fault("connection", "the connection failed")


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


def preflight(brief: Brief) -> int:
    """Start one session and check it in full; return how long it took, in nanoseconds.

    Raises `PreflightError` with one sentence when anything is wrong.
    """
    environment = brief.environment
    if environment.tls:
        refuse_unusable(environment.ca_file)
    answer = start_session(brief, f"sessionload-preflight-{brief.run_id}")
    where = f"preflight of {environment.name} ({environment.host}:{environment.port})"
    if answer.fault is not None:
        raise PreflightError(
            f"preflight-{answer.fault.cause.replace('_', '-')}",
            f"{where}: {answer.fault.message}",
            hint=f"{_CURES[answer.fault.cause]} (no load was sent; this took {duration(answer.elapsed_ns)})",
        )
    judgement = brief.contract.judge(answer.status, answer.content_type, answer.body)
    if judgement.outcome is Outcome.OK:
        return answer.elapsed_ns
    if answer.status == 404:
        raise PreflightError(
            "preflight-unknown-project",
            f"{where}: the server does not know this project or environment (404)",
            hint=f"check project and environment of '{environment.name}'",
        )
    code, hint = {
        Outcome.REJECTED: ("preflight-key-rejected", f"check the key in {environment.key_variable}"),
        Outcome.THROTTLED: (
            "preflight-throttled",
            "wait, or ask for a higher limit: load would only be refused",
        ),
        Outcome.SERVER_ERROR: (
            "preflight-server-error",
            "the server must answer one user before it meets many",
        ),
    }.get(
        judgement.outcome,
        ("preflight-contract", "the contract must hold for one session before it is loaded"),
    )
    message = judgement.fault.message if judgement.fault else judgement.outcome.value
    example = judgement.fault.example if judgement.fault else ""
    excerpt = f" ({example})" if example and not example.startswith("(") else f" {example}".rstrip()
    raise PreflightError(code, f"{where}: {message}{excerpt}", hint=hint)
