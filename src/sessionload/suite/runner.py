"""Runs the contract suite against an environment: cases, then rules, one after the other.

Everything that was planned gets exactly one result. The plainest valid request goes first: when the server is
not there or refuses the key, nothing else is sent. When that request is answered against the contract, the
other valid requests are skipped, because they would all fail for the same reason and hide it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sessionload.suite.cases.case import FIRST, Case, Expect
from sessionload.suite.context import RuleContext, RuleEnded, RuleResult, redirected_to
from sessionload.suite.curl import curl
from sessionload.suite.expectation import CaseStatus, judge_case
from sessionload.suite.http_client import BudgetSpent
from sessionload.suite.preflight import fault_of_start, response_of
from sessionload.suite.rules import GROUP, RULES, Rule
from sessionload.suite.suite_report import CaseResult, Planned
from sessionload.tls_trust import refuse_unusable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.config.environment import Environment
    from sessionload.contract.contract import Contract
    from sessionload.suite.cases.case import CaseRequest
    from sessionload.suite.expectation import Observed
    from sessionload.suite.http_client import CallResult, HttpClient

_HUNG_UP = ("connection/closed", "connection/reset")
"""The server is there, and ends connections instead of answering: that is a finding."""
_REFUSED = {401, 403, 404, 429}
_MAX_FRUITLESS = 3
_ANSWERED_BY_VALUE = (Expect.KEPT, Expect.EITHER)
_NO_TURNS = "it takes turns, which are paid for: ask for it with --with-interact"


@dataclass(frozen=True, slots=True)
class Suite:
    """Everything that is checked of one operation. `turn` is the contract of a turn, if there is one."""

    contract: Contract
    turn: Contract | None
    cases: tuple[Case, ...]
    run_id: str
    with_interact: bool = False

    def planned(self, environment: Environment) -> tuple[Planned, ...]:
        """Return what would be sent to `environment`, in order."""
        cases = (
            Planned(
                case.name,
                case.group,
                case.requirement,
                case.expect.value,
                requests=int(case.expect is not Expect.UNSENT),
                note=case.note,
            )
            for case in self.cases
        )
        rules = (
            Planned(rule.name, GROUP, rule.requirement, rule.expected, self._cost(rule, environment))
            for rule in RULES
        )
        return (*cases, *rules)

    def _cost(self, rule: Rule, environment: Environment) -> int:
        if rule.turns and (not self.with_interact or self.turn is None):
            return 0
        return 0 if rule.check.__name__ == "tls_is_verified" and not environment.tls else rule.requests


class SuiteRunner:
    """Runs a suite. `cut_short` says why not all of it was sent, or is empty."""

    def __init__(self, suite: Suite, client: HttpClient) -> None:
        self.cut_short = ""
        self.chosen: dict[str, str] = {}
        """The environment that a traffic split chose for the first session, if the answer said so."""
        self._suite = suite
        self._client = client
        ordinary = suite.cases[0].request
        self._context = RuleContext(suite.contract, suite.turn, client, ordinary, suite.run_id)
        self._states: dict[str, CaseStatus] = {}
        self._fruitless = 0

    def results(self) -> Iterator[CaseResult]:
        """Yield each result as it comes. Raises `PreflightError` when the first request is refused."""
        if self._client.environment.tls:
            here = self._client.environment
            refuse_unusable(here.ca_file, here.client_cert, here.client_key)
        for case in self._suite.cases:
            result = self._case(case)
            self._states[case.name] = result.state
            yield result
        for rule in RULES:
            result = self._rule(rule)
            self._states[rule.name] = result.state
            yield result

    # Cases

    def _case(self, case: Case) -> CaseResult:
        reason = self._reason_to_skip(case)
        call = None if reason else self._call(case.request)
        if call is None:
            return _skipped(
                case.name, case.group, case.requirement, case.expect.value, reason or self.cut_short
            )
        observed = call.observed
        if case.name == FIRST:
            self._require_server(observed)
            self.chosen = self._client.environment.chosen(observed.body)
        self._context.record(case.name, case.request, observed)
        self._fruitless = self._fruitless + 1 if observed.status in (None, 429) else 0
        state, text = judge_case(self._suite.contract, case, observed)
        if redirected_to(self._context, observed):
            state, text = CaseStatus.SKIPPED, "redirected to another host: see law/no-redirect-elsewhere"
        return CaseResult(
            name=case.name,
            group=case.group,
            requirement=case.requirement,
            expected=case.expect.value,
            observed=text + _throttled(call),
            state=state,
            curl=self._curl(case.request),
            elapsed_ns=observed.elapsed_ns if observed.status is not None else None,
            requests=call.requests,
        )

    def _reason_to_skip(self, case: Case) -> str:
        if case.expect is Expect.UNSENT:
            return case.note
        if self.cut_short:
            return self.cut_short
        if self._states.get(FIRST, CaseStatus.KEPT) is not CaseStatus.KEPT:
            if self._fruitless:
                return f"{FIRST} was not answered at all"
            if case.expect in _ANSWERED_BY_VALUE:
                return f"it shows nothing while {FIRST} is not kept"
        if self._fruitless >= _MAX_FRUITLESS:
            return f"the {_MAX_FRUITLESS} cases before it were not answered, or throttled to the last"
        return ""

    def _call(self, request: CaseRequest) -> CallResult | None:
        try:
            return self._client.call(request)
        except BudgetSpent:
            self.cut_short = f"the budget of {self._client.budget:,} requests is spent"
            return None

    def _require_server(self, observed: Observed) -> None:
        """Raise `PreflightError` when the server is not there or refuses the key, the project or the pace."""
        cause = observed.failure.cause if observed.failure else ""
        there = not cause.startswith(("connection/", "generator/")) or cause in _HUNG_UP
        if there and observed.status not in _REFUSED:
            return
        error = fault_of_start(self._client.environment, self._suite.contract, response_of(observed))
        if error:
            raise error

    # Rules

    def _rule(self, rule: Rule) -> CaseResult:
        reason = self._reason_to_skip_rule(rule)
        if reason:
            return _skipped(rule.name, GROUP, rule.requirement, rule.expected, reason)
        before = self._client.sent
        try:
            outcome = rule.check(self._context)
        except RuleEnded as ended:
            outcome = ended.result
        except BudgetSpent:
            self.cut_short = f"the budget of {self._client.budget:,} requests is spent"
            outcome = RuleResult(CaseStatus.SKIPPED, self.cut_short)
        return CaseResult(
            name=rule.name,
            group=GROUP,
            requirement=rule.requirement,
            expected=rule.expected,
            observed=outcome.observed,
            state=outcome.state,
            curl=self._curl(outcome.request) if outcome.request else "",
            elapsed_ns=outcome.elapsed_ns,
            requests=self._client.sent - before,
        )

    def _reason_to_skip_rule(self, rule: Rule) -> str:
        if rule.turns and not self._suite.with_interact:
            return _NO_TURNS
        if rule.needs_first and self._states.get(FIRST) is not CaseStatus.KEPT:
            return f"it shows nothing while {FIRST} is not kept"
        unseen = (CaseStatus.SKIPPED,) if rule.needs_first else ()
        for other in rule.depends_on:
            if self._states[other] in (CaseStatus.VIOLATED, CaseStatus.THROTTLED, *unseen):
                return f"it shows nothing while {other} is not kept"
        return self.cut_short if rule.requests else ""

    def _curl(self, request: CaseRequest) -> str:
        environment = self._client.environment
        return curl(request, environment.url, key_variable=environment.key_variable)


def _skipped(name: str, group: str, requirement: str, expected: str, reason: str) -> CaseResult:
    return CaseResult(name, group, requirement, expected, reason, CaseStatus.SKIPPED, requests=0)


def _throttled(call: CallResult) -> str:
    times = "once" if call.throttled == 1 else f"{call.throttled} times"
    return f" (throttled {times} before)" if call.throttled and call.observed.status != 429 else ""
