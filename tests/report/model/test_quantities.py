"""Counts and durations for people, beside the raw number."""

from __future__ import annotations

import pytest

from sessionload.report.model.quantities import NOTHING, counted, latency_text, milliseconds, timed


@pytest.mark.parametrize(
    ("ns", "samples", "text", "raw"),
    [
        (1_500_000, 3, "1.5 ms", 1.5),
        (None, 3, "never", None),
        (None, 0, NOTHING, None),
        (0, 1, "0 µs", 0.0),
    ],
)
def test_never_is_told_from_nothing(ns: int | None, samples: int, text: str, raw: float | None) -> None:
    assert timed(ns, samples) == (text, raw)
    assert latency_text(ns, samples) == text
    assert milliseconds(ns) == raw


def test_thousands_are_set_apart() -> None:
    assert counted(1_234_567) == ("1,234,567", 1_234_567)
    assert NOTHING == "\N{EN DASH}"
