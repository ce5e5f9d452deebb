"""A result as other programs see it: a verdict, and numbers that are known by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sessionload import InputError, Result
from sessionload.metrics.delta import Delta
from sessionload.metrics.exchange import Exchange, Failure, Outcome
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.run_totals import RunTotals
from sessionload.storage.run_folder import RunFolder
from sessionload.units import NS
from sessionload.verdict.finalize import finalize_result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sessionload.config.run_spec import RunInputs, RunSpec

MS = 1_000_000
BROKEN = Failure("body/required/sessionKey", "the body has no 'sessionKey'")


@pytest.fixture
def folder(tmp_path: Path, plan_for: Callable[..., tuple[RunInputs, RunSpec, dict[str, str]]]) -> Path:
    """A run of 20 arrivals at 20/s: 19 that took 10, 20, ... 190 ms, and one that broke the contract."""
    header = plan_for("http://127.0.0.1:9", rate="20/s", duration="1s")[1].header
    recorder = MeasurementRecorder()
    for number in range(20):
        due_ns = number * 50 * MS
        done_ns = due_ns + 10 * (number + 1) * MS
        ok = number < 19
        outcome, failure = (Outcome.OK, None) if ok else (Outcome.CONTRACT_VIOLATION, BROKEN)
        recorder.record_sent(due_ns)
        recorder.record_done(0, Exchange(number, due_ns, due_ns, done_ns, outcome, 0, 200, failure))
    totals = RunTotals()
    totals.add(Delta(0, 0, NS, 0, 0, NS, recorder.raw().packed(), last=True))
    run = RunFolder.create(tmp_path / "run")
    run.write_result(finalize_result(header, totals))
    return tmp_path / "run"


def test_a_result_is_read_from_its_folder_or_its_file(folder: Path) -> None:
    result = Result.read(folder)
    assert (result.id, result.scenario, result.environment) == ("r1", "parts", "here")
    assert result.started == "2026-01-01T00:00:00+00:00"
    assert repr(result) == "Result('r1', 'parts', 'missed')"
    assert result.to_dict() == json.loads((folder / "result.json").read_text())
    assert Result.read(str(folder / "result.json")).to_dict() == result.to_dict()


def test_the_verdict_has_its_targets_and_findings(folder: Path) -> None:
    result = Result.read(folder)
    assert result.verdict == "missed"
    assert result.reasons == ()
    missed = [target for target in result.targets if target.state == "missed"]
    assert [target.expr for target in missed] == ["error_rate < 1%", "contract_violations == 0"]
    assert [(finding.cause, finding.count) for finding in result.findings] == [(BROKEN.cause, 1)]


def test_the_counts_add_up(folder: Path) -> None:
    result = Result.read(folder)
    assert (result.planned, result.sent, result.unsent, result.lost) == (20, 20, 0, 0)
    assert sum(result.outcomes.values()) == result.sent
    assert {name: count for name, count in result.outcomes.items() if count} == {
        "ok": 19,
        "contract_violation": 1,
    }
    assert result.error_rate == 0.05


def test_percentiles_are_milliseconds_and_an_error_ranks_last(folder: Path) -> None:
    result = Result.read(folder)
    assert result.percentile_ms(50) == pytest.approx(100, rel=1e-3)
    assert result.percentile_ms(95) == pytest.approx(190, rel=1e-3)
    assert result.percentile_ms(95.1) is None
    assert result.percentile_ms(100, of="answered") == pytest.approx(200, rel=1e-3)
    assert result.latency_ms["response"].p95 == result.percentile_ms(95)
    assert result.latency_ms["response"].count == 20
    assert result.latency_ms["lag"].max == 0


@pytest.mark.parametrize(
    ("percent", "of", "message"),
    [
        (0, "response", "above 0 and at most 100"),
        (100.1, "response", "above 0 and at most 100"),
        (95, "respons", "did you mean 'response'"),
        (95, "tls", "without samples"),
    ],
)
def test_what_has_no_percentile_is_refused(folder: Path, percent: float, of: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Result.read(folder).percentile_ms(percent, of=of)


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no-run"):
        Result.read(tmp_path)
