"""Values at a place of a JSON value: read, replaced and left out."""

from __future__ import annotations

import pytest

from sessionload.contract.json_data.json_places import at, put, without


@pytest.mark.parametrize(
    ("value", "place", "rest"),
    [
        ({"a": 1, "b": 2}, ("a",), {"b": 2}),
        ({"a": {"b": 1, "c": 2}}, ("a", "b"), {"a": {"c": 2}}),
        ({"a": [{"b": 1}, {"b": 2}]}, ("a", "1", "b"), {"a": [{"b": 1}, {}]}),
        ({"a": 1}, ("b",), {"a": 1}),
        ({"a": 1}, ("a", "b"), {"a": 1}),
        ([1], ("0",), [1]),
    ],
)
def test_a_name_that_is_left_out_takes_nothing_else_along(
    value: object, place: tuple[str, ...], rest: object
) -> None:
    assert without(value, place) == rest


def test_what_was_put_somewhere_stands_there() -> None:
    for value in (None, {}, {"a": {"b": 1}}, {"a": [1, 2]}):
        assert at(put(value, ("a", "1"), "x"), ("a", "1")) == "x"
