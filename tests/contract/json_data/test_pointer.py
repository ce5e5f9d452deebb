"""Pointers into JSON values, as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.contract.json_data.pointer import parse_pointer, pointer_text
from sessionload.errors import ValueProblem


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("sessionKey", ("sessionKey",)),
        ("data.token", ("data", "token")),
        ("/data/token", ("data", "token")),
        ("/a.b/c", ("a.b", "c")),
        ("/a~1b/~0c", ("a/b", "~c")),
        ("items.0.key", ("items", "0", "key")),
    ],
)
def test_both_forms_are_read(text: str, steps: tuple[str, ...]) -> None:
    assert parse_pointer(text) == steps


@pytest.mark.parametrize("text", ["", ".", "a..b", "a.", "/", "/a//b", "/~2", "/~", ".".join("x" * 17)])
def test_what_leads_nowhere_is_refused(text: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        parse_pointer(text)
    assert caught.value.cure == "write it like data.token or /data/token"


@given(st.lists(st.text(min_size=1), min_size=1, max_size=16).map(tuple))
def test_what_is_shown_is_read_again(steps: tuple[str, ...]) -> None:
    assert parse_pointer(pointer_text(steps)) == steps
