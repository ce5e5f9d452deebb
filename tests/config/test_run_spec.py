"""Inputs become a spec, the same in every process; what was measured becomes a judged result."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

import sessionload
from sessionload.config.contract_files import read_contract
from sessionload.config.document import Document
from sessionload.config.environment import Environment
from sessionload.config.run_spec import RunInputs, run_spec_of
from sessionload.config.scenario import Scenario
from sessionload.errors import InputError
from sessionload.metrics.delta import Delta
from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.named_arrivals import NamedArrival
from sessionload.metrics.run_totals import RunTotals
from sessionload.stub.settings import KEY_VARIABLE
from sessionload.units import NS
from sessionload.verdict.evidence import Limits
from sessionload.verdict.finalize import finalize_result, nothing_sent
from sessionload.verdict.verdict import State
from sessionload.workload.text_list import TextList
from sessionload.workload.trace import TraceIds

KEY = "VF.DM.canary.5a0e8be17c"
STUB_KEY = "VF.DM.stub.0123456789abcdef"
VARIABLES = {"SPEC_KEY": KEY, KEY_VARIABLE: STUB_KEY}
CONTRACT, SHA256 = read_contract(Path(__file__).parents[2] / "contracts" / "openapi.yaml")
SCENARIO: dict[str, Any] = {
    "name": "spec",
    "environment": "here",
    "users": {"id": "spec-{run}-{n}"},
    "load": {
        "stages": [
            {"name": "warm-up", "rate": "10/s", "duration": "1s", "warmup": True},
            {"name": "peak", "rate": "20/s", "duration": "2s"},
        ]
    },
    "targets": ["p95 < 400ms"],
    "seed": 3,
}
REMOTE = {
    "url": "http://127.0.0.1:4321",
    "project": "0123456789",
    "environment": "main",
    "api_key": "${SPEC_KEY}",
}
INPUTS = RunInputs(
    run_id="r1",
    started="2026-01-01T00:00:00+00:00",
    scenario=SCENARIO,
    scenario_file="scenario.yaml",
    environments={"here": REMOTE, "stub": {"embedded": True}},
    environments_file="environments.yaml",
    environment="here",
    contract=CONTRACT,
    contract_file="openapi.yaml",
    contract_sha256=SHA256,
    machine={"processors": "2"},
)
BY_FILE = {"users": {"id": {"file": "users.csv"}}, "seed": 1}


def with_scenario(**changes: Any) -> RunInputs:  # noqa: ANN401 -- plain data
    return replace(INPUTS, scenario={**SCENARIO, **changes})


@pytest.mark.parametrize("ids", [None, ("a", "b"), ("gr\u00fc\u00dfe\n", "\U0001f600"), ()])
def test_inputs_travel_as_bytes(ids: tuple[str, ...] | None) -> None:
    inputs = replace(INPUTS, ids=None if ids is None else TextList.of(ids), stub_port=4711)
    travelling = b"".join(inputs.pieces())
    stream = BytesIO(travelling + b"stop\n")
    assert RunInputs.read(stream) == inputs
    assert stream.read() == b"stop\n"
    assert KEY.encode() not in travelling


def test_inputs_that_are_cut_short_are_none() -> None:
    travelling = b"".join(replace(INPUTS, ids=TextList.of(("ann", "bob"))).pieces())
    assert RunInputs.read(BytesIO(travelling)) is not None
    assert [RunInputs.read(BytesIO(travelling[:end])) for end in range(len(travelling))] == [None] * len(
        travelling
    )


def test_inputs_of_a_machine_with_another_order_of_bytes_are_not_read() -> None:
    line = b"".join(INPUTS.pieces())
    assert b'"byte_order": "01000000"' in line
    assert RunInputs.read(BytesIO(line.replace(b'"01000000"', b'"00000001"'))) is None


def test_user_ids_travel_without_a_copy() -> None:
    ids = TextList.of(("ann", "bob"))
    _, text, ends = replace(INPUTS, ids=ids).pieces()
    assert text is ids.text
    assert isinstance(ends, memoryview)
    assert ends.obj is ids.ends


def test_a_spec_is_everything_that_a_run_needs_checked() -> None:
    spec = run_spec_of(INPUTS, VARIABLES)
    assert (spec.run_id, spec.version) == ("r1", sessionload.__version__)
    assert spec.scenario.name == "spec"
    assert spec.environment.url == "http://127.0.0.1:4321"
    assert spec.environment.key is not None
    assert spec.environment.key.reveal() == KEY
    assert spec.contract.operation.operation_id == "startSession"
    assert KEY not in repr(spec)


def test_the_header_is_all_that_is_known_before_the_run() -> None:
    header = run_spec_of(INPUTS, VARIABLES).header
    assert (header.run.id, header.run.started, header.run.seed) == ("r1", INPUTS.started, 3)
    assert (header.run.seconds, header.run.interrupted, header.run.aborted_by) == (0.0, None, None)
    assert (header.planned, header.planned_by_stage) == (50, (10, 40))
    assert header.planned_by_second == {0: 10, 1: 20, 2: 20}
    assert header.contract == {
        "file": "openapi.yaml",
        "operation": "startSession",
        "sha256": SHA256,
        "method": "POST",
        "path": "/v4/project/{projectID}/environment/{environmentID}/session",
        "header": "authorization",
    }
    assert header.machine == {"processors": "2"}
    assert header.environment["project"].startswith("0123…")
    assert [target.expr for target in header.targets] == ["p95 < 400ms"]
    assert header.limits == Limits()


def test_another_process_makes_the_same_spec() -> None:
    received = RunInputs.read(BytesIO(b"".join(INPUTS.pieces())))
    assert received is not None
    here, there = run_spec_of(INPUTS, VARIABLES), run_spec_of(received, VARIABLES)
    assert there.header == here.header
    assert list(there.scenario.schedule.stripe()) == list(here.scenario.schedule.stripe())


def test_what_was_checked_already_is_not_checked_again() -> None:
    """Neither the scenario nor the environments of these inputs could be used."""
    scenario = Scenario.check(Document(SCENARIO, "scenario.yaml", {}))
    environments = Document(INPUTS.environments, "environments.yaml", {})
    environment = Environment.check(environments, "here", VARIABLES)
    inputs = replace(INPUTS, scenario={}, environments={})
    spec = run_spec_of(inputs, {}, scenario=scenario, environment=environment)
    assert spec.scenario == scenario
    assert spec.environment == environment


def test_user_ids_of_a_file_are_those_of_the_run() -> None:
    ids = TextList.of(f"person-{number}" for number in range(60))
    inputs = replace(with_scenario(**BY_FILE), ids=ids)
    spec = run_spec_of(inputs, VARIABLES)
    assert (spec.scenario.users.ids, spec.scenario.user_file) == (ids, None)
    scenario = Scenario.check(Document(inputs.scenario, "scenario.yaml", {}))
    assert run_spec_of(inputs, VARIABLES, scenario=scenario).scenario.users.ids == ids


def test_an_arrival_that_is_kept_is_told_who_it_was_and_how_it_was_called() -> None:
    kept = NamedArrival(61, 0, 1, 2, Outcome.OK, new_connection=True)
    spec = run_spec_of(INPUTS, VARIABLES)
    named = spec.naming()(kept)
    body = spec.bodies()(61)
    assert named.user_id is not None
    assert json.loads(body) == {"userID": named.user_id}
    assert (named.user_row, named.trace) == (None, None)
    traced = with_scenario(load={**SCENARIO["load"], "trace": "w3c"})
    ids = TextList.of(f"person-{number}" for number in range(60))
    of_a_file = replace(traced, scenario={**traced.scenario, **BY_FILE}, ids=ids)
    named = run_spec_of(of_a_file, VARIABLES).naming()(kept)
    assert (named.user_id, named.user_row) == (None, 2)
    assert named.trace == TraceIds("r1").trace_id(61)


def test_an_embedded_stub_is_reached_by_its_port_and_its_own_key() -> None:
    inputs = replace(INPUTS, environment="stub", stub_port=4711)
    environment = run_spec_of(inputs, VARIABLES).environment
    assert (environment.url, environment.port) == ("http://127.0.0.1:4711", 4711)
    assert environment.key is not None
    assert environment.key.reveal() == STUB_KEY
    assert environment.key_variable == KEY_VARIABLE
    assert run_spec_of(replace(inputs, stub_port=None), {}).environment.key is None


@pytest.mark.parametrize(
    ("inputs", "variables", "code"),
    [
        (replace(INPUTS, environment="nowhere"), VARIABLES, "unknown-environment"),
        (INPUTS, {}, "missing-variable"),
        (replace(INPUTS, environment="stub", stub_port=1), {}, "bad-key"),
        (replace(INPUTS, scenario={**SCENARIO, "targets": []}), VARIABLES, "no-target"),
        (replace(INPUTS, contract={"openapi": "3.0.3"}), VARIABLES, "bad-contract"),
        (replace(INPUTS, contract={**CONTRACT, "paths": {}}), VARIABLES, "unknown-operation"),
        (with_scenario(users={"id": "x" * 257 + "{n}"}), VARIABLES, "bad-user-id"),
        (with_scenario(users={"id": "always the same"}), VARIABLES, "bad-user-id"),
        (replace(with_scenario(**BY_FILE), ids=TextList.of(("too", "few"))), VARIABLES, "bad-user-id"),
    ],
)
def test_what_cannot_be_run_is_refused(inputs: RunInputs, variables: dict[str, str], code: str) -> None:
    with pytest.raises(InputError) as caught:
        run_spec_of(inputs, variables)
    assert caught.value.code == code
    assert KEY not in str(caught.value)


# From a totals to a result

HEADER = run_spec_of(INPUTS, VARIABLES).header


def delta(
    number: int, sent: range, *, worker: int = 0, last: bool = False, elapsed_ns: int = 3 * NS
) -> Delta:
    """Return a delta in which the arrivals of `sent` ended well after 50 ms; the first ten are warm-up."""
    recorder = MeasurementRecorder()
    for index in sent:
        stage, due = (0, index * NS // 10) if index < 10 else (1, NS + (index - 10) * NS // 20)
        recorder.record_sent(due)
        exchange = Exchange(index, due, due, due + 50_000_000, Outcome.OK, status=200)
        recorder.record_done(stage, exchange)
    return Delta(worker, number, elapsed_ns, 0, 0, 0, recorder.raw().packed(), last=last)


def totals_of(*deltas: Delta) -> RunTotals:
    totals = RunTotals()
    for one in deltas:
        totals.add(one)
    return totals


def test_complete_totals_are_judged_by_the_targets_of_the_result_itself() -> None:
    totals = totals_of(delta(0, range(20)), delta(1, range(20, 50), last=True, elapsed_ns=3_123_456_789))
    met = finalize_result(HEADER, totals)
    assert (met.lost, met.verdict.state, met.verdict.reasons) == (0, State.MET, ())
    assert met.run == replace(HEADER.run, seconds=3.123)
    assert met.measurement is totals.measurement
    assert [target.expr for target in met.verdict.targets] == ["p95 < 400ms", "contract_violations == 0"]
    stricter = replace(HEADER, scenario={**HEADER.scenario, "targets": ["p95 < 40ms"]})
    assert finalize_result(stricter, totals).verdict.state is State.MISSED


@pytest.mark.parametrize(
    ("deltas", "workers", "lost"),
    [
        ((), 1, 50),
        ((delta(0, range(20)),), 1, 30),  # no last word
        ((delta(0, range(20)), delta(2, range(20, 50), last=True)), 1, 0),  # a word between was empty
        ((delta(0, range(20)), delta(2, range(30, 50), last=True)), 1, 10),  # a word between is missing
        ((delta(0, range(20), last=True),), 2, 30),  # a worker is missing
        ((delta(0, range(20), last=True), delta(0, range(20, 50), worker=1, last=True)), 2, 0),
        ((delta(0, range(50)), delta(0, range(9), worker=1)), 2, 0),  # more than was planned is not lost
    ],
)
def test_what_no_generator_accounts_for_is_lost(deltas: tuple[Delta, ...], workers: int, lost: int) -> None:
    totals = totals_of(*deltas)
    totals.workers = workers
    result = finalize_result(HEADER, totals)
    assert result.lost == lost
    assert result.verdict.state is State.VOID or not lost


def test_what_was_sent_and_never_reported_is_lost_with_its_generator() -> None:
    half = delta(0, range(20))
    half.measurement.sent += 1
    result = finalize_result(HEADER, totals_of(half))
    assert result.accounting.sent == 20
    assert result.accounting.closes


def test_an_account_that_does_not_close_makes_the_run_void() -> None:
    """All have said their last word, and there are ten arrivals too few."""
    result = finalize_result(HEADER, totals_of(delta(0, range(40), last=True)))
    assert (result.lost, result.verdict.state) == (0, State.VOID)
    assert not result.accounting.closes


def test_an_interruption_is_said_and_makes_the_run_void() -> None:
    result = finalize_result(HEADER, totals_of(delta(0, range(50), last=True)), interrupted="SIGINT")
    assert (result.run.interrupted, result.verdict.state) == ("SIGINT", State.VOID)


def test_a_run_that_was_ended_by_a_target_missed_it() -> None:
    target = {"expr": "p50 < 40ms", "window": "1s", "abort": True}
    header = replace(HEADER, scenario={**HEADER.scenario, "targets": [target]})
    result = finalize_result(header, totals_of(delta(0, range(50), last=True)), aborted_by="p50 < 40ms")
    assert (result.run.aborted_by, result.verdict.state) == ("p50 < 40ms", State.MISSED)


@pytest.mark.parametrize("arrivals", ["even", "poisson"])
def test_a_run_that_was_stopped_before_it_began_has_sent_nothing(arrivals: str) -> None:
    spec = run_spec_of(with_scenario(load={**SCENARIO["load"], "arrivals": arrivals}), VARIABLES)
    result = finalize_result(spec.header, nothing_sent(spec.scenario.schedule), interrupted="SIGTERM")
    accounting = result.accounting
    assert (accounting.sent, accounting.unsent, accounting.lost) == (0, spec.header.planned, 0)
    assert accounting.closes
    assert result.verdict.state is State.VOID


@pytest.mark.parametrize("ids", [("u-1", "x-2", "u-33"), ("u-1", "u-22", "x-33", "u-444")])
def test_an_id_in_the_middle_of_a_file_that_the_document_does_not_allow_is_refused(
    ids: tuple[str, ...],
) -> None:
    """Neither a shortest nor a longest one has anything wrong."""
    document = copy.deepcopy(CONTRACT)
    document["components"]["schemas"]["SessionStart"]["properties"]["userID"]["pattern"] = "^u-[0-9]+$"
    inputs = with_scenario(users={"id": {"file": "users.txt"}, "unique": False})
    with pytest.raises(InputError) as caught:
        run_spec_of(replace(inputs, contract=document, ids=TextList.of(ids)), VARIABLES)
    assert (caught.value.code, "'pattern'" in caught.value.message) == ("bad-user-id", True)


def test_an_id_between_the_ends_of_a_pattern_is_asked_about_too() -> None:
    document = copy.deepcopy(CONTRACT)
    document["components"]["schemas"]["SessionStart"]["properties"]["userID"]["pattern"] = "^u[0-9]*[0-68-9]$"
    inputs = with_scenario(users={"id": "u{n}"})
    with pytest.raises(InputError) as caught:
        run_spec_of(replace(inputs, contract=document), VARIABLES)
    assert caught.value.code == "bad-user-id"
