"""schemathesis on the same document: nothing is wrong with the sound stub, and what is planted is found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from world import World

FUZZ = ("check", "--environment", "here", "--pace", "500/s", "--quiet", "--fuzz", "--max-cases")


def fuzzed(folder: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401 -- a path
    data = json.loads((folder / "examination.json").read_text())
    return {row["name"]: row for row in data["results"] if row["group"] == "fuzz"}


def test_schemathesis_finds_nothing_wrong_with_the_sound_stub(world: World) -> None:
    stub = world.stub()
    ended = world.run(*FUZZ, "50")
    assert ended.code == 0, ended.out
    rows = fuzzed(ended.folder)
    assert {row["state"] for row in rows.values()} == {"kept"}
    assert 40 <= sum(row["requests"] for row in rows.values()) <= 50
    assert stub.ledger()["arrivals"] > 90
    assert not (world.folder / ".hypothesis").exists()


@pytest.mark.parametrize(
    ("defect", "name"),
    [
        ("fails_on_bad_json always", "fuzz/no-server-error"),
        ("status 200 always", "fuzz/invalid-is-refused"),
    ],
)
def test_schemathesis_finds_what_is_planted(world: World, defect: str, name: str) -> None:
    """Each finding is one row, with the smallest request that shows it."""
    world.stub(defect)
    ended = world.run(*FUZZ, "40")
    assert ended.code == 1
    row = fuzzed(ended.folder)[name]
    assert row["state"] == "violated", row
    assert "curl" in row["curl"]
    assert '"$E2E_API_KEY"' in row["curl"]


def test_a_budget_ends_the_fuzzing_too(world: World) -> None:
    world.stub("throttle retry-after 0 every 2")
    ended = world.run(*FUZZ, "10", "--budget", "110")
    assert ended.code == 1
    assert "the budget of 110 requests is spent" in ended.out


def test_nothing_is_invented_for_a_server_that_fails_at_once(world: World) -> None:
    world.stub("null_key if granted")
    ended = world.run(*FUZZ, "10")
    assert ended.code == 1
    assert {row["state"] for row in fuzzed(ended.folder).values()} == {"skipped"}
