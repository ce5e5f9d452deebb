"""YAML becomes plain data with places; all that is not plain in it is refused, and never quoted."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessionload.config.document import Document
from sessionload.config.yaml_source import DEEPEST, LARGEST_BYTES, parse
from sessionload.errors import InputError, Place

TEXT = """\
# a comment
name: launch
load:
  "stages":
    - rate: 20/s
      count: 3
    - - [a, 'b c']
      - {d: "e", f: }
more: >
  folded
  text
"""


def refusal(text: str | bytes, **limits: int) -> InputError:
    with pytest.raises(InputError) as caught:
        parse(text if isinstance(text, bytes) else text.encode(), "x.yaml", **limits)
    assert caught.value.hint
    assert caught.value.place is not None
    return caught.value


def test_mappings_lists_and_scalars_become_plain_data() -> None:
    assert parse(TEXT.encode(), "x.yaml").data == {
        "name": "launch",
        "load": {"stages": [{"rate": "20/s", "count": 3}, [["a", "b c"], {"d": "e", "f": None}]]},
        "more": "folded text\n",
    }


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        ((), (2, 1), (2, 1)),
        (("name",), (2, 1), (2, 7)),
        (("load", "stages"), (4, 3), (5, 5)),
        (("load", "stages", 0), (5, 7), (5, 7)),
        (("load", "stages", 0, "count"), (6, 7), (6, 14)),
        (("load", "stages", 1, 0, 1), (7, 13), (7, 13)),
        (("load", "stages", 1, 1, "d"), (8, 10), (8, 13)),
        (("more",), (9, 1), (9, 7)),
    ],
)
def test_every_key_and_value_has_its_place(
    path: tuple[str | int, ...], key: tuple[int, int], value: tuple[int, int]
) -> None:
    written = parse(TEXT.encode(), "x.yaml").written(path)
    assert written == (Place("x.yaml", *key), Place("x.yaml", *value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("1:30", "1:30"),
        ("010", "010"),
        ("1_000", "1_000"),
        ("2024-01-01", "2024-01-01"),
        (".inf", ".inf"),
        ("~", "~"),
        ("30", 30),
        ("'30'", "30"),
        ('"true"', "true"),
        ("true", True),
        ("null", None),
        ("|-\n  30", "30"),
        ("${VF_API_KEY}", "${VF_API_KEY}"),
        ("{}", {}),
        ("[]", []),
        ('"a\\tb\\n"', "a\tb\n"),
    ],
)
def test_a_value_is_what_it_looks_like(text: str, value: object) -> None:
    read = parse(f"a: {text}".encode(), "x.yaml").data["a"]
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize("text", ["yes: 1", "1: 1", "null: 1", "true: 1", "'no': 1"])
def test_a_key_is_always_text(text: str) -> None:
    (key,) = parse(text.encode(), "x.yaml").data
    assert key == text.partition(":")[0].strip("'")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_count_whatever_ends_them(end: str) -> None:
    assert refusal(f"a: 1{end}b: 2{end}a: 3{end}").place == Place("x.yaml", 3, 1)
    assert refusal(f"a: 1{end}b: 2{end}\tc: 3{end}").place == Place("x.yaml", 3, 1)


@pytest.mark.parametrize("text", ["%YAML 1.2\n---\na: 1", "---\na: 1\n...\n", "a: 1\n...\n"])
def test_the_frame_of_a_single_document_is_fine(text: str) -> None:
    assert parse(text.encode(), "x.yaml").data == {"a": 1}


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a: &x 1", "yaml-anchor", 1, 4),
        ("a: *x", "yaml-anchor", 1, 4),
        ("&x a: 1", "yaml-anchor", 1, 1),
        ("a: !!str 1", "yaml-tag", 1, 4),
        ("a: !", "yaml-tag", 1, 4),
        ("a: !<x> [1]", "yaml-tag", 1, 4),
        ("%TAG ! x\n---\na: 1", "yaml-tag", 1, 1),
        ("<<: {a: 1}", "yaml-merge", 1, 1),
        ("{a: 1, b: {a: 2, a: 3}}", "yaml-duplicate-key", 1, 18),
        ("true: 1\n'true': 2", "yaml-duplicate-key", 2, 1),
        ("[a]: 1", "yaml-key", 1, 1),
        ("? {a: 1}\n: 1", "yaml-key", 1, 3),
        ("a: 1\n---\nb: 1", "yaml-documents", 2, 1),
        ("---\n---\n", "yaml-documents", 2, 1),
        ("", "yaml-empty", 1, 1),
        ("---\n", "yaml-empty", 1, 1),
        ("null", "yaml-empty", 1, 1),
        ("\ta: 1", "yaml-tab", 1, 1),
        ("a: 1 \t# b", "yaml-tab", 1, 6),
        ("a: '\x00'", "yaml-character", 1, 5),
        ("a: b\u2028c: d", "yaml-character", 1, 5),
        ("a: b\ufeff", "yaml-character", 1, 5),
        ("a: b\x85", "yaml-character", 1, 5),
        ('a: "\\ud800"', "yaml-character", 1, 4),
        ('"\\0": 1', "yaml-character", 1, 1),
        ('a: "\\UFFFFFFFF"', "yaml-syntax", 1, 7),
        ("%YAML 1." + "9" * 5000 + "\n---\na: 1", "yaml-syntax", 1, 9),
        ("a: 'x", "yaml-syntax", 1, 6),
        ("a: [1, 2", "yaml-syntax", 1, 9),
        ("a: [b}", "yaml-syntax", 1, 6),
        ("a:\n  b: 1\n c: 2", "yaml-syntax", 3, 2),
        ("a: 1\nb\nc: 1", "yaml-syntax", 2, 1),
        ("a: - b", "yaml-syntax", 1, 4),
        ("a: b: c", "yaml-syntax", 1, 5),
        ("a: `b`", "yaml-syntax", 1, 4),
        ('a: "\\q"', "yaml-syntax", 1, 6),
        ('a: "\\x4"', "yaml-syntax", 1, 7),
        ("{a: 1}}", "yaml-syntax", 1, 7),
        ("a: >9x\n", "yaml-syntax", 1, 6),
        ("!e!x a", "yaml-syntax", 1, 1),
        (b"a: \xff", "yaml-encoding", 1, 4),
        (b"a: 1\r\nb: \xc3", "yaml-encoding", 2, 4),
        (b"\xef\xbb\xbfa: 1", "yaml-encoding", 1, 1),
        (b"\xfe\xff\x00a", "yaml-encoding", 1, 1),
    ],
)
def test_what_is_no_plain_data_is_refused_at_its_place(
    text: str | bytes, code: str, line: int, column: int
) -> None:
    error = refusal(text)
    assert (error.code, error.place) == (code, Place("x.yaml", line, column))


@pytest.mark.parametrize(
    "text",
    [
        "a: canary: canary",
        "canary",
        "a: 'canary",
        "a: [canary, {b: canary}",
        "a: !canary!x 1",
        "a: !<canary 1",
        "a: &canary 1",
        "a: *canary",
        "VF.DM.canary: 1\nVF.DM.canary: 2",
        "%CANARY canary\n%TAG !canary! x\n---\na: !canary!x 1",
        "a: canary\n\tb: 1",
    ],
)
def test_no_refusal_repeats_what_stands_in_the_file(text: str) -> None:
    try:
        read = parse(text.encode(), "x.yaml").data
    except InputError as error:
        read = str(error).removeprefix("canary")
        read = read.lower()
    assert read == "canary" or "canary" not in read


def test_the_alias_bomb_is_refused_before_it_is_built() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(100))
    assert refusal(bomb).code == "yaml-anchor"


def test_a_file_may_be_as_deep_and_large_as_the_limits_say_and_no_more() -> None:
    deep = "[" * DEEPEST + "]" * DEEPEST
    assert parse(deep.encode(), "x.yaml").data
    error = refusal(f"[{deep}]")
    assert (error.code, error.place) == ("yaml-too-deep", Place("x.yaml", 1, DEEPEST + 1))
    assert refusal("[[1]]", deepest=1).code == "yaml-too-deep"
    large = b"a: 1\n#" + b"x" * (LARGEST_BYTES - 6)
    assert parse(large, "x.yaml").data == {"a": 1}
    error = refusal(large + b"x")
    assert (error.code, error.place) == ("yaml-too-large", Place("x.yaml", 2, LARGEST_BYTES - 4))
    assert refusal("a: 12", largest=4).code == "yaml-too-large"


@pytest.mark.parametrize(
    "piece", ["[", "{", "- ", "? ", "a:\n ", "'", "a'", '"', "&a ", "!", "%", "|\n", "{a: ", "- a: [1]\n"]
)
def test_the_worst_text_of_the_largest_size_is_read_in_seconds(piece: str) -> None:
    text = (piece * (LARGEST_BYTES // len(piece))).encode()
    started = time.monotonic()
    with suppress(InputError):
        parse(text, "x.yaml")
    assert time.monotonic() - started < 20


def fate(raw: bytes) -> InputError | Document:
    try:
        return parse(raw, "x.yaml")
    except InputError as error:
        return error


@given(st.text(alphabet="ab:,-[]{}&*!|>'\"%#?<\\~ \n0123456789.", max_size=60))
@settings(max_examples=500)
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    end = fate(text.encode())
    if isinstance(end, InputError):
        assert end.code.startswith("yaml-")
        assert end.place is not None
        assert end.place.line is not None
    else:
        json.dumps(end.data, allow_nan=False)


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    end = fate(raw)
    assert isinstance(end, Document) or end.hint


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(
        st.characters(
            codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp"), exclude_characters="\ufeff"
        )
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abcd", min_size=1), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from("abc"), PLAIN, min_size=1))
def test_json_is_yaml_with_the_same_meaning(data: dict[str, Any]) -> None:
    text = json.dumps(data, ensure_ascii=False)
    assert parse(text.encode(), "x.json", deepest=40).data == data
