"""A comparison in words and tables: the answer first, the numbers of the runs' own reports, no markup."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from recorded import histogram

from sessionload.comparison.compare import Comparison, Conclusion, compare, compare_sides
from sessionload.comparison.difference import Difference, DifferenceStatus, Range
from sessionload.comparison.metrics import ERROR_RATE, RESPONSE, SERVICE, Duration, Share
from sessionload.metrics.measurement import Measurement
from sessionload.metrics.slices import Slice
from sessionload.report.comparison import markdown, page, phrases, terminal
from sessionload.report.comparison.model import ComparisonModel, build_comparison_model, build_side_model
from sessionload.report.markdown import LONGEST
from sessionload.report.model.build import build_report_model as prepare_run
from sessionload.report.model.rows import LATENCY_COLUMNS
from sessionload.report.model.text_layout import width
from sessionload.verdict.evidence import Evidence
from sessionload.verdict.targets import parse_target
from sessionload.verdict.verdict import State, Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.verdict.result import Result

GOLD = Path(__file__).with_name("gold")
VIEWS: dict[str, Callable[[ComparisonModel], str]] = {"txt": terminal.render, "md": markdown.render}
NAMES = ("same", "slower", "errors", "open", "void", "load", "empty")
MS = 1_000_000


def stretched(result: Result, factor: float) -> Result:
    """The same run with every duration so many times as long."""
    measurement = Measurement(sent=result.measurement.sent, generator=result.measurement.generator)
    for key, part in result.measurement.slices.items():
        longer = {}
        for name in ("valid", "served"):
            before = 0
            values = []
            for value, reached in getattr(part, name).steps():
                values += [round(value * factor)] * (reached - before)
                before = reached
            longer[name] = histogram(values)
        measurement.slices[key] = Slice(
            part.outcomes, part.statuses, part.unsent, lost=0, not_due=0, **longer
        )
    targets = tuple(parse_target(one.expr) for one in result.verdict.targets)
    evidence = Evidence(measurement, result.stages, result.planned, lost=0, targets=targets)
    return replace(result, measurement=measurement, verdict=judge(evidence))


def turned(result: Result, seconds: int) -> Result:
    """The same run with the seconds of its last stage moved on, the last ones to its beginning."""
    last = len(result.stages) - 1
    ours = sorted(key for key in result.measurement.slices if key[0] == last)
    moved = dict(result.measurement.slices)
    for key, taken in zip(ours, (*ours[seconds:], *ours[:seconds]), strict=True):
        moved[key] = result.measurement.slices[taken]
    return replace(result, measurement=replace(result.measurement, slices=moved))


def candidates(known: dict[str, Result]) -> dict[str, tuple[Result, Result]]:
    """A base and a candidate for each thing that can be said."""
    met = known["met"]
    other = replace(met, run=replace(met.run, id="20260103-030405-cd34", started="2026-01-03T03:04:05Z"))
    run = other.run
    peak = replace(met.stages[-1], start_rate=Fraction(60), end_rate=Fraction(60))
    return {
        "same": (met, other),
        "slower": (met, replace(stretched(other, 1.5), machine={"cores": "8"})),
        "errors": (
            met,
            replace(known["never"], run=run, environment={**met.environment, "url": "http://b/"}),
        ),
        "open": (met, turned(stretched(other, 1.02), 17)),
        "void": (known["void"], replace(known["interrupted"], run=run)),
        "load": (met, replace(other, stages=(*met.stages[:-1], peak))),
        "empty": (known["empty"], replace(known["empty"], run=run)),
    }


def model_of(base: Result, candidate: Result, tolerance: Fraction = Fraction(5, 100)) -> ComparisonModel:
    return build_comparison_model(base, candidate, compare(base, candidate, tolerance=tolerance, seed=0))


@pytest.fixture(scope="module")
def pairs(known: dict[str, Result]) -> dict[str, tuple[Result, Result]]:
    return candidates(known)


@pytest.fixture(scope="module")
def models_of_pairs(pairs: dict[str, tuple[Result, Result]]) -> dict[str, ComparisonModel]:
    return {name: model_of(*pair) for name, pair in pairs.items()}


@pytest.mark.parametrize(("name", "view"), [(name, view) for name in NAMES for view in VIEWS])
def test_a_view_of_a_known_comparison_is_known(
    models_of_pairs: dict[str, ComparisonModel], name: str, view: str
) -> None:
    text = VIEWS[view](models_of_pairs[name])
    file = GOLD / f"{name}.{view}"
    if os.environ.get("GOLD") == "write":
        GOLD.mkdir(exist_ok=True)
        file.write_bytes(text.encode())
    assert text == file.read_bytes().decode()


@pytest.mark.parametrize("name", NAMES)
def test_every_view_says_why_a_change_need_not_be_the_ratio_of_its_figures(
    models_of_pairs: dict[str, ComparisonModel], name: str
) -> None:
    for render in VIEWS.values():
        assert "worked out before its figures are rounded" in " ".join(render(models_of_pairs[name]).split())


def test_no_gold_file_is_left_over() -> None:
    assert {file.name for file in GOLD.iterdir()} == {f"{name}.{view}" for name in NAMES for view in VIEWS}


@pytest.mark.parametrize(
    ("name", "answer", "tone"),
    [
        ("same", Conclusion.NOT_SLOWER, "met"),
        ("slower", Conclusion.SLOWER, "missed"),
        ("errors", Conclusion.SLOWER, "missed"),
        ("open", Conclusion.CANNOT_SAY, "void"),
        ("void", Conclusion.CANNOT_SAY, "void"),
        ("load", Conclusion.CANNOT_SAY, "void"),
        ("empty", Conclusion.CANNOT_SAY, "void"),
    ],
)
def test_every_view_begins_with_the_answer(
    models_of_pairs: dict[str, ComparisonModel], name: str, answer: Conclusion, tone: str
) -> None:
    model = models_of_pairs[name]
    assert (model.answer, model.verdict, model.tone) == (answer, answer.value.upper(), tone)
    assert model.headline == f"{model.verdict}: {model.sentence}"
    assert terminal.render(model).startswith(f"{model.verdict}: ")
    title, _, first_line, *_ = markdown.render(model).splitlines()
    assert title.endswith(f": {answer.value}")
    assert first_line.startswith(f"**{model.verdict}**: ")


@pytest.mark.parametrize("name", NAMES)
def test_the_terminal_has_a_hundred_columns(models_of_pairs: dict[str, ComparisonModel], name: str) -> None:
    assert max(map(width, terminal.render(models_of_pairs[name]).splitlines())) <= 100


@pytest.mark.parametrize("name", ["same", "slower", "errors", "empty"])
def test_the_numbers_of_a_side_are_those_of_its_own_report(
    pairs: dict[str, tuple[Result, Result]], models_of_pairs: dict[str, ComparisonModel], name: str
) -> None:
    shown = {row.name: row for row in models_of_pairs[name].rows}
    for result, side in zip(pairs[name], ("base", "candidate"), strict=True):
        own = prepare_run(result)
        for row in own.latency:
            if row.name in ("response", "service"):
                for column, cell in zip(LATENCY_COLUMNS, row.cells, strict=True):
                    metric = column if row.name == "response" else f"service.{column}"
                    if metric in shown:
                        assert getattr(shown[metric], side) == cell.text
        facts = dict(own.glance)
        assert getattr(shown["error_rate"], side) == facts["Without a session"].partition(" of ")[0]
        assert getattr(shown["achieved_rate"], side) == facts["Sent"].partition(" of ")[0]
        (about,) = getattr(models_of_pairs[name], side).runs
        assert (about.verdict, about.sentence) == (own.verdict, own.sentence)
        assert getattr(models_of_pairs[name], side).response == own.response
        assert {
            row.label: getattr(row, side) for row in models_of_pairs[name].run_facts if getattr(row, side)
        } == dict(own.run_facts)


def test_nothing_of_others_becomes_markup(known: dict[str, Result], hostile: str) -> None:
    wild = replace(
        known["met"],
        run=replace(known["met"].run, id=hostile, started=hostile, version=hostile),
        scenario={"name": hostile, "load": {"arrivals": hostile}, hostile: hostile},
        environment={"url": hostile, hostile: "www.evil.example"},
        contract={"sha256": hostile},
        verdict=Verdict(State.VOID, (), (hostile, hostile)),
    )
    model = model_of(known["met"], wild)
    for text in (terminal.render(model), markdown.render(model)):
        assert text.isprintable() or set(re.findall(r"[^\x20-\x7e\u00a0-\uffff]", text)) == {"\n"}
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e\ud800-\udfff]", text)
    document = markdown.render(model)
    ours = {"<details>", "<summary>", "</summary>", "</details>"}
    assert set(re.findall(r"<[^>]*>?", document)) <= ours
    assert not re.search(r"(?<!\\)\]\(", document)
    assert "//" not in document.replace(":\u2060//", "")
    assert not re.search(r"@(?!\u2060)|www\.", document)
    cells = {len(re.findall(r"(?<!\\)\|", line)) for line in document.splitlines() if line.startswith("|")}
    assert cells == {8, 5}


def test_what_is_long_is_cut_to_the_size_of_a_comment(known: dict[str, Result]) -> None:
    wide = {f"key {number}": "x" * 300 for number in range(300)}
    wild = replace(known["met"], machine=wide, environment=wide, scenario={**known["met"].scenario, **wide})
    document = markdown.render(model_of(known["met"], wild))
    assert len(document) < LONGEST
    assert re.search(r"… and \d+ more rows in the report", document)


# Words


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (0.0, "0 %"),
        (0.138, "+13.8 %"),
        (-0.0502, "−5.02 %"),  # noqa: RUF001 - a minus
        (11.0, "+1,100 %"),
        (0.00004, "+0.004 %"),
        (-0.0000049, "−0.0005 %"),  # noqa: RUF001 - a minus
        (0.0000096, "+0.001 %"),
    ],
)
def test_a_change_has_a_sign_and_is_never_nothing_unless_it_is(change: float, text: str) -> None:
    assert phrases.signed(change, "%") == text


def test_a_change_of_one_point_is_no_points() -> None:
    assert [phrases.signed(change, "points") for change in (0.01, -0.01, 0.011)] == [
        "+1 point",
        "−1 point",  # noqa: RUF001 - a minus
        "+1.1 points",
    ]


def difference(metric: int = 3, **changes: object) -> Difference:
    """One of p95 (or another percentile by its number), open unless told otherwise."""
    one = Difference(
        metric=RESPONSE[metric],
        base=Duration(312 * MS, 12_000, 600),
        candidate=Duration(355 * MS, 11_000, 550),
        change=0.138,
        interval=Range(0.138, 0.091, 0.18),
        limit=0.05,
        status=DifferenceStatus.OPEN,
        why="",
        times=4.21,
    )
    return replace(one, **changes)  # type: ignore[arg-type]


RATE = difference(
    metric=0,
    base=Share(1, 12_000),
    candidate=Share(120, 12_000),
    change=0.0099,
    interval=Range(0.0099, 0.008, 0.012),
)


def sentence_of(answer: Conclusion, *differences: Difference, reasons: tuple[str, ...] = ()) -> str:
    return phrases.conclusion_sentence(
        Comparison(answer, differences, reasons, (), Fraction(5, 100), seed=0, replicates=9, blocks=None)
    )


SLOWER_BY = "p95 312 ms → 355 ms, +13.8 % (95 % interval +9.1 % to +18 %)"


def test_slower_says_what_and_how_much_and_what_else() -> None:
    slower = difference(status=DifferenceStatus.SLOWER)
    faint = difference(2, status=DifferenceStatus.SLOWER, interval=Range(0.1, 0.06, 0.14))
    rate = replace(RATE, metric=ERROR_RATE, status=DifferenceStatus.SLOWER, limit=0.001)
    assert sentence_of(Conclusion.SLOWER, slower) == f"{SLOWER_BY}, tolerance 5 %"
    assert sentence_of(Conclusion.SLOWER, faint, slower) == f"{SLOWER_BY}, tolerance 5 %; p90 is slower too"
    assert sentence_of(Conclusion.SLOWER, faint, slower, rate, difference(4)) == (
        "error_rate 0.01 % → 1 %, +0.99 points (95 % interval +0.8 to +1.2 points), tolerance 0.1 points;"
        " p90 and p95 are slower too"
    )


def test_not_slower_says_how_near_it_came_and_what_was_not_judged() -> None:
    within = difference(status=DifferenceStatus.WITHIN, interval=Range(-0.01, -0.03, 0.02), change=-0.01)
    nearer = difference(2, status=DifferenceStatus.WITHIN, interval=Range(0.01, -0.02, 0.04), change=0.01)
    few = difference(
        4, status=DifferenceStatus.SHOWN, interval=None, why="fewer than 20 samples are beyond it"
    )
    rate = replace(RATE, metric=ERROR_RATE, status=DifferenceStatus.WITHIN)
    service = replace(
        difference(), metric=SERVICE[0], status=DifferenceStatus.SHOWN, why="there are no samples"
    )
    assert sentence_of(Conclusion.NOT_SLOWER, within, nearer, few, rate, service) == (
        "nearest to the tolerance of 5 % is p90 312 ms → 355 ms, +1 % (95 % interval −2 % to +4 %)"  # noqa: RUF001
        "; p99 is not judged"
    )


@pytest.mark.parametrize(
    ("times", "needed"),
    [
        (4.21, "a run 4.2 times as long, of about 51,000 arrivals, would tell"),
        (2.0, "a run 2 times as long, of about 24,000 arrivals, would tell"),
        (37.4, "a run 37 times as long, of about 450,000 arrivals, would tell"),
        (101.0, "that is so near the tolerance that more arrivals would hardly tell"),
        (float("inf"), "that is so near the tolerance that more arrivals would hardly tell"),
    ],
)
def test_cannot_say_says_what_would_help(times: float, needed: str) -> None:
    assert sentence_of(Conclusion.CANNOT_SAY, difference(2, times=1.5), difference(times=times)) == (
        f"{SLOWER_BY}, tolerance 5 %; {needed}"
    )


def test_a_share_that_is_open_is_counted_in_arrivals_too() -> None:
    rate = replace(RATE, metric=ERROR_RATE, times=3.0)
    assert sentence_of(Conclusion.CANNOT_SAY, rate).endswith(
        "a run 3 times as long, of about 36,000 arrivals, would tell"
    )


def test_a_reason_stands_in_the_place_of_numbers() -> None:
    shown = difference(status=DifferenceStatus.SHOWN)
    assert sentence_of(Conclusion.CANNOT_SAY, shown, reasons=("the base is void",)) == "the base is void"
    assert sentence_of(Conclusion.CANNOT_SAY, shown, reasons=("a", "b")) == "a (1 of 2 reasons)"


@pytest.mark.parametrize("view", [terminal.render, markdown.render, page.render])
def test_every_view_names_all_runs_of_a_side_and_how_much_they_differ(
    known: dict[str, Result], view: Callable[[ComparisonModel], str]
) -> None:
    met = known["met"]

    def run(name: str, factor: float) -> Result:
        labels = {"release": f"of-{name}"}
        return replace(stretched(met, factor), run=replace(met.run, id=name, labels=labels))

    bases, candidates = [run("b-1", 1), run("b-2", 1.04)], [run("c-1", 1), run("c-2", 1), run("c-3", 1.02)]
    comparison = compare_sides(bases, candidates, tolerance=Fraction(5, 100), replicates=200)
    text = " ".join(re.sub(r"<[^>]*>|\\", "", view(build_side_model(bases, candidates, comparison))).split())
    for name in ("b-1", "b-2", "c-1", "c-2", "c-3"):
        assert f"run {name}" in text
        assert f"of-{name}" in text
    assert "The 2 base runs differ among themselves by " in text
    assert "The 3 candidate runs differ among themselves by " in text
    assert "Student's t over 5 runs, with 3 degrees of freedom" in text.replace("&#39;", "'")
