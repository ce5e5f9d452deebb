"""From the options of `sessionload check` to a suite that may be sent: read, checked, nothing sent yet.

Everything that can be refused is refused here, before any traffic. Without a named environment the embedded
stub is the environment, and no file is needed for it. A pace that is slower than the environment allows is
taken, a faster one is refused.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sessionload.cli.option_values import duration_option, option_value, out_of_range
from sessionload.cli.setup_run import new_run
from sessionload.config.contract_files import places_shown, read_contract
from sessionload.config.document import Document
from sessionload.config.environment import Environment
from sessionload.config.guard import refuse_unconfirmed
from sessionload.config.read import lines_shown, read_document
from sessionload.config.shipped_files import default_contract, default_environments, name_of
from sessionload.contract.contract import Contract
from sessionload.contract.turn import turn_of
from sessionload.errors import InputError, Place
from sessionload.suite import fuzz
from sessionload.suite.baseline import read_baseline
from sessionload.suite.cases.all_cases import cases_of
from sessionload.suite.runner import Suite
from sessionload.units import NS, parse_rate, rate_text

if TYPE_CHECKING:
    from pathlib import Path

    from sessionload.suite.suite_report import Accepted, Planned

DEFAULT_PACE = Fraction(5)
DEFAULT_BUDGET = 500
_FASTEST = 1_000
_LONGEST_TIMEOUT_NS = 300 * NS
_STUB = {"stub": {"embedded": True, "latency": "1ms"}}


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What `sessionload check` was asked for. Without `environment` it is the embedded stub."""

    environment: str | None = None
    environments: Path = field(default_factory=default_environments)
    contract: Path = field(default_factory=default_contract)
    operation: str | None = None
    confirmed: str | None = None
    strict: bool = False
    with_interact: bool = False
    fuzz: bool = False
    max_cases: int = 200
    baseline: Path | None = None
    junit: Path | None = None
    out: Path | None = None
    pace: str | None = None
    timeout: str = "10s"
    budget: int = DEFAULT_BUDGET
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class PreparedCheck:
    """A check that may start."""

    options: CheckOptions
    suite: Suite
    environment: Environment
    document: Any = field(repr=False)
    pace: Fraction
    timeout_ns: int
    baseline: tuple[Accepted, ...]
    run_id: str
    started: str

    @property
    def planned(self) -> tuple[Planned, ...]:
        """Everything that will have a result, in order."""
        fuzzed = fuzz.planned(self.options.max_cases) if self.options.fuzz else ()
        return (*self.suite.planned(self.environment), *fuzzed)


def prepare_check(options: CheckOptions) -> PreparedCheck:
    """Read and check what `options` name, under a new run id. Raises `InputError`."""
    run_id, started = new_run()
    environment = _environment(options)
    pace = _pace(options.pace, environment)
    timeout_ns = duration_option(options.timeout, "--timeout", 1_000_000, _LONGEST_TIMEOUT_NS, example="10s")
    document, sha256 = read_contract(options.contract)
    with places_shown(options.contract):
        contract = Contract.from_document(
            document, environment.binding, file=name_of(options.contract), sha256=sha256
        )
        cases = cases_of(contract, run_id=run_id)
        turn = _turn(contract, environment, options)
    suite = Suite(contract, turn, cases, run_id, options.with_interact)
    if options.fuzz:
        fuzz.refuse_missing()
    prepared = PreparedCheck(options, suite, environment, document, pace, timeout_ns, (), run_id, started)
    _refuse_small_budget(prepared)
    if options.baseline is None:
        return prepared
    names = [planned.name for planned in prepared.planned]
    return replace(prepared, baseline=read_baseline(read_document(options.baseline, "the baseline"), names))


def _environment(options: CheckOptions) -> Environment:
    name = options.environment
    if name is None:
        stub = Document(_STUB, "the embedded stub", {})
        return Environment.check(stub, "stub", {}, operation=options.operation)
    environments = read_document(options.environments)
    place = Place("--environment")
    with lines_shown(environments, careful=True):
        environment = Environment.check(
            environments, name, os.environ, operation=options.operation, asked_at=place
        )
    refuse_unconfirmed(environment, options.confirmed, place)
    return environment


def _pace(text: str | None, environment: Environment) -> Fraction:
    limit = environment.max_rate
    if text is None:
        return min(DEFAULT_PACE, limit or DEFAULT_PACE)
    pace = option_value(parse_rate, text, "bad-rate", "--pace")
    if not 0 < pace <= _FASTEST:
        raise out_of_range(f"a pace is above 0/s and at most {_FASTEST}/s", "--pace", "5/s")
    if limit is not None and pace > limit:
        raise InputError(
            "rate-over-limit",
            f"the pace {rate_text(pace)} is over the max_rate {rate_text(limit)} of '{environment.name}'",
            place=Place("--pace"),
            hint="lower it, or raise max_rate if the operators of that environment agree",
        )
    return pace


def _turn(contract: Contract, environment: Environment, options: CheckOptions) -> Contract | None:
    """Return the contract of a turn, if there is one; that it cannot be taken matters only if it is to be."""
    try:
        return turn_of(contract, environment.binding)
    except InputError:
        if options.with_interact:
            raise
        return None


def _refuse_small_budget(prepared: PreparedCheck) -> None:
    needed = sum(planned.requests for planned in prepared.planned)
    if prepared.options.budget < needed:
        raise InputError(
            "budget-too-small",
            f"the suite sends {needed:,} requests, and the budget is {prepared.options.budget:,}",
            place=Place("--budget"),
            hint=f"use --budget {needed} or more; what is over is for answers 429",
        )
