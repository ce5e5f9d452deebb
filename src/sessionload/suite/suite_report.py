"""The report of a contract check: the result of every case and rule, and the verdict that follows from them.

A deviation fails the check unless the baseline accepts it, and an accepted deviation that no longer occurs
fails it too. The verdict is always computed from the results, so a file cannot contradict itself. A case that
stays throttled shows nothing, so a check with one is incomplete and does not pass.

`baseline.py` reads the file of a baseline.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sessionload.suite.expectation import CaseStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORMAT = 1
"""The format of the file of a check. The file is written for other programs; nothing here reads it."""


class SuiteStatus(StrEnum):
    """What a check is worth. `KEPT` is exit 0, the others are exit 1."""

    KEPT = "kept"
    VIOLATED = "violated"
    INCOMPLETE = "incomplete"
    """Nothing was violated, but not all was seen: throttled, or cut short."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A case or rule before it is sent, as `--list` shows it. `requests` is how many it sends at most."""

    name: str
    group: str
    requirement: str
    expected: str
    requests: int = 1
    note: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """An entry of the baseline: a known deviation, why it is accepted, and since when (`2026-01-31`)."""

    case: str
    reason: str
    date: str


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A case or rule and how it ended. `observed` is masked; `curl` holds no key, or is empty.

    `elapsed_ns` is how long its single (or slowest) call took, None when nothing was answered. `accepted`
    is the reason of the baseline, set by `accept`.
    """

    name: str
    group: str
    requirement: str
    expected: str
    observed: str
    state: CaseStatus
    curl: str = ""
    elapsed_ns: int | None = None
    requests: int = 1
    accepted: str | None = None

    def deviates(self, *, strict: bool) -> bool:
        """Whether this is a violation; under `strict`, so is what the document does not list."""
        return self.state is CaseStatus.VIOLATED or (strict and self.state is CaseStatus.UNDOCUMENTED)


@dataclass(frozen=True, slots=True)
class SuiteReport:
    """A check that has ended. `environment` and `contract` hold JSON values only, as in a result file.

    `started` is wall time as text, a label only; `seconds` is monotonic. `cut_short` says why not all of
    it was done (a budget that was spent, an interruption), or is empty.
    """

    run_id: str
    started: str
    seconds: float
    version: str
    environment: Mapping[str, str]
    contract: Mapping[str, str]
    strict: bool
    results: tuple[CaseResult, ...]
    baseline: tuple[Accepted, ...] = ()
    cut_short: str = ""

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return sum(result.requests for result in self.results)

    def count(self, state: CaseStatus) -> int:
        """Return how many cases and rules have ended so, accepted ones included."""
        return sum(result.state is state for result in self.results)

    @property
    def failing(self) -> tuple[CaseResult, ...]:
        """What deviates and is not accepted."""
        return tuple(
            result
            for result in self.results
            if result.accepted is None and result.deviates(strict=self.strict)
        )

    @property
    def accepted(self) -> tuple[CaseResult, ...]:
        """What deviates and is accepted by the baseline."""
        return tuple(result for result in self.results if result.accepted is not None)

    @property
    def stale(self) -> tuple[Accepted, ...]:
        """Entries of the baseline that no longer occur, or name nothing in a group that was examined.

        Of a case that was throttled or skipped, and of a group that did not take part, nothing is known.
        """
        results = {result.name: result for result in self.results}
        groups = {result.group for result in self.results}
        return tuple(
            entry
            for entry in self.baseline
            if (
                _is_kept(results[entry.case], strict=self.strict)
                if entry.case in results
                else entry.case.partition("/")[0] in groups
            )
        )

    @property
    def state(self) -> SuiteStatus:
        """What the check is worth."""
        if self.failing or self.stale:
            return SuiteStatus.VIOLATED
        if self.cut_short or self.count(CaseStatus.THROTTLED) or not self.count(CaseStatus.KEPT):
            return SuiteStatus.INCOMPLETE
        return SuiteStatus.KEPT

    @property
    def exit_code(self) -> int:
        """0 when everything was kept, else 1."""
        return 0 if self.state is SuiteStatus.KEPT else 1

    def headline(self) -> str:
        """Return the check in one sentence, its verdict first, without a full stop."""
        return "; ".join(part for part in (f"{self.state.name}: {self.sentence()}", self.remainder()) if part)

    def sentence(self) -> str:
        """Return what follows the verdict's word."""
        parts = []
        if self.failing:
            parts.append(f"{len(self.failing):,} of {_number(len(self.results), 'case')} broke the contract")
        if self.stale:
            verb = "no longer occurs" if len(self.stale) == 1 else "no longer occur"
            parts.append(f"{_number(len(self.stale), 'accepted deviation')} {verb}")
        if not parts:
            parts.append(
                f"{self.count(CaseStatus.KEPT):,} of {_number(len(self.results), 'case')} kept the contract"
            )
        if self.cut_short:
            parts.append(f"cut short: {self.cut_short}")
        return "; ".join(parts)

    def remainder(self) -> str:
        """Return what became of the other cases, or nothing."""
        counts = [
            (
                0 if self.strict else self.count(CaseStatus.UNDOCUMENTED),
                "refused with a status that is not documented",
            ),
            (self.count(CaseStatus.THROTTLED), "throttled"),
            (self.count(CaseStatus.SKIPPED), "skipped"),
            (len(self.accepted), "accepted by the baseline"),
        ]
        return "; ".join(f"{count:,} {what}" for count, what in counts if count)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object that the file of a check holds; what is in `verdict` is for people."""
        return {
            "format": FORMAT,
            "check": {
                "id": self.run_id,
                "started": self.started,
                "seconds": self.seconds,
                "version": self.version,
                "strict": self.strict,
                "cut_short": self.cut_short,
            },
            "environment": dict(self.environment),
            "contract": dict(self.contract),
            "results": [_result_to_json(result) for result in self.results],
            "baseline": [asdict(entry) for entry in self.baseline],
            "verdict": {
                "state": self.state.value,
                "headline": self.headline(),
                "requests": self.requests,
                "counts": {state.value: self.count(state) for state in CaseStatus},
                "failing": [result.name for result in self.failing],
                "no_longer_occurs": [entry.case for entry in self.stale],
            },
        }


def accept(
    results: Sequence[CaseResult], baseline: Sequence[Accepted], *, strict: bool
) -> tuple[CaseResult, ...]:
    """Return the results with the reason of the baseline at each deviation that it accepts."""
    reasons = {entry.case: entry.reason for entry in baseline}
    return tuple(
        replace(result, accepted=reasons.get(result.name) if result.deviates(strict=strict) else None)
        for result in results
    )


def _is_kept(result: CaseResult, *, strict: bool) -> bool:
    return result.state is CaseStatus.KEPT or (result.state is CaseStatus.UNDOCUMENTED and not strict)


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _result_to_json(result: CaseResult) -> dict[str, Any]:
    fields = asdict(result) | {"state": result.state.value}
    return {"law" if name == "requirement" else name: value for name, value in fields.items()}
