"""What a contract check is worth, and what its file holds."""

from __future__ import annotations

import json

import pytest

from sessionload.suite.expectation import CaseStatus
from sessionload.suite.suite_report import Accepted, CaseResult, Planned, SuiteReport, SuiteStatus, accept

K, V, U, T, S = (
    CaseStatus.KEPT,
    CaseStatus.VIOLATED,
    CaseStatus.UNDOCUMENTED,
    CaseStatus.THROTTLED,
    CaseStatus.SKIPPED,
)
_ENTRY = Accepted("g/1", "known", "2026-01-31")


def _case(name: str, state: CaseStatus) -> CaseResult:
    group = name.partition("/")[0]
    return CaseResult(name, group, "A law", "expected", "observed", state, "curl x", 41_000_000, 2)


def _check(
    *states: CaseStatus, strict: bool = False, baseline: tuple[Accepted, ...] = (), cut: str = ""
) -> SuiteReport:
    results = [_case(f"g/{number}", state) for number, state in enumerate(states)]
    return SuiteReport(
        run_id="20260102-030405-ab12",
        started="2026-01-02 03:04:05 UTC",
        seconds=14.25,
        version="0.1.0",
        environment={"name": "staging"},
        contract={"operation": "startSession"},
        strict=strict,
        results=accept(results, baseline, strict=strict),
        baseline=baseline,
        cut_short=cut,
    )


@pytest.mark.parametrize(
    ("check", "state", "headline"),
    [
        (_check(K, K), SuiteStatus.KEPT, "KEPT: 2 of 2 cases kept the contract"),
        (_check(K), SuiteStatus.KEPT, "KEPT: 1 of 1 case kept the contract"),
        (
            _check(K, U, U, S),
            SuiteStatus.KEPT,
            "KEPT: 1 of 4 cases kept the contract; 2 refused with a status that is not documented; 1 skipped",
        ),
        (_check(K, U, strict=True), SuiteStatus.VIOLATED, "VIOLATED: 1 of 2 cases broke the contract"),
        (_check(K, K, strict=True), SuiteStatus.KEPT, "KEPT: 2 of 2 cases kept the contract"),
        (_check(K, V, V), SuiteStatus.VIOLATED, "VIOLATED: 2 of 3 cases broke the contract"),
        (_check(V, T), SuiteStatus.VIOLATED, "VIOLATED: 1 of 2 cases broke the contract; 1 throttled"),
        (_check(K, T), SuiteStatus.INCOMPLETE, "INCOMPLETE: 1 of 2 cases kept the contract; 1 throttled"),
        (
            _check(K, cut="the budget is spent"),
            SuiteStatus.INCOMPLETE,
            "INCOMPLETE: 1 of 1 case kept the contract; cut short: the budget is spent",
        ),
        (_check(), SuiteStatus.INCOMPLETE, "INCOMPLETE: 0 of 0 cases kept the contract"),
        (_check(S), SuiteStatus.INCOMPLETE, "INCOMPLETE: 0 of 1 case kept the contract; 1 skipped"),
        (
            _check(K, V, baseline=(_ENTRY,)),
            SuiteStatus.KEPT,
            "KEPT: 1 of 2 cases kept the contract; 1 accepted by the baseline",
        ),
        (
            _check(K, K, baseline=(_ENTRY,)),
            SuiteStatus.VIOLATED,
            "VIOLATED: 1 accepted deviation no longer occurs",
        ),
        (
            _check(K, U, V, baseline=(_ENTRY, Accepted("g/0", "x", "2026-01-31"))),
            SuiteStatus.VIOLATED,
            (
                "VIOLATED: 1 of 3 cases broke the contract; 2 accepted deviations no longer occur;"
                " 1 refused with a status that is not documented"
            ),
        ),
    ],
)
def test_what_a_check_is_worth(check: SuiteReport, state: SuiteStatus, headline: str) -> None:
    assert (check.state, check.headline()) == (state, headline)
    assert check.exit_code == (0 if state is SuiteStatus.KEPT else 1)


@pytest.mark.parametrize(
    ("state", "strict", "accepted", "stale"),
    [
        (V, False, True, False),
        (V, True, True, False),
        (U, False, False, True),
        (U, True, True, False),
        (K, False, False, True),
        (K, True, False, True),
        (T, False, False, False),
        (S, True, False, False),
    ],
)
def test_the_baseline_accepts_what_deviates_and_tells_what_no_longer_does(
    *, state: CaseStatus, strict: bool, accepted: bool, stale: bool
) -> None:
    check = _check(K, state, strict=strict, baseline=(_ENTRY,))
    assert [result.accepted for result in check.results] == [None, "known" if accepted else None]
    assert [result.name for result in check.accepted] == ["g/1"] * accepted
    assert check.stale == (_ENTRY,) * stale
    assert not check.failing


@pytest.mark.parametrize(("name", "stale"), [("g/gone", True), ("fuzz/one", False)])
def test_an_entry_for_no_case_is_stale_if_its_group_took_part(*, name: str, stale: bool) -> None:
    entry = Accepted(name, "x", "2026-01-31")
    assert _check(K, baseline=(entry,)).stale == (entry,) * stale


def test_accepting_anew_forgets_what_was_accepted_before() -> None:
    check = _check(K, V, baseline=(_ENTRY,))
    assert [result.accepted for result in accept(check.results, (), strict=False)] == [None, None]


def test_requests_and_states_are_counted() -> None:
    check = _check(K, K, V, U)
    assert check.requests == 8
    assert {state: check.count(state) for state in CaseStatus} == {K: 2, V: 1, U: 1, T: 0, S: 0}


def test_a_planned_case_sends_one_request_unless_it_says_more() -> None:
    assert Planned("g/1", "g", "A law", "expected").requests == 1


def test_the_file_of_a_check_holds_plain_json() -> None:
    """A result's requirement is its `law` there; the verdict repeats what follows from the results."""
    data = _check(K, V, baseline=(_ENTRY,)).to_json()
    assert json.loads(json.dumps(data)) == data
    assert list(data) == ["format", "check", "environment", "contract", "results", "baseline", "verdict"]
    assert data["results"][0] == {
        "name": "g/0",
        "group": "g",
        "law": "A law",
        "expected": "expected",
        "observed": "observed",
        "state": "kept",
        "curl": "curl x",
        "elapsed_ns": 41_000_000,
        "requests": 2,
        "accepted": None,
    }
    assert data["results"][1]["accepted"] == "known"
    assert data["verdict"]["state"] == "kept"
    assert data["verdict"]["counts"] == {
        "kept": 1,
        "violated": 1,
        "undocumented": 0,
        "throttled": 0,
        "skipped": 0,
    }
