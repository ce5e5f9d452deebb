"""The benchmarks run and print what they say; whether their claims hold is no matter here."""

from __future__ import annotations

import ast
import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SHAPES = {
    "capacity": [("the machine alone", "sleeps", 1), ("server", "of a core", 1)],
    "comparison": [("pairs", "called slower", 6), ("arrivals on a side", "took", 1)],
    "cost": [("server", "of a core", 4), ("claim", "figure", 3)],
    "endurance": [("seconds", "highest", 2), ("server", "flat", 1)],
    "hour": [
        ("worst arrival of a second", "share", 9),
        ("second", "stood still", 2),
        ("rate", "longest GC", 1),
    ],
    "page": [("samples", "opens in", 1)],
    "punctuality": [
        ("the machine alone", "sleeps", 1),
        ("told by", "connections", 3),
        ("seen at", "gap p99", 1),
    ],
    "startup": [("command", "median", 1)],
    "stub_headroom": [("server", "ratio", 1)],
    "truth": [("the server waits", "p99 apart", 2)],
    "versus": [("tool", "starts/CPU s", 7), ("than", "by CPU", 2)],
}
"""For each table of a benchmark: its first heading, another one, and how many rows there are with --quick."""
MISSING = re.compile(r" is not installed: | is not here: ")


def run(name: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARKS / f"{name}.py"), "--quick"]
    return subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHAPES)
def test_a_benchmark_measures_and_prints_its_tables(name: str) -> None:
    """It exits 0 or 1 by its claim, or 3 with a word on the program that is missing."""
    ended = run(name)
    assert ended.returncode in (0, 1) or (ended.returncode == 3 and MISSING.search(ended.stdout)), ended
    assert not ended.stderr
    if " is not installed: " in ended.stdout:
        return
    tables = [table.splitlines() for table in ended.stdout.strip().split("\n\n")]
    assert len(tables) == len(SHAPES[name])
    for (heading, *rows), (first, other, count) in zip(tables, SHAPES[name], strict=True):
        columns = re.split(r" {2,}", heading)
        assert columns[0] == first
        assert other in columns
        assert len(rows) == count, rows
        for row in rows:
            cells = re.split(r" {2,}", row)
            assert len(cells) == len(columns) or MISSING.search(f" {row}"), row
            assert any(re.search(r"\d", cell) for cell in cells[1:]) or MISSING.search(f" {row}"), row


def test_each_file_of_a_claim_states_it_first_and_is_tried_here() -> None:
    files = {path.stem: ast.get_docstring(ast.parse(path.read_text())) for path in BENCHMARKS.glob("*.py")}
    claims = {name for name, doc in files.items() if doc and doc.startswith("Claim: ")}
    assert claims >= set(SHAPES)
    table = (BENCHMARKS / "README.md").read_text()
    assert [name for name in SHAPES if f"`{name}.py`" not in table] == []


def test_the_list_of_tools_makes_no_claim_and_does_nothing() -> None:
    ended = run("peers")
    assert ended.returncode == 0
    rows = [re.split(r" {2,}", line) for line in ended.stdout.splitlines()[1:]]
    assert {row[0] for row in rows} >= {"sessionload", "k6", "FastHttpUser", "hey", "wrk"}
    assert {row[1] for row in rows} <= {"yes", "no"}


# What the figures are made of, worked out by hand


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def module(name: str) -> ModuleType:
    return importlib.import_module(f"rig.{name}")


@pytest.mark.usefixtures("rig")
def test_lateness_at_the_server_is_held_against_the_earliest_arrival() -> None:
    """At 1,000/s: number 2 came first of all for its place; 0 is 1 ms, 1 is 3 ms later than that."""
    seen = module("seen").Seen()
    for number, arrived_ms in ((0, 11), (2, 12), (1, 14)):
        seen.numbers.append(number)
        seen.arrived.append(arrived_ms * 1_000_000)
        seen.waited.append(0)
    assert seen.lateness(1_000) == [1_000_000, 0, 3_000_000]
    assert seen.gaps() == [1_000_000, 2_000_000]
    again = module("seen").Seen.from_bytes(seen.to_bytes())
    assert again == seen


@pytest.mark.usefixtures("rig")
@pytest.mark.parametrize(
    ("values", "percent", "answer"),
    [
        ([5, 1, 2, 3, 4], 50, 3),
        ([5, 1, 2, 3, 4], 20, 1),
        ([5, 1, 2, 3, 4], 21, 2),
        ([5, 1, 2, 3, 4], 100, 5),
        ([7], 1, 7),
        (list(range(1, 101)), 99, 99),
    ],
)
def test_a_percentile_is_the_nearest_rank(values: list[int], percent: int, answer: int) -> None:
    assert module("seen").nearest_rank(values, percent) == answer


MS = 1_000_000
LOOKS = 100
"""Looks at a generator that does nothing, every 10 ms; what is told of below happens from look 50 on."""


@pytest.mark.usefixtures("rig")
@pytest.mark.parametrize(
    ("ran", "waited", "stolen", "standstill", "late_ms", "why"),
    [
        (0, 0, 0, 0, 20, "unexplained"),
        (0, 12, 0, 0, 20, "something else had the processor"),
        (0, 9, 0, 0, 20, "unexplained"),
        (0, 12, 20, 0, 20, "something else had the processor"),
        (0, 9, 20, 0, 20, "the machine below took the processor"),
        (0, 0, 0, 15, 20, "the machine stood still"),
        (10, 0, 0, 0, 20, "its own work"),
        (10, 0, 0, 0, 21, "unexplained"),
    ],
)
def test_a_cause_explains_a_lateness_if_it_is_half_as_long(
    ran: int, waited: int, stolen: int, standstill: int, late_ms: int, why: str
) -> None:
    causes = module("causes")
    record = causes.Causes()
    for look in range(LOOKS):
        late = look >= LOOKS // 2
        record.look(
            (look * 10 + late * standstill) * MS, late * ran * MS, late * waited * MS, late * stolen * MS, 0
        )
    stretch = record.between(400 * MS, 600 * MS, late_ms * MS)
    assert causes.explain(late_ms * MS, stretch, 0) == why


@pytest.mark.usefixtures("rig")
def test_many_short_waits_of_a_second_do_not_explain_a_long_lateness() -> None:
    """1 ms in every 10 ms is 100 ms in a second, and at most 7 ms in 50 ms and a look before and after."""
    causes = module("causes")
    record = causes.Causes()
    for look in range(LOOKS):
        record.look(look * 10 * MS, 0, look * MS, 0, 0)
    stretch = record.between(0, 1_000 * MS, 50 * MS)
    assert stretch.waited == 7 * MS
    assert causes.explain(50 * MS, stretch, 0) == causes.UNEXPLAINED
    assert causes.explain(50 * MS, stretch, 25 * MS) == causes.COLLECTOR


@pytest.mark.usefixtures("rig")
def test_bare_system_calls_are_what_the_server_takes_for_a_session_start() -> None:
    """Its length is what it says it is, or the server would wait for more."""
    head, _, body = module("bare")._REQUEST.partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head
    assert json.loads(body) == {"userID": "bench-1234567"}
