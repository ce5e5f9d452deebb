"""A measurement keeps everything by second of due time, and adds in any order."""

from __future__ import annotations

import copy
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sessionload.metrics.exchange import Exchange, Failure, Outcome
from sessionload.metrics.findings import Finding
from sessionload.metrics.generator_health import GeneratorHealth
from sessionload.metrics.measurement import Flow, Measurement
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.slices import Slice
from sessionload.metrics.stage_sums import over
from sessionload.metrics.sums import total
from sessionload.units import NS

MS = 1_000_000
FAULTS = [Failure(cause, f"it is {cause}", "***") for cause in ("body.key", "status", "connection.refused")]


def sent_and_done(exchanges: list[Exchange], stage: int = 0) -> Measurement:
    recorder = MeasurementRecorder()
    for exchange in exchanges:
        recorder.record_sent(exchange.sent_ns)
        recorder.record_done(stage, exchange)
    return recorder.raw().packed()


def plus(*parts: Measurement) -> Measurement:
    result = Measurement()
    for part in parts:
        result += part
    return result


@st.composite
def parts(draw: st.DrawFn, count: int) -> list[Measurement]:
    """Measurements of workers: no arrival number is in two of them."""
    measurements = []
    for worker in range(count):
        recorder = MeasurementRecorder()
        for turn in range(draw(st.integers(0, 6))):
            stage = draw(st.integers(0, 2))
            due = draw(st.integers(0, 4 * NS))
            if draw(st.booleans()):
                recorder.record_unsent(stage, due, draw(st.integers(1, 3)))
            sent = due + draw(st.integers(0, NS))
            recorder.record_sent(sent)
            outcome, fault = draw(
                st.sampled_from(
                    [(Outcome.OK, None), *[(Outcome.CONTRACT_VIOLATION, fault) for fault in FAULTS]]
                )
            )
            done = sent + draw(st.sampled_from([MS, NS, 2 * NS]))
            recorder.record_done(
                stage, Exchange(worker + count * turn, due, sent, done, outcome, 0, 201, fault)
            )
        recorder.generator = GeneratorHealth(cpu_ns=draw(st.integers(0, NS)), wall_ns=NS)
        measurements.append(recorder.raw().packed())
    return measurements


def test_a_slice_is_cut_by_due_time_and_the_flow_by_the_instant_itself() -> None:
    measurement = sent_and_done([Exchange(0, 2 * NS - 1, 3 * NS, 5 * NS, Outcome.OK)], stage=1)
    assert set(measurement.slices) == {(1, 1)}
    assert measurement.flow == {3: Flow(sent=1, done=0), 5: Flow(sent=0, done=1)}
    assert measurement.sent == 1
    assert over(measurement).outcomes == {Outcome.OK: 1}


def test_what_is_in_flight_is_sent_and_not_yet_an_outcome() -> None:
    recorder = MeasurementRecorder()
    recorder.record_sent(NS)
    measurement = recorder.raw().packed()
    assert measurement.sent == 1
    assert over(measurement).outcomes == {}


def test_unsent_arrivals_are_counted_where_they_were_due() -> None:
    recorder = MeasurementRecorder()
    recorder.record_unsent(0, 7 * NS)
    recorder.record_unsent(0, 7 * NS + 5, 3)
    measurement = recorder.raw().packed()
    assert measurement.slices == {(0, 7): Slice(unsent=4)}
    assert (measurement.sent, measurement.flow) == (0, {})


def test_sums_are_over_the_stages_asked_for() -> None:
    recorder = MeasurementRecorder()
    for stage, second in [(0, 0), (0, 1), (1, 1), (1, 2), (2, 3)]:
        recorder.record_unsent(stage, second * NS, 10**second)
    measurement = recorder.raw().packed()
    assert over(measurement).unsent == 1 + 10 + 10 + 100 + 1000
    assert over(measurement, lambda stage: stage > 0).unsent == 10 + 100 + 1000
    assert total([]) == Slice()


def test_equal_faults_are_one_finding_with_its_first_example() -> None:
    later = Exchange(
        7, 0, 0, 5 * NS, Outcome.CONTRACT_VIOLATION, 0, 201, Failure("body.key", "no key", "late")
    )
    early = Exchange(
        9, 0, 0, 2 * NS, Outcome.CONTRACT_VIOLATION, 0, 201, Failure("body.key", "no key", "early")
    )
    measurement = sent_and_done([later, early, later])
    assert measurement.findings == {
        "body.key": Finding("body.key", Outcome.CONTRACT_VIOLATION, "no key", "early", 3, 9, 2 * NS, 5 * NS)
    }


def many_causes(names: list[str], start: int = 0) -> Measurement:
    return sent_and_done(
        [
            Exchange(
                start + turn,
                0,
                0,
                start + turn,
                Outcome.SERVER_ERROR,
                0,
                500,
                Failure(name, f"it is {name}", name),
            )
            for turn, name in enumerate(names)
        ]
    )


def test_past_200_causes_the_rest_is_one_finding() -> None:
    names = [f"cause-{number:03}" for number in range(250)]
    findings = many_causes(names[::-1]).findings
    assert sorted(findings) == [*names[:200], "other"]
    other = findings["other"]
    assert (other.count, other.message) == (50, "further causes, not told apart")
    assert (other.example, other.first_index) == ("cause-249", 0)


@given(st.lists(st.integers(0, 399), min_size=1, max_size=400), st.integers(0, 400))
def test_findings_past_the_most_add_in_any_order_without_losing_one(numbers: list[int], cut: int) -> None:
    names = [f"cause-{number:03}" for number in numbers] + [f"base-{number:03}" for number in range(190)]
    whole = many_causes(names).findings
    one, two = many_causes(names[:cut]), many_causes(names[cut:], start=len(names[:cut]))
    assert plus(one, two).findings == plus(two, one).findings == whole
    assert sum(finding.count for finding in whole.values()) == len(names)
    assert len(whole) <= 201
    kept = Counter(names)
    assert all(finding.count == kept[cause] for cause, finding in whole.items() if cause != "other")


@given(parts(3))
def test_adding_is_associative_and_commutative_and_empty_is_zero(three: list[Measurement]) -> None:
    one, two, last = three
    assert plus(plus(one, two), last) == plus(one, plus(two, last))
    assert plus(one, two) == plus(two, one)
    assert plus(one, Measurement()) == plus(Measurement(), one) == one


@given(parts(2))
def test_a_sum_shares_nothing_with_its_parts(two: list[Measurement]) -> None:
    before = [copy.deepcopy(part) for part in two]
    both = plus(*two)
    both += both
    assert two == before
    assert both.sent == 2 * sum(part.sent for part in two)
    assert over(both).accounted == 2 * sum(over(part).accounted for part in two)
