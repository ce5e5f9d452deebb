"""What the answer to a turn is worth, held against the shipped contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sessionload.config.contract_files import read_contract
from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.contract.turn import TurnContract, turn_contract_of
from sessionload.contract.turn_answer import failed_turn, judge_turn
from sessionload.contract.turn_mark import mark_of
from sessionload.errors import InputError
from sessionload.failure_causes import TRUNCATED
from sessionload.metrics.exchange import Failure, Outcome
from sessionload.metrics.turn_exchange import TurnOutcome

DOCUMENT: dict[str, Any] = read_contract(Path(__file__).parents[2] / "contracts" / "openapi.yaml")[0]
BINDING = Binding("startSession", project="p", environment="main")
STREAM = "text/event-stream; charset=utf-8"


def contract(*, streams: bool, document: dict[str, Any] = DOCUMENT) -> TurnContract:
    start = Contract.from_document(document, BINDING, file="openapi.yaml", sha256="")
    return turn_contract_of(start, BINDING, streams=streams)


WHOLE, STREAMED = contract(streams=False), contract(streams=True)


def without(*names: str) -> dict[str, Any]:
    """Return the shipped document without operations, by their `operationId`."""
    paths = {
        path: item for path, item in DOCUMENT["paths"].items() if item["post"]["operationId"] not in names
    }
    return {**DOCUMENT, "paths": paths}


def judged(turn: TurnContract, status: int = 200, body: bytes = b"", **more: Any) -> tuple[TurnOutcome, str]:  # noqa: ANN401
    content_type = STREAM if "events" in more else "application/json"
    outcome, failure = judge_turn(turn, status, content_type, body, {}, **more)
    return outcome, failure.cause if failure else ""


@pytest.mark.parametrize(
    ("body", "outcome", "cause"),
    [
        (b'{"traces": [{"type": "text"}, {"type": "end", "more": 1}]}', TurnOutcome.OK, ""),
        (b'{"traces": []}', TurnOutcome.OK, ""),
        (b'{"traces": [{}]}', TurnOutcome.CONTRACT_VIOLATION, "body/required/traces/[]/type"),
        (b"{}", TurnOutcome.CONTRACT_VIOLATION, "body/required/traces"),
        (b"[", TurnOutcome.CONTRACT_VIOLATION, "json/not_json"),
    ],
)
def test_a_whole_answer_is_held_against_its_schema(body: bytes, outcome: TurnOutcome, cause: str) -> None:
    assert judged(WHOLE, body=body) == (outcome, cause)


@pytest.mark.parametrize(
    ("events", "has_ended", "outcome", "cause"),
    [
        (['{"type": "text"}', '{"type": "x"}'], True, TurnOutcome.OK, ""),
        ([], True, TurnOutcome.OK, ""),
        (['{"type": "text"}'], False, TurnOutcome.ENDED_EARLY, "turn/ended_early"),
        (['{"type": "text"}', '{"type": 7}'], True, TurnOutcome.CONTRACT_VIOLATION, "trace/type/type"),
        (["{}"], False, TurnOutcome.CONTRACT_VIOLATION, "trace/required/type"),
        (["{"], True, TurnOutcome.CONTRACT_VIOLATION, "trace/json/not_json"),
    ],
)
def test_each_trace_of_a_stream_is_held_against_the_schema_of_a_trace(
    events: list[str],
    has_ended: bool,  # noqa: FBT001
    outcome: TurnOutcome,
    cause: str,
) -> None:
    assert judged(STREAMED, events=events, has_ended=has_ended) == (outcome, cause)


@pytest.mark.parametrize(
    ("status", "was_ended", "outcome", "cause"),
    [
        (401, False, TurnOutcome.DEAD_KEY, "turn/dead_key"),
        (401, True, TurnOutcome.REJECTED, "rejected/401"),
        (403, False, TurnOutcome.REJECTED, "rejected/403"),
        (429, False, TurnOutcome.THROTTLED, "throttled/429"),
        (503, False, TurnOutcome.SERVER_ERROR, "server_error/503"),
        (404, False, TurnOutcome.CONTRACT_VIOLATION, "status/404"),
    ],
)
def test_a_status_says_more_than_a_body(
    status: int,
    was_ended: bool,  # noqa: FBT001
    outcome: TurnOutcome,
    cause: str,
) -> None:
    assert judged(WHOLE, status, b"{}", was_ended=was_ended) == (outcome, cause)
    failure = judge_turn(WHOLE, status, "application/json", b"{}", {}, was_ended=was_ended).failure
    assert failure is not None
    assert "API key" not in failure.message


def test_a_stream_that_is_no_stream_is_a_violation() -> None:
    outcome, failure = judge_turn(STREAMED, 200, "application/json", b"{}", {})
    assert outcome is TurnOutcome.CONTRACT_VIOLATION
    assert failure is not None
    assert failure.cause == "media_type"


@pytest.mark.parametrize("streams", [True, False])
def test_a_stream_that_is_cut_has_ended_early(*, streams: bool) -> None:
    cut = failed_turn(Outcome.PROTOCOL_ERROR, Failure(*TRUNCATED), streams=streams)
    assert cut.outcome is (TurnOutcome.ENDED_EARLY if streams else TurnOutcome.PROTOCOL_ERROR)
    late = failed_turn(Outcome.TIMEOUT, Failure("timeout/body", "late"), streams=streams)
    assert (late.outcome, late.failure) == (TurnOutcome.TIMEOUT, Failure("timeout/body", "late"))


@pytest.mark.parametrize(("streams", "name"), [(True, "interactStream"), (False, "interact")])
def test_a_document_without_the_operation_is_refused(streams: bool, name: str) -> None:  # noqa: FBT001
    with pytest.raises(InputError, match=f"no operation '{name}'") as error:
        contract(streams=streams, document=without(name))
    assert error.value.code == "no-turn"


def test_without_a_schema_of_traces_each_is_taken() -> None:
    """The document of a stream alone says nothing of its events."""
    assert contract(streams=True, document=without("interact")).trace is None
    assert (
        judged(contract(streams=True, document=without("interact")), events=["{}"], has_ended=True)[0] == "ok"
    )
    plain = without("interact")
    plain["paths"] = {**plain["paths"], "/v4/interact": {"post": _plain_turn()}}
    assert contract(streams=False, document=plain).trace is None


def _plain_turn() -> dict[str, Any]:
    turn: dict[str, Any] = dict(DOCUMENT["paths"]["/v4/interact"]["post"])
    turn["responses"] = {"200": {"description": "", "content": {"application/json": {}}}}
    return turn


def test_a_document_whose_turns_have_no_listed_content_says_nothing_of_traces() -> None:
    plain = without("interact")
    plain["paths"] = {
        **plain["paths"],
        "/v4/interact": {"post": {**_plain_turn(), "responses": {"200": {"description": ""}}}},
    }
    assert contract(streams=False, document=plain).trace is None


def test_a_mark_tells_users_apart() -> None:
    assert mark_of(b"a") != mark_of(b"b")
    assert len(mark_of("Größe".encode())) == 16
