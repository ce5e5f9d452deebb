"""The folder of a run: whole results, runs that were killed, and disks that are full."""

from __future__ import annotations

import errno
import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.errors import InputError, ResultError
from sessionload.metrics.delta import Delta
from sessionload.metrics.exchange import Exchange, Failure, Outcome
from sessionload.metrics.file_form import delta_from_json
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.run_totals import RunTotals
from sessionload.metrics.spooled_slices import SpooledSlices
from sessionload.report.model.build import build_report_model
from sessionload.report.model.run_facts import run_facts
from sessionload.report.views import AFTER_A_RUN, FORMATS, views
from sessionload.storage import run_folder as folder_module
from sessionload.storage.files import Appender
from sessionload.storage.run_folder import RESULT, SLICES, RunFolder
from sessionload.units import NS
from sessionload.verdict.finalize import finalize_result
from sessionload.verdict.result import before_the_run
from sessionload.verdict.verdict import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from sessionload.config.run_spec import RunInputs, RunSpec
    from sessionload.report.model.rows import ReportModel
    from sessionload.verdict.result import Result
    from sessionload.verdict.run_header import RunHeader

    PlanFor = Callable[..., tuple[RunInputs, RunSpec, dict[str, str]]]

MS = 1_000_000
SECONDS = 5
RATE = 10


def rendered(model: ReportModel, formats: Iterable[str]) -> Iterator[tuple[str, str | bytes]]:
    for view in views(model, formats):
        yield from view.render().items()


@pytest.fixture(scope="session")
def header(plan_for: PlanFor) -> RunHeader:
    """A plan of 50 arrivals: ten a second, for five seconds."""
    return plan_for("http://127.0.0.1:9", rate=f"{RATE}/s", duration=f"{SECONDS}s")[1].header


def delta(second: int) -> Delta:
    """Return what a generator reports of a second: nine sessions, and one violation with an excerpt."""
    recorder = MeasurementRecorder()
    for index in range(second * RATE, (second + 1) * RATE):
        due = index * NS // RATE
        bad = index % RATE == 0
        outcome = Outcome.CONTRACT_VIOLATION if bad else Outcome.OK
        fault = Failure("key/empty", "the session key is empty", "<html>·…") if bad else None
        recorder.record_sent(due)
        recorder.record_done(0, Exchange(index, due, due, due + 20 * MS, outcome, 0, 200, fault))
    return Delta(
        0, second, (second + 1) * NS, 0, 0, second * NS, recorder.raw().packed(), last=second == SECONDS - 1
    )


def finalized(
    header: RunHeader, seconds: int, *, interrupted: str | None = None, notes: Sequence[str] = ()
) -> Result:
    totals = RunTotals()
    for second in range(seconds):
        totals.add(delta(second))
    return finalize_result(header, totals, interrupted=interrupted, notes=notes)


def started_folder(path: Path, header: RunHeader, seconds: int) -> RunFolder:
    """Return a folder as it stands when a run is killed after so many seconds."""
    folder = RunFolder.create(path)
    folder.begin(header)
    for second in range(seconds):
        folder.append(delta(second))
    folder.end()
    return folder


def test_a_whole_run_is_read_as_it_was_written(tmp_path: Path, header: RunHeader) -> None:
    folder = RunFolder.create(tmp_path / "reports" / "one")
    folder.begin(header)
    for second in range(SECONDS):
        folder.append(delta(second))
    result = finalized(header, SECONDS)
    folder.write_result(result)
    assert {path.name for path in folder.path.iterdir()} == {RESULT, SLICES}
    again = RunFolder(folder.path).read()
    assert again.to_json() == result.to_json()
    assert again.verdict.state is State.MISSED
    assert "·…" in (folder.path / RESULT).read_text()


def test_every_view_that_a_run_has_is_a_file_of_its_own(tmp_path: Path, header: RunHeader) -> None:
    folder = RunFolder.create(tmp_path / "one")
    model = build_report_model(finalized(header, SECONDS))
    written = folder.write_views(rendered(model, AFTER_A_RUN))
    assert [path.name for path in written] == [FORMATS[name].file for name in AFTER_A_RUN]
    assert sorted(written) == sorted(folder.path.iterdir())
    assert all(path.stat().st_size > 100 for path in written)
    assert folder.write_views(rendered(model, ["md"])) == [folder.path / "summary.md"]


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    ("name", "begins", "ends"), [("svg", b"<svg", b"</svg>"), ("png", b"\x89PNG\r\n", b"IEND\xaeB`\x82")]
)
def test_every_picture_is_a_file_below_the_folder(
    tmp_path: Path, header: RunHeader, name: str, begins: bytes, ends: bytes
) -> None:
    folder = RunFolder.create(tmp_path / "one")
    model = build_report_model(finalized(header, SECONDS))
    written = folder.write_views(rendered(model, [name]))
    assert {path.stem for path in written} >= {"traffic", "response", "spectrum"}
    assert all(path == folder.path / FORMATS[name].file.replace("NAME", path.stem) for path in written)
    for path in written:
        data = path.read_bytes().strip()
        assert data.startswith(begins)
        assert data.endswith(ends)
    assert folder.write_views(rendered(model, [name])) == written


