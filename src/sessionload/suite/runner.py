"""The check of an environment: cases and laws, one after the other, each ended in one result.

Law: a result comes for everything that was planned, whatever happens on the way. Idea: the plainest valid
request is the first; if the server refuses the key or is not there, nothing else is sent. Trap: where that
request is not answered as the document says, other valid requests would all fail for the same reason, and
bury it; they are skipped and say why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sessionload.suite.cases.case import FIRST, Case, Expect
from sessionload.suite.context import RuleContext, RuleEnded, RuleResult, redirected_to
from sessionload.suite.curl import curl
from sessionload.suite.expectation import CaseStatus, documented_statuses, judge_case
from sessionload.suite.http_client import BudgetSpent
from sessionload.suite.preflight import fault_of_start, response_of
from sessionload.suite.rules import GROUP, RULES, Rule
from sessionload.suite.suite_report import CaseResult, Planned
from sessionload.tls_trust import refuse_unusable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.config.environment import Environment
    from sessionload.contract.operation import Contract
    from sessionload.suite.cases.case import CaseRequest
    from sessionload.suite.expectation import Observed
    from sessionload.suite.http_client import CallResult, HttpClient

_NOT_THERE = {"refused", "dns", "tls", "connection"}
_REFUSED = {401, 403, 404, 429}
_PATIENCE = 3
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
        cases = (Planned(case.name, case.group, case.law, case.expect.value) for case in self.cases)
        laws = (
            Planned(law.name, GROUP, law.sentence, law.expected, self._cost(law, environment))
            for law in RULES
        )
        return (*cases, *laws)

    def _cost(self, law: Rule, environment: Environment) -> int:
        if law.turns and (not self.with_interact or self.turn is None):
            return 0
        return 0 if law.check.__name__ == "tls_is_verified" and not environment.tls else law.requests


class SuiteRunner:
    """Runs a suite. `cut_short` says why not all of it was sent, or is empty."""

    def __init__(self, suite: Suite, caller: HttpClient) -> None:
        self.cut_short = ""
        self._suite = suite
        self._caller = caller
        self._documented = documented_statuses(suite.contract)
        ordinary = suite.cases[0].request
        self._evidence = RuleContext(suite.contract, suite.turn, caller, ordinary, suite.run_id)
        self._states: dict[str, CaseStatus] = {}
        self._fruitless = 0

    def results(self) -> Iterator[CaseResult]:
        """Yield each result as it comes. Raises `PreflightError` when the first request is refused."""
        if self._caller.environment.tls:
            refuse_unusable(self._caller.environment.ca_file)
        for case in self._suite.cases:
            result = self._case(case)
            self._states[case.name] = result.state
            yield result
        for law in RULES:
            result = self._law(law)
            self._states[law.name] = result.state
            yield result

    # Cases

    def _case(self, case: Case) -> CaseResult:
        reason = self._reason_to_skip(case)
        called = None if reason else self._call(case.request)
        if called is None:
            return _skipped(case.name, case.group, case.law, case.expect.value, reason or self.cut_short)
        observed = called.observed
        if case.name == FIRST:
            self._must_be_there(observed)
        self._evidence.remember(case.name, case.request, observed)
        self._fruitless = self._fruitless + 1 if observed.status in (None, 429) else 0
        state, text = judge_case(self._suite.contract, case, observed, documented=self._documented)
        if redirected_to(self._evidence, observed):
            state, text = CaseStatus.SKIPPED, "redirected to another host: see law/no-redirect-elsewhere"
        return CaseResult(
            name=case.name,
            group=case.group,
            law=case.law,
            expected=case.expect.value,
            observed=text + _throttled(called),
            state=state,
            curl=self._curl(case.request),
            elapsed_ns=observed.elapsed_ns if observed.status is not None else None,
            requests=called.requests,
        )

    def _reason_to_skip(self, case: Case) -> str:
        if self.cut_short:
            return self.cut_short
        if self._states.get(FIRST, CaseStatus.KEPT) is not CaseStatus.KEPT:
            if self._fruitless:
                return f"{FIRST} was not answered at all"
            if case.expect in _ANSWERED_BY_VALUE:
                return f"it shows nothing while {FIRST} is not kept"
        if self._fruitless >= _PATIENCE:
            return f"the {_PATIENCE} cases before it were not answered, or throttled to the last"
        return ""

    def _call(self, request: CaseRequest) -> CallResult | None:
        try:
            return self._caller.call(request)
        except BudgetSpent:
            self.cut_short = f"the budget of {self._caller.budget:,} requests is spent"
            return None

    def _must_be_there(self, observed: Observed) -> None:
        """Raise `PreflightError` when the server is not there or refuses the key, the project or the pace."""
        there = observed.failure is None or observed.failure.cause not in _NOT_THERE
        if there and observed.status not in _REFUSED:
            return
        error = fault_of_start(self._caller.environment, self._suite.contract, response_of(observed))
        if error:
            raise error

    # Laws

    def _law(self, law: Rule) -> CaseResult:
        reason = self._reason_against(law)
        if reason:
            return _skipped(law.name, GROUP, law.sentence, law.expected, reason)
        before = self._caller.sent
        try:
            found = law.check(self._evidence)
        except RuleEnded as ended:
            found = ended.found
        except BudgetSpent:
            self.cut_short = f"the budget of {self._caller.budget:,} requests is spent"
            found = RuleResult(CaseStatus.SKIPPED, self.cut_short)
        return CaseResult(
            name=law.name,
            group=GROUP,
            law=law.sentence,
            expected=law.expected,
            observed=found.observed,
            state=found.state,
            curl=self._curl(found.request) if found.request else "",
            elapsed_ns=found.elapsed_ns,
            requests=self._caller.sent - before,
        )

    def _reason_against(self, law: Rule) -> str:
        if law.turns and not self._suite.with_interact:
            return _NO_TURNS
        if law.first and self._states.get(FIRST) is not CaseStatus.KEPT:
            return f"it shows nothing while {FIRST} is not kept"
        unseen = (CaseStatus.SKIPPED,) if law.first else ()
        for other in law.stands_on:
            if self._states[other] in (CaseStatus.VIOLATED, CaseStatus.THROTTLED, *unseen):
                return f"it shows nothing while {other} is not kept"
        return self.cut_short if law.requests else ""

    def _curl(self, request: CaseRequest) -> str:
        environment = self._caller.environment
        return curl(request, environment.url, key_variable=environment.key_variable or "VF_API_KEY")


def _skipped(name: str, group: str, law: str, expected: str, reason: str) -> CaseResult:
    return CaseResult(name, group, law, expected, reason, CaseStatus.SKIPPED, requests=0)


def _throttled(called: CallResult) -> str:
    times = "once" if called.throttled == 1 else f"{called.throttled} times"
    return f" (throttled {times} before)" if called.throttled and called.observed.status != 429 else ""
