"""Plain data with places: what unquoted text means, paths, overrides, and keys that were written out."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.config.document import Document, dotted, plain_scalar, shown
from sessionload.config.yaml_source import parse
from sessionload.errors import InputError, Place

TEXT = b"""\
name: launch
load:
  stages:
    - {rate: 20/s}
    - {rate: 200/s}
"""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("", None),
        ("0", 0),
        ("-12", -12),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("1.5E-3", 0.0015),
        *[
            (text, text)
            for text in (
                *("no", "yes", "on", "off", "True", "NULL", "~"),
                *("010", "0x10", "0o10", "1_000", "+1", ".5", "5.", "1:30", "2024-01-01"),
                *(".inf", ".nan", "NaN", "Infinity", "1e999", "1e9999", "9" * 41, "1 ", "٣"),
            )
        ],
    ],
)
def test_only_the_scalars_of_json_are_not_text(text: str, value: object) -> None:
    assert plain_scalar(text) == value
    assert type(plain_scalar(text)) is type(value)


@given(st.text())
def test_unquoted_text_never_means_something_endless(text: str) -> None:
    value = plain_scalar(text)
    assert not isinstance(value, float) or math.isfinite(value)


@pytest.mark.parametrize(
    ("path", "text"),
    [((), "the file"), (("load", "stages", 0, "rate"), "load.stages[0].rate"), ((3,), "[3]")],
)
def test_a_path_is_shown_as_people_write_it(path: tuple[str | int, ...], text: str) -> None:
    assert dotted(path) == text


@pytest.mark.parametrize("word", ["VF.DM.canary", "can ary", "x" * 41, "", "-canary", "canary\n"])
def test_what_may_be_a_key_is_not_shown(word: str) -> None:
    assert "canary" not in shown(word)
    assert shown("api_key") == "'api_key'"


@pytest.mark.parametrize("name", ["load.stages.1.rate", "load.stages[1].rate"])
def test_an_override_replaces_a_value_and_its_place(name: str) -> None:
    document = parse(TEXT, "x.yaml")
    changed = document.with_override(name, "5/s")
    assert changed.data["load"]["stages"] == [{"rate": "20/s"}, {"rate": "5/s"}]
    assert document.data["load"]["stages"][1] == {"rate": "200/s"}
    path = ("load", "stages", 1, "rate")
    assert changed.written(path) == (Place(f"--set {name}"), Place(f"--set {name}"))
    assert document.written(path).value == Place("x.yaml", 5, 14)


def test_an_override_reads_its_text_like_the_file_would() -> None:
    document = parse(TEXT, "x.yaml")
    assert document.with_override("seed", "7").data["seed"] == 7
    assert document.with_override("seed", "010").data["seed"] == "010"


def test_an_override_of_a_whole_part_forgets_the_places_inside_it() -> None:
    changed = parse(TEXT, "x.yaml").with_override("load.stages", "none", place=Place("--option"))
    assert changed.written(("load", "stages")).value == Place("--option")
    assert changed.written(("load", "stages", 1, "rate")).value == Place("x.yaml")
    assert changed.written(("name",)).key == Place("x.yaml", 1, 1)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("load.stages.2.rate", "items count from 0, and it has 2"),
        ("load.stages.-1.rate", "items count from 0, and it has 2"),
        ("load.stages.first.rate", "items count from 0, and it has 2"),
        ("lod.timeout", "did you mean 'load'?"),
        ("name.first", "shorten the path"),
    ],
)
def test_an_override_that_leads_nowhere_is_refused(name: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(TEXT, "x.yaml").with_override(name, "1")
    assert caught.value.code == "unknown-path"
    assert caught.value.hint == hint
    assert caught.value.place == Place(f"--set {name}")


@pytest.mark.parametrize(
    ("text", "column"),
    [
        (b"a: VF.DM.0123456789abcdef.canary", 4),
        (b"a: ' VF.canary'", 4),
        (b"a: see VF.DM.0123456789abcdef.canary", 4),
        (b"VF.canary: 1", 1),
        (b"a: [1, {b: [true, VF.canary]}]", 19),
    ],
)
def test_what_looks_like_a_key_is_refused_wherever_it_stands(text: bytes, column: int) -> None:
    with pytest.raises(InputError) as caught:
        parse(text, "x.yaml").refuse_literal_keys()
    assert caught.value.code == "literal-key"
    assert caught.value.place == Place("x.yaml", 1, column)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("text", [b"a: ${VF_API_KEY}", b"a: https://VF.example.com", b"a: a VF.one", b"a: 1"])
def test_what_does_not_look_like_a_key_is_left_alone(text: bytes) -> None:
    parse(text, "x.yaml").refuse_literal_keys()


def test_data_without_places_is_at_its_file() -> None:
    assert Document({"a": 1}, "result.json", {}).written(("a",)).value == Place("result.json")
