"""`sessionload check`: every case and rule once, then the table, the folder and the exit code.

Results come one by one and are shown as they come. What was seen is reported, also when the check is cut
short: that never reads like a check that passed. A refused key is no report, but exit 4.
"""

from __future__ import annotations

import json
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import sessionload
from sessionload.cli.check_progress import CheckProgress
from sessionload.cli.console import columns_of_output, say, show, warn
from sessionload.cli.failed_preflight import JUNIT, forget_failed_preflight, report_failed_preflight
from sessionload.cli.finish_run import add_to_step_summary
from sessionload.cli.interruption import Interrupted
from sessionload.cli.setup_check import CheckOptions, PreparedCheck, prepare_check
from sessionload.cli.setup_run import REPORTS
from sessionload.cli.views import page_views, write_views
from sessionload.config.contract_files import places_shown
from sessionload.errors import PreflightError, ResultError
from sessionload.generator.worker_process import run_variables
from sessionload.report.failed_preflight import FailedPreflight
from sessionload.report.suite import junit, markdown, page, terminal
from sessionload.report.suite.model import build_suite_model
from sessionload.storage.output_folder import OutputFolder, refuse_taken
from sessionload.storage.run_folder import BELONG_TO_ONE, SUITE_REPORT
from sessionload.stub.settings import KEY_VARIABLE
from sessionload.suite.cases.case import FIRST
from sessionload.suite.embedded_stub import with_stub
from sessionload.suite.expectation import CaseStatus
from sessionload.suite.fuzz import Fuzzer
from sessionload.suite.http_client import HttpClient, Pace
from sessionload.suite.runner import SuiteRunner
from sessionload.suite.suite_report import CaseResult, SuiteReport, accept

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.cli.interruption import Interruption

_SUMMARY = "summary.md"
_PAGES = {"report.html": page.render, _SUMMARY: markdown.render, JUNIT: junit.render}


def listing(options: CheckOptions) -> str:
    """Return what the check would send. Sends nothing. Raises `InputError`."""
    prepared = prepare_check(options)
    return "\n".join([terminal.listing(prepared.planned).rstrip(), *_notes(prepared)])


def check(options: CheckOptions, interruption: Interruption) -> int:
    """Check an environment and return the exit code. Raises `SessionloadError`, or `Interrupted` early on."""
    prepared = prepare_check(options)
    folder = _make_folder(prepared)
    try:
        with CheckProgress(len(prepared.planned), strict=options.strict, quiet=options.quiet) as progress:
            suite_report = run_suite(prepared, progress.update, interruption)
    except PreflightError as error:
        interruption.concluding()
        failed = FailedPreflight("check", prepared.environment.name, prepared.started, error)
        report_failed_preflight(failed, _junit_files(options))
        folder.discard()
        raise
    except Interrupted:
        folder.discard()
        raise
    interruption.concluding()
    cut_short = interruption.name is not None and suite_report.cut_short
    exit_code = interruption.exit_code if cut_short else suite_report.exit_code
    folder, warnings = _write(suite_report, folder)
    model = build_suite_model(suite_report)
    written = write_views(page_views(model, _PAGES), folder)
    warnings += [f"warning: {error}" for error in written.errors]
    warnings += add_to_step_summary(written, _SUMMARY)
    if options.junit is not None:
        copy = page_views(model, {options.junit.name: junit.render})
        errors = write_views(copy, OutputFolder(options.junit.parent)).errors
        warnings += [f"error: {error}" for error in errors]
    with interruption.speaking():
        show(terminal.render(model, columns_of_output()))
        for note in _notes(prepared):
            warn(note)
        for warning in warnings:
            warn(warning)
        say(folder.path)
    return ResultError.exit_code if any(warning.startswith("error") for warning in warnings) else exit_code


def _notes(prepared: PreparedCheck) -> list[str]:
    return [f"note: not checked: {what}" for what in prepared.suite.contract.unchecked]


