"""A result is read back as it was written, or refused with one sentence."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.errors import InputError
from sessionload.metrics.exchange import Exchange, Failure, Outcome
from sessionload.metrics.measurement import Measurement
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.named_arrivals import NamedArrival
from sessionload.units import NS
from sessionload.verdict.evidence import Evidence, Limits
from sessionload.verdict.result import Result, before_the_run
from sessionload.verdict.run_header import Run
from sessionload.verdict.targets import parse_target
from sessionload.verdict.verdict import JudgedTarget, State, Verdict, judge
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from tests.verdict.conftest import Recorder


@pytest.fixture
def result(run: Recorder, stages: tuple[Stage, ...]) -> Result:
    run.sent(100, second=4, stage=0)
    run.sent(150, second=11, stage=1)
    run.sent(30, Outcome.CONTRACT_VIOLATION, second=12, stage=1)
    run.sent(15, Outcome.TIMEOUT, second=12, stage=1, service_ms=10_000)
    run.unsent(5, second=29, stage=1)
    slow = Exchange(7, 4 * NS, 4 * NS, 5 * NS, Outcome.OK, status=201, connect_ns=3)
    late = Exchange(9, 6 * NS, 6 * NS, 16 * NS, Outcome.TIMEOUT, failure=Failure("timeout/answer", "late"))
    for number, each in enumerate((late, slow)):
        known = NamedArrival.of(each)
        run.measurement.named.add(known.called(user_id="someone", user_row=number or None, trace="ab" * 16))
    targets = (parse_target("p50 < 400ms"), parse_target("error_rate < 50%", window_ns=5 * NS))
    evidence = Evidence(run.measurement, stages, planned=300, lost=0, targets=targets)
    return Result(
        run=Run("20260102-1", "2026-01-02T03:04:05Z", 40.25, 7, "0.1.0"),
        scenario={"name": "launch", "load": {"stages": [{"rate": "10/s"}]}, "targets": ["p50 < 400ms"]},
        environment={"name": "stub", "url": "embedded stub", "project": "demo", "environment": "main"},
        contract=CONTRACT,
        stages=stages,
        planned=300,
        lost=0,
        measurement=run.measurement,
        verdict=judge(evidence),
        planned_by_second=dict.fromkeys(range(30), 10),
        planned_by_stage=(100, 200),
    )


CONTRACT = {
    "file": "contracts/openapi.yaml",
    "operation": "startSession",
    "sha256": "0" * 64,
    "method": "POST",
    "path": "/session",
    "header": "authorization",
}
ENVIRONMENT = {"name": "stub", "url": "embedded stub", "project": "demo", "environment": "main"}


def written(result: Result) -> Any:  # noqa: ANN401 - what json reads is anything
    return json.loads(json.dumps(result.to_json()))


def test_what_is_written_is_read_back_equal(result: Result) -> None:
    assert Result.from_json(written(result)) == result
    assert Result.from_json(result.to_json()) == result
    assert written(Result.from_json(written(result))) == written(result)


def test_a_backlog_is_read_back(result: Result) -> None:
    result.measurement.backlog[3] = 7
    assert written(result)["backlog"] == [[3, 7]]
    assert Result.from_json(result.to_json()).measurement.backlog == {3: 7}


def test_a_result_without_counts_by_stage_says_so(result: Result) -> None:
    unknown = replace(result, planned_by_stage=None)
    assert [stage["planned"] for stage in unknown.to_json()["stages"]] == [None, None]
    assert Result.from_json(written(unknown)) == unknown


def test_totals_of_a_result(result: Result) -> None:
    accounting = result.accounting
    assert list(accounting.outcomes) == list(Outcome)
    assert accounting.sentence == (
        "planned 300 = sent 295 + unsent 5 + lost 0; sent 295 = ok 250 + contract_violation 30 + timeout 15"
    )
    assert accounting.closes
    assert not replace(result, lost=1).accounting.closes
    assert result.starts_ns == (0, 10 * NS)


def test_latency_is_over_the_measured_stages_only(result: Result) -> None:
    assert result.measured.accounted == 200
    counts = {view: figures.count for view, figures in result.latency.items()}
    kept = {"response": 200, "answered": 180, "service": 180, "lateness": 195, "lag": 195}
    assert counts == {**kept, "connect": 0, "tls": 0}
    assert result.latency["response"].p75 == pytest.approx(20, rel=0.001)
    assert result.latency["response"].p90 is None


def test_the_written_form_for_people(result: Result) -> None:
    data = written(result)
    assert data["format"] == 1
    assert data["run"] == {
        "id": "20260102-1",
        "started": "2026-01-02T03:04:05Z",
        "seconds": 40.25,
        "seed": 7,
        "version": "0.1.0",
        "interrupted": None,
        "aborted_by": None,
    }
    assert data["stages"][1] == {
        "name": "peak",
        "warmup": False,
        "start_s": 10,
        "duration_s": 20,
        "start_rate": "10",
        "end_rate": "10",
        "planned": 200,
    }
    assert data["arrivals"] == {"planned": 300, "sent": 295, "unsent": 5, "lost": 0}
    assert data["outcomes"]["aborted"] == 0
    assert len(data["outcomes"]) == 9
    assert data["latency_ms"]["response"]["p99"] is None
    assert data["planned_by_second"][:2] == [[0, 10], [1, 10]]
    assert [finding["count"] for finding in data["findings"]] == [30, 15]
    assert data["verdict"]["state"] == "missed"
    assert data["verdict"]["targets"][1] == {
        "expr": "error_rate < 50%",
        "state": "missed",
        "measured": "100 %",
        "bound": "50%",
        "margin": "50 points above",
        "samples": 45,
        "note": "worst of 4 windows of 5 s",
        "window": "12 s to 17 s",
    }
    assert "sent" not in data


TEXT = st.text(min_size=1)
RATES = st.fractions(min_value=0, max_value=10**6, max_denominator=10**6)
STAGES = st.lists(
    st.builds(Stage, st.text(), RATES, RATES, st.integers(1, 24 * 3600 * NS), st.booleans()),
    min_size=1,
    max_size=4,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
JUDGED = st.builds(
    JudgedTarget,
    st.sampled_from(["p50 < 400ms", "error_rate < 1%", "contract_violations == 0"]),
    st.sampled_from(State),
    TEXT,
    TEXT,
    st.text(),
    st.integers(0, 10**8),
    st.text(),
    st.none() | st.text(),
)


def verdicts() -> st.SearchStrategy[Verdict]:
    """Reasons are there exactly when a verdict is void."""
    targets = st.lists(JUDGED, max_size=2).map(tuple)
    met = st.builds(Verdict, st.just(State.MET), targets)
    void = st.builds(Verdict, st.just(State.VOID), targets, st.lists(TEXT, min_size=1, max_size=2).map(tuple))
    return met | void


@st.composite
def results(draw: st.DrawFn) -> Result:
    stages = tuple(draw(STAGES))
    recorder = MeasurementRecorder()
    for index in range(draw(st.integers(0, 5))):
        stage, due = draw(st.integers(0, len(stages) - 1)), draw(st.integers(0, 10 * NS))
        sent = due + draw(st.integers(0, NS))
        outcome = draw(st.sampled_from(Outcome))
        fault = None if outcome is Outcome.OK else Failure(draw(st.text(min_size=1)), draw(st.text()))
        recorder.record_sent(sent)
        done = sent + draw(st.integers(0, NS))
        recorder.record_done(stage, Exchange(index, due, sent, done, outcome, 0, None, fault))
        recorder.record_unsent(stage, due, draw(st.integers(1, 3)))
    by_stage = st.lists(st.integers(0, 10**8), min_size=len(stages), max_size=len(stages)).map(tuple)
    return Result(
        run=Run(
            draw(TEXT),
            draw(TEXT),
            draw(st.floats(0, 345_600)),
            draw(st.integers()),
            "0.1.0",
            draw(st.none() | st.text()),
            draw(st.none() | st.text()),
        ),
        scenario=draw(st.dictionaries(st.text(), JSON, max_size=3)),
        environment={**ENVIRONMENT, "name": draw(TEXT), "project": draw(st.text())},
        contract={**CONTRACT, "file": draw(TEXT), "header": draw(st.text())},
        stages=stages,
        planned=draw(st.integers(0, 10**8)),
        lost=draw(st.integers(0, 10)),
        measurement=recorder.raw().packed(),
        verdict=draw(verdicts()),
        planned_by_second=draw(st.dictionaries(st.integers(0, 100), st.integers(0, 1000), max_size=4)),
        planned_by_stage=draw(st.none() | by_stage),
    )


@given(results())
def test_any_result_is_read_back_equal(made: Result) -> None:
    assert Result.from_json(json.loads(json.dumps(made.to_json()))) == made


@given(st.integers(1, 4 * 24 * 3600 * NS - 1))
def test_durations_are_exact_to_the_nanosecond(ns: int) -> None:
    stages = (Stage("one", Fraction(1, 3), Fraction(1), ns), Stage("two", Fraction(0), Fraction(1), 1))
    made = Result(
        run=Run("r", "now", 0.0, 0, "0"),
        scenario={},
        environment=ENVIRONMENT,
        contract=CONTRACT,
        stages=stages,
        planned=0,
        lost=0,
        measurement=Measurement(),
        verdict=Verdict(State.VOID, (), ("nothing was measured",)),
        planned_by_second={},
    )
    assert Result.from_json(json.loads(json.dumps(made.to_json()))).stages == stages


@pytest.mark.parametrize(
    ("shown", "found"), [(2, "2"), (0, "0"), ("1", "that is not a whole number"), (None, "that is")]
)
def test_another_format_is_refused_by_its_number(result: Result, shown: object, found: str) -> None:
    with pytest.raises(InputError) as caught:
        Result.from_json(written(result) | {"format": shown}, file="old/result.json")
    error = caught.value
    assert error.code == "unknown-result-format"
    assert error.message.startswith(f"this is a result of a format {found}")
    assert str(error.place) == "old/result.json"
    assert error.hint == "read it with the version of sessionload that wrote it"


def change(data: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Put `value` where `path` says; `...` takes the part away."""
    changed = copy.deepcopy(data)
    inner: Any = changed
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in way:
        inner = inner[step]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return changed