def test_pictures_that_have_no_place_are_an_error_of_their_own(tmp_path: Path, header: RunHeader) -> None:
    (tmp_path / "charts").write_text("")
    with pytest.raises(ResultError) as caught:
        RunFolder(tmp_path).write_views(rendered(build_report_model(finalized(header, SECONDS)), ["svg"]))
    assert caught.value.code == "result-unwritable"
    assert [path.name for path in tmp_path.iterdir()] == ["charts"]


@pytest.mark.parametrize("name", [RESULT, SLICES, "examination.json", "report.html"])
def test_a_folder_that_has_a_run_or_a_check_is_full(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("")
    with pytest.raises(InputError) as caught:
        RunFolder.create(tmp_path, ["report.html"])
    assert caught.value.code == "output-taken"
    assert str(caught.value.place) == str(tmp_path)
    assert "--out" in caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_folder_with_other_things_in_it_will_do(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    folder = RunFolder.create(tmp_path)
    folder.discard()
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_refused_before_any_traffic(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError) as caught:
        RunFolder.create(tmp_path / "file" / "run")
    assert caught.value.code == "output-unwritable"
    assert "--out" in caught.value.hint


def test_a_folder_in_which_nothing_happened_can_be_discarded(tmp_path: Path, header: RunHeader) -> None:
    folder = RunFolder.create(tmp_path / "one")
    folder.discard()
    assert not folder.path.exists()
    folder.discard()
    kept = started_folder(tmp_path / "two", header, 0)
    kept.discard()
    assert kept.path.exists()


# Runs that were killed


@pytest.mark.parametrize(("seconds", "lost"), [(0, 50), (3, 20), (SECONDS, 0)])
def test_a_run_that_was_killed_is_recovered_and_void(
    tmp_path: Path, header: RunHeader, seconds: int, lost: int
) -> None:
    """Nothing is lost when the generator had said its last word, and the run is void all the same."""
    folder = started_folder(tmp_path / "one", header, seconds)
    result = folder.read()
    assert result.to_json() == finalized(header, seconds, interrupted="killed").to_json()
    assert (result.run.interrupted, result.lost, result.verdict.state) == ("killed", lost, State.VOID)
    assert result.accounting.planned == 50
    assert result.accounting.closes
    assert len(folder.write_views(rendered(build_report_model(result), AFTER_A_RUN))) == len(AFTER_A_RUN)


@given(cut=st.integers(1, 400))
def test_wherever_the_last_line_was_cut_the_lines_before_it_count(
    tmp_path_factory: pytest.TempPathFactory, header: RunHeader, cut: int
) -> None:
    folder = started_folder(tmp_path_factory.mktemp("cut") / "one", header, 3)
    path = folder.path / SLICES
    data = path.read_bytes()
    assert data.isascii()
    last = data.rindex(b"\n", 0, -1) + 1
    path.write_bytes(data[: max(last, len(data) - 1 - cut)])
    assert folder.read().to_json() == finalized(header, 2, interrupted="killed").to_json()


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[" * 100_000,
        "{}",
        "[]",
        "null",
        "7",
        '"text"',
        '{"worker": 0}',
        '{"measurement": {"slices": 7}}',
    ],
)
def test_a_whole_line_that_no_run_has_written_is_refused_with_its_number(
    tmp_path: Path, header: RunHeader, line: str
) -> None:
    """Only the last line can have been cut, and it has no end."""
    folder = started_folder(tmp_path / "one", header, 3)
    path = folder.path / SLICES
    first, one, two, three = path.read_text().splitlines()
    path.write_text(f"{first}\n{one}\n{line}\n{two}\n{three}\n")
    with pytest.raises(InputError) as caught:
        folder.read()
    assert caught.value.code == "broken-result"
    assert caught.value.message.startswith("this is no line that a run has written: ")
    assert str(caught.value.place) == f"{path}:3"


def test_half_a_surrogate_is_written_and_read_again(tmp_path: Path, header: RunHeader) -> None:
    result = finalized(header, SECONDS)
    odd = replace(result, scenario={**result.scenario, "description": 'a\ud800"\\ud800 😀'})
    folder = RunFolder.create(tmp_path / "one")
    folder.write_result(odd)
    assert folder.read().to_json() == odd.to_json()


@pytest.mark.parametrize("strange", ["\u2028", "\x85", "\x0c", "ä€😀"])
def test_no_character_of_a_scenario_ends_a_line(tmp_path: Path, header: RunHeader, strange: str) -> None:
    described = replace(header, scenario={**header.scenario, "description": f"one{strange}two"})
    result = started_folder(tmp_path / "one", described, 2).read()
    assert result.scenario["description"] == f"one{strange}two"
    assert result.lost == 30


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        (None, "", "no-run"),
        (SLICES, "", "broken-result"),
        (SLICES, '{"format": 1', "broken-result"),
        (SLICES, "[]", "broken-result"),
        (RESULT, "", "broken-result"),
        (RESULT, '{"format": 1', "broken-result"),
        (RESULT, "[" * 100_000, "broken-result"),
        (RESULT, '{"format": 99}', "unknown-result-format"),
    ],
)
def test_a_folder_without_a_readable_run_is_refused_with_its_name(
    tmp_path: Path, name: str | None, content: str, code: str
) -> None:
    if name:
        (tmp_path / name).write_text(content)
    with pytest.raises(InputError) as caught:
        RunFolder(tmp_path).read()
    assert caught.value.code == code
    assert str(caught.value.place).startswith(str(tmp_path))
    assert caught.value.hint


