"""The editor's schema knows the grammar: what passes there passes here, and the usual the other way."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessionload.config.document import Document
from sessionload.config.node import Node
from sessionload.config.other_tools import parse_written_target
from sessionload.config.scale import Scale
from sessionload.config.scenario import Scenario
from sessionload.errors import InputError, ValueProblem
from sessionload.metrics.turn_slices import TURN_VIEWS
from sessionload.units import NS
from sessionload.verdict.targets import COUNTS, SHARES, TURN_COUNTS, VIEWS, parse_target

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "scenarios" / "scenario.schema.json").read_text()
)
DEFS: dict[str, dict[str, Any]] = SCHEMA["$defs"]
ABORTING = SCHEMA["properties"]["targets"]["items"]


def valid(name: str, text: str) -> bool:
    """Whether the schema takes a text: as a validator does, and without its overhead for each text."""
    return len(text) <= DEFS[name].get("maxLength", 1000) and bool(re.search(DEFS[name]["pattern"], text))


def texts_of(name: str) -> st.SearchStrategy[str]:
    return st.from_regex(DEFS[name]["pattern"], fullmatch=True).filter(lambda text: valid(name, text))


def node(text: str) -> Node:
    return Node.top(Document(text, "x.yaml", {}))


READ: dict[str, Callable[[str], object]] = {
    "duration": lambda text: node(text).duration(),
    "seconds": lambda text: node(text).duration() % NS or None,
    "rate": lambda text: node(text).rate(),
    "share": lambda text: node(text).share(),
    "target": lambda text: node(text).parsed(parse_written_target, "bad-target", "", most=200),
    "factor": lambda text: Scale.check(Node.top(Document({"rate": text}, "x.yaml", {}))),
}


@pytest.mark.parametrize("name", READ)
@settings(max_examples=settings().max_examples // 5)  # texts of a long pattern are slow to draw
@given(st.data())
def test_what_passes_there_passes_here(name: str, data: st.DataObject) -> None:
    text = data.draw(texts_of(name))
    READ[name](text)  # else it raises
    assert valid(name, text)


@given(st.text(st.sampled_from("0123456789.٣ smhnuµ/%-+_"), max_size=12))
def test_a_text_of_the_same_signs_passes_there_only_if_it_does_here(text: str) -> None:
    for name in ("duration", "rate", "share"):
        if valid(name, text):
            READ[name](text)
    assert not valid("duration", "٣s")


NUMBERS = st.from_regex(r"[0-9]{1,5}(\.[0-9]{1,3})?", fullmatch=True)
DURATIONS = st.lists(
    st.tuples(NUMBERS, st.sampled_from(["us", "µs", "ms", "s", "m", "h"])), min_size=1, max_size=3
).map(lambda parts: "".join(number + unit for number, unit in parts))
SHARE_TEXTS = st.from_regex(r"[0-9]{1,2}(\.[0-9]{1,4})?%", fullmatch=True) | st.just("100%")
SPACE = st.sampled_from(["", " ", "  "])


@given(DURATIONS)
def test_a_usual_duration_passes_there(text: str) -> None:
    assert valid("duration", text)
    assert valid("duration", text.replace("s", "s "))
    node(text).duration()


@given(NUMBERS, SPACE, st.sampled_from(["s", "min", "m", "h"]))
def test_a_usual_rate_passes_there(number: str, space: str, unit: str) -> None:
    assert valid("rate", f"{number}{space}/{space}{unit}")


@st.composite
def targets(draw: st.DrawFn) -> str:
    kind = draw(st.sampled_from(["duration", "share", "count"]))
    if kind == "duration":
        view = draw(st.sampled_from(["", *(f"{view}." for view in VIEWS)]))
        metric = view + draw(st.sampled_from(["p50", "p95", "p99.9", "p0.1", "min", "mean", "max"]))
        op, bound = draw(st.sampled_from(["<", "<=", ">", ">="])), draw(DURATIONS)
    elif kind == "share":
        metric, bound = draw(st.sampled_from(SHARES)), draw(SHARE_TEXTS)
        op = draw(st.sampled_from(["<", "<=", ">", ">=", "=="]))
    else:
        metric = draw(st.sampled_from(COUNTS))
        bound = draw(SHARE_TEXTS | st.integers(0, 10**9).map(str))
        op = draw(st.sampled_from(["<", "<=", ">", ">=", "=="]))
    if not set(bound) & set("123456789"):
        metric, op, bound = "unsent", "==", "0"  # no duration is below 0, and no share or count
    return draw(SPACE).join([metric, op, bound])


@given(targets())
def test_a_usual_target_passes_there(text: str) -> None:
    assert parse_target(text).expr
    assert valid("target", text)


@pytest.mark.parametrize("view", ["", *(f"{view}." for view in TURN_VIEWS)])
def test_a_target_on_durations_of_turns_passes_there(view: str) -> None:
    text = f"turn.{view}p95 < 2s"
    assert parse_target(text).metric.of_turns
    assert valid("target", text)
    assert not valid("target", f"turn.turn.{view}p95 < 2s")


@pytest.mark.parametrize("count", ["error_rate", *TURN_COUNTS])
def test_a_target_on_counts_of_turns_passes_there(count: str) -> None:
    text = f"turn.{count} <= 0.5%"
    assert parse_target(text).metric.counted == count
    assert valid("target", text)


@pytest.mark.parametrize(
    "text", ["turn.achieved_rate > 99%", "turn.connect.p95 < 1s", "dead_keys == 0", "turn. < 1s"]
)
def test_turns_have_metrics_of_their_own(text: str) -> None:
    with pytest.raises(ValueProblem):
        parse_target(text)
    assert not valid("target", text)


@pytest.mark.parametrize("more", [{"window": "5s"}, {"window": "5s", "abort": True}, {"abort": True}])
def test_a_target_on_turns_has_no_window_and_aborts_nothing(more: dict[str, Any]) -> None:
    target = {"expr": "turn.contract_violations == 0", **more}
    assert not jsonschema.Draft202012Validator({**SCHEMA, **ABORTING}).is_valid(target)
    with pytest.raises(ValueProblem, match="judged over the whole run"):
        parse_target(target["expr"], window_ns=5 * NS if "window" in more else None, abort="abort" in more)


@given(targets(), st.booleans(), st.booleans())
def test_a_target_that_aborts_passes_there_as_it_does_here(text: str, window: bool, abort: bool) -> None:  # noqa: FBT001
    """Both ways: with and without a window, for upper bounds and others."""
    target = {"expr": text, "abort": abort, **({"window": "5s"} if window else {})}
    data = {
        "name": "x",
        "users": {"id": "{n}"},
        "load": {"stages": [{"rate": "5/s", "duration": "1m"}]},
        "targets": [target],
    }
    try:
        Scenario.check(Document(data, "x.yaml", {}))
    except InputError:
        here = False
    else:
        here = True
    assert jsonschema.Draft202012Validator(SCHEMA).is_valid(data) == here


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("duration", "30"),
        ("duration", "1.5ns"),
        ("duration", "1s30"),
        ("duration", "s"),
        ("rate", "200"),
        ("rate", "200/d"),
        ("rate", "-1/s"),
        ("share", "101%"),
        ("share", "20"),
        ("seconds", "1500ms"),
        ("seconds", "0s"),
        ("factor", "0%"),
        ("target", "p95 < 400"),
        ("target", "p101 < 1s"),
        ("target", "p0 < 1s"),
        ("target", "p95 == 1s"),
        ("target", "errors < 1%"),
        ("target", "error_rate < 0.1"),
        ("target", "error_rate < 101%"),
        ("target", "timeouts < 1.5"),
        ("target", "unsent < 0"),
        ("target", "p95 < 0ms"),
        ("target", "view.p95 < 1s"),
    ],
)
def test_what_is_wrong_here_is_wrong_there(name: str, text: str) -> None:
    assert not valid(name, text)
    assert not jsonschema.Draft202012Validator(DEFS[name]).is_valid(text)
    if name != "seconds":
        with pytest.raises(InputError):
            READ[name](text)


@given(DURATIONS, SPACE, st.sampled_from([">", ">="]), SHARE_TEXTS)
def test_a_usual_share_of_users_in_time_passes_there_if_it_does_here(
    duration: str, space: str, op: str, share: str
) -> None:
    text = f"within{space}({space}{duration}{space}){space}{op}{space}{share}"
    try:
        parse_target(text)
    except ValueError:
        assert not valid("target", text)
    else:
        assert valid("target", text)
