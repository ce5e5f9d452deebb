"""schemathesis on the same document: nothing is wrong with the sound stub, and planted defects are found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import Ended, World

FUZZ = ("--quiet", "--fuzz", "--max-cases")


def fuzzed(ended: Ended) -> dict[str, dict[str, Any]]:
    data = json.loads((ended.folder / "examination.json").read_text())
    return {row["name"]: row for row in data["results"] if row["group"] == "fuzz"}


def test_schemathesis_finds_nothing_wrong_with_the_sound_stub(
    world: World, check: Callable[..., Ended]
) -> None:
    stub = world.stub_thread()
    ended = check(*FUZZ, "50")
    assert ended.code == 0, ended.out
    rows = fuzzed(ended)
    assert {row["state"] for row in rows.values()} == {"kept"}
    assert 40 <= sum(row["requests"] for row in rows.values()) <= 50
    assert stub.ledger()["arrivals"] > 90
    assert not (world.folder / ".hypothesis").exists()


def test_schemathesis_finds_each_defect_that_is_planted(world: World, check: Callable[..., Ended]) -> None:
    """Each finding is one row, with the smallest request that shows it."""
    invalid = ("grants_empty always", "grants_null always", "grants_too_long always")
    world.stub_thread("fails_on_bad_json always", *invalid)
    ended = check(*FUZZ, "40")
    assert ended.code == 1
    rows = fuzzed(ended)
    violated = [name for name, row in rows.items() if row["state"] == "violated"]
    assert violated == ["fuzz/no-server-error", "fuzz/invalid-is-refused"]
    for name in violated:
        assert "curl" in rows[name]["curl"]
        assert '"$E2E_API_KEY"' in rows[name]["curl"]


def test_a_budget_ends_the_fuzzing_too(world: World, check: Callable[..., Ended]) -> None:
    world.stub_thread("throttle retry-after 0 every 2")
    ended = check(*FUZZ, "10", "--budget", "110")
    assert ended.code == 1
    assert "the budget of 110 requests is spent" in ended.out


def test_nothing_is_invented_for_a_server_that_fails_at_once(
    world: World, check: Callable[..., Ended]
) -> None:
    world.stub_thread("null_key if granted")
    ended = check(*FUZZ, "10")
    assert ended.code == 1
    assert {row["state"] for row in fuzzed(ended).values()} == {"skipped"}