@pytest.mark.parametrize("data", [None, [], "result", 1, {}, {"run": {}}])
def test_what_is_no_result_at_all_is_refused(data: object) -> None:
    with pytest.raises(InputError) as caught:
        Result.from_json(data)
    assert caught.value.code == "broken-result"
    assert caught.value.message == "this is not a whole result: it is not a JSON object with a 'format'"
    assert str(caught.value.place) == "result.json"


@pytest.mark.parametrize(
    ("path", "value", "what"),
    [
        ("run", ..., "object missing required field `run`"),
        ("verdict", ..., "object missing required field `verdict`"),
        ("outcomes", ..., "object missing required field `outcomes`"),
        ("stages.0.planned", ..., "object missing required field `planned` at stages[0]"),
        ("arrivals.sent", ..., "object missing required field `sent` at arrivals"),
        ("slices.0.second", ..., "object missing required field `second` at slices[0]"),
        ("slices.0.valid.buckets", ..., "object missing required field `buckets` at slices[0].valid"),
        ("run.seed", ..., "object missing required field `seed` at run"),
        ("run.more", 1, "a name that is not known at run"),
        ("run", [], "expected `object`, got `array` at run"),
        ("stages", None, "expected `array`, got `null` at stages"),
        ("stages.0", "peak", "expected `object`, got `str` at stages[0]"),
        (
            "stages.0.start_rate",
            "fast",
            "a text of another form at stages[0].start_rate",
        ),
        (
            "stages.0.start_rate",
            "1/0",
            "a text of another form at stages[0].start_rate",
        ),
        ("stages.0.duration_s", float("inf"), "expected `float` <= 345600.0 at stages[0].duration_s"),
        ("stages.1", ..., "a slice is of a stage that there is not"),
        ("slices.0.outcomes", {"fine": 1}, "a value that is not known"),
        ("slices.1.valid.sum", "many", "expected `int`, got `str` at slices[1].valid.sum"),
        ("slices.1.valid.buckets", [1], "expected `bytes`, got `array` at slices[1].valid.buckets"),
        ("slices.1.valid.buckets", "AAAA", "not compressed by zlib"),
        ("slices.1.valid.min", 1, "the buckets do not reach from min to max"),
        ("slices.0.outcomes", 5, "expected `object`, got `int` at slices[0].outcomes"),
        ("verdict.state", "fine", "a value that is not known at verdict.state"),
        ("verdict.targets.0.colour", "red", "a name that is not known at verdict.targets[0]"),
        ("scenario", 3, "expected `object`, got `int` at scenario"),
        ("planned_by_second", [[1]], "expected `array` of at least length 2, got 1 at planned_by_second[0]"),
        ("planned_by_second", [[0, 10], [0, 10]], "a second is planned twice"),
        ("generator.cpu_ns", ..., "a count of `generator` is missing"),
        ("arrivals.unsent", 0, "its totals are not the sums of its slices"),
        ("outcomes.ok", 251, "its totals are not the sums of its slices"),
        ("slices.0.outcomes", {"ok": 101}, "its totals are not the sums of its slices"),
        ("verdict.targets", [], "it is missed, and none of its targets is"),
        ("verdict.reasons", ["a"], "it is void without a reason, or has reasons and is not void"),
        ("stages.1.start_s", 11, "its stages do not follow each other"),
        ("stages.0.planned", None, "what is planned is known of some stages only"),
    ],
)
def test_a_broken_result_is_refused_with_what_is_wrong(
    result: Result, path: str, value: object, what: str
) -> None:
    with pytest.raises(InputError) as caught:
        Result.from_json(change(written(result), path, value))
    assert caught.value.code == "broken-result"
    assert caught.value.message == f"this is not a whole result: {what}"


