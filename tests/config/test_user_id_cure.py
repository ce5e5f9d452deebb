"""What a refused user ID is told: an `id` that was tried, or that none was found."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from sessionload.config.document import Document
from sessionload.config.scenario import Scenario
from sessionload.errors import InputError
from sessionload.workload.text_list import TextList

PLAIN = {
    "name": "cure",
    "users": {"id": "a user {n}"},
    "load": {"stages": [{"name": "peak", "rate": "10/s", "duration": "100s"}]},
    "targets": ["p95 < 400ms"],
}


def cure(allowed: str, *, ids: tuple[str, ...] = (), **facts: Any) -> str:  # noqa: ANN401 - keywords
    def violation_of(user_id: str) -> str | None:
        return None if re.fullmatch(allowed, user_id) else "is another one"

    scenario = Scenario.check(Document(PLAIN, "s.yaml", {}))
    if ids:
        scenario = replace(scenario, users=replace(scenario.users, pattern=None, ids=TextList.of(ids)))
    with pytest.raises(InputError) as caught:
        scenario.check_ids(violation_of, "r1", facts=facts)
    assert caught.value.code == "bad-user-id"
    return caught.value.hint


def test_the_first_pattern_that_gives_good_ids_to_the_last_arrival_is_named() -> None:
    assert cure(".{1,3}") == 'write id: "{n}"'
    assert cure("[0-9]{3}") == 'write id: "{n:03d}"'
    assert cure("c-[0-9a-f]{8}", pattern="^c-[0-9a-f]{8}$") == 'write id: "c-{n:08d}"'


def test_where_ids_are_listed_one_of_them_is_named() -> None:
    hint = cure("anna|be.la", enum=["zoe", 5, "be{la"])
    assert hint == 'write one that the contract lists, like id: "be{{la", with unique: false'
    assert 'id: "anna"' in cure("anna", const="anna")


def test_a_file_may_be_corrected_too() -> None:
    ids = tuple(f"a user {number}" for number in range(1000))
    assert cure(".{1,3}", ids=ids) == 'correct the file, or write id: "{n}"'


def test_where_none_is_found_none_is_named() -> None:
    assert cure("[A-Z]+") == "change users.id, so that every ID is one that the contract allows"
