"""What a console can encode is shown as it is; the rest is spelled or escaped, and printing never fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.report import terminal
from sessionload.report.console_text import console_text

if TYPE_CHECKING:
    from sessionload.report.model.rows import ReportModel


@pytest.mark.parametrize(
    ("text", "encoding", "shown"),
    [
        ("lag 70 µs \N{EN DASH} 1.5 ms", "utf-8", "lag 70 µs \N{EN DASH} 1.5 ms"),
        ("lag 70 µs \N{EN DASH} 1.5 ms", "ascii", "lag 70 us - 1.5 ms"),
        ("lag 70 µs \N{EN DASH} 1.5 ms", "latin-1", "lag 70 µs - 1.5 ms"),
        (
            "p95 1 ms → 2 ms, \N{MINUS SIGN}0.1 %, ≤ 5 \N{MULTIPLICATION SIGN} 3 ≥ 2",
            "cp437",
            "p95 1 ms -> 2 ms, -0.1 %, ≤ 5 x 3 ≥ 2",
        ),
        ("planned 4 ≠ sent 3", "ascii", "planned 4 != sent 3"),
        ("cut … here", "ascii", "cut ... here"),
        ("größer 漢 😀", "ascii", "gr\\xf6\\xdfer \\u6f22 \\U0001f600"),
        ("µ", "no-such-encoding", "u"),
        ("µ", None, "u"),
        ("half \ud800 a pair", "utf-8", "half \\ud800 a pair"),
    ],
)
def test_a_text_is_shown_as_far_as_the_encoding_goes(text: str, encoding: str | None, shown: str) -> None:
    assert console_text(text, encoding) == shown


@given(
    st.text(st.characters(exclude_categories=[])),
    st.sampled_from(["ascii", "latin-1", "cp1252", "cp437", "koi8-r", "shift_jis", "utf-8", "utf-16"]),
)
def test_what_comes_back_can_be_encoded(text: str, encoding: str) -> None:
    console_text(text, encoding).encode(encoding)


@pytest.mark.parametrize(
    "name", ["met", "missed", "void", "interrupted", "aborted", "never", "queued", "empty"]
)
def test_a_summary_spelled_in_ascii_has_no_escapes_of_our_own_characters(
    models: dict[str, ReportModel], name: str
) -> None:
    summary = terminal.render(models[name])
    spelled = console_text(summary, "ascii")
    assert spelled.isascii()
    assert spelled.count("\\") == summary.count("\\")
