"""The runs of a folder, turned into the rows that all views of its history share.

A row says of a run what the run's own report says, by the same functions. It needs the response times and
nothing else that takes time to read, so a hundred runs are rows in seconds. Runs of another scenario,
environment or load cannot be compared: they stand apart, and no line joins them in a chart.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from sessionload.config.environment import TRAFFIC_SPLIT
from sessionload.report.model.about import STUB_URL
from sessionload.report.model.headline import headline_sentence
from sessionload.report.model.load_text import load_text
from sessionload.report.model.plain import plain
from sessionload.report.model.quantities import counted_noun, share_of, timed
from sessionload.report.model.rows import Fact, Quantity
from sessionload.report.model.timeline import quantiles
from sessionload.verdict.run_labels import labels_text
from sessionload.verdict.verdict import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sessionload.verdict.result import Result
    from sessionload.workload.stage import Stage

_SHARES = (Fraction(1, 2), Fraction(19, 20), Fraction(99, 100))
_LONGEST_NAME = 200
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run. Durations, and the share without a session, are of the measured stages, as its verdict is."""

    name: str
    link: str
    """Where its report is, as a relative URL; empty if there is none."""
    scenario: str
    environment: str
    state: State
    sentence: str
    load: str
    """Of the measured stages, as `load_text` says it."""
    stages: tuple[Stage, ...]
    """Runs with equal stages were asked the same."""
    p50: Quantity
    p95: Quantity
    p99: Quantity
    errors: str
    """The share of arrivals without a valid session, and of how many: `1.48 % of 2,300`."""
    sent: str
    """How many arrivals of all stages were sent, of how many that were planned."""
    started: str
    """In UTC to the minute; as it stands in the result if that is no time."""
    labels: str
    """What the run is called by, in one line; empty if it has no labels."""
    place: tuple[datetime, str, str]
    """Rises from run to run."""

    @property
    def verdict(self) -> str:
        """The verdict for people."""
        return self.state.name

    @property
    def percentiles(self) -> tuple[Quantity, Quantity, Quantity]:
        """p50, p95 and p99 of the response."""
        return self.p50, self.p95, self.p99


