"""The benchmarks run to their end and exit by their claims; whether those hold is no matter here."""

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
SOURCES = {path.stem: path.read_text() for path in sorted(BENCHMARKS.glob("*.py"))}
CLAIMS = [
    name for name, text in SOURCES.items() if (ast.get_docstring(ast.parse(text)) or "")[:7] == "Claim: "
]


def programs_of(name: str) -> list[pytest.MarkDecorator]:
    """Return a mark for each program that a benchmark cannot do without."""
    needed = {"nginx": "    with nginx(", "chromium": "driver.chromium", "namespaces": '"unshare"'}
    return [pytest.mark.needs(program) for program, use in needed.items() if use in SOURCES[name]]


def run(name: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARKS / f"{name}.py"), "--quick"]
    return subprocess.run(command, capture_output=True, text=True, timeout=170, check=False)


def rows(table: str) -> list[dict[str, str]]:
    """Return the rows of a printed table by its headings; what has no figures is left out."""
    headings, *lines = (re.split(r" {2,}", line) for line in table.splitlines())
    return [dict(zip(headings, line, strict=True)) for line in lines if len(line) == len(headings)]


@pytest.mark.long
@pytest.mark.parametrize("name", [pytest.param(name, marks=programs_of(name)) for name in CLAIMS])
def test_a_benchmark_sends_what_it_plans_and_exits_by_its_claims(name: str) -> None:
    """0 where every claim that it prints holds, 1 where one does not, 3 where a rival is missing."""
    ended = run(name)
    assert not ended.stderr, ended
    measured = [row for table in ended.stdout.strip().split("\n\n") for row in rows(table)]
    claims = [row["claim"] for row in measured if "claim" in row]
    assert set(claims) <= {"holds", "does not hold", "held", "not held", "for comparison", "none"}
    if ended.returncode == 3:
        assert re.search(r" is not here: ", ended.stdout)
        return
    kept = "does not hold" not in claims and claims[-1] != "not held"
    assert ended.returncode == (0 if kept else 1), ended
    for row in measured:
        if "planned" in row:
            assert (row["sent"], row["ok"], row["unsent"]) == (row["planned"], row["planned"], "0")


def test_each_claim_has_its_row_in_the_table_of_claims() -> None:
    table = (BENCHMARKS / "README.md").read_text()
    assert [name for name in CLAIMS if f"`{name}.py`" not in table] == []


def test_the_list_of_tools_makes_no_claim_and_sends_nothing() -> None:
    ended = run("peers")
    assert ended.returncode == 0
    listed = {row["tool"]: row["here"] for row in rows(ended.stdout)}
    assert set(listed) >= {"sessionload", "k6", "FastHttpUser", "hey", "wrk"}
    assert set(listed.values()) <= {"yes", "no"}


# What the figures are made of, worked out by hand


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def module(name: str) -> ModuleType:
    return importlib.import_module(f"rig.{name}")


@pytest.mark.usefixtures("rig")
def test_lateness_at_the_server_counts_from_the_earliest_arrival() -> None:
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
"""Looks at a generator that does nothing, every 10 ms; the events below happen from look 50 on."""


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
