"""The rules beyond the schema: each asked alone, of a stub that keeps it and of one that does not."""

from __future__ import annotations

import copy
import json
from fractions import Fraction
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from stub_thread import StubThread

from sessionload.config.environment import Environment
from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.metrics.exchange import Failure
from sessionload.suite import rules
from sessionload.suite.cases.all_cases import cases_of
from sessionload.suite.cases.case import FIRST, CaseRequest
from sessionload.suite.context import RuleContext, RuleEnded, RuleResult, redirected_to, texts_in
from sessionload.suite.expectation import CaseStatus, Observed
from sessionload.suite.http_client import CallResult, HttpClient, Pace
from sessionload.suite.rules import RULES
from sessionload.suite.runner import Suite, SuiteRunner

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.secret import Secret

SECOND = 1_000_000_000
LONG_RUN = "20260102-030405-ab12"
NAMED = {rule.name: rule for rule in RULES}


@pytest.fixture
def context_of(
    contract: Contract, contract_read: tuple[Any, str], api_key: Secret
) -> Callable[..., RuleContext]:
    """Return the context against a stub, after the plainest valid request."""

    def make(stub: StubThread, **fields: Any) -> RuleContext:  # noqa: ANN401 -- fields of an environment
        known: dict[str, Any] = {"tls": False, "binding": Binding(None, "stub", "main"), "key": api_key}
        environment = Environment("here", stub.url, "127.0.0.1", stub.port, **{**known, **fields})
        pace = Pace(Fraction(500))
        client = HttpClient(environment, agent="test/1", timeout_ns=2 * SECOND, pace=pace, budget=200)
        turn = Contract.from_document(
            contract_read[0], Binding("interact", session_key=None), file="openapi.yaml", sha256=""
        )
        ordinary = cases_of(contract, run_id="r1")[0].request
        context = RuleContext(contract, turn, client, ordinary, "r1")
        context.record(FIRST, ordinary, client.call(ordinary).observed)
        return context

    return make


def result_of(rule: str, context: RuleContext) -> RuleResult:
    try:
        return NAMED[rule].check(context)
    except RuleEnded as ended:
        return ended.result


BROKEN_BY = {
    "law/key-is-not-the-user-id": "key_is_user_id always",
    "law/key-is-text": "key_has_control always",
    "law/key-is-not-the-api-key": "key_is_api_key always",
    "law/keys-differ-between-users": "same_key always",
    "law/keys-differ-between-starts": "repeats_key always",
    "law/start-ends-earlier-session": "keeps_old_key always",
    "law/similar-users-stay-apart": "trims_user_id always",
    "law/parallel-starts-leave-one": "keeps_racing_keys always",
    "law/no-redirect-elsewhere": "redirect https://elsewhere.example/ always",
    "law/api-key-is-not-shown": "shows_key_in_head always",
}


@pytest.mark.parametrize("rule", BROKEN_BY)
def test_a_rule_is_kept_by_the_sound_stub_and_broken_by_its_defect(
    context_of: Callable[..., RuleContext], api_key: Secret, contract_read: tuple[Any, str], rule: str
) -> None:
    """It sends as many requests as it says, and shows neither key nor session key."""
    for faults, state in ((), CaseStatus.KEPT), ((BROKEN_BY[rule],), CaseStatus.VIOLATED):
        latency = "20ms" if NAMED[rule].name == "law/parallel-starts-leave-one" else "0ms"
        with StubThread(*faults, latency=latency, key=api_key, document=contract_read[0]) as stub:
            context = context_of(stub)
            before = context.client.sent
            seen = result_of(rule, context)
        assert seen.state is state, seen
        sent = context.client.sent - before
        assert sent == NAMED[rule].requests or (
            state is CaseStatus.VIOLATED and 0 < sent < NAMED[rule].requests
        )
        assert api_key.hide(seen.observed) == seen.observed
        assert not [issued for issued in context.issued if issued.key in seen.observed]
        assert (seen.request is not None) == (state is CaseStatus.VIOLATED)