@pytest.mark.parametrize(
    ("path", "value", "what"),
    [
        ("scenario.targets", "p50 < 400ms", "the targets of its scenario are not a list"),
        ("scenario.targets", ["p50 < 400ms", "p50 < fast"], "target 2 of its scenario cannot be read"),
        ("scenario.targets", [7], "target 1 of its scenario cannot be read"),
        ("scenario.targets", [None], "target 1 of its scenario cannot be read"),
        ("scenario.targets", [{"window": "5s"}], "target 1 of its scenario cannot be read"),
        ("scenario.targets", [{"expr": 5}], "target 1 of its scenario cannot be read"),
        (
            "scenario.targets",
            [{"expr": "error_rate < 1%", "window": "5s", "abort": "yes"}],
            "target 1 of its scenario cannot be read",
        ),
        ("scenario.targets", [{"expr": "p50 < 1s", "window": 5}], "target 1 of its scenario cannot be read"),
        ("scenario.load", "heavy", "max_lag, max_cpu or max_lost of its scenario cannot be read"),
        ("scenario.load", None, "max_lag, max_cpu or max_lost of its scenario cannot be read"),
        ("scenario.load", {"max_lag": "10"}, "max_lag, max_cpu or max_lost of its scenario cannot be read"),
        ("scenario.load", {"max_cpu": 90}, "max_lag, max_cpu or max_lost of its scenario cannot be read"),
        ("verdict.targets.0.expr", "p50 < fast", "target 1 of its verdict cannot be read"),
        ("verdict.targets.1.expr", "fast", "target 2 of its verdict cannot be read"),
        ("verdict.targets.0.expr", 5, "expected `str`, got `int` at verdict.targets[0].expr"),
    ],
)
def test_a_result_whose_targets_cannot_be_read_is_refused(
    result: Result, path: str, value: object, what: str
) -> None:
    """And the sentence quotes nothing of what somebody wrote into the file."""
    with pytest.raises(InputError) as caught:
        Result.from_json(change(written(result), path, value))
    assert (caught.value.code, caught.value.exit_code) == ("broken-result", 2)
    assert caught.value.message == f"this is not a whole result: {what}"