class Unread(NamedTuple):
    """A folder that has a run which cannot be read, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Trend:
    """The runs of one scenario in one environment, the newest last."""

    scenario: str
    environment: str
    rows: tuple[RunRow, ...]

    @property
    def title(self) -> str:
        """What was run where."""
        return f"{self.scenario} on {self.environment}"

    @property
    def changes(self) -> bool:
        """Whether the load is not the same in all of its runs."""
        return len({row.stages for row in self.rows}) > 1

    @property
    def is_labelled(self) -> bool:
        """Whether any of its runs has a label."""
        return any(row.labels for row in self.rows)


@dataclass(frozen=True, slots=True)
class HistoryModel:
    """All that a view can show of the runs of a folder."""

    title: str
    newest: RunRow | None
    """`None` if none could be read."""
    account: str
    """How many runs there are and what became of them, as a sentence without an end."""
    glance: tuple[Fact, ...]
    trends: tuple[Trend, ...]
    """That of the newest run first."""
    unread: tuple[Unread, ...]

    @property
    def verdict(self) -> str:
        """The verdict on the newest run; empty if there is none."""
        return self.newest.verdict if self.newest else ""

    @property
    def sentence(self) -> str:
        """What came of the newest run, without an end."""
        return self.newest.sentence if self.newest else "No run here could be read"

    @property
    def headline(self) -> str:
        """The newest run in one sentence, its verdict first."""
        return f"{self.verdict}: {self.sentence}" if self.newest else self.sentence

    @property
    def about(self) -> str:
        """Which run the headline is about."""
        if self.newest is None:
            return ""
        newest = self.newest
        return f"{newest.scenario} on {newest.environment}, started {newest.started}"


def _environment(environment: Mapping[str, Any]) -> str:
    """Return what a run measured: an entry, and apart from it the same entry without an alias."""
    name = plain(str(environment.get("name", "")), _LONGEST_NAME) or "unnamed environment"
    split = f" {TRAFFIC_SPLIT}" if environment.get("environment") == TRAFFIC_SPLIT else ""
    stub = " (EMBEDDED STUB)" if environment.get("url") == STUB_URL else ""
    return f"{name}{split}{stub}"


def run_row(result: Result, name: str, link: str = "") -> RunRow:
    """Return the row of a run that is kept in the folder `name`; of its durations only `valid` are read."""
    measured = result.measured
    response = measured.response
    p50, p95, p99 = (timed(ns, response.count) for ns in quantiles(response, _SHARES))
    accounting = result.accounting
    instant = _instant(result.run.started)
    return RunRow(
        name=plain(name),
        link=link,
        scenario=plain(str(result.scenario.get("name", "")), _LONGEST_NAME) or "unnamed scenario",
        environment=_environment(result.environment),
        state=result.verdict.state,
        sentence=plain(headline_sentence(result, measured)),
        load=load_text(stage for stage in result.stages if not stage.warmup),
        stages=result.stages,
        p50=p50,
        p95=p95,
        p99=p99,
        errors=share_of(measured.errors, measured.accounted),
        sent=f"{accounting.sent:,} of {accounting.planned:,}",
        started=plain(result.run.started, 30) if instant is None else f"{instant:%Y-%m-%d %H:%M}",
        labels=plain(labels_text(result.run.labels)),
        place=(instant or _BEFORE_ALL, result.run.id, name),
    )


def build_history_model(
    title: str, rows: Iterable[RunRow], unread: Iterable[Unread] = (), *, labels: str = "", others: int = 0
) -> HistoryModel:
    """Return the rows of all views of a folder named `title`.

    Where they are those with some `labels`, these are named, and how many `others` there are.
    """
    ordered = sorted(rows, key=lambda row: row.place)
    trends: defaultdict[tuple[str, str], list[RunRow]] = defaultdict(list)
    for row in ordered:
        trends[row.scenario, row.environment].append(row)
    broken = tuple(Unread(plain(folder.name), plain(folder.why)) for folder in unread)
    states = Counter(row.state for row in ordered)
    return HistoryModel(
        title=plain(title, _LONGEST_NAME) + (f", {plain(labels)}" if labels else ""),
        newest=ordered[-1] if ordered else None,
        account=_account(states, len(broken), others),
        glance=(
            Fact("Runs", f"{len(ordered):,}"),
            *(Fact(state.name.capitalize(), f"{states[state]:,}") for state in State),
            Fact("Not read", f"{len(broken):,}"),
        ),
        trends=tuple(
            Trend(*key, tuple(runs))
            for key, runs in sorted(trends.items(), key=lambda pair: pair[1][-1].place, reverse=True)
        ),
        unread=broken,
    )


def relative_url(parts: Iterable[str]) -> str:
    """Return the URL of a file by the parts of its relative path, whatever characters they have.

    Bytes of a name that are no UTF-8, which Python keeps as lone surrogates, are what they were.
    """
    return "/".join(quote(part.encode(errors="surrogateescape"), safe="") for part in parts)


def _account(states: Counter[State], broken: int, others: int) -> str:
    runs = states.total()
    counts = ", ".join(f"{states[state]:,} {state}" for state in State if states[state])
    return "; ".join(
        (
            counted_noun(runs, "run") + (f": {counts}" if counts else ""),
            *((f"{broken:,} could not be read",) if broken else ()),
            *((f"{counted_noun(others, 'other run')} without these labels",) if others else ()),
        )
    )


def _instant(started: str) -> datetime | None:
    """Return a time of ISO 8601 in UTC; one without an offset is UTC."""
    try:
        instant = datetime.fromisoformat(started)
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
