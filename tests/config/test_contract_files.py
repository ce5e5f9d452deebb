"""OpenAPI documents are read as they are, in YAML or JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.config.contract_files import read_contract
from sessionload.config.contract_json import read_json
from sessionload.config.contract_yaml import read_yaml
from sessionload.errors import InputError, Place

if TYPE_CHECKING:
    from pathlib import Path


def refusal(read: Any, text: str) -> InputError:  # noqa: ANN401 - either reader
    with pytest.raises(InputError) as caught:
        read(text, "mine")
    return caught.value


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a: &x {b: 1}\nc: *x\n", {"a": {"b": 1}, "c": {"b": 1}}),
        ("a: &x {b: 1, d: 2}\nc:\n  <<: *x\n  b: 3\n", {"a": {"b": 1, "d": 2}, "c": {"b": 3, "d": 2}}),
        (
            "a: &x {b: 1}\ny: &y {b: 2, e: 0}\nc: {<<: [*x, *y]}\n",
            {"a": {"b": 1}, "y": {"b": 2, "e": 0}, "c": {"b": 1, "e": 0}},
        ),
        ("200: ok\n'201': no\ny: yes\n", {"200": "ok", "201": "no", "y": "yes"}),
        ("a: 'b\tc'\nd: \"\\t\"\n", {"a": "b\tc", "d": "\t"}),
        ("a: 'x\u2028y\u0085z'\n", {"a": "x\u2028y\u0085z"}),
        ("a: \ufeffb\n", {"a": "\ufeffb"}),
        ("- 1\n- [2, 0x10, 1:30, .5]\n", [1, [2, "0x10", "1:30", ".5"]]),
    ],
)
def test_yaml_is_read_as_it_is(text: str, data: object) -> None:
    assert read_yaml(text, "mine.yaml") == data


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("a: !!int 1\n", "yaml-tag", (1, 4)),
        ("%TAG ! tag:x,2000:\n---\na: 1\n", "yaml-tag", (1, 1)),
        ("a: 1\na: 2\n", "yaml-duplicate-key", (2, 1)),
        ("a: {<<: {}, <<: {}}\n", "yaml-duplicate-key", (1, 13)),
        ("a: {<<: 1}\n", "yaml-merge", (1, 5)),
        ("a: *x\n", "yaml-anchor", (1, 4)),
        ("a: &x [*x]\n", "yaml-anchor", (1, 8)),
        ("a: 1\n---\nb: 1\n", "yaml-documents", (2, 1)),
        ("? [a]\n: 1\n", "yaml-key", (1, 3)),
        ("a: \x07\n", "yaml-character", (1, 4)),
        ('a: "\\ud800"\n', "yaml-syntax", None),
        ("", "yaml-empty", (1, 1)),
        ("a: [1\n", "yaml-syntax", None),
        ("a:\n\tb: 1\n", "yaml-tab", (2, 1)),
        ("[" * 70, "yaml-too-deep", (1, 65)),
    ],
)
def test_what_is_no_plain_yaml_is_refused_in_its_place(
    text: str, code: str, place: tuple[int, int] | None
) -> None:
    error = refusal(read_yaml, text)
    assert error.code == code
    assert place is None or error.place == Place("mine", *place)


def test_aliases_are_bounded() -> None:
    bomb = (
        "a: &a ["
        + "x, " * 20
        + "]\n"
        + "".join(
            f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 20)}]\n" for n in range(10)
        )
    )
    error = refusal(read_yaml, bomb)
    assert (error.code, "written out" in error.message) == ("yaml-anchor", True)
    deep = "a: &a " + "[" * 40 + "]" * 40 + "\nb: " + "[" * 30 + "*a" + "]" * 30 + "\n"
    assert refusal(read_yaml, deep).code == "yaml-too-deep"


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('{"a": "\\ud83d\\ude00", "b": "\u2028", "c": 1e3}', {"a": "😀", "b": "\u2028", "c": 1000.0}),
        ('\t{"a"\t:\t[]}\n', {"a": []}),
        ("[1, true, null]", [1, True, None]),
    ],
)
def test_json_is_read_as_it_is(text: str, data: object) -> None:
    assert read_json(text, "mine.json") == data


@pytest.mark.parametrize(
    ("text", "code", "place", "message"),
    [
        ('{"a": 1, "a": 2}', "json-value", (1, 10), "the key 'a' stands twice in one object"),
        (
            '{"a": [{"b": 1}, {"b": 1,\n"b": 1}]}',
            "json-value",
            (2, 1),
            "the key 'b' stands twice in one object",
        ),
        ('{"a": 1, "\\u0061": 2}', "json-value", (1, 10), "the key 'a' stands twice in one object"),
        ('{"a":\n\tNaN}', "json-value", (2, 2), "NaN is no number in JSON"),
        ("[-Infinity]", "json-value", (1, 2), "-Infinity is no number in JSON"),
        ('{"a": [1, true, 1e999]}', "json-value", (1, 17), "a number is too large for any reader"),
        ("[1, " + "9" * 5000 + "]", "json-value", (1, 5), "a number is too large for any reader"),
        (
            '{"a": "\\ud83d\\ude00", "b": "\\ud83d"}',
            "json-value",
            (1, 28),
            "an escape is half of a character",
        ),
        ('{"\\ude00": 1}', "json-value", (1, 2), "an escape is half of a character"),
        ('{"a": 1,}', "json-syntax", (1, 9), "a key must stand here"),
        ('{"a" 1}', "json-syntax", (1, 6), "a colon is missing here"),
        ('{"a": 1} x', "json-syntax", (1, 10), "something follows the document"),
        ('{"a": "x', "json-syntax", (1, 7), "a text has no end"),
        (
            "[" * 65 + "]" * 65,
            "json-too-deep",
            (1, 65),
            "more than 64 arrays and objects inside each other",
        ),
        ("[" * 100_000, "json-too-deep", (1, 65), "more than 64 arrays and objects inside each other"),
    ],
)
def test_what_json_readers_would_differ_about_is_refused_in_its_place(
    text: str, code: str, place: tuple[int, int], message: str
) -> None:
    error = refusal(read_json, text)
    assert (error.code, error.message, error.place) == (code, message, Place("mine", *place))
    assert error.hint


def test_what_is_not_too_deep_is_read() -> None:
    assert read_json("[" * 64 + "]" * 64, "mine") == read_yaml("[" * 64 + "]" * 64, "mine")


def test_a_fault_that_is_not_found_again_is_refused_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sessionload.config.contract_json.entries_of", lambda _: iter(()))
    error = refusal(read_json, "[NaN]")
    assert (error.code, error.place) == ("json-syntax", Place("mine"))


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), _JSON, min_size=1))
def test_any_json_comes_back(data: dict[str, Any]) -> None:
    assert read_json(json.dumps(data), "mine.json") == data
    assert read_json(json.dumps(data, ensure_ascii=False), "mine.json") == data


@pytest.mark.parametrize(
    "text", ['\ufeff{"openapi": "3.0.3"}', "\ufeffopenapi: 3.0.3\n", 'openapi: "3.0.3"\n']
)
def test_a_byte_order_mark_is_no_part_of_a_document(tmp_path: Path, text: str) -> None:
    file = tmp_path / "mine"
    file.write_bytes(text.encode())
    assert read_contract(file)[0] == {"openapi": "3.0.3"}


def test_a_document_that_is_not_utf_8_names_the_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(InputError) as caught:
        read_contract(file)
    assert (caught.value.code, caught.value.place and caught.value.place.line) == ("file-not-utf8", 2)
