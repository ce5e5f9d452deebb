"""`sessionload check`: every case and law once, then the table, the folder and the exit code.

Law: what was seen is reported, also when the check is cut short; a refused key is no report, but exit 4.
Idea: results come one by one and are shown as they come. Trap: a check that was stopped early must not read
like one that passed.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import sessionload
from sessionload.command.check_live import CheckProgress
from sessionload.command.check_opening import CheckOptions, OpenedCheck, open_check
from sessionload.command.interruption import Interrupted
from sessionload.command.live import show
from sessionload.command.opening import REPORTS, with_stub
from sessionload.contract.case import FIRST
from sessionload.contract.expectation import Kept
from sessionload.edges.caller import Caller, Pace
from sessionload.edges.examiner import Examiner
from sessionload.edges.files import make_folder, write_whole
from sessionload.edges.fuzz import Fuzzer
from sessionload.edges.generator_process import run_variables
from sessionload.judge.examination import CaseResult, Examination, accept
from sessionload.plan.stub_settings import KEY_VARIABLE
from sessionload.view.examination import junit, markdown, page, terminal
from sessionload.view.examination.rows import prepare
from sessionload.words.errors import InputError, Place, PreflightError, ResultError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.command.interruption import Interruption

EXAMINATION = "examination.json"
_VIEWS = {"report.html": page.render, "summary.md": markdown.render, "junit.xml": junit.render}


def listing(options: CheckOptions) -> str:
    """Return what the check would send. Sends nothing. Raises `InputError`."""
    return terminal.listing(open_check(options).planned)


def check(options: CheckOptions, interruption: Interruption) -> int:
    """Check an environment and return the exit code. Raises `SessionloadError`, or `Interrupted` early on."""
    opened = open_check(options)
    folder = _make_folder(opened)
    try:
        with CheckProgress(len(opened.planned), strict=options.strict, quiet=options.quiet) as progress:
            examination = examine(opened, progress.update, lambda: interruption.name)
    except (PreflightError, Interrupted):
        folder.rmdir()
        raise
    interruption.concluding()
    show(terminal.render(prepare(examination)))
    _write(examination, folder, options.junit)
    print(folder, flush=True)  # noqa: T201
    return interruption.exit_code if interruption.name else examination.exit_code


def examine(
    opened: OpenedCheck,
    tell: Callable[[CaseResult], None],
    interrupted_by: Callable[[], str | None] = lambda: None,
) -> Examination:
    """Send the suite and return what came of it; `tell` hears each result as it comes.

    Raises `PreflightError` when the server is not there or refuses the first request, and `Interrupted` when
    a signal comes before anything was sent.
    """
    began = time.monotonic()
    results: list[CaseResult] = []
    cut_short = ""

    def take(result: CaseResult) -> None:
        results.append(result)
        tell(result)

    with ExitStack() as stack:
        environment = with_stub(opened.environment, opened.document, stack, run_variables()[KEY_VARIABLE])
        caller = Caller(
            environment,
            agent=f"sessionload/{sessionload.__version__} (check of run {opened.run_id})",
            timeout_ns=opened.timeout_ns,
            pace=Pace(opened.pace),
            budget=opened.options.budget,
        )
        examiner = Examiner(opened.suite, caller)
        try:
            for result in examiner.results():
                take(result)
            cut_short = examiner.cut_short
            if opened.options.fuzz:
                cut_short = _fuzz(opened, caller, take, results) or cut_short
        except Interrupted:
            if not caller.sent:
                raise
            cut_short = f"interrupted by {interrupted_by()}"
            results += _unsent(opened, results, cut_short, caller.sent)
    return Examination(
        run_id=opened.run_id,
        started=opened.started,
        seconds=round(time.monotonic() - began, 3),
        version=sessionload.__version__,
        environment=opened.environment.describe(),
        contract={
            "file": opened.suite.contract.file,
            "operation": opened.suite.contract.operation_id,
            "sha256": opened.suite.contract.sha256,
        },
        strict=opened.options.strict,
        results=accept(results, opened.baseline, strict=opened.options.strict),
        baseline=opened.baseline,
        cut_short=cut_short,
    )


def _fuzz(
    opened: OpenedCheck, caller: Caller, take: Callable[[CaseResult], None], results: list[CaseResult]
) -> str:
    """Send what schemathesis invents; return why not all of it was sent, or nothing."""
    if results[0].state is not Kept.KEPT:
        for result in _unsent(opened, results, f"it shows nothing while {FIRST} is not kept", caller.sent):
            take(result)
        return ""
    ordinary = opened.suite.cases[0].request
    fuzzer = Fuzzer(opened.document, opened.suite.contract, ordinary, caller, opened.run_id)
    for result in fuzzer.results(opened.options.max_cases):
        take(result)
    return fuzzer.cut_short


def _unsent(opened: OpenedCheck, results: list[CaseResult], reason: str, sent: int) -> list[CaseResult]:
    """Return a result for everything that has none; requests that led to no result count for the first."""
    counted = sum(result.requests for result in results)
    return [
        CaseResult(
            planned.name,
            planned.group,
            planned.law,
            planned.expected,
            reason,
            Kept.SKIPPED,
            requests=0 if place else sent - counted,
        )
        for place, planned in enumerate(opened.planned[len(results) :])
    ]


def _make_folder(opened: OpenedCheck) -> Path:
    folder = opened.options.out or REPORTS / f"check-{opened.environment.name}-{opened.run_id}"
    if (folder / EXAMINATION).exists():
        raise InputError(
            "output-taken",
            "there is a check in this folder already",
            place=Place(str(folder)),
            hint="name another with --out, or move it away",
        )
    make_folder(folder)
    return folder


def _write(examination: Examination, folder: Path, junit_file: Path | None) -> None:
    """Write the examination and its views. Raises `ResultError`, and keeps it elsewhere first."""
    sheet = prepare(examination)
    whole = json.dumps(examination.to_json(), indent=1, ensure_ascii=False) + "\n"
    try:
        write_whole(folder / EXAMINATION, whole)
        for name, render in _VIEWS.items():
            write_whole(folder / name, render(sheet))
        if junit_file is not None:
            write_whole(junit_file, junit.render(sheet))
    except ResultError:
        spare = Path(tempfile.mkdtemp(prefix="sessionload-"))
        write_whole(spare / EXAMINATION, whole)
        print(f"the check is kept in {spare}", file=sys.stderr)  # noqa: T201
        raise
