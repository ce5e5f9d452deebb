"""A part of a document is found by its identity."""

from __future__ import annotations

from sessionload.contract.document.document_part import part_of

INNER: dict[str, object] = {"c": 1}
ROOT = {"a": [INNER, {"c": 1}], "b": {"again": INNER}}


def test_the_way_to_a_part_is_the_first_one() -> None:
    assert part_of(ROOT, ROOT) == ()
    assert part_of(ROOT, INNER) == ("a", 0)
    assert part_of(ROOT, INNER, "c") == ("a", 0, "c")
    assert part_of(ROOT, ROOT["b"]) == ("b",)
    assert part_of(ROOT, ROOT["a"], 1) == ("a", 1)


def test_a_key_that_is_not_there_leaves_its_holder() -> None:
    assert part_of(ROOT, INNER, "d") == ("a", 0)


def test_what_is_equal_but_not_the_same_is_no_part() -> None:
    assert part_of(ROOT, {"c": 1}) is None
    assert part_of(ROOT, None, "c") is None
    assert part_of("text", "text") is None
