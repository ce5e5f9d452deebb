"""What arrivals are called: one name each, and a number for each name."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.workload.trace import NO_TRACING, PREFLIGHT_NUMBER, TraceIds, Tracing

RUN = "20250131-093000-ab12"
NUMBERS = st.integers(-1, 100_000_000)
W3C = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]")


@given(st.text(), st.sets(NUMBERS, min_size=2))
def test_each_arrival_has_a_name_of_its_own(run_id: str, numbers: set[int]) -> None:
    names = {TraceIds(run_id).trace_id(number) for number in numbers}
    assert len(names) == len(numbers)
    assert all(re.fullmatch("[0-9a-f]{32}", name) for name in names)


def test_names_are_those_of_earlier_versions() -> None:
    assert [TraceIds(RUN).trace_id(number) for number in (PREFLIGHT_NUMBER, 0, 12345)] == [
        "cd90893611ed73833b431127f86c7b34",
        "cd90893611ed73835dcae1efcf665137",
        "cd90893611ed7383852dd6bd852787e2",
    ]


@given(NUMBERS, st.fractions(0, 1))
def test_a_traceparent_is_one(number: int, sampled: Fraction) -> None:
    tracing = Tracing(w3c=True, sampled=sampled, request_id="x-request-id")
    (parent, value), (name, request_id) = tracing.headers(RUN, number)
    assert (parent, name, request_id) == ("traceparent", "x-request-id", TraceIds(RUN).trace_id(number))
    assert W3C.fullmatch(value)
    assert value.split("-")[1] == request_id
    assert value.endswith("-01") or sampled < 1
    assert value.endswith("-00") or sampled > 0


def test_each_header_comes_alone_and_none_unasked() -> None:
    assert [name for name, _ in Tracing(w3c=True).headers(RUN, 1)] == ["traceparent"]
    assert [name for name, _ in Tracing(request_id="x-id").headers(RUN, 1)] == ["x-id"]
    assert NO_TRACING.fields(RUN)(1) == b""
    assert [bool(each) for each in (NO_TRACING, Tracing(w3c=True), Tracing(request_id="x-id"))] == [0, 1, 1]
    assert Tracing(w3c=True).fields(RUN)(5).endswith(b"-01\r\n")


@pytest.mark.parametrize(("share", "least", "most"), [(0, 0, 0), (0.1, 950, 1050), (1, 10_000, 10_000)])
def test_the_share_that_is_sampled_is_the_one_asked_for(share: float, least: int, most: int) -> None:
    tracing = Tracing(w3c=True, sampled=Fraction(share))
    fields_of = tracing.fields(RUN)
    sampled = sum(fields_of(number).endswith(b"-01\r\n") for number in range(10_000))
    assert least <= sampled <= most
