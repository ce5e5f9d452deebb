"""What is written of measurements is read back equal, and what nobody wrote is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, convert, to_builtins

from sessionload.metrics.delta import Delta
from sessionload.metrics.exchange import Exchange, Failure, Outcome
from sessionload.metrics.file_form import (
    FlowForm,
    delta_from_json,
    delta_to_json,
    fault_text,
    json_text,
    slice_forms,
)
from sessionload.metrics.generator_health import GeneratorHealth
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.raw import RawDelta, read_line
from sessionload.units import NS

ADDRESSES = st.one_of(st.just(UNSET), st.dictionaries(st.text(max_size=9), st.integers(0, 9), max_size=9))
HEALTH = st.builds(GeneratorHealth, *[st.integers(0, 10**12)] * 16, ADDRESSES)


@st.composite
def deltas(draw: st.DrawFn) -> RawDelta:
    recorder = MeasurementRecorder()
    for index in range(draw(st.integers(0, 6))):
        due = draw(st.integers(0, 4 * NS))
        sent = due + draw(st.integers(0, NS))
        outcome = draw(st.sampled_from(Outcome))
        failure = None if outcome is Outcome.OK else Failure(draw(st.text(min_size=1)), draw(st.text()))
        recorder.record_sent(sent)
        done = sent + draw(st.integers(0, 10 * NS))
        status = draw(st.sampled_from([None, 200, 503]))
        recorder.record_done(index % 2, Exchange(index, due, sent, done, outcome, 0, status, failure))
        recorder.record_unsent(index % 3, due, draw(st.integers(1, 3)))
    recorder.generator = draw(HEALTH)
    count = st.integers(0, 10**14)
    return RawDelta(
        worker=draw(count),
        number=draw(count),
        elapsed_ns=draw(count),
        in_flight=draw(count),
        waiting=draw(count),
        settled_ns=draw(count),
        last=draw(st.booleans()),
        measurement=recorder.raw(),
    )


@given(deltas())
def test_a_delta_that_was_sent_is_the_one_that_was_recorded(raw: RawDelta) -> None:
    assert read_line(raw.line()) == raw.packed()


@given(deltas())
def test_what_is_written_is_read_back_equal(raw: RawDelta) -> None:
    delta = raw.packed()
    assert delta_from_json(json.loads(json.dumps(delta_to_json(delta)))) == delta
    assert delta_from_json(delta_to_json(delta)) == delta


def test_slices_and_flow_are_written_in_order_and_empty_histograms_left_out() -> None:
    recorder = MeasurementRecorder()
    for second in (3, 1, 2):
        recorder.record_unsent(0, second * NS, 1)
        recorder.record_sent(second * NS)
    measured = delta_to_json(Delta(0, 0, 0, 0, 0, 0, recorder.raw().packed()))["measurement"]
    assert measured["slices"] == [
        {"stage": 0, "second": second, "outcomes": {}, "statuses": {}, "unsent": 1} for second in (1, 2, 3)
    ]
    assert measured["flow"] == [[1, 1, 0], [2, 1, 0], [3, 1, 0]]
    assert measured["sent"] == 3
    assert {"held_up_ns", "longest_held_up_ns"} < set(measured["generator"])


@given(deltas())
def test_a_slice_is_written_as_the_line_that_json_makes_of_it(raw: RawDelta) -> None:
    for form in slice_forms(raw.packed().measurement):
        assert json_text(form) == json.dumps(to_builtins(form, str_keys=True), separators=(",", ":"))


def written() -> dict[str, Any]:
    recorder = MeasurementRecorder()
    recorder.record_sent(0)
    recorder.record_done(0, Exchange(0, 0, 0, 5, Outcome.TIMEOUT, failure=Failure("timeout", "too late")))
    data: dict[str, Any] = json.loads(
        json.dumps(delta_to_json(Delta(0, 0, 5, 1, 2, 3, recorder.raw().packed())))
    )
    return data


def test_lines_of_older_versions_say_how_many_users_there_were() -> None:
    assert delta_from_json(written() | {"users": 7}) == delta_from_json(written())


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda data: data.update(users=-1), "expected `int` >= 0 at users"),
        (lambda data: data.update(number="5"), "expected `int`, got `str` at number"),
        (lambda data: data.update(last=1), "expected `bool`, got `int` at last"),
        (lambda data: data.pop("worker"), "object missing required field `worker`"),
        (lambda data: data.update({"VF.DM.key": 1}), "a name that is not known"),
        (
            lambda data: data["measurement"]["flow"].append([0, 1, 1]),
            "a second or a cause stands in it twice",
        ),
        (lambda data: data["measurement"]["flow"].append([10**9, 1, 1]), "<= 345600"),
        (lambda data: data["measurement"]["findings"].append(*data["measurement"]["findings"]), "twice"),
        (lambda data: data["measurement"]["slices"].append(*data["measurement"]["slices"]), "twice"),
        (lambda data: data["measurement"]["findings"][0].update(outcome="VF.DM.key"), "a value that is not"),
        (lambda data: data["measurement"]["generator"].pop("cpu_ns"), "a count of `generator` is missing"),
        (lambda data: data["measurement"]["generator"].update(more=1), "a name that is not known"),
        (lambda data: data["measurement"]["generator"].update(cpu_ns="5"), "at measurement.generator[...]"),
        (lambda data: data["measurement"]["slices"][0]["unqueued_lag"].update(buckets="eJw="), "whole pairs"),
    ],
)
def test_a_changed_delta_is_refused_with_the_place_and_without_the_value(change: Any, fault: str) -> None:  # noqa: ANN401 - a function of any change
    data = written()
    change(data)
    with pytest.raises(ValueError, match=r".") as caught:
        delta_from_json(data)
    text = fault_text(caught.value)
    assert fault in text
    assert "VF.DM" not in text


def test_the_top_of_a_file_is_no_place() -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        convert({}, FlowForm)
    assert fault_text(caught.value) == "expected `array`, got `object`"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[]",
        b"7",
        RawDelta(0, 0, 0, 0, 0, 0, last=False, measurement=MeasurementRecorder().raw()).line()[:-9],
    ],
)
def test_a_line_that_was_cut_is_no_delta(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_line(line)
