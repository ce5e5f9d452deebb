"""The tab of Locust's web UI shows a run as its report will: what never came is never."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from recorded import histogram

from sessionload.cli.contract_tab import ContractTab
from sessionload.metrics.exchange import Outcome
from sessionload.metrics.findings import Finding, Findings
from sessionload.metrics.measurement import Measurement
from sessionload.metrics.slices import Slice

if TYPE_CHECKING:
    from pathlib import Path

MS = 1_000_000


@dataclass
class Stage:
    warmup: bool


@dataclass
class Header:
    stages: tuple[Stage, ...] = (Stage(warmup=True), Stage(warmup=False))
    planned: int = 1_200


@dataclass
class Totals:
    outcomes: dict[Outcome, int]
    unsent: int = 0


@dataclass
class Delta:
    measurement: Measurement


def delta(stage: int, part: Slice, *findings: Finding) -> Any:  # noqa: ANN401 -- what a tab reads of a delta
    found: Findings[Finding] = Findings()
    for finding in findings:
        found.add(finding)
    return Delta(Measurement(slices={(stage, 0): part}, findings=found))


def begun(totals: Totals) -> ContractTab:
    tab, header, seen = ContractTab(), Header(), totals
    tab.begin(header, seen)  # type: ignore[arg-type]  # as much of them as is read
    return tab


def values(tab: ContractTab) -> dict[tuple[str, str], str]:
    return {(row["part"], row["what"]): row["value"] for row in tab.rows()}


def test_before_any_run_it_says_so() -> None:
    assert values(ContractTab()) == {("", ""): "no run yet"}


def test_what_ended_without_a_session_is_never_and_warm_up_is_left_out() -> None:
    totals = Totals({Outcome.OK: 7, Outcome.CONTRACT_VIOLATION: 3}, unsent=2)
    tab = begun(totals)
    tab.add(delta(0, Slice({Outcome.OK: 5}, valid=histogram([900 * MS] * 5))))
    fault = Finding("body/type/sessionKey", Outcome.CONTRACT_VIOLATION, "the key is a number", "", 3, 0, 0, 0)
    part = Slice(
        {Outcome.OK: 2, Outcome.CONTRACT_VIOLATION: 3},
        valid=histogram([10 * MS] * 2),
        refused=histogram([5 * MS] * 3),
    )
    tab.add(delta(1, part, fault))
    rows = values(tab)
    assert rows["verdict", ""] == "the run goes on"
    assert rows["arrivals", "planned"] == "1,200"
    assert (rows["outcomes", "ok"], rows["outcomes", "contract_violation"]) == ("7", "3")
    assert rows["outcomes", "unsent"] == "2"
    assert rows["response", "p50"] == rows["response", "p99"] == "never"
    assert rows["answered", "p99"] == "10 ms"
    assert rows["findings", "body/type/sessionKey"] == "3"


def test_the_end_comes_first_and_a_new_run_begins_without_the_old_one(tmp_path: Path) -> None:
    tab = begun(Totals({Outcome.OK: 1}))
    tab.end("MET: all of it", tmp_path / "report.html")
    assert [row["value"] for row in tab.rows()][:2] == ["MET: all of it", str(tmp_path / "report.html")]
    tab.begin(Header(), Totals({}))  # type: ignore[arg-type]
    assert values(tab) == {("verdict", ""): "the run goes on", ("arrivals", "planned"): "1,200"}