def test_a_result_goes_before_slices(tmp_path: Path, header: RunHeader) -> None:
    folder = started_folder(tmp_path / "one", header, 1)
    folder.write_result(finalized(header, SECONDS))
    assert folder.read().run.interrupted is None


# Runs by the name that a person gives


@pytest.mark.parametrize("name", [RESULT, "base.json", "a result of ours"])
def test_a_run_can_be_named_by_the_file_of_its_result(tmp_path: Path, header: RunHeader, name: str) -> None:
    result = finalized(header, SECONDS)
    RunFolder(tmp_path).write_result(result)
    (tmp_path / RESULT).rename(tmp_path / name)
    folder = RunFolder.named(tmp_path / name)
    assert folder.is_run()
    assert folder.read().to_json() == result.to_json()
    contents = list(rendered(build_report_model(folder.read()), ["csv"]))
    assert folder.write_views(contents) == [tmp_path / "timeline.csv"]
    if name == RESULT:
        assert folder.write_views(contents) == [tmp_path / "timeline.csv"]
    else:  # it may be the view of another run that is kept here
        with pytest.raises(ResultError):
            folder.write_views(contents)


def test_a_run_can_be_named_by_its_folder_or_its_slices(tmp_path: Path, header: RunHeader) -> None:
    started_folder(tmp_path / "one", header, 3)
    for named in (tmp_path / "one", tmp_path / "one" / SLICES):
        folder = RunFolder.named(named)
        assert folder.path == tmp_path / "one"
        assert folder.read().lost == 20


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("absent", "no-run"),
        ("absent.json", "no-run"),
        ("x" * 300, "file-unreadable"),
        ("text", "broken-result"),
    ],
)
def test_what_is_named_and_is_no_run_is_refused(tmp_path: Path, name: str, code: str) -> None:
    """A name that no file can have is refused with the system's own reason."""
    (tmp_path / "text").write_text("not JSON")
    with pytest.raises(InputError) as caught:
        RunFolder.named(tmp_path / name).read()
    assert caught.value.code == code
    assert str(caught.value.place).startswith(str(tmp_path / name))


