"""Results that are known to the last arrival, and a browser to look at pages with."""

from __future__ import annotations

import random
import shutil
from bisect import bisect_right, insort
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright
from tests.report.talking_run import talking

from sessionload.metrics.exchange import Exchange, Failure, Outcome
from sessionload.metrics.generator_health import GeneratorHealth
from sessionload.metrics.measurement import Measurement
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.report.model.build import build_report_model
from sessionload.units import NS
from sessionload.verdict.evidence import Evidence
from sessionload.verdict.result import Result
from sessionload.verdict.run_header import Run
from sessionload.verdict.targets import parse_target
from sessionload.verdict.verdict import judge
from sessionload.workload.schedule import Schedule
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from sessionload.report.model.rows import ReportModel
    from sessionload.verdict.targets import Target

MS = 1_000_000


FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)

HOSTILE = (
    "<script>alert(1)</script></script><img src=x onerror=\"document.title='owned'\">"
    " | a `tick` ``` fence [link](https://evil.example/) @everyone"
    " \x1b[31mred\x07\u202egnp\ud800 =1+1 {{ 7*7 }}"
)

BROKEN = Failure("body.sessionKey.required", "the body has no 'sessionKey'", HOSTILE)
REFUSED = Failure("connection.refused", "the connection was refused")

STAGES = (
    Stage("warm-up", Fraction(10), Fraction(10), 10 * NS, warmup=True),
    Stage("ramp", Fraction(10), Fraction(50), 10 * NS),
    Stage("=cmd|'<b>peak</b>", Fraction(50), Fraction(50), 40 * NS),
)
TARGETS = (
    parse_target("p50 < 400ms"),
    parse_target("p95 < 2s"),
    parse_target("service.p99 < 1s"),
    parse_target("error_rate < 1%"),
)
SCENARIO = {
    "name": "launch | <i>day</i>",
    "description": "A minute with a stall in it.",
    "environment": "stub",
    "users": {"id": "launch-{run}-{n:08d}", "unique": True},
    "load": {
        "arrivals": "even",
        "stages": [{"name": "warm-up"}],
        "timeout": "10s",
        "max_in_flight": None,
        "max_lag": "10ms",
        "max_cpu": "90%",
    },
    "seed": 7,
    "tags": ["nightly", "stub"],
    "protected": False,
}
ENVIRONMENT = {"name": "stub", "url": "http://127.0.0.1:8080", "project": "p", "environment": "main"}
CONTRACT = {
    "file": "openapi.yaml",
    "operation": "startSession",
    "sha256": "ab" * 32,
    "method": "POST",
    "path": "/v4/project/{projectID}/environment/{environmentID}/session",
    "header": "authorization",
}
MACHINE = {"system": "Linux 6.1 x86_64", "cores": "2", "python": "3.11.2", "locust": "2.47.0"}

Answer = Callable[[int, int], tuple[int, Outcome, int | None, Failure | None]]
"""From number and due instant to service time (ns), outcome, status and fault."""


def steady(number: int, due_ns: int) -> tuple[int, Outcome, int | None, Failure | None]:
    """20 to 120 ms, by a draw of its own for each arrival; all well."""
    del due_ns
    draw = random.Random(number)  # noqa: S311 - a draw that can be repeated is what is wanted
    return round(draw.lognormvariate(3.6, 0.35) * MS), Outcome.OK, 201, None


def stalled(number: int, due_ns: int) -> tuple[int, Outcome, int | None, Failure | None]:
    """As `steady`, but nothing ends between 35 s and 38 s; each 100th body is broken, each 211th refused."""
    service, outcome, status, fault = steady(number, due_ns)
    if 35 * NS <= due_ns < 38 * NS:
        service += 38 * NS - due_ns
    if number % 100 == 99:
        outcome, fault = Outcome.CONTRACT_VIOLATION, BROKEN
    elif number % 211 == 210:
        service, outcome, status, fault = 3 * MS, Outcome.CONNECTION_ERROR, None, REFUSED
    return service, outcome, status, fault


def failing(number: int, due_ns: int) -> tuple[int, Outcome, int | None, Failure | None]:
    """As `steady`, but from 20 s on each 10th is a 503, and each between 30 s and 32 s is."""
    if due_ns >= 20 * NS and (number % 10 == 0 or 30 * NS <= due_ns < 32 * NS):
        return 5 * MS, Outcome.SERVER_ERROR, 503, Failure("status.503", "the server answered 503")
    return steady(number, due_ns)


