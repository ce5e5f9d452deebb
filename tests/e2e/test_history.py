"""Results again: the runs of a folder as a trend, views of a result alone, and the page of a step in CI."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from click.testing import CliRunner
from world import ROOT, Ended, World

from sessionload.cli.cli import cli

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOSTILE = 'javascript:alert(1) "><img src=x onerror=alert(1)> `|` %41'
SUMMARY = "GITHUB_STEP_SUMMARY"


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """A run of a second, in a folder that only this one has been in."""
    here = World(tmp_path_factory.mktemp("once"), f"VF.DM.{secrets.token_hex(12)}")
    shutil.copytree(ROOT / "contracts", here.folder / "contracts")
    try:
        here.stub()
        ended = here.run("run", here.scenario(duration="1s"), "--out", "reports/one")
    finally:
        here.close()
    assert (ended.code, here.leaks()) == (0, [])
    return ended


@pytest.fixture
def ran(world: World, once: Ended) -> Ended:
    """The same run, as reports/one of this world."""
    shutil.copytree(once.folder.parent, world.folder / "reports")
    return Ended(world.folder, once.code, once.out, once.err)


def of_another_day(ran: Ended, name: str, day: int, scenario: str = "e2e") -> Path:
    """Put the result of a run into a folder beside it, as that of another day."""
    data = ran.result
    data["run"] |= {"id": f"2031010{day}-000000-abcd", "started": f"2031-01-0{day}T00:00:00+00:00"}
    data["scenario"]["name"] = scenario
    folder = ran.folder.parent / name
    folder.mkdir()
    (folder / "result.json").write_text(json.dumps(data))
    return folder


def folder_of_runs(ran: Ended) -> Path:
    """Make a folder of runs that holds some of everything; the newest is `four`."""
    reports = ran.folder.parent
    of_another_day(ran, "four", 4)
    (of_another_day(ran, HOSTILE, 3) / "report.html").write_text("<!DOCTYPE html><title>three</title>")
    of_another_day(ran, "two", 2, "elsewhere")
    killed = reports / "killed"
    killed.mkdir()
    shutil.copy(ran.folder / "slices.jsonl", killed)
    (reports / "broken").mkdir()
    (reports / "broken" / "result.json").write_text("{")
    (reports / "check").mkdir()
    (reports / "check" / "examination.json").write_text("{}")
    (reports / "notes.txt").write_text("mine")
    shutil.copy(ROOT / "reports" / "README.md", reports)
    (reports / "latest").symlink_to("four")
    return reports


# sessionload history


def test_labels_are_a_filter_and_all_of_them_must_hold(call: Callable[..., Ended], ran: Ended) -> None:
    for day, labels in enumerate(
        ({"release": "1.4.1"}, {"release": "1.4.2"}, {"release": "1.4.2", "by": "x"}), 2
    ):
        file = of_another_day(ran, f"day{day}", day) / "result.json"
        data = json.loads(file.read_text())
        data["run"]["labels"] = labels
        file.write_text(json.dumps(data))
    ended = call("history", "reports", "--label", "release=1.4.2")
    assert ended.code == 0
    assert "2 runs: 2 met; 2 other runs without these labels." in ended.out
    assert re.findall(r"^ {4,}(\w+) \((.*)\): ", ended.out, re.MULTILINE) == [
        ("day3", "release=1.4.2"),
        ("day4", "release=1.4.2, by=x"),
    ]
    both = call("history", "reports", "--label", "release=1.4.2", "--label", "by=x")
    assert "1 run: 1 met; 3 other runs without these labels." in both.out
    none = call("history", "reports", "--label", "release=1.5", "--out", "new")
    assert (none.code, none.out, (ran.where / "new").exists()) == (2, "", False)
    assert "no run here that can be read has release=1.5; 4 have not" in none.err


def test_the_runs_of_a_folder_are_a_row_each_the_newest_last(world: World, ran: Ended) -> None:
    folder_of_runs(ran)
    ended = world.run("history", "reports")
    assert (ended.code, ended.err) == (0, "")
    headline = ran.out.partition("\n\n")[0]
    newest = "The newest run is e2e on here, started 2031-01-04 00:00."
    assert ended.out.startswith(f"{headline.partition('This is')[0].rstrip()}\n{newest}\n")
    assert "5 runs: 4 met, 1 void; 1 could not be read." in ended.out
    names = re.findall(r"^ {4,}(\S+): ", ended.out, re.MULTILINE)
    assert [name for name in names if name in {"one", "two", "four", "killed"}][-1] == "two"
    assert re.findall(r"^  (\S+)  +2031-01-0(\d)", ended.out, re.MULTILINE) == [
        ("MET", "3"),
        ("MET", "4"),
        ("MET", "2"),
    ]
    assert "  broken: this is not JSON; it was cut or edited [broken-result]" in ended.out
    assert "check" not in ended.out
    assert ended.out.splitlines()[-2:] == ["reports/history.html", "reports/history.md"]


def test_a_row_says_what_the_summary_of_its_run_says(world: World, ran: Ended) -> None:
    ended = world.run("history", "reports")
    summary = ran.out.splitlines()
    assert ended.out.splitlines()[0] == summary[0]
    (row,) = (line.split() for line in ended.out.splitlines() if line.startswith("  MET"))
    (response,) = (line.split() for line in summary if line.startswith("  response"))
    *_, p50, _, p95, p99, _, _ = re.findall(r"[\d.]+ (?:µs|ms|s)", " ".join(response))
    assert re.findall(r"[\d.]+ (?:µs|ms|s)", " ".join(row)) == [p50, p95, p99]
    assert " ".join(row).endswith("0 % of 100 100 of 100")


def test_the_pages_link_to_reports_that_are_there(world: World, ran: Ended) -> None:
    reports = folder_of_runs(ran)
    assert world.run("history", "reports").code == 0
    html = (reports / "history.html").read_text()
    links = re.findall(r'href="([^"]*)"', html)
    assert len(links) == 2
    assert all((reports / unquote(link)).is_file() for link in links)
    assert all(re.fullmatch(r"[\w.~%/-]+", link) for link in links)
    assert "<img" not in html
    assert "<script" not in html
    written = (reports / "history.md").read_text()
    assert re.findall(r"(?<!\\)\]\(([^)]*)\)", written) == links
    assert "<img" not in written


def test_pages_elsewhere_link_back_to_the_reports(call: Callable[..., Ended], ran: Ended) -> None:
    ended = call("history", "reports", "--out", "pages/of history")
    assert ended.code == 0
    assert ended.out.splitlines()[-1] == "pages/of history/history.md"
    page = ran.where / "pages" / "of history"
    (link,) = re.findall(r'href="([^"]*)"', (page / "history.html").read_text())
    assert link == "../../reports/one/report.html"
    assert (page / link).samefile(ran.folder / "report.html")
    assert {path.name for path in page.iterdir()} == {"history.html", "history.md"}
    assert not (ran.folder.parent / "history.html").exists()


def test_a_run_has_a_history_of_its_own(
    call: Callable[..., Ended], ran: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "1 run: 1 met." in call("history", "reports/one").out
    html = (ran.folder / "history.html").read_text()
    assert re.findall(r'href="([^"]*)"', html) == ["report.html"]
    monkeypatch.chdir(ran.folder)
    ended = CliRunner().invoke(cli, ["history", "."])
    assert ended.exit_code == 0
    assert re.search(r"^ +one: 100 measured", ended.output, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("history", "nothing"), 2, "nothing: this folder cannot be listed: no such file or directory"),
        (("history", "empty"), 2, "[no-runs]"),
        (("history", "reports", "--out", "file"), 2, "[output-unwritable]"),
        (("history", "blocked"), 2, "[output-taken]"),
        (("history", "reports", "--label", "release"), 2, "[bad-label]"),
        (("history",), 2, "Missing argument 'DIR'"),
        (("history", "reports", "--oout", "x"), 2, "No such option"),
    ],
)
def test_what_cannot_be_a_history_has_a_message_and_an_exit_code(
    call: Callable[..., Ended], ran: Ended, arguments: tuple[str, ...], code: int, message: str
) -> None:
    (ran.where / "empty").mkdir()
    (ran.where / "file").write_text("")
    shutil.copytree(ran.folder.parent, ran.where / "blocked")
    (ran.where / "blocked" / "history.html").mkdir()
    ended = call(*arguments)
    assert ended.code == code
    assert message in ended.err


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"format": 2}, "unknown-result-format"),
        ({"outcomes": {"ok": 1}}, "broken-result"),
        ({"verdict": {"state": "void", "targets": [], "reasons": []}}, "broken-result"),
        ({"verdict": {"state": "missed", "targets": [], "reasons": []}}, "broken-result"),
        ({"stages": []}, "broken-result"),
        ({"slices": 7}, "broken-result"),
        ({"run": None}, "broken-result"),
        ({"scenario": [], "environment": 7}, "broken-result"),
    ],
)
def test_a_result_that_was_edited_is_one_line_and_stops_nothing(
    call: Callable[..., Ended], ran: Ended, change: dict[str, Any], code: str
) -> None:
    folder = of_another_day(ran, "edited", 5)
    (folder / "result.json").write_text(json.dumps({**ran.result, **change}))
    ended = call("history", "reports")
    assert ended.code == 0
    assert re.search(rf"  edited: [^\n]*(\n    [^\n]*)*\[{code}\]", ended.out)
    assert "1 run: 1 met; 1 could not be read." in ended.out


def test_where_nothing_can_be_read_that_is_said(call: Callable[..., Ended], world: World) -> None:
    (world.folder / "reports" / "one").mkdir(parents=True)
    (world.folder / "reports" / "one" / "result.json").write_text("{")
    ended = call("history", "reports")
    assert ended.code == 0
    assert ended.out.startswith("No run here could be read.\n0 runs; 1 could not be read.\n")


# sessionload report


@pytest.mark.variation
def test_views_of_a_result_alone_stand_beside_it(call: Callable[..., Ended], ran: Ended) -> None:
    """A result that was copied is a run, too, under any name."""
    kept = ran.where / "kept"
    kept.mkdir()
    shutil.copy(ran.folder / "result.json", kept / "base.json")
    ended = call("report", "kept/base.json", "--format", "html,md,junit,csv,hgrm")
    assert ended.code == 0
    names = ["report.html", "summary.md", "junit.xml", "timeline.csv", "spectrum.hgrm"]
    assert ended.out.splitlines() == [f"kept/{name}" for name in names]
    for name in names:
        assert (kept / name).read_bytes() == (ran.folder / name).read_bytes()
    again = call("report", "kept/base.json", "--format", "md")  # it may be of another run that is kept there
    assert again.code == 5
    assert "file exists" in again.err
    assert call("report", str(ran.folder), "--format", "md").code == 0


def test_pages_that_history_did_not_make_are_left_alone(call: Callable[..., Ended], ran: Ended) -> None:
    out = ran.where / "pages"
    for _ in range(2):
        assert call("history", "reports", "--out", "pages").code == 0
    (out / "history.md").write_text("# What was decided when\n")
    ended = call("history", "reports", "--out", "pages")
    assert ended.code == 2
    assert "[output-taken]" in ended.err
    assert (out / "history.md").read_text() == "# What was decided when\n"


@pytest.mark.variation
def test_pictures_are_a_file_each(call: Callable[..., Ended], ran: Ended) -> None:
    ended = call("report", "reports/one", "--format", "png,svg")
    assert ended.code == 0
    written = [ran.where / line for line in ended.out.splitlines()]
    assert {path.suffix for path in written} == {".png", ".svg"}
    assert {path.parent for path in written} == {ran.folder / "charts"}
    assert all(path.stat().st_size > 500 for path in written)
    assert {path.stem for path in written if path.suffix == ".png"} == {
        path.stem for path in written if path.suffix == ".svg"
    }


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("reports/one", "--format", "pdf"), 2, "[unknown-format]"),
        (("reports/one", "--format", "html,pngg"), 2, "did you mean 'png'?"),
        (("reports/two",), 2, "[no-run]"),
        (("full/charts",), 2, "[broken-result]"),
        (("full", "--format", "svg"), 5, "[result-unwritable]"),
    ],
)
def test_what_cannot_be_reported_has_a_message_and_an_exit_code(
    call: Callable[..., Ended], ran: Ended, arguments: tuple[str, ...], code: int, message: str
) -> None:
    full = ran.where / "full"
    full.mkdir()
    shutil.copy(ran.folder / "result.json", full)
    (full / "charts").write_text("")
    ended = call("report", *arguments)
    assert ended.code == code
    assert message in ended.err


# GITHUB_STEP_SUMMARY


@pytest.mark.long
def test_the_summary_of_a_run_is_appended_to_the_page_of_its_step(world: World) -> None:
    page = world.folder / "step.md"
    page.write_text("# The job\n")
    world.stub()
    ended = world.run(
        "run", world.scenario(duration="1s"), "--out", "one", env={**world.variables, SUMMARY: str(page)}
    )
    assert ended.code == 0
    summary = (ended.folder / "summary.md").read_text()
    assert page.read_text() == f"# The job\n\n{summary}\n"
    again = world.run("report", "one", "--format", "md", env={**world.variables, SUMMARY: str(page)})
    assert again.code == 0
    assert page.read_text() == f"# The job\n\n{summary}\n\n{summary}\n"
    unaffected = world.run("report", "one", "--format", "csv", env={**world.variables, SUMMARY: str(page)})
    assert unaffected.code == 0
    assert page.read_text().count("# The job") == 1
    assert page.read_text().count(summary) == 2


@pytest.mark.long
@pytest.mark.parametrize("target", ["p95 < 10s", "p95 > 10s"])
def test_a_page_that_cannot_be_written_is_a_warning_and_no_other_exit_code(world: World, target: str) -> None:
    world.stub()
    ended = world.run(
        "run",
        world.scenario(duration="1s", target=target),
        "--out",
        "one",
        env={**world.variables, SUMMARY: str(world.folder)},
    )
    assert ended.code == (1 if ">" in target else 0)
    assert f"warning: the summary was not appended to the file of {SUMMARY}: it is not a file" in ended.err
    assert (ended.folder / "summary.md").is_file()


@pytest.mark.long
def test_a_verdict_is_on_the_page_even_if_its_folder_is_lost(world: World) -> None:
    """What cannot be written is an error with its own exit code, and the summary is there all the same."""
    page = world.folder / "step.md"
    world.stub()
    process = world.start(
        "run", world.scenario(duration="2s"), "--out", "one", env={**world.variables, SUMMARY: str(page)}
    )
    slices = world.folder / "one" / "slices.jsonl"
    patience = time.monotonic() + 60
    while not slices.exists():
        assert process.poll() is None
        assert time.monotonic() < patience
        time.sleep(0.01)
    shutil.rmtree(world.folder / "one")
    ended = world.end(process)
    assert ended.code == 5
    assert page.read_text().startswith("## e2e: met\n")
    (spare,) = re.findall(r"the result is kept in (\S+)", ended.err)
    shutil.rmtree(spare)
