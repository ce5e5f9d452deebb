"""A file that others touched is refused with one sentence, or every view can be made of it; in little time.

One value of a real result, or of a real run's slices, is replaced by one that nobody would expect there.
"""

from __future__ import annotations

import copy
import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessionload.comparison.compare import compare
from sessionload.errors import InputError
from sessionload.report import csv, hgrm, junit, markdown, terminal
from sessionload.report.comparison import terminal as compared
from sessionload.report.comparison.model import build_comparison_model
from sessionload.report.history.model import run_row
from sessionload.report.model.build import build_report_model
from sessionload.storage.run_folder import RESULT, SLICES, RunFolder
from sessionload.verdict.result import Result

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).with_name("written_before")
ENDED: dict[str, Any] = json.loads((HERE / "ended.json").read_text())
LINES = [json.loads(line) for line in (HERE / SLICES).read_text().splitlines()[:3]]
BASE = Result.from_json(ENDED)
STRANGE: list[object] = [
    *("5", "", "1e1000000000", "p50 < 1s", "1/1000000000000", "VF.DM.0123456789abcdef"),
    *(5, -1, 0, 0.5, 1e308, 10**9, 10**30, True, None, [], {}),
]

Path_ = tuple[str | int, ...]


def places(value: object, path: Path_ = ()) -> Iterator[Path_]:
    """Yield the ways to everything in a JSON value; of a list, to its first and its last item."""
    if path:
        yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*path, name))
    elif isinstance(value, list):
        for number in {0, len(value) - 1} if value else ():
            yield from places(value[number], (*path, number))


def changed(data: dict[str, Any], path: Path_, value: object) -> dict[str, Any]:
    whole = copy.deepcopy(data)
    inner: Any = whole
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return whole


def use(result: Result) -> None:
    """Make what `report`, `history` and `compare` make of it."""
    model = build_report_model(result)
    for view in (terminal, markdown, junit, csv, hgrm):
        view.render(model)
    run_row(result, "name", "")
    comparison = compare(BASE, result, tolerance=Fraction(1, 20), seed=1)
    compared.render(build_comparison_model(BASE, result, comparison))


def read_and_use(folder: RunFolder) -> None:
    for read in (folder.read, folder.read_responses):
        refusal = None
        try:
            result = read()
        except InputError as error:
            refusal = error
        if refusal is None:
            use(result)
        else:
            assert refusal.code in {"broken-result", "unknown-result-format"}
            assert "VF.DM" not in str(refusal)
            assert "\n" not in str(refusal)


@settings(max_examples=60, deadline=None)
@given(path=st.sampled_from(list(places(ENDED))), value=st.sampled_from(STRANGE))
def test_any_value_of_a_result(tmp_path_factory: pytest.TempPathFactory, path: Path_, value: object) -> None:
    folder = tmp_path_factory.mktemp("touched")
    (folder / RESULT).write_text(json.dumps(changed(ENDED, path, value)))
    read_and_use(RunFolder(folder))


@settings(max_examples=60, deadline=None)
@given(data=st.data(), value=st.sampled_from(STRANGE), number=st.integers(0, 2))
def test_any_value_of_slices(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, value: object, number: int
) -> None:
    path = data.draw(st.sampled_from(list(places(LINES[number]))))
    lines = [*LINES[:number], changed(LINES[number], path, value), *LINES[number + 1 :]]
    folder = tmp_path_factory.mktemp("touched")
    (folder / SLICES).write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    read_and_use(RunFolder(folder))


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("generator", "cpu_ns"), "5", "expected `int | object`, got `str` at generator[...]"),
        (("run", "seconds"), "5", "expected `float`, got `str` at run.seconds"),
        (("run", "version"), 5, "expected `str`, got `int` at run.version"),
        (("environment", "url"), 5, "expected `str`, got `int` at environment.url"),
        (("machine", "system"), 5, "expected `str`, got `int` at machine[...]"),
        (("stages", 0, "duration_s"), "1e1000000000", "expected `float`, got `str` at stages[0].duration_s"),
        (("stages", 0, "duration_s"), 1e9, "expected `float` <= 345600.0 at stages[0].duration_s"),
        (("slices", 0, "second"), 10**9, "expected `int` <= 345600 at slices[0].second"),
        (("planned_by_second", 0, 0), 10**9, "expected `int` <= 345600 at planned_by_second[0][0]"),
        (("flow", 0, 0), 10**9, "expected `int` <= 345600 at flow[0][0]"),
        (("slices", 0, "stage"), 9, "a slice is of a stage that there is not"),
        (("scenario", "targets", 0), "fast", "target 1 of its scenario cannot be read"),
        (("verdict", "targets"), [], "it is missed, and none of its targets is"),
    ],
)
def test_what_was_changed_is_said(tmp_path: Path, path: Path_, value: object, reason: str) -> None:
    (tmp_path / RESULT).write_text(json.dumps(changed(ENDED, path, value)))
    with pytest.raises(InputError) as caught:
        RunFolder(tmp_path).read()
    assert caught.value.message == f"this is not a whole result: {reason}"
    assert caught.value.exit_code == 2


def test_a_number_that_json_does_not_have_is_refused(tmp_path: Path) -> None:
    text = json.dumps(changed(ENDED, ("run", "seconds"), float("nan")))
    assert "NaN" in text
    (tmp_path / RESULT).write_text(text)
    with pytest.raises(InputError):
        RunFolder(tmp_path).read()
