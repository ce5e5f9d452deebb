"""The answer of a search as a sentence, and its holds as rows that all views share."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.capacity.search import Ending
from sessionload.report.model.plain import plain
from sessionload.report.model.quantities import NOTHING, counted_noun, latency_text, share_of
from sessionload.report.model.rows import Fact
from sessionload.units import duration_text, rate_text
from sessionload.verdict.run_labels import labels_text

if TYPE_CHECKING:
    from sessionload.capacity.capacity_report import CapacityReport, HoldRow

_WORDS = {
    "found": "FOUND",
    "open": "FOUND",
    "too high": "TOO HIGH",
    "interrupted": "INTERRUPTED",
}
_TONES = {"FOUND": "met", "TOO HIGH": "missed"}
_CANNOT_SAY = "CANNOT SAY"
_PURPOSES = {
    "bracket": "looking upwards",
    "bisect": "between the two",
    "confirm": "the answer again, for longer",
    "refute": "the rate above it again, for longer",
}


@dataclass(frozen=True, slots=True)
class StepRow:
    """A hold for people."""

    rate: str
    seconds: str
    why: str
    shown: str
    because: str
    arrivals: str
    failed: str
    sent: str
    p50: str
    p95: str
    p99: str
    source: HoldRow

    @property
    def tone(self) -> str:
        """Which color says it."""
        return self.source.shown if self.source.shown in {"met", "missed"} else "void"


@dataclass(frozen=True, slots=True)
class CapacityModel:
    """All that a view shows of a search."""

    title: str
    verdict: str
    sentence: str
    """The answer, without the full stop."""
    cost: str
    """What it took to find it, without the full stop."""
    notes: tuple[str, ...]
    targets: tuple[str, ...]
    rows: tuple[StepRow, ...]
    labels: str
    """What the search was called by, in one line; empty where there is nothing."""
    source: CapacityReport

    @property
    def tone(self) -> str:
        """Which color says it."""
        return _TONES.get(self.verdict, "void")

    @property
    def glance(self) -> tuple[Fact, ...]:
        """The answer in a few figures."""
        report = self.source
        return (
            Fact("Met up to", _rate(report.low) if report.low is not None else NOTHING),
            Fact("Not met at", _rate(report.high) if report.high is not None else NOTHING),
            Fact("Gave way first", plain(report.because) or NOTHING),
            Fact("Held", f"{len(report.holds):,} times"),
            Fact("Arrivals", f"{report.arrivals:,}"),
        )

    @property
    def headline(self) -> str:
        """Verdict and answer."""
        return f"{self.verdict}: {self.sentence}"


def build_capacity_model(report: CapacityReport) -> CapacityModel:
    """Return what views show of a search."""
    where = report.environment
    url = where["url"] if where["url"] != where["name"] else ""
    place = f"{where['name']} ({url})" if url else where["name"]
    lowest, highest = _rate(report.lowest), _rate(report.highest)
    return CapacityModel(
        title=plain(f"{report.scenario} on {place}"),
        verdict=_WORDS.get(report.ending, _CANNOT_SAY),
        sentence=plain(_SENTENCES[report.ending](report)),
        cost=(
            f"{counted_noun(len(report.holds), 'hold')} between {lowest} and {highest},"
            f" {counted_noun(report.arrivals, 'arrival')} in {duration_text(round(report.seconds * 1e9))}"
        ),
        notes=tuple(plain(note) for note in report.notes),
        targets=tuple(report.targets),
        rows=tuple(_step(row) for row in report.holds),
        labels=plain(labels_text(report.known_labels)),
        source=report,
    )


def hold_text(row: HoldRow) -> str:
    """Return what a hold showed, as a line."""
    p95 = latency_text(_ns(row.p95_ms), row.arrivals)
    because = f" ({plain(row.because)})" if row.because else ""
    noise = "" if row.sure else ", which may be noise"
    return f"held {_rate(row.rate)} for {row.seconds} s: {row.shown}{noise}{because}, p95 {p95}"


def _found(report: CapacityReport) -> str:
    low, high = _rate(report.low), _rate(report.high)
    return f"the targets are met up to between {low} and {high}: at {high} '{report.because}' gave way"


def _open(report: CapacityReport) -> str:
    return f"at least {_rate(report.low)}, the highest rate that was tried, meets the targets"


def _too_high(report: CapacityReport) -> str:
    return f"not even {_rate(report.high)}, the lowest rate, meets the targets: '{report.because}' gave way"


def _throttled(report: CapacityReport) -> str:
    quota = f"at {_rate(report.high)} the server throttles ({report.because})"
    return f"{_met(report)}; {quota}, so what it could take without its quota cannot be said"


def _void(report: CapacityReport) -> str:
    limit = f"at {_rate(report.high)} the generator was the limit and not the server ({report.because})"
    return f"{_met(report)}; {limit}. More generators reach further: --workers"


def _unsteady(report: CapacityReport) -> str:
    if report.low is not None and report.high is not None:
        return f"the limit moves about {_rate(report.low)} to {_rate(report.high)}: {report.because}"
    return f"{_met(report)}; {report.because}"


def _interrupted(report: CapacityReport) -> str:
    return f"{_met(report)}; {report.interrupted} ended the search before there was an answer"


def _met(report: CapacityReport) -> str:
    if report.low is None:
        return "no rate was seen to meet the targets"
    return f"{_rate(report.low)} was seen to meet the targets"


_SENTENCES = {
    Ending.FOUND.value: _found,
    Ending.OPEN.value: _open,
    Ending.TOO_HIGH.value: _too_high,
    Ending.THROTTLED.value: _throttled,
    Ending.VOID.value: _void,
    Ending.UNSTEADY.value: _unsteady,
    "interrupted": _interrupted,
}


def _step(row: HoldRow) -> StepRow:
    return StepRow(
        rate=_rate(row.rate),
        seconds=f"{row.seconds} s",
        why=_PURPOSES[row.purpose],
        shown=row.shown if row.sure else f"{row.shown}, as it stands",
        because=plain(row.because),
        arrivals=f"{row.arrivals:,}",
        failed=share_of(row.failed, row.arrivals),
        sent=_rate(row.sent_per_s),
        p50=latency_text(_ns(row.p50_ms), row.arrivals),
        p95=latency_text(_ns(row.p95_ms), row.arrivals),
        p99=latency_text(_ns(row.p99_ms), row.arrivals),
        source=row,
    )


def _rate(per_s: float | None) -> str:
    return rate_text(Fraction(str(per_s or 0)))


def _ns(milliseconds: float | None) -> int | None:
    return None if milliseconds is None else round(milliseconds * 1_000_000)