def test_a_run_cannot_be_made_where_no_name_can_be(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        RunFolder.create(tmp_path / ("x" * 300))
    assert caught.value.code == "output-unwritable"


# Response times alone


def test_a_result_read_for_its_responses_has_these_and_all_counts(tmp_path: Path, header: RunHeader) -> None:
    folder = RunFolder.create(tmp_path / "one")
    result = finalized(header, SECONDS)
    folder.write_result(result)
    light = folder.read_responses()
    assert light.measured.response == result.measured.response
    assert light.measured.outcomes == result.measured.outcomes
    assert light.verdict == result.verdict
    assert light.accounting == result.accounting
    assert not light.measured.lag
    assert not light.measured.served


def test_a_killed_run_read_for_its_responses_is_judged_as_it_would_be(
    tmp_path: Path, header: RunHeader
) -> None:
    folder = started_folder(tmp_path / "one", header, 3)
    assert folder.read_responses().to_json() == folder.read().to_json()


@pytest.mark.parametrize(
    "content", ["[]", "7", '{"format": 1, "slices": 7}', '{"format": 1, "slices": [7, []]}']
)
def test_what_is_no_result_is_refused_with_its_responses_alone_too(tmp_path: Path, content: str) -> None:
    (tmp_path / RESULT).write_text(content)
    with pytest.raises(InputError) as caught:
        RunFolder(tmp_path).read_responses()
    assert caught.value.code == "broken-result"


def test_counts_that_contradict_each_other_are_found_with_responses_alone(
    tmp_path: Path, header: RunHeader
) -> None:
    folder = RunFolder.create(tmp_path / "one")
    folder.write_result(finalized(header, SECONDS))
    path = folder.path / RESULT
    path.write_text(path.read_text().replace('"ok":9', '"ok":8', 1))
    with pytest.raises(InputError) as caught:
        folder.read_responses()
    assert caught.value.code == "broken-result"


# Disks that take nothing more


def test_a_disk_that_is_full_before_the_load_stops_the_run(
    tmp_path: Path, header: RunHeader, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(Appender):
        def append(self, line: str) -> None:  # noqa: ARG002
            raise ResultError("result-unwritable", "no space left on device")

    monkeypatch.setattr(folder_module, "Appender", Full)
    folder = RunFolder.create(tmp_path / "one")
    with pytest.raises(ResultError) as caught:
        folder.begin(header)
    assert caught.value.code == "result-unwritable"
    assert folder.append(delta(0)) is None  # nothing is open, and nothing happens
    assert folder.notes == []


def test_slices_are_not_written_through_a_link(tmp_path: Path, header: RunHeader) -> None:
    folder = RunFolder.create(tmp_path / "one")
    (folder.path / SLICES).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ResultError):
        folder.begin(header)
    assert not (tmp_path / "elsewhere").exists()


def test_a_disk_that_fills_up_does_not_end_a_run(
    tmp_path: Path, header: RunHeader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third line is written by half; the file is closed then, and the result is whole in the end."""

    class Filling(Appender):
        lines = 0

        def append(self, line: str) -> None:
            self.lines += 1
            if self.lines < 3:
                super().append(line)
            else:
                self._file.write(line[: len(line) // 2].encode())
                raise ResultError("result-unwritable", "no space left on device")

    monkeypatch.setattr(folder_module, "Appender", Filling)
    folder = RunFolder.create(tmp_path / "one")
    folder.begin(header)
    warnings = [folder.append(delta(second)) for second in range(SECONDS)]
    folder.end()
    note = "slices.jsonl ends 2 s after the start, and a kill after that would lose the rest"
    assert warnings == [None, f"{note}: no space left on device", None, None, None]
    assert len((folder.path / SLICES).read_text().splitlines()) == 3
    assert folder.read().lost == 40
    folder.write_result(finalized(header, SECONDS, notes=folder.notes))
    result = folder.read()
    assert result.lost == 0
    assert result.run.notes == (warnings[1],)
    assert ("Note", warnings[1]) in list(run_facts(result))
    assert "notes" not in finalized(header, SECONDS).to_json()["run"]


def test_a_result_that_cannot_be_written_is_an_error_of_its_own(tmp_path: Path, header: RunHeader) -> None:
    folder = started_folder(tmp_path / "one", header, 1)
    shutil.rmtree(folder.path)
    result = finalized(header, SECONDS)
    with pytest.raises(ResultError) as caught:
        folder.write_result(result)
    assert (caught.value.code, caught.value.exit_code) == ("result-unwritable", 5)
    with pytest.raises(ResultError):
        folder.write_views(rendered(build_report_model(result), ["md"]))


def test_the_slices_begin_with_all_that_was_known_before(tmp_path: Path, header: RunHeader) -> None:
    folder = started_folder(tmp_path / "one", header, 1)
    first, second = (json.loads(line) for line in (folder.path / SLICES).read_text().splitlines())
    assert first == json.loads(json.dumps(before_the_run(header).to_json()))
    assert delta_from_json(second) == delta(0)


@pytest.mark.parametrize("spooled", [True, False])
def test_a_run_whose_settled_slices_are_in_a_file_has_the_same_result(
    tmp_path: Path, header: RunHeader, monkeypatch: pytest.MonkeyPatch, *, spooled: bool
) -> None:
    def refuse(**_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    if not spooled:
        monkeypatch.setattr(folder_module, "TemporaryFile", refuse)
    folder = RunFolder.create(tmp_path / "run")
    totals = folder.totals()
    for second in range(SECONDS):
        totals.add(delta(second))
    assert list(folder.path.iterdir()) == []
    assert isinstance(totals.measurement.slices, SpooledSlices) is spooled
    result = finalize_result(header, totals)
    assert result == finalized(header, SECONDS)
    folder.write_result(result)
    assert folder.read() == result


def test_a_folder_whose_totals_were_not_used_can_be_discarded(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run")
    totals = folder.totals()
    folder.discard()
    assert not folder.path.exists()
    assert not totals.sent
