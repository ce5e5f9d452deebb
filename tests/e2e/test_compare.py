"""`sessionload compare` as a person runs it: the answer, the files, the exit code, and what is refused."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from recorded import histogram

from sessionload.metrics.exchange import Outcome
from sessionload.metrics.measurement import Measurement
from sessionload.metrics.slices import Slice
from sessionload.storage.run_folder import RunFolder
from sessionload.units import NS
from sessionload.verdict.evidence import Evidence
from sessionload.verdict.result import Result
from sessionload.verdict.run_header import Run
from sessionload.verdict.verdict import judge
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from world import Ended, World

    Call = Callable[..., Ended]

SECONDS, EACH = 60, 100
STAGES = (Stage("peak", Fraction(EACH), Fraction(EACH), SECONDS * NS),)


def result_of(seed: int, factor: float = 1.0) -> Result:
    """A run of a minute, its response times around 40 ms."""
    draws = random.Random(seed)  # noqa: S311 - a draw that can be repeated is what is wanted
    measurement = Measurement(sent=SECONDS * EACH)
    for second in range(SECONDS):
        values = [round(draws.lognormvariate(0, 0.1) * 40_000_000 * factor) for _ in range(EACH)]
        measurement.slices[0, second] = Slice(
            {Outcome.OK: EACH}, {201: EACH}, valid=histogram(values), served=histogram(values)
        )
    planned = SECONDS * EACH
    return Result(
        run=Run(f"20260102-03040{seed}-ab12", "2026-01-02T03:04:05+00:00", 60.1, seed, "0.1.0"),
        scenario={"name": "launch", "load": {"arrivals": "even"}},
        environment={"name": "stub", "url": "http://127.0.0.1:8080", "project": "p", "environment": "main"},
        contract={
            "file": "openapi.yaml",
            "operation": "startSession",
            "method": "POST",
            "path": "/",
            "header": "authorization",
            "sha256": "ab" * 32,
        },
        stages=STAGES,
        planned=planned,
        lost=0,
        measurement=measurement,
        verdict=judge(Evidence(measurement, STAGES, planned, lost=0)),
        planned_by_second=dict.fromkeys(range(SECONDS), EACH),
        planned_by_stage=(planned,),
        machine={"cores": "2"},
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base, a run like it, a slow one, one that is shorter, and what is no run."""
    folder = tmp_path_factory.mktemp("written")
    known = {"base": result_of(1), "alike": result_of(2), "slow": result_of(3, 1.3)}
    known["short"] = replace(known["alike"], stages=(replace(STAGES[0], duration_ns=30 * NS),))
    for name, result in known.items():
        RunFolder.create(folder / name).write_result(result)
    (folder / "nothing").mkdir()
    for name, text in (("cut", '{"format": 1'), ("strange", '{"format": 99}'), ("other", "[]")):
        (folder / f"{name}.json").write_text(text)
    return folder


@pytest.fixture
def runs(world: World, written: Path) -> None:
    """Put these runs into the folder `reports` of this world."""
    shutil.copytree(written, world.folder / "reports")


@pytest.mark.parametrize(
    ("candidate", "code", "answer"),
    [
        ("alike", 0, "NOT SLOWER: nearest to the tolerance of 5 % is p"),
        ("slow", 1, "SLOWER: p"),
        ("short", 3, "CANNOT SAY: the load explains a difference: 100/s for 60 s (even arrivals) in the"),
    ],
)
@pytest.mark.usefixtures("runs")
def test_the_answer_is_printed_written_and_returned(
    world: World, candidate: str, code: int, answer: str
) -> None:
    """A run is named by its folder, or by the file of its result."""
    ended = world.run("compare", "reports/base", f"reports/{candidate}/result.json", "--out", "here/there")
    assert (ended.code, ended.err) == (code, "")
    assert ended.out.startswith(answer)
    assert ended.out.splitlines()[-1] == "here/there"
    assert {path.name for path in ended.folder.iterdir()} == {"comparison.html", "comparison.md"}
    word = answer.partition(":")[0]
    assert f">{word}:</span>" in (ended.folder / "comparison.html").read_text()
    assert f"**{word}**: " in (ended.folder / "comparison.md").read_text()


@pytest.mark.usefixtures("runs")
def test_without_a_name_the_folder_is_a_new_one(call: Call, world: World) -> None:
    folders = {call("compare", "reports/base", "reports/slow").folder for _ in range(2)}
    assert len(folders) == 2
    for folder in folders:
        assert folder.parent == world.folder / "reports"
        assert folder.name.startswith("comparison-20")
        assert (folder / "comparison.html").is_file()


@pytest.mark.variation
@pytest.mark.usefixtures("runs")
def test_a_wide_tolerance_forgives_and_none_does_not(call: Call) -> None:
    ask = ("compare", "reports/base", "reports/slow")
    assert call(*ask, "--tolerance", "40%").code == 0
    assert call(*ask, "--tolerance", "29.5%").code == 3
    assert call(*ask, "--tolerance", "0%").code == 1


@pytest.mark.variation
@pytest.mark.usefixtures("runs")
def test_the_seed_makes_the_draws(call: Call) -> None:
    ask = ("compare", "reports/base", "reports/alike", "--seed")
    printed = (call(*ask, seed).out.strip() for seed in ("3", "3", "4"))
    first, again, changed = (text.rpartition("\n")[0] for text in printed)  # without the folder's name
    assert first == again
    assert first != changed
    assert "Seed 3 repeats the draws" in " ".join(first.split())


