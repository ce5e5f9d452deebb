"""The figures of the plan in docs/scale.md follow from those that it says were measured."""

from __future__ import annotations

import re
from pathlib import Path

from sessionload.config.load import MOST_IN_FLIGHT
from sessionload.workload.schedule import LONGEST_NS, MOST_ARRIVALS

PAGE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text()


def number(text: str) -> float:
    return float(text.replace(",", "").split()[0])


def rows(heading: str) -> list[list[str]]:
    """Return the cells below a table's headings, of which the first is `heading`."""
    (table,) = re.findall(rf"^\| {heading} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


BYTES = {name: (number(up), number(down)) for name, up, down, *_ in rows("connection")}


def test_the_plan_follows_from_the_bytes_of_a_start_and_the_rate_of_a_worker() -> None:
    (a_worker,) = re.findall(r"workers at ([\d,]+)/s", PAGE)
    up_bytes, down_bytes = BYTES["kept, TLS"]
    for rate_text, workers, in_flight, up, down, runs in rows("starts a second"):
        rate = number(rate_text)
        assert number(workers) == -(-rate // number(a_worker))
        assert number(in_flight) == rate * 0.1
        assert number(runs) == -(-number(in_flight) // MOST_IN_FLIGHT)
        for text, size in ((up, up_bytes), (down, down_bytes)):
            assert abs(number(text) - rate * size * 8 / 1e6) <= max(0.5, 0.02 * number(text))


def test_a_gigabit_and_the_ports_of_a_minute_are_worked_out() -> None:
    (carried,) = re.findall(r"gigabit carries about\n?([\d,]+) starts", PAGE)
    assert abs(1e9 / 8 / BYTES["kept, TLS"][0] / number(carried) - 1) < 0.02
    assert [str(28_232 // 60), f"{64_512 // 60:,}"] == ["470", "1,075"]
    assert "28,232 / 60 s = 470" in PAGE
    assert "64,512 ports: 1,075/s" in PAGE


def test_the_cost_of_a_worker_follows_from_what_was_measured() -> None:
    of_8000 = [row for row in rows("workers") if row[1] == "8,000/s"]
    ((workers, _, master, command, delta),) = of_8000
    each_ms = (number(master) + number(command)) / 100 / number(workers) * 1000
    assert round(each_ms) == 2
    assert "takes 2 ms of each second, and 125 of them a quarter of a core and 96 Mbit/s" in PAGE
    assert abs(125 * each_ms / 1000 - 0.25) < 0.02
    assert 125 * number(delta) * 8 / 1e6 == 96
    assert "at 600 such workers" in PAGE
    assert round(100 / number(command) * number(workers), -2) == 600


def test_the_limits_of_a_run_are_those_of_the_program() -> None:
    assert f"with at most {MOST_IN_FLIGHT:,} for the run" in PAGE
    assert f"at most {MOST_ARRIVALS:,} arrivals and {LONGEST_NS // 3_600_000_000_000} hours" in PAGE