@pytest.mark.parametrize(
    "limits", [{"maxLength": 1}, {"maxLength": 12}, {"maxLength": 40}, {"minLength": 100, "maxLength": 101}]
)
def test_no_rule_blames_a_server_for_refusing_a_user_id_that_the_document_does_not_allow(
    api_key: Secret, contract_read: tuple[Any, str], limits: dict[str, int]
) -> None:
    document = copy.deepcopy(contract_read[0])
    document["components"]["schemas"]["SessionStart"]["properties"]["userID"] |= limits
    contract, turn = (
        Contract.from_document(document, binding, file="openapi.yaml", sha256="")
        for binding in (Binding("startSession", "stub", "main"), Binding("interact", session_key=None))
    )
    with StubThread(key=api_key, document=document) as stub:
        environment = Environment(
            "here",
            stub.url,
            "127.0.0.1",
            stub.port,
            tls=False,
            binding=Binding(None, "stub", "main"),
            key=api_key,
        )
        client = HttpClient(
            environment, agent="test/1", timeout_ns=2 * SECOND, pace=Pace(Fraction(500)), budget=200
        )
        suite = Suite(contract, turn, cases_of(contract, run_id=LONG_RUN), LONG_RUN, with_interact=True)
        results = list(SuiteRunner(suite, client).results())
    assert [result.name for result in results if result.state is CaseStatus.VIOLATED] == []
    similar = next(result for result in results if result.name == "law/similar-users-other-keys")
    assert similar.observed == (
        "3 pairs of users"
        if limits["maxLength"] > 1
        else "the document allows no two user IDs that differ in so little"
    )


def test_a_user_who_is_taken_for_another_is_seen_by_the_key(
    context_of: Callable[..., RuleContext], api_key: Secret, contract_read: tuple[Any, str]
) -> None:
    """Without a turn, where the server gives a user the same key again."""
    with StubThread(
        "trims_user_id always", "repeats_key always", key=api_key, document=contract_read[0]
    ) as stub:
        seen = result_of("law/similar-users-other-keys", context_of(stub))
    assert seen.state is CaseStatus.VIOLATED
    assert seen.observed == "a user ID with a space after it was given the same key as the plain one"


@pytest.mark.parametrize(
    ("read", "state", "observed"),
    [
        (
            str.casefold,
            CaseStatus.VIOLATED,
            "a user ID with the other case was answered with the plain one",
        ),
        (str, CaseStatus.KEPT, "3 pairs of users"),
    ],
)
def test_a_user_who_is_taken_for_another_is_seen_by_an_answer_that_names_the_other(
    context_of: Callable[..., RuleContext],
    api_key: Secret,
    read: Callable[[str], str],
    state: CaseStatus,
    observed: str,
) -> None:
    with StubThread(key=api_key) as stub:
        context = context_of(stub)
    numbers = count()

    def answer(request: CaseRequest) -> CallResult:
        user = read(json.loads(request.body)["userID"])
        body = json.dumps({"sessionKey": f"key-{next(numbers)}", "user": {"names": [user]}}).encode()
        return CallResult(Observed(200, (("content-type", "application/json"),), body, 1))

    context.client.call = answer  # type: ignore[method-assign,assignment]
    seen = result_of("law/similar-users-other-keys", context)
    assert (seen.state, seen.observed) == (state, observed)


def test_each_rule_is_a_function_with_one_sentence_and_a_name_of_its_own() -> None:
    assert len({rule.name for rule in RULES}) == len({rule.check for rule in RULES}) == len(RULES) == 13
    for rule in RULES:
        assert rule.check.__doc__
        assert getattr(rules, rule.check.__name__) is rule.check
        assert len(rule.name) <= 30
    order = [rule.name for rule in RULES]
    assert all(order.index(other) < order.index(rule.name) for rule in RULES for other in rule.depends_on)


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        (None, None),
        ("", None),
        ("/elsewhere", None),
        ("{here}/elsewhere", None),
        ("//elsewhere.example/path?with=this", "http://elsewhere.example"),
        ("https://elsewhere.example/path#part", "https://elsewhere.example"),
        ("https://elsewhere.example:8443/", "https://elsewhere.example:8443"),
        ("https://name:word@elsewhere.example/", "https://elsewhere.example"),
        ("https://{key}.example/", "https://***.example"),
        ("http://[", "an address that cannot be read"),
        ("http://elsewhere.example:99999/", "an address that cannot be read"),
    ],
)
def test_a_redirect_elsewhere_is_named_by_scheme_and_host(
    context_of: Callable[..., RuleContext], api_key: Secret, location: str | None, shown: str | None
) -> None:
    with StubThread(key=api_key) as stub:
        context = context_of(stub)
        if location is not None:
            location = location.format(here=stub.url, key=api_key.reveal())
    headers = () if location is None else (("Location", location),)
    assert redirected_to(context, Observed(302, headers, b"", 1)) == shown
    assert redirected_to(context, Observed(200, headers, b"", 1)) is None
    assert redirected_to(context, Observed(None, (), b"", 1, Failure("timeout", "no answer"))) is None


