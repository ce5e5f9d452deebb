"""The preflight: one session that must start as the contract says before any load.

requests sends it, from the machine's own network stack and with nothing of the hot path, so that the two
can be compared; what goes wrong has the same cause on both. A start that is throttled or slow is a refusal
here, and is not tried again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sessionload.errors import PreflightError
from sessionload.metrics.exchange import Failure, Outcome
from sessionload.suite.cases.case import CaseRequest
from sessionload.suite.http_client import send
from sessionload.tls_trust import refuse_unusable
from sessionload.units import duration_text
from sessionload.workload.trace import PREFLIGHT_NUMBER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessionload.config.environment import Environment
    from sessionload.config.run_spec import RunSpec
    from sessionload.contract.contract import Contract
    from sessionload.suite.expectation import Observed


@dataclass(frozen=True, slots=True)
class StartResponse:
    """What a single call brought: a response, or the fault of the connection."""

    elapsed_ns: int
    status: int = 0
    content_type: str | None = None
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    failure: Failure | None = None


def session_request(contract: Contract, user_id: str) -> CaseRequest:
    """Return the request that starts a session for `user_id`, with the fields that a run sends."""
    headers = (
        *contract.request.fields,
        ("content-type", "application/json"),
        ("accept", contract.request.accept),
    )
    body = contract.request.body.to_bytes(user_id)
    return CaseRequest(contract.request.method, contract.request.path(), headers, body)


def start_session(spec: RunSpec, user_id: str) -> StartResponse:
    """Start one session for `user_id` with requests; never raises for what a server does."""
    request = session_request(spec.contract, user_id)
    names = spec.scenario.tracing.headers(spec.run_id, PREFLIGHT_NUMBER)
    return response_of(
        send(
            spec.environment,
            replace(request, headers=(*request.headers, *names)),
            timeout_ns=spec.scenario.timeout_ns,
            agent=f"sessionload/{spec.version} (preflight of run {spec.run_id})",
        )
    )


def response_of(observed: Observed) -> StartResponse:
    """Return what a single call brought as an answer to a session start."""
    return StartResponse(
        observed.elapsed_ns,
        observed.status or 0,
        observed.content_type,
        observed.body,
        observed.fields,
        observed.failure,
    )


_BY_CAUSE = {
    "connection/refused": ("preflight-refused", "is the server up, and the port in the url right?"),
    "connection/dns": ("preflight-dns", "check the host in the url, and the name server of this machine"),
    "connection/reset": ("preflight-reset", "look at the server, or at a load balancer before it"),
    "connection/closed": ("preflight-closed", "look at the server, or at a load balancer before it"),
    "connection/unreachable": ("preflight-unreachable", "check the url, and the network of this machine"),
    "connection/tls_client_certificate": (
        "preflight-tls",
        "name a certificate and its key as client_cert and client_key of the environment",
    ),
    "connection/tls_unknown_authority": (
        "preflight-tls",
        "if the authority is a private one, name its file as ca_file",
    ),
    "connection/tls_no_issuer": (
        "preflight-tls",
        "let the server send its whole chain; if its authority is a private one, name its file as ca_file",
    ),
    "connection/tls": (
        "preflight-tls",
        "check the host and the port in the url, and how TLS is set up there",
    ),
    "connection/not_tls": ("preflight-tls", "check the port in the url: it may be one for plain HTTP"),
    "connection": ("preflight-connection", "is the server up, and the url right?"),
    "timeout/connect": (
        "preflight-no-connection",
        "does a firewall drop what is sent there, or does what listens there speak no TLS? check the url",
    ),
    "timeout": ("preflight-timeout", "is the server slow? raise load.timeout if it may take so long"),
    "protocol/body_too_large": (
        "preflight-body-too-large",
        "look at what answers there; raise max_body if it is meant",
    ),
    "protocol": ("preflight-protocol", "is this the runtime, and not something else on its port?"),
    "content_encoding": (
        "preflight-content-encoding",
        "look at what answers there: a proxy may be encoding for everybody",
    ),
    "generator/defect": ("preflight-defect", "report it, with the name of the exception"),
    "generator": ("preflight-machine", "give this machine more of it: the server was not reached"),
}
"""The code of the message and what to do, by cause; where a cause has no row, by the beginning of it."""


def _code_and_cure(cause: str) -> tuple[str, str]:
    return _BY_CAUSE[max((name for name in _BY_CAUSE if cause.startswith(name)), key=len)]


def preflight(spec: RunSpec) -> StartResponse:
    """Start one session, check it in full, and return the answer.

    Raises `PreflightError` with one sentence when anything is wrong.
    """
    if spec.environment.tls:
        here = spec.environment
        refuse_unusable(here.ca_file, here.client_cert, here.client_key)
    answer = start_session(spec, spec.preflight_user)
    error = fault_of_start(spec.environment, spec.contract, answer)
    if error:
        raise error
    return answer


def fault_of_start(
    environment: Environment, contract: Contract, answer: StartResponse
) -> PreflightError | None:
    """Return what is wrong with the answer to a session start, or `None`."""
    where = f"preflight of {environment.name} ({environment.host}:{environment.port})"
    if answer.failure is not None:
        code, cure = _code_and_cure(answer.failure.cause)
        hint = f"{cure} (nothing else was sent, after {duration_text(answer.elapsed_ns)})"
        return PreflightError(code, f"{where}: {answer.failure.message}", hint=hint)
    judgement = contract.judge(answer.status, answer.content_type, answer.body, answer.headers)
    if judgement.outcome is Outcome.OK:
        return None
    called = f"{contract.request.method} {environment.url}{contract.request.shown_path}"
    if answer.status == 404:
        return PreflightError(
            "preflight-unknown-project",
            f"{where}: the server does not know this project or environment (404)",
            hint=f"check url, project and environment of '{environment.name}'; this was called: {called}",
        )
    key = environment.key_variable
    key_hint = f"check the key in {key}" if key else f"add api_key to '{environment.name}'"
    code, hint = {
        Outcome.REJECTED: ("preflight-key-rejected", key_hint),
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
    message = judgement.failure.message if judgement.failure else judgement.outcome.value
    example = judgement.failure.example if judgement.failure else ""
    excerpt = f" ({example})" if example and not example.startswith("(") else f" {example}".rstrip()
    return PreflightError(code, f"{where}: {message}{excerpt}", hint=hint)