def test_targets_and_limits_are_those_of_the_scenario(result: Result) -> None:
    abort = {"expr": "error_rate < 50%", "window": "5s", "abort": True}
    scenario = {"load": {"max_lag": "20ms", "max_cpu": "50%"}, "targets": ["p50 < 400ms", abort]}
    changed = replace(result, scenario=scenario)
    assert changed.targets == (
        parse_target("p50 < 400ms"),
        parse_target("error_rate < 50%", window_ns=5 * NS, abort=True),
    )
    assert changed.limits == Limits(lag_p99_ns=20_000_000, cpu_share=Fraction(1, 2))


@pytest.mark.parametrize("scenario", [{}, {"load": {}}, {"load": {}, "targets": []}])
def test_what_a_scenario_does_not_say_is_the_default(result: Result, scenario: dict[str, Any]) -> None:
    changed = replace(result, scenario=scenario)
    assert (changed.targets, changed.limits) == ((), Limits())


def test_a_header_becomes_a_result_of_which_nothing_is_measured(result: Result) -> None:
    nothing = before_the_run(result)
    assert (nothing.run, nothing.stages, nothing.planned) == (result.run, result.stages, 300)
    assert (nothing.accounting.sent, nothing.lost, nothing.measurement) == (0, 0, Measurement())
    assert nothing.verdict == Verdict(State.VOID, (), ("nothing has been measured",))


def test_latencies_are_made_again_from_the_slices(result: Result) -> None:
    """So that a result stays readable if a later version draws its percentiles otherwise."""
    data = change(written(result), "latency_ms.response.p50", 1.0)
    assert Result.from_json(data) == result
