"""Property-based fuzzing: schemathesis invents request bodies, and its checks judge the responses.

Requests go out through the client of the suite, with the same pace, budget and path as all others.
schemathesis never gets the API key. Its failures quote responses in full, so only the kind of a failure is
taken over, and the response is shown masked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from sessionload.contract.json_data.json_places import put
from sessionload.contract.json_data.strict_json import JsonError, parse
from sessionload.contract.response.masking import mask
from sessionload.errors import InputError, Place
from sessionload.suite.cases.check_users import CheckUsers
from sessionload.suite.cases.operation_spec import operation_spec_of
from sessionload.suite.curl import curl
from sessionload.suite.expectation import CaseStatus
from sessionload.suite.http_client import BudgetSpent, as_sent
from sessionload.suite.suite_report import CaseResult, Planned
from sessionload.units import NS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import schemathesis
    from schemathesis import GenerationMode

    from sessionload.contract.contract import Contract
    from sessionload.suite.cases.case import CaseRequest
    from sessionload.suite.expectation import Observed
    from sessionload.suite.http_client import HttpClient

GROUP = "fuzz"
_MEDIA_TYPE = "application/json"

_CHECKS = {
    "not_a_server_error": ("no-server-error", "No request makes the server fail", "no 5xx"),
    "positive_data_acceptance": (
        "valid-is-accepted",
        "A body that the schema allows is accepted",
        "a success for each valid body",
    ),
    "negative_data_rejection": (
        "invalid-is-refused",
        "A body that the schema does not allow is refused",
        "a refusal for each invalid body",
    ),
    "content_type_conformance": (
        "media-type",
        "Every documented answer has a media type that the document lists",
        "only media types that are listed",
    ),
    "response_schema_conformance": (
        "answer-schema",
        "Every documented answer keeps its schema",
        "only bodies that keep the schema",
    ),
}
"""The checks of schemathesis that are used, and what they are called here."""
_OF_BODY = "response_schema_conformance"
_BY_MODE = {"POSITIVE": "positive_data_acceptance", "NEGATIVE": "negative_data_rejection"}
"""The check that needs bodies of each mode."""


def planned(max_cases: int) -> tuple[Planned, ...]:
    """Return what is sent: the first row stands for all requests, at most `max_cases`."""
    return tuple(
        Planned(f"{GROUP}/{name}", GROUP, requirement, expected, 0 if position else max_cases)
        for position, (name, requirement, expected) in enumerate(_CHECKS.values())
    )


def refuse_missing() -> None:
    """Raise `InputError` when schemathesis is not installed."""
    try:
        import schemathesis  # noqa: F401, PLC0415 -- an extra, and half a second
    except ImportError:
        raise InputError(
            "no-fuzz",
            "schemathesis is not installed, and it invents the requests",
            place=Place("--fuzz"),
            hint="install it: pip install 'sessionload[fuzz]'",
        ) from None


class _EnoughError(Exception):
    """Enough requests were sent: hypothesis need not invent more."""


@dataclass
class _Finding:
    """The smallest request that a check found fault with, and how many there were."""

    request: CaseRequest
    observed: Observed
    count: int = 1


class Fuzzer:
    """Sends what schemathesis invents. `cut_short` says why not all of it was sent, or is empty."""

    def __init__(
        self,
        document: Mapping[str, Any],
        contract: Contract,
        ordinary: CaseRequest,
        client: HttpClient,
        run_id: str,
    ) -> None:
        """`ordinary` is a valid request; its path and headers are those of every request."""
        self.cut_short = ""
        self._contract = contract
        self._ordinary = ordinary
        self._client = client
        self._users = CheckUsers(run_id)
        self._operation = _operation(document, contract)
        self._findings: dict[str, _Finding] = {}
        self._seen: set[bytes] = set()
        self._judged = 0
        self._without: set[str] = set()
        """The checks for which schemathesis could invent nothing."""

    def results(self, max_cases: int) -> Iterator[CaseResult]:
        """Send at most `max_cases` requests, then yield a result for each check."""
        from hypothesis.configuration import set_hypothesis_home_dir  # noqa: PLC0415 -- comes with it
        from schemathesis import GenerationMode  # noqa: PLC0415 -- an extra, and half a second

        before = self._client.sent
        with TemporaryDirectory(prefix="sessionload-") as folder:
            set_hypothesis_home_dir(folder)  # else it leaves a folder of its own where it was started
            try:
                self._send(GenerationMode.POSITIVE, max_cases - max_cases // 2)
                self._send(GenerationMode.NEGATIVE, max_cases - len(self._seen))
            finally:
                set_hypothesis_home_dir(None)
        sent = self._client.sent - before
        for position, (check, (name, requirement, expected)) in enumerate(_CHECKS.items()):
            yield self._result(check, name, requirement, expected, requests=0 if position else sent)

    def _send(self, mode: GenerationMode, most: int) -> None:
        """Send at most `most` invented bodies; a document may leave none, as when every body is valid."""
        from hypothesis import HealthCheck, Phase, given, settings  # noqa: PLC0415 -- comes with schemathesis
        from hypothesis.errors import HypothesisException  # noqa: PLC0415 -- as above
        from schemathesis.errors import SchemathesisError  # noqa: PLC0415 -- as above

        last, request = len(self._seen) + most, self._contract.request
        cases = self._operation.as_strategy(
            generation_mode=mode,
            path_parameters=dict(request.path_values),
            headers=dict(request.fields),
            query=dict(parse_qsl(request.query)),
        )

        @settings(
            max_examples=max(1, 4 * most),
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(cases)
        def send_invented(case: schemathesis.Case[Any]) -> None:
            if len(self._seen) >= last or self.cut_short:
                raise _EnoughError
            self._try(case)

        try:
            send_invented()
        except _EnoughError:
            return
        except (HypothesisException, SchemathesisError):
            self._without.add(_BY_MODE[mode.name])

    def _try(self, case: schemathesis.Case[Any]) -> None:
        case.body = self._marked(case.body)
        sent = case.as_transport_kwargs(base_url=self._client.environment.url)
        body = sent.get("data", b"")
        if "json" in sent:
            body = json.dumps(sent["json"]).encode()
        body = body.encode() if isinstance(body, str) else body
        if not isinstance(body, bytes) or body in self._seen:
            return
        self._seen.add(body)
        request = replace(self._ordinary, body=body)
        try:
            observed = self._client.call(request).observed
        except BudgetSpent:
            self.cut_short = f"the budget of {self._client.budget:,} requests is spent"
            return
        if observed.status is None:
            self._note("not_a_server_error", request, observed)
        elif observed.status != 429:
            self._judge(case, request, observed)

    def _marked(self, body: Any) -> Any:  # noqa: ANN401 -- a JSON value or bytes, as schemathesis has it
        """Put the mark of this check before a user ID, where that leaves it as good or bad as it was."""
        form = self._contract.request.body
        user = form.user_in(body)
        if user is None or form.user is None:
            return body
        marked = self._users.start + user
        fault_of = form.user_id_fault
        if bool(fault_of(user)) != bool(fault_of(marked)):
            return body
        return put(body, form.user, marked)

    def _judge(self, case: schemathesis.Case[Any], request: CaseRequest, observed: Observed) -> None:
        from schemathesis import Response, checks  # noqa: PLC0415 -- as above
        from schemathesis.core.failures import Failure, FailureGroup  # noqa: PLC0415 -- as above

        checks.load_all_checks()
        headers: dict[str, list[str]] = {}
        for name, value in observed.headers:
            headers.setdefault(name.lower(), []).append(value)
        response = Response(
            status_code=observed.status or 0,
            headers=headers,
            content=observed.body,
            request=as_sent(self._client.environment, request),
            elapsed=observed.elapsed_ns / NS,
            verify=True,
        )
        self._judged += 1
        # What it calls invalid may be another part of a request, and that is always the ordinary one here.
        without = _BY_MODE["NEGATIVE" if self._allows(request.body) else "POSITIVE"]
        for name, check in zip(_CHECKS, checks.CHECKS.get_by_names(list(_CHECKS)), strict=True):
            if name == without or (observed.cut and name == _OF_BODY):
                continue
            try:
                case.validate_response(response, checks=[check])  # type: ignore[list-item]  # those that are asked are functions
            except (Failure, FailureGroup):
                self._note(name, request, observed)

    def _allows(self, body: bytes) -> bool:
        """Tell whether the contract allows a body."""
        spec = operation_spec_of(self._contract).body
        if spec is None or not body:
            return spec is None or not spec.required
        try:
            return spec.violation(parse(body)) is None
        except JsonError:
            return False

    def _note(self, check: str, request: CaseRequest, observed: Observed) -> None:
        earlier = self._findings.get(check)
        if earlier is None:
            self._findings[check] = _Finding(request, observed)
            return
        earlier.count += 1
        if len(request.body) < len(earlier.request.body):
            earlier.request, earlier.observed = request, observed

    def _result(self, check: str, name: str, requirement: str, expected: str, *, requests: int) -> CaseResult:
        finding = self._findings.get(check)
        state, shown = CaseStatus.KEPT, f"{self._judged} answers"
        if finding:
            observed = finding.observed
            answer = f"{observed.status}: {mask(observed.body)}"
            if observed.failure:
                answer = f"no answer: {observed.failure.message}"
            state, shown = (
                CaseStatus.VIOLATED,
                f"{finding.count} of {len(self._seen)} requests, the smallest: {answer}",
            )
        elif check in self._without:
            state, shown = CaseStatus.SKIPPED, "schemathesis can invent no such body from this document"
        elif not self._judged:
            state, shown = CaseStatus.SKIPPED, self.cut_short or "no request was answered"
        environment = self._client.environment
        key_variable = environment.key_variable
        line = curl(finding.request, environment.url, key_variable=key_variable) if finding else ""
        return CaseResult(f"{GROUP}/{name}", GROUP, requirement, expected, shown, state, line, None, requests)


def _operation(
    document: Mapping[str, Any], contract: Contract
) -> schemathesis.APIOperation[Any, Any, Any, Any]:
    import schemathesis  # noqa: PLC0415 -- an extra, and half a second

    # Its own configuration: otherwise it reads a schemathesis.toml from the current folder or any above it.
    schema = schemathesis.openapi.from_dict(dict(document), config=schemathesis.Config())
    return schema[contract.operation.template][contract.operation.method]
