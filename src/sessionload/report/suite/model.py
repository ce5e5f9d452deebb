"""A contract check, turned into the rows that all its views share.

`build_suite_model` is the only way from a `SuiteReport` to a `SuiteModel`. A view formats nothing, so what
two views show for one fact is the same string. A case that is accepted still deviates; it has a verdict of
its own and counts neither as kept nor as broken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sessionload.report.model.about import STUB_NOTE, is_stub, server_facts
from sessionload.report.model.plain import plain
from sessionload.report.model.rows import Fact, Quantity
from sessionload.suite.expectation import CaseStatus
from sessionload.units import NS, duration_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.suite.suite_report import CaseResult, SuiteReport, SuiteStatus

_LONGEST_CURL = 20_000
_TONES = {
    CaseStatus.KEPT: "met",
    CaseStatus.UNDOCUMENTED: "open",
    CaseStatus.VIOLATED: "missed",
    CaseStatus.THROTTLED: "void",
    CaseStatus.SKIPPED: "open",
}
_TITLES = {
    "valid": "A valid request",
    "user-id": "The user ID",
    "body": "The body",
    "authorization": "The API key",
    "path": "The path",
    "method": "The method",
    "law": "Rules beyond the schema",
    "fuzz": "Found by fuzzing",
}


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case or rule and how it ended. `verdict` is its state for people, `tone` how that is colored."""

    name: str
    group: str
    requirement: str
    """What the case or rule requires, as a sentence without an end."""
    expected: str
    observed: str
    verdict: str
    tone: str
    state: CaseStatus
    failing: bool
    curl: str
    accepted: str
    """Why the baseline accepts it, with the date; empty for what it does not."""
    elapsed: Quantity


@dataclass(frozen=True, slots=True)
class GroupRow:
    """The cases of one group, in their order. The numbers add up to the cases: each is in one of them."""

    name: str
    title: str
    cases: tuple[CaseRow, ...]
    kept: int
    undocumented: int
    failing: int
    accepted: int
    unseen: int
    """Throttled or skipped."""


@dataclass(frozen=True, slots=True)
class StaleRow:
    """An entry of the baseline that no longer occurs, and what became of its case."""

    case: str
    reason: str
    sentence: str


@dataclass(frozen=True, slots=True)
class SuiteModel:
    """All that a view can show of a contract check."""

    title: str
    verdict: str
    sentence: str
    remainder: str
    """What became of the other cases; may be empty."""
    state: SuiteStatus
    tone: str
    run_id: str
    started: str
    elapsed_s: float
    version: str
    strict: bool
    stub_note: str
    """That no real service was examined; empty where one was."""
    about: tuple[Fact, ...]
    """Where, and against which contract."""
    glance: tuple[Fact, ...]
    groups: tuple[GroupRow, ...]
    stale: tuple[StaleRow, ...]
    cut_short: str
    run_facts: tuple[Fact, ...]

    @property
    def headline(self) -> str:
        """The check in one sentence, its verdict first."""
        return "; ".join(
            sentence for sentence in (f"{self.verdict}: {self.sentence}", self.remainder) if sentence
        )

    @property
    def cases(self) -> tuple[CaseRow, ...]:
        """All cases and rules, in the order of their groups."""
        return tuple(case for group in self.groups for case in group.cases)

    @property
    def failing(self) -> tuple[CaseRow, ...]:
        """What broke the contract and is not accepted."""
        return tuple(case for case in self.cases if case.failing)

    @property
    def unseen(self) -> dict[str, tuple[CaseRow, ...]]:
        """What was throttled or skipped, by what is said of it."""
        unseen = [case for case in self.cases if case.state in {CaseStatus.THROTTLED, CaseStatus.SKIPPED}]
        return {
            reason: tuple(case for case in unseen if case.observed == reason)
            for reason in dict.fromkeys(case.observed for case in unseen)
        }

    @property
    def accepted(self) -> tuple[CaseRow, ...]:
        """What the baseline accepts."""
        return tuple(case for case in self.cases if case.accepted)