@pytest.mark.usefixtures("runs")
def test_the_step_of_a_job_gets_the_markdown(call: Call, world: World) -> None:
    page = world.folder / "step.md"
    page.write_text("what was there\n")
    ended = call("compare", "reports/base", "reports/slow", "--out", "out", GITHUB_STEP_SUMMARY=str(page))
    assert ended.code == 1
    document = (ended.folder / "comparison.md").read_text()
    assert page.read_text().startswith(f"what was there\n\n{document}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("base", "missing"), "[no-run]"),
        (("missing", "base"), "[no-run]"),
        (("base", "nothing"), "[no-run]"),
        (("base", "cut.json"), "this is not JSON; it was cut or edited [broken-result]"),
        (("base", "other.json"), "[broken-result]"),
        (("strange.json", "base"), "a result of a format 99"),
        (("base", "slow", "--tolerance", "5"), "--tolerance: '5' has no unit; did you mean 5%?"),
        (("base", "slow", "--tolerance", "-5%"), "--tolerance: '-5%' is negative"),
        (("base", "slow", "--tolerance", "101%"), "--tolerance: '101%' is more than 100%"),
        (("base", "slow", "--tolerance", "5ms"), "--tolerance: '5ms' is not a share"),
        (("base", "slow", "--out", "reports/cut.json"), "[output-unwritable]"),
        (("base", "slow", "--seed", "-1"), "Invalid value for '--seed'"),
        (("base",), "one run, and no --against before the candidates"),
    ],
)
@pytest.mark.usefixtures("runs")
def test_what_cannot_be_compared_is_refused_and_nothing_is_written(
    call: Call, world: World, arguments: tuple[str, ...], message: str
) -> None:
    sides = [f"reports/{word}" for word in arguments[:2] if not word.startswith("-")]
    ended = call("compare", *sides, *arguments[2:])
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert not list(world.folder.glob("**/comparison*"))


@pytest.mark.variation
@pytest.mark.usefixtures("runs")
def test_what_cannot_be_written_is_an_error_beside_the_answer(world: World) -> None:
    """A file may be no larger than 1 KiB here, as on a disk that is full."""
    command = world.command("compare", "reports/base", "reports/slow")
    ended = world.end(world.start(program=["bash", "-c", 'ulimit -f 1; exec "$@"', "bash", *command]))
    assert ended.code == 5
    assert ended.out.startswith("SLOWER: ")
    assert "[result-unwritable]" in ended.err


@pytest.mark.usefixtures("runs")
def test_a_result_that_was_edited_is_refused(call: Call, world: World) -> None:
    file = world.folder / "reports" / "slow" / "result.json"
    data = json.loads(file.read_text())
    data["outcomes"]["ok"] += 1
    file.write_text(json.dumps(data))
    ended = call("compare", "reports/base", "reports/slow")
    assert ended.code == 2
    assert "its totals are not the sums of its slices" in ended.err


# sessionload run --baseline


def test_a_baseline_that_cannot_be_compared_with_is_refused_before_any_load(call: Call, world: World) -> None:
    stub = world.stub_thread()
    scenario = world.scenario(rate="10/s", duration="1s")
    RunFolder.create(world.folder / "base").write_result(result_of(1))
    for arguments, code in (
        (("--baseline", "nothing"), "no-run"),
        (("--baseline", "base"), "unlike-baseline"),
        (("--baseline", "base", "--tolerance", "5"), "bad-tolerance"),
        (("--tolerance", "5%"), "option-without-meaning"),
    ):
        ended = call("run", scenario, "--out", "out", *arguments)
        assert (ended.code, ended.out) == (2, "")
        assert f"[{code}]" in ended.err
        assert not (world.folder / "out").exists()
    assert stub.ledger()["arrivals"] == 0


@pytest.mark.long
def test_a_run_that_is_slower_than_its_baseline_is_exit_1_on_one_page(world: World) -> None:
    page = world.folder / "step.md"
    scenario = world.scenario(rate="50/s", duration="14s", target="p95 < 5s")
    world.stub(latency="20ms")
    assert world.run("run", scenario, "--out", "base", "--label", "release=1").code == 0
    world.stub(latency="80ms")
    step = {**world.variables, "GITHUB_STEP_SUMMARY": str(page)}
    ended = world.run("run", scenario, "--out", "slow", "--baseline", "base", env=step)
    assert ended.code == 1
    assert ended.out.startswith("MET: ")
    assert "SLOWER (against the baseline): p" in ended.out
    assert ended.result["run"]["baseline"]["tolerance"] == "1/20"
    assert "**SLOWER** against the baseline: " in page.read_text()
    before = (ended.folder / "report.html").read_text()
    assert "labels release=1" in before
    again = world.run("report", "slow")
    assert (again.code, again.err) == (0, "")
    assert (ended.folder / "report.html").read_text() == before
    assert 'type="slower"' in (ended.folder / "junit.xml").read_text()
    (ended.folder / "baseline.json").unlink()
    without = world.run("report", "slow", "--format", "md")
    assert (without.code, "no comparison is shown" in without.err) == (0, True)
    assert "gainst the baseline" not in (ended.folder / "summary.md").read_text()