def measured(
    stages: tuple[Stage, ...],
    answer: Answer,
    *,
    until_ns: int | None = None,
    stopped: bool = False,
    in_flight: int = 10_000,
    busy_ns: range = range(0),
) -> Measurement:
    """The run of `stages` against `answer`; arrivals due after `until_ns` are unsent, queued ones wait.

    With `stopped` they were not due when the run was stopped.

    The generator is busy with something else in `busy_ns`, and sends what is due then at its end.
    """
    recorder = MeasurementRecorder()
    ends: list[int] = []  # of the arrivals in flight, in order
    for number, due_ns, stage in Schedule(stages).stripe():
        if until_ns is not None and due_ns >= until_ns:
            if stopped:
                recorder.record_not_due(stage, due_ns // NS, 1)
            else:
                recorder.record_unsent(stage, due_ns)
            continue
        lag = 40_000 + number % 7 * 10_000 + (busy_ns.stop - due_ns if due_ns in busy_ns else 0)
        del ends[: bisect_right(ends, due_ns)]
        queued = max(0, ends[-in_flight] - due_ns) if len(ends) >= in_flight else 0
        sent_ns = due_ns + lag + queued
        service, outcome, status, fault = answer(number, due_ns)
        recorder.record_sent(sent_ns)
        connect, tls = (2 * MS, 3 * MS) if number % 300 == 0 else (None, None)
        recorder.record_done(
            stage,
            Exchange(
                number, due_ns, sent_ns, sent_ns + service, outcome, queued, status, fault, connect, tls
            ),
        )
        insort(ends, sent_ns + service)
    recorder.generator = GeneratorHealth(
        cpu_ns=9 * NS,
        wall_ns=60 * NS,
        peak_cpu_permille=310,
        peak_rss_bytes=96 * 1_048_576,
        peak_in_flight=163,
        connections_opened=171,
        users_started=180,
        keys_checked=2360,
        keys_forgotten=0,
        workers=1,
        gc_collections=42,
        gc_ns=310 * MS,
        gc_longest_ns=12 * MS,
        run_queue_wait_ns=480 * MS,
        longest_run_queue_wait_ns=70 * MS,
        tls_resumed=5,
    )
    return recorder.raw().packed()


def result_of(
    measurement: Measurement,
    *,
    stages: tuple[Stage, ...] = STAGES,
    targets: tuple[Target, ...] = TARGETS,
    lost: int = 0,
    seconds: float = 60.2,
    interrupted: str | None = None,
    aborted_by: str | None = None,
    until_s: float | None = None,
) -> Result:
    """The result with the verdict that the judge gives it."""
    schedule = Schedule(stages)
    planned = schedule.planned()
    evidence = Evidence(
        measurement=measurement,
        stages=stages,
        planned=planned,
        lost=lost,
        interrupted=interrupted,
        aborted_by=aborted_by,
        targets=targets,
        measured_until_s=until_s,
    )
    run = Run("20260102-030405-ab12", "2026-01-02T03:04:05Z", seconds, 7, "0.1.0", interrupted, aborted_by)
    return Result(
        run=replace(run, measured_until_s=until_s),
        scenario={**SCENARIO, "targets": [_written(target) for target in targets]},
        environment=ENVIRONMENT,
        contract=CONTRACT,
        stages=stages,
        planned=planned,
        lost=lost,
        measurement=measurement,
        verdict=judge(evidence),
        planned_by_second=schedule.planned_by_second(),
        machine=MACHINE,
    )


def _written(target: Target) -> str | dict[str, object]:
    """A target as a scenario has it."""
    if target.window_ns is None and not target.abort and not target.stages:
        return target.expr
    window = {} if target.window_ns is None else {"window": f"{target.window_s}s"}
    stages = {"stages": list(target.stages)} if target.stages else {}
    return {"expr": target.expr, **stages, **window, "abort": target.abort}


def results() -> dict[str, Result]:
    """All known results by name."""
    missed = result_of(measured(STAGES, stalled))
    met = result_of(measured(STAGES, steady))
    return {
        "met": met,
        "talks": talking(
            met, *map(parse_target, ("turn.p95 < 1s", "turn.first_event.p95 < 400ms", "turn.error_rate < 5%"))
        ),
        "missed": missed,
        "void": result_of(measured(STAGES, steady, until_ns=59 * NS), lost=3),
        "interrupted": result_of(
            measured(STAGES, steady, until_ns=25 * NS), interrupted="SIGINT", seconds=25.4
        ),
        "aborted": result_of(
            measured(STAGES, failing, until_ns=35 * NS),
            targets=(*TARGETS, parse_target("error_rate < 5%", window_ns=5 * NS, abort=True)),
            aborted_by="error_rate < 5%",
            seconds=35.3,
        ),
        "never": result_of(measured(STAGES, failing), targets=(parse_target("p99 < 1s"),)),
        "late": result_of(measured(STAGES, steady, busy_ns=range(30 * NS, 31 * NS))),
        "queued": result_of(measured(STAGES, steady, until_ns=59 * NS, in_flight=2)),
        "empty": replace(
            result_of(Measurement(), seconds=0.0),
            planned=0,
            planned_by_second={},
            verdict=judge(
                Evidence(measurement=Measurement(), stages=STAGES, planned=0, lost=0, targets=TARGETS)
            ),
        ),
    }


def long() -> Result:
    """A hundred minutes at 4/s, as many steps as a page shows, with 200 kinds of finding, examples long."""
    stages = (
        Stage("warm-up", Fraction(4), Fraction(4), 60 * NS, warmup=True),
        Stage("long", Fraction(4), Fraction(4), 5940 * NS),
    )

    def answer(number: int, due_ns: int) -> tuple[int, Outcome, int | None, Failure | None]:
        if number % 50 == 49:
            fault = Failure(f"cause.{number // 50 % 200}", "a message", (HOSTILE * 2)[:200])
            return 40 * MS, Outcome.CONTRACT_VIOLATION, 201, fault
        return steady(number, due_ns)

    return result_of(measured(stages, answer), stages=stages, seconds=6000.0)


@pytest.fixture(scope="session")
def known() -> dict[str, Result]:
    return results()


@pytest.fixture(scope="session")
def models(known: dict[str, Result]) -> dict[str, ReportModel]:
    return {name: build_report_model(result) for name, result in known.items()}


@pytest.fixture(scope="session")
def result_with() -> Callable[..., Result]:
    """Make a result of a measurement, judged; options as of `result_of`."""
    return result_of


@pytest.fixture(scope="session")
def long_run() -> Result:
    return long()


@pytest.fixture(scope="session")
def hostile() -> str:
    return HOSTILE


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for all pages; what uses it needs the mark `needs("chromium")`.

    It ends with this folder's tests: while Playwright runs, nothing else can start an event loop.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        yield browser
        browser.close()
