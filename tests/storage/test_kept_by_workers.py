"""What workers keep on disk is read once, however often it is there, and goes when it need not be."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from sessionload.errors import InputError, ResultError
from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.raw import RawDelta, read_line
from sessionload.metrics.worker_events import WorkDealt, WorkerSeen, event_line
from sessionload.storage import run_folder
from sessionload.storage.run_folder import RunFolder, recovered
from sessionload.units import NS
from sessionload.verdict.run_header import Run, RunHeader
from sessionload.verdict.verdict import State
from sessionload.workload.schedule import Schedule
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from pathlib import Path

MS = 1_000_000
SCHEDULE = Schedule([Stage("only", Fraction(10), Fraction(10), 4 * NS)])


def header(run_id: str = "r") -> RunHeader:
    return RunHeader(
        run=Run(run_id, "2026-01-02T03:04:05Z", 0.0, 3, "0.1.0"),
        scenario={"targets": ["p50 < 400ms"]},
        environment={"name": "stub", "url": "http://127.0.0.1:1", "project": "p", "environment": "main"},
        contract={
            "file": "openapi.yaml",
            "operation": "startSession",
            "sha256": "ab" * 32,
            "method": "POST",
            "path": "/session",
            "header": "authorization",
        },
        stages=SCHEDULE.stages,
        planned=SCHEDULE.planned(),
        planned_by_second=SCHEDULE.planned_by_second(),
    )


def lines(worker: int, seconds: int = 4) -> list[bytes]:
    """What a worker of two writes in so many seconds; with the fourth it has ended."""
    made = []
    for second in range(seconds):
        recorder = MeasurementRecorder()
        for arrival in SCHEDULE.stripe(worker, 2):
            if arrival.due_ns // NS == second:
                recorder.record_sent(arrival.due_ns)
                done_ns = arrival.due_ns + 20 * MS
                recorder.record_done(
                    0, Exchange(arrival.index, arrival.due_ns, arrival.due_ns, done_ns, Outcome.OK, 0, 201)
                )
        end_ns = (second + 1) * NS
        raw = RawDelta(worker, second, end_ns, 0, 0, end_ns, second == 3, recorder.raw())
        made.append(raw.line())
    return made


def kept(path: Path, worker: int, seconds: int = 4, *, of: RunHeader | None = None) -> RunFolder:
    """The folder of a worker that was left after so many seconds."""
    folder = RunFolder.create(path)
    folder.begin(of or header())
    folder.append_line(event_line(WorkDealt(0, [(worker, worker, 2)])))
    for line in lines(worker, seconds):
        folder.append_line(line)
    folder.end()
    return folder


def run_with_workers(path: Path) -> RunFolder:
    """The folder of a run whose command was killed after two seconds; its workers have gone on to the end."""
    folder = RunFolder.create(path)
    folder.begin(header())
    for worker in range(2):
        folder.append(WorkerSeen(worker, "local", 40_000, 80_000))
    folder.append(WorkDealt(0, [(0, 0, 2), (1, 1, 2)]))
    for second in range(2):
        for worker in range(2):
            folder.append(read_line(lines(worker)[second]))
    folder.end()
    for worker in range(2):
        kept(folder.of_worker(worker + 1).path, worker)
    return folder


def test_a_killed_run_has_what_its_workers_have_kept_and_nothing_twice(tmp_path: Path) -> None:
    result = run_with_workers(tmp_path / "run").read()
    assert (result.accounting.sent, result.lost, result.run.seconds) == (40, 0, 4.0)
    assert [(row.planned, row.sent) for row in result.workers] == [(20, 20), (20, 20)]
    assert (result.run.interrupted, result.verdict.state) == ("killed", State.VOID)
    assert result.measured.outcomes == {Outcome.OK: 40}


def test_the_folders_of_workers_alone_make_a_result(tmp_path: Path) -> None:
    folders = [kept(tmp_path / f"w{worker}", worker) for worker in range(2)]
    result = recovered(folders, notes=["why"])
    assert (result.accounting.sent, result.lost, result.run.notes) == (40, 0, ("why",))
    assert result.workers == ()
    twice = recovered([*folders, *reversed(folders)])
    assert twice.measured == result.measured


def test_the_arrivals_of_a_worker_whose_folder_is_missing_are_lost(tmp_path: Path) -> None:
    result = recovered([kept(tmp_path / "w", 1)])
    assert (result.accounting.sent, result.lost, result.placed_lost) == (20, 20, 20)
    assert result.accounting.closes
    assert (
        "20 arrivals are lost: the generator ended before it could account for them" in result.verdict.reasons
    )


def test_folders_of_two_runs_are_refused(tmp_path: Path) -> None:
    folders = [kept(tmp_path / "a", 0), kept(tmp_path / "b", 1, of=header("s"))]
    with pytest.raises(InputError, match="this is of run s, and ") as caught:
        recovered(folders)
    assert (caught.value.code, caught.value.exit_code) == ("other-run", 2)


def test_a_worker_that_has_not_written_its_first_line_is_passed_over(tmp_path: Path) -> None:
    folder = run_with_workers(tmp_path / "run")
    third = folder.of_worker(3).path
    third.mkdir()
    (third / "slices.jsonl").write_text('{"format":1,')
    assert [worker.path.name for worker in folder.workers] == ["worker-1", "worker-2", "worker-3"]
    assert folder.read().accounting.sent == 40


def test_the_result_takes_the_place_of_what_was_kept(tmp_path: Path) -> None:
    folder = run_with_workers(tmp_path / "run")
    assert folder.kept_bytes > 1000
    folder.write_result(folder.read())
    assert (folder.workers, folder.kept_bytes) == ([], 0)
    assert sorted(path.name for path in folder.path.iterdir()) == ["result.json", "slices.jsonl"]


def test_a_folder_that_is_not_needed_is_removed_and_nothing_of_others(tmp_path: Path) -> None:
    kept(tmp_path / "w", 0).drop()
    assert not (tmp_path / "w").exists()
    folder = kept(tmp_path / "w", 0)
    (folder.path / "mine.txt").write_text("kept")
    folder.drop()
    assert [path.name for path in folder.path.iterdir()] == ["mine.txt"]


def test_no_more_is_kept_than_can_be_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = len(lines(0)[0])
    monkeypatch.setattr(run_folder, "_LONGEST_FILE", 3 * one)
    folder = RunFolder.create(tmp_path / "w")
    folder.begin(header())
    for _ in range(9):
        folder.append_line(b"x" * one)
    assert (folder.path / "slices.jsonl").read_text().count("\n") == 4


def test_a_disk_that_takes_no_more_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = RunFolder.create(tmp_path / "w")
    folder.begin(header())

    def full(*_: object) -> None:
        raise ResultError("result-unwritable", "no space left", hint="make some")

    monkeypatch.setattr("sessionload.storage.files.Appender.append", full)
    with pytest.raises(ResultError):
        folder.append_line(b"x\n")
    folder.append_line(b"x\n")