def run_suite(
    prepared: PreparedCheck,
    show: Callable[[CaseResult], None],
    interruption: Interruption | None = None,
) -> SuiteReport:
    """Send the suite and return what came of it; `show` is called with each result as it comes.

    Raises `PreflightError` when the server is not there or refuses the first request, and `Interrupted` when
    a signal comes before anything was sent.
    """
    began = time.monotonic()
    results: list[CaseResult] = []
    cut_short = ""

    def take(result: CaseResult) -> None:
        results.append(result)
        show(result)

    with ExitStack() as stack:
        stub_key = run_variables()[KEY_VARIABLE]
        with places_shown(prepared.options.contract):
            environment, _ = with_stub(prepared.environment, prepared.document, stack, stub_key)
        client = HttpClient(
            environment,
            agent=f"sessionload/{sessionload.__version__} (check of run {prepared.run_id})",
            timeout_ns=prepared.timeout_ns,
            pace=Pace(prepared.pace),
            budget=prepared.options.budget,
        )
        runner = SuiteRunner(prepared.suite, client)
        try:
            for result in runner.results():
                take(result)
            cut_short = runner.cut_short
            if prepared.options.fuzz:
                cut_short = _fuzz(prepared, client, take, results) or cut_short
            if interruption is not None:
                interruption.concluding()
        except Interrupted:
            if interruption is None or not client.sent:
                raise
            interrupted = f"interrupted by {interruption.name}"
            unsent = _unsent(prepared, results, interrupted, client.sent)
            if unsent:  # else the signal came when all was done
                cut_short = interrupted
                results += unsent
    return SuiteReport(
        run_id=prepared.run_id,
        started=prepared.started,
        seconds=round(time.monotonic() - began, 3),
        version=sessionload.__version__,
        environment={**prepared.environment.describe(), **runner.chosen},
        contract={
            "file": prepared.suite.contract.file,
            "operation": prepared.suite.contract.operation.name,
            "sha256": prepared.suite.contract.sha256,
        },
        strict=prepared.options.strict,
        results=accept(results, prepared.baseline, strict=prepared.options.strict),
        baseline=prepared.baseline,
        cut_short=cut_short,
    )


def _fuzz(
    prepared: PreparedCheck, client: HttpClient, take: Callable[[CaseResult], None], results: list[CaseResult]
) -> str:
    """Send what schemathesis invents; return why not all of it was sent, or nothing."""
    if results[0].state is not CaseStatus.KEPT:
        for result in _unsent(prepared, results, f"it shows nothing while {FIRST} is not kept", client.sent):
            take(result)
        return ""
    ordinary = prepared.suite.cases[0].request
    fuzzer = Fuzzer(prepared.document, prepared.suite.contract, ordinary, client, prepared.run_id)
    for result in fuzzer.results(prepared.options.max_cases):
        take(result)
    return fuzzer.cut_short


def _unsent(prepared: PreparedCheck, results: list[CaseResult], reason: str, sent: int) -> list[CaseResult]:
    """Return a result for everything that has none; requests that led to no result count for the first."""
    counted = sum(result.requests for result in results)
    return [
        CaseResult(
            planned.name,
            planned.group,
            planned.requirement,
            planned.expected,
            reason,
            CaseStatus.SKIPPED,
            requests=0 if place else sent - counted,
        )
        for place, planned in enumerate(prepared.planned[len(results) :])
    ]


def _make_folder(prepared: PreparedCheck) -> OutputFolder:
    for file in _junit_files(prepared.options):
        forget_failed_preflight(file)
    if prepared.options.junit is not None:
        refuse_taken([prepared.options.junit])
    folder = prepared.options.out or REPORTS / f"check-{prepared.environment.name}-{prepared.run_id}"
    return OutputFolder.create(folder, (*BELONG_TO_ONE, *_PAGES))


def _junit_files(options: CheckOptions) -> list[Path]:
    """Return the JUnit files for which a person named a place."""
    inside = [options.out / JUNIT] if options.out is not None else []
    return inside + ([options.junit] if options.junit is not None else [])


def _write(suite_report: SuiteReport, folder: OutputFolder) -> tuple[OutputFolder, list[str]]:
    """Write the report, or keep it elsewhere; return its folder, and what to say when that is another one."""
    text = json.dumps(suite_report.to_json(), indent=1, ensure_ascii=False) + "\n"
    try:
        folder.write(SUITE_REPORT, text)
    except ResultError as error:
        spare = OutputFolder(Path(tempfile.mkdtemp(prefix="sessionload-")))
        spare.write(SUITE_REPORT, text)
        return spare, [f"error: {error}", f"the check is kept in {spare.path}"]
    return folder, []