@pytest.mark.parametrize(
    ("fault", "state", "sentence"),
    [
        ("throttle retry-after 99 on 2..99", CaseStatus.THROTTLED, "fewer requests"),
        ("status 500 on 2..99", CaseStatus.VIOLATED, "500"),
        ("missing_key on 2..99", CaseStatus.VIOLATED, "sessionKey is missing"),
        ("close on 2..99", CaseStatus.VIOLATED, "no answer"),
    ],
)
def test_a_start_that_gives_no_key_ends_a_rule(
    context_of: Callable[..., RuleContext], api_key: Secret, fault: str, state: CaseStatus, sentence: str
) -> None:
    with StubThread(fault, key=api_key) as stub:
        seen = result_of("law/keys-differ-between-starts", context_of(stub))
    assert seen.state is state
    assert sentence in seen.observed


def test_plain_http_has_no_certificate_to_look_at(
    context_of: Callable[..., RuleContext], api_key: Secret
) -> None:
    with StubThread(key=api_key) as stub:
        context = context_of(stub)
        seen = result_of("law/tls-is-verified", context)
    assert (seen.state, context.client.sent) == (CaseStatus.SKIPPED, 1)
    assert "plain HTTP" in seen.observed


def test_without_a_turn_in_the_document_its_rules_are_skipped(
    context_of: Callable[..., RuleContext], api_key: Secret
) -> None:
    with StubThread(key=api_key) as stub:
        context = context_of(stub)
        context.turn = None
        seen = result_of("law/start-ends-earlier-session", context)
    assert seen.state is CaseStatus.SKIPPED


def test_the_time_of_a_call_is_shown(context_of: Callable[..., RuleContext], api_key: Secret) -> None:
    with StubThread(latency="50ms", key=api_key) as stub:
        seen = result_of("law/response-time", context_of(stub))
    assert seen.state is CaseStatus.KEPT
    assert seen.elapsed_ns is not None
    assert seen.elapsed_ns >= 50_000_000


def test_where_no_session_was_started_there_is_no_time_to_show(
    context_of: Callable[..., RuleContext], api_key: Secret
) -> None:
    with StubThread("status 500 always", key=api_key) as stub:
        assert result_of("law/response-time", context_of(stub)).state is CaseStatus.SKIPPED


def test_a_rule_that_depends_on_a_broken_one_is_skipped(
    context_of: Callable[..., RuleContext], api_key: Secret, contract: Contract
) -> None:
    """All requests that are planned are sent, but for those of the rules that are skipped."""
    with StubThread("same_key if granted", key=api_key) as stub:
        context = context_of(stub)
        cases = cases_of(contract, run_id="r2")
        suite = Suite(contract, context.turn, cases, "r2", with_interact=True)
        states = {result.name: result.state for result in SuiteRunner(suite, context.client).results()}
    assert states["law/keys-differ-between-users"] is CaseStatus.VIOLATED
    for name in ("keys-differ-between-starts", "start-ends-earlier-session", "parallel-starts-leave-one"):
        assert states[f"law/{name}"] is CaseStatus.SKIPPED
    assert states["law/api-key-is-not-shown"] is CaseStatus.KEPT


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        (b'{"a": ["b", {"c": "d"}], "e": 1, "f": null}', {"b", "d"}),
        (b'"b"', {"b"}),
        (b"b", set()),
        (b"", set()),
    ],
)
def test_the_texts_of_a_body(body: bytes, texts: set[str]) -> None:
    assert texts_in(body) == texts
