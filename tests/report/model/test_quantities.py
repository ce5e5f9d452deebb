"""Counts and durations for people, beside the raw number."""

from __future__ import annotations

import pytest

from sessionload.report.model.quantities import (
    NOTHING,
    counted,
    counted_noun,
    latency_text,
    milliseconds,
    share_of,
    timed,
)


@pytest.mark.parametrize(
    ("ns", "samples", "text", "raw"),
    [
        (1_500_000, 3, "1.5 ms", 1.5),
        (None, 3, "never", None),
        (None, 0, NOTHING, None),
        (0, 1, "0 µs", 0.0),
    ],
)
def test_never_differs_from_no_samples(ns: int | None, samples: int, text: str, raw: float | None) -> None:
    assert timed(ns, samples) == (text, raw)
    assert latency_text(ns, samples) == text
    assert milliseconds(ns) == raw


def test_thousands_are_set_apart() -> None:
    assert counted(1_234_567) == ("1,234,567", 1_234_567)
    assert NOTHING == "\N{EN DASH}"


@pytest.mark.parametrize(
    ("count", "nouns", "text"),
    [
        (0, ("arrival",), "0 arrivals"),
        (1, ("arrival",), "1 arrival"),
        (2300, ("arrival",), "2,300 arrivals"),
        (1, ("process", "processes"), "1 process"),
        (2, ("process", "processes"), "2 processes"),
    ],
)
def test_a_noun_agrees_with_its_count(count: int, nouns: tuple[str, ...], text: str) -> None:
    assert counted_noun(count, *nouns) == text


def test_a_share_says_what_it_is_of() -> None:
    assert share_of(37, 150) == "24.67 % of 150"
    assert share_of(0, 0) == NOTHING
