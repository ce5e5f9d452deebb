"""A comparison, turned into the rows that all its views share.

`build_side_model` is the only way from the results of two sides and their comparison to a `ComparisonModel`.
A view formats nothing, and what it says of a run is what the run's own report says, by the same functions.
Names of runs and files are text of others: made plain here, and still to be escaped.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from itertools import chain
from operator import add
from typing import TYPE_CHECKING, NamedTuple

from sessionload.comparison.between_runs import freedom
from sessionload.comparison.compare import Conclusion
from sessionload.comparison.difference import DifferenceStatus
from sessionload.comparison.metrics import ERROR_RATE, Role
from sessionload.report.comparison.phrases import (
    among_sentence,
    change_text,
    conclusion_sentence,
    interval_text,
    level_text,
    limit_text,
    tolerance_text,
)
from sessionload.report.model.about import is_stub
from sessionload.report.model.comparison_section import ComparisonSection, DifferenceRow
from sessionload.report.model.headline import headline_sentence as run_sentence
from sessionload.report.model.percentile_spectrum import PercentileSpectrum, percentile_spectrum
from sessionload.report.model.plain import plain
from sessionload.report.model.quantities import NOTHING, counted_noun
from sessionload.report.model.rows import Fact
from sessionload.report.model.run_facts import run_facts
from sessionload.verdict.measured_part import until_text
from sessionload.verdict.run_labels import labels_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sessionload.comparison.compare import Comparison
    from sessionload.comparison.difference import Difference
    from sessionload.metrics.slices import Slice
    from sessionload.verdict.result import Result
    from sessionload.verdict.verdict import State

_JUDGED = {Role.JUDGED: "yes", Role.ACCUSES: "if slower"}
_GLANCE = ("p50", "p95", "p99", "error_rate")
_MEANINGS = {
    "error_rate": "arrivals without a valid session",
    "achieved_rate": "arrivals that were sent",
    "contract_violations": "arrivals whose answer broke the contract",
}
_CHANGES = (
    "A change is worked out before its figures are rounded to three digits, and a percentile is placed within"
    " its bucket for it, so two figures that look equal may have a change of up to half a percent."
)
_CONCLUSION_TONES = {Conclusion.SLOWER: "missed", Conclusion.NOT_SLOWER: "met", Conclusion.CANNOT_SAY: "void"}
_TONES = {
    DifferenceStatus.SLOWER: "missed",
    DifferenceStatus.WITHIN: "met",
    DifferenceStatus.OPEN: "void",
    DifferenceStatus.SHOWN: "",
}


class PairRow(NamedTuple):
    """A fact of what was run, on both sides; empty where one side lacks it."""

    label: str
    base: str
    candidate: str

    @property
    def differs(self) -> bool:
        """Whether the two sides say different things."""
        return self.base != self.candidate


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """One of the runs."""

    name: str
    """`base` or `candidate`, with its number where the side has several."""
    title: str
    where: str
    """The name of its environment, which says so if that is the embedded stub."""
    run_id: str
    started: str
    state: State
    verdict: str
    sentence: str
    arrivals: str
    """How many were measured: `2,300 arrivals`."""
    labels: str
    """In one line; empty if it has none."""


@dataclass(frozen=True, slots=True)
class Side:
    """The runs of one side."""

    runs: tuple[ComparedRun, ...]
    response: PercentileSpectrum
    """Over the arrivals of all of them."""

    @property
    def title(self) -> str:
        """What was run."""
        return " and ".join(dict.fromkeys(run.title for run in self.runs))

    @property
    def run_ids(self) -> str:
        """Which runs they are, in one line."""
        return ", ".join(run.run_id for run in self.runs)


@dataclass(frozen=True, slots=True)
class ComparisonModel:
    """All that a view can show of a comparison."""

    answer: Conclusion
    verdict: str
    tone: str
    sentence: str
    reasons: tuple[str, ...]
    """Why there is no answer, if there are more than the one that is the sentence."""
    notes: tuple[str, ...]
    rows: tuple[DifferenceRow, ...]
    base: Side
    candidate: Side
    among: tuple[str, ...]
    """How much the runs of a side differ among themselves, for each that has several, as sentences."""
    run_facts: tuple[PairRow, ...]
    glance: tuple[Fact, ...]
    tolerance: str
    limit: float
    """The tolerance of durations as a part of the base."""
    why: str
    """What the answer means, as sentences."""
    how: str
    """How the intervals were made, as sentences."""

    @property
    def headline(self) -> str:
        """The answer in one sentence, its word first."""
        return f"{self.verdict}: {self.sentence}"

    @property
    def runs(self) -> tuple[ComparedRun, ...]:
        """Those of the base, then those of the candidate."""
        return *self.base.runs, *self.candidate.runs

    @property
    def title(self) -> str:
        """What was compared."""
        if self.base.title == self.candidate.title:
            return self.base.title
        return f"{self.base.title} and {self.candidate.title}"


def build_comparison_model(base: Result, candidate: Result, comparison: Comparison) -> ComparisonModel:
    """Return the rows of all views of two runs."""
    return build_side_model((base,), (candidate,), comparison)


def build_side_model(
    bases: Sequence[Result], candidates: Sequence[Result], comparison: Comparison
) -> ComparisonModel:
    """Return the rows of all views."""
    rows = tuple(map(_row, comparison.differences))
    tolerance = tolerance_text(comparison.tolerance)
    return ComparisonModel(
        answer=comparison.conclusion,
        verdict=comparison.conclusion.value.upper(),
        tone=_CONCLUSION_TONES[comparison.conclusion],
        sentence=plain(conclusion_sentence(comparison)),
        reasons=tuple(map(plain, comparison.reasons[1:] and comparison.reasons)),
        notes=tuple(map(plain, comparison.notes)),
        rows=rows,
        base=_side("base", bases),
        candidate=_side("candidate", candidates),
        among=tuple(map(among_sentence, comparison.among)),
        run_facts=tuple(_pairs(bases, candidates)),
        glance=(
            *(Fact(f"Change of {row.name}", row.change) for row in rows if row.name in _GLANCE),
            Fact("Tolerance", tolerance),
        ),
        tolerance=tolerance,
        limit=float(comparison.tolerance),
        why=_why(comparison, tolerance),
        how=_how(comparison),
    )


def section_of(model: ComparisonModel) -> ComparisonSection:
    """Return what the report of the candidate says of the comparison."""
    (base,) = model.base.runs
    labels = f", labels {base.labels}" if base.labels else ""
    return ComparisonSection(
        verdict=model.verdict,
        tone=model.tone,
        sentence=model.sentence,
        base=f"run {base.run_id} of {base.title} on {base.where}, {base.arrivals} measured, started"
        f" {base.started}{labels}",
        remarks=(*model.reasons, *model.notes),
        rows=model.rows,
        tolerance=model.tolerance,
    )


def _row(difference: Difference) -> DifferenceRow:
    metric = difference.metric
    shown = difference.status is DifferenceStatus.SHOWN
    return DifferenceRow(
        name=metric.name,
        meaning=_MEANINGS.get(metric.name, ""),
        base=level_text(difference.base),
        candidate=level_text(difference.candidate),
        change=change_text(difference),
        interval=interval_text(difference),
        judged="no" if shown else _JUDGED[metric.role],
        verdict="" if shown else difference.status.value.upper(),
        tone=_TONES[difference.status],
        note="" if metric.role is Role.SHOWN else plain(difference.why),
        spread=difference.interval if metric.view else None,
    )


def _side(name: str, results: Sequence[Result]) -> Side:
    names = [f"{name} {number}" for number in range(1, 1 + len(results))] if len(results) > 1 else [name]
    measured = [result.measured for result in results]
    return Side(
        runs=tuple(map(_run, names, results, measured)),
        response=percentile_spectrum(reduce(add, (part.response for part in measured))),
    )


def _run(name: str, result: Result, measured: Slice) -> ComparedRun:
    until = until_text(result.run.measured_until_s)
    arrivals = counted_noun(measured.accounted, "arrival")
    return ComparedRun(
        name=name,
        title=plain(str(result.scenario.get("name", "")), 200) or "unnamed scenario",
        where=_where(result),
        run_id=plain(result.run.id),
        started=plain(result.run.started),
        state=result.verdict.state,
        verdict=result.verdict.state.name,
        sentence=plain(run_sentence(result, measured)),
        arrivals=f"{arrivals} ({until.removeprefix('measured ')})" if until else arrivals,
        labels=plain(labels_text(result.run.labels)),
    )


def _where(result: Result) -> str:
    name = plain(str(result.environment.get("name", "")), 100) or "unnamed environment"
    return f"{name} (EMBEDDED STUB)" if is_stub(result.environment) else name


def _pairs(bases: Sequence[Result], candidates: Sequence[Result]) -> Iterator[PairRow]:
    ours, theirs = ([dict(run_facts(result)) for result in side] for side in (bases, candidates))
    for label in dict.fromkeys(chain.from_iterable((*ours, *theirs))):
        yield PairRow(label, _values(ours, label), _values(theirs, label))


def _values(side: Sequence[Mapping[str, str]], label: str) -> str:
    """Return what the runs of a side say, once where they say the same; empty where none has it."""
    values = dict.fromkeys(facts.get(label, "") for facts in side)
    return "; ".join(value or NOTHING for value in values) if len(values) > 1 else next(iter(values))


def _why(comparison: Comparison, tolerance: str) -> str:
    errors = next(difference for difference in comparison.differences if difference.metric is ERROR_RATE)
    return (
        f"Slower means that the whole interval of at least one metric lies more than {tolerance} above the"
        " base. Not slower means that the whole interval of each judged metric ends below that. Otherwise"
        " there is no answer, and none where the two runs cannot be compared. Judged are the percentiles of"
        " the response time, which counts from when an arrival was due and is never where none came, and"
        f" the error rate, which here may rise by {limit_text(errors, comparison.tolerance)}. p99.9 can make"
        " the candidate slower, but it is not needed for the opposite: between equal runs it varies too much."
        " The other metrics are shown and not judged."
    )


def _how(comparison: Comparison) -> str:
    blocks = comparison.blocks
    if blocks is None:
        return f"The runs were not resampled, so no difference has an interval. {_CHANGES}"
    return (
        f"The {counted_noun(sum(blocks.stages), 'second')} of the measured stages were resampled"
        f" {comparison.replicates:,} times, in blocks of {max(blocks.lengths):,} s, the same seconds on both"
        " sides. Blocks keep what is correlated in time together, and the effect of the plan on both sides"
        " cancels. The intervals of all metrics that can make the candidate slower hold at once: in 95 of 100"
        f" comparisons of two equal runs, each of them contains 0. Seed {comparison.seed} repeats the draws."
        f"{_between(comparison)} {_CHANGES}"
    )


def _between(comparison: Comparison) -> str:
    if not comparison.among:
        return ""
    runs, degrees = sum(comparison.runs), freedom(*comparison.runs)
    return (
        " The arrivals of all runs of a side count together. How far the runs of a side lie apart makes an"
        f" interval too, and the wider one is shown: that of Student's t over {runs:,} runs, with"
        f" {counted_noun(degrees, 'degree')} of freedom."
    )