def build_suite_model(suite_report: SuiteReport) -> SuiteModel:
    """Return the rows of all views."""
    dates = {entry.case: entry.date for entry in suite_report.baseline}
    rows = [case_row(result, strict=suite_report.strict, dates=dates) for result in suite_report.results]
    return SuiteModel(
        title=plain(suite_report.environment.get("name", ""), 200) or "unnamed environment",
        verdict=suite_report.state.name,
        sentence=plain(suite_report.sentence()),
        remainder=suite_report.remainder(),
        state=suite_report.state,
        tone={"kept": "met", "violated": "missed"}.get(suite_report.state.value, "void"),
        run_id=plain(suite_report.run_id),
        started=plain(suite_report.started),
        elapsed_s=suite_report.seconds,
        version=plain(suite_report.version),
        strict=suite_report.strict,
        stub_note=STUB_NOTE if is_stub(suite_report.environment) else "",
        about=tuple(server_facts(suite_report.environment, suite_report.contract)),
        glance=tuple(_glance(suite_report)),
        groups=tuple(_group(name, rows) for name in dict.fromkeys(row.group for row in rows)),
        stale=tuple(_stale(suite_report)),
        cut_short=plain(suite_report.cut_short),
        run_facts=tuple(_ran(suite_report)),
    )


def case_row(result: CaseResult, *, strict: bool, dates: dict[str, str] | None = None) -> CaseRow:
    """Return the row of one case. `dates` says since when the baseline accepts what."""
    failing = result.accepted is None and result.deviates(strict=strict)
    since = (dates or {}).get(result.name, "")
    accepted = ""
    if result.accepted is not None:
        accepted = plain(f"since {since}: {result.accepted}" if since else result.accepted)
    return CaseRow(
        name=plain(result.name),
        group=plain(result.group),
        requirement=plain(result.requirement),
        expected=plain(result.expected),
        observed=plain(result.observed),
        verdict="ACCEPTED" if accepted else result.state.name,
        tone="void" if accepted else "missed" if failing else _TONES[result.state],
        state=result.state,
        failing=failing,
        curl=plain(result.curl, _LONGEST_CURL),
        accepted=accepted,
        elapsed=_elapsed(result.elapsed_ns),
    )


def _elapsed(ns: int | None) -> Quantity:
    return Quantity("", None) if ns is None else Quantity(duration_text(ns), ns / 1e6)


def _group(name: str, rows: list[CaseRow]) -> GroupRow:
    cases = tuple(row for row in rows if row.group == name)
    open_cases = [row for row in cases if not row.failing and not row.accepted]
    numbers = {state: sum(row.state is state for row in open_cases) for state in CaseStatus}
    return GroupRow(
        name=name,
        title=_TITLES.get(name, plain(name, 100)),
        cases=cases,
        kept=numbers[CaseStatus.KEPT],
        undocumented=numbers[CaseStatus.UNDOCUMENTED],
        failing=sum(row.failing for row in cases),
        accepted=sum(bool(row.accepted) for row in cases),
        unseen=numbers[CaseStatus.THROTTLED] + numbers[CaseStatus.SKIPPED],
    )


def _stale(suite_report: SuiteReport) -> Iterator[StaleRow]:
    states = {result.name: result.state for result in suite_report.results}
    for entry in suite_report.stale:
        state = states.get(entry.case)
        became = "no case has this name" if state is None else f"the case was {state.value}"
        yield StaleRow(
            plain(entry.case),
            plain(entry.reason),
            plain(f"accepted since {entry.date}, and no longer occurs: {became}"),
        )


def _glance(suite_report: SuiteReport) -> Iterator[Fact]:
    slowest = max((result.elapsed_ns or 0 for result in suite_report.results), default=0)
    yield Fact("Cases", f"{len(suite_report.results):,}")
    yield Fact("Kept", f"{suite_report.count(CaseStatus.KEPT):,}")
    yield Fact("Undocumented", f"{suite_report.count(CaseStatus.UNDOCUMENTED):,}")
    yield Fact("Broke the contract", f"{len(suite_report.failing):,}")
    yield Fact("Requests", f"{suite_report.requests:,}")
    yield Fact("Slowest call", duration_text(slowest) if slowest else "")


def _ran(suite_report: SuiteReport) -> Iterator[Fact]:
    yield Fact("Run", plain(suite_report.run_id))
    yield Fact("Started", plain(suite_report.started))
    yield Fact("Took", duration_text(round(suite_report.seconds * NS)))
    yield Fact("Version", plain(suite_report.version))
    yield Fact("Undocumented counts as broken", "yes (strict)" if suite_report.strict else "no")
    for group, facts in (("environment", suite_report.environment), ("contract", suite_report.contract)):
        for name, value in facts.items():
            yield Fact(plain(f"{group}.{name}", 100), plain(value, 300))
