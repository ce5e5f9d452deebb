"""The picture of a schedule: as high as the highest rate, and no burst is hidden."""

from __future__ import annotations

from array import array
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from sessionload.report.console_text import console_text
from sessionload.report.model.arrival_curve import arrival_curve
from sessionload.units import NS
from sessionload.workload.recording import Recording
from sessionload.workload.schedule import Schedule
from sessionload.workload.stage import Stage


def schedule(*stages: tuple[int, int, int]) -> Schedule:
    return Schedule(
        [Stage(f"s{n}", Fraction(a), Fraction(b), int(s * NS)) for n, (a, b, s) in enumerate(stages)]
    )


def bars(lines: list[str]) -> list[str]:
    return [line.partition("|")[2].ljust(60) for line in lines[:-2]]


def test_a_constant_rate_fills_it() -> None:
    lines = arrival_curve(schedule((20, 20, 60)))
    assert lines[0] == "  20/s |" + "█" * 60
    assert set(bars(lines)) == {"█" * 60}
    assert lines[-2:] == ["   0/s +" + "-" * 60, "        0" + " " * 55 + "60 s"]


def test_a_ramp_rises_and_a_pause_is_empty() -> None:
    rows = bars(arrival_curve(schedule((0, 100, 30), (0, 0, 30))))
    heights = [sum("▁▂▃▄▅▆▇█".find(row[column]) + 1 for row in rows) for column in range(60)]
    assert heights[:30] == sorted(heights[:30])
    assert heights[29] == 48
    assert set(heights[31:]) == {0}


def test_a_burst_shorter_than_a_column_has_its_full_height() -> None:
    rows = bars(arrival_curve(schedule((1, 1, 3600), (500, 500, 1), (1, 1, 3600))))
    assert rows[0].count("█") in {1, 2}
    assert set(rows[-1]) == {"▁", "█"}


def test_a_burst_among_people_is_as_high_as_what_comes_in_its_second() -> None:
    stages = [Stage("calm", Fraction(10), Fraction(10), 30 * NS), Stage.burst("doors", 200, NS // 5)]
    lines = arrival_curve(Schedule(stages))
    assert lines[0].strip().startswith("208/s |")
    assert sum(row.count("█") for row in bars(lines)) >= 5
    assert all("█" in row for row in bars(lines)[1:-1])


def test_recorded_arrivals_are_drawn_second_by_second() -> None:
    came = array("q", sorted([*(n * NS // 2 for n in range(240)), *[60 * NS] * 46]))
    lines = arrival_curve(Recording("a.csv", came))
    assert lines[0].startswith("  48/s |")
    rows = bars(lines)
    assert rows[0].count("█") == 1
    assert set(rows[-1]) == {"▂", "█"}


def test_a_console_without_blocks_has_other_signs() -> None:
    text = console_text("\n".join(arrival_curve(schedule((0, 100, 30)))), "ascii")
    assert text.isascii()
    assert "#" in text
    assert "\\" not in text


@given(
    st.lists(
        st.tuples(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(1, 10**4)), min_size=1, max_size=8
    )
)
def test_80_columns_are_enough(stages: list[tuple[int, int, int]]) -> None:
    stages = [(a, b, min(s, 99_000_000 // (a + b) + 1)) for a, b, s in stages][:1]
    lines = arrival_curve(schedule(*stages))
    assert len(lines) == 8
    assert max(map(len, lines)) <= 80
    assert any("█" in row for row in bars(lines)[:1])
