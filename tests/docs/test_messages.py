"""Every error and every finding has its place in `docs/messages.md`, and nothing there is about another one.

Codes and causes are read from the source: the first text that is given to whatever raises or names one. Those
that are put together at run time are listed here, each with where it comes from.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sessionload.config.contract_files import read_contract
from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.contract.json_data.strict_json import JsonErrorKind
from sessionload.errors import InputError, PreflightError, ResultError
from sessionload.metrics.turn_exchange import TurnOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "sessionload"
PAGE = (ROOT / "docs" / "messages.md").read_text()
ERRORS, _, FINDINGS = PAGE.partition("\n## Findings\n")

RAISES = {
    "InputError": 0,
    "PreflightError": 0,
    "ResultError": 0,
    "refuse": 0,
    "refusal": 0,
    "_refuse": 0,
    "option_value": 2,
    "parsed": 1,
    "_quantity": 1,
    "_parse": 2,
    "NoRun": 0,
}
"""Which argument of a call is the code of an error."""
NOT_ERRORS = {
    f"stub/{name}"
    for name in (
        *(
            "responses",
            "connection",
            "contract_defects",
            "routes",
            "turns",
            "fault_responses",
            "session_answer",
        ),
    )
}
"""Modules whose `refusal` is an answer of the stub, with a status."""
PREFLIGHT = {"suite/preflight"}
"""The module that makes codes of the causes of a single call."""
PASSED_ON = {
    "cli/init": {"error.code"},
    "cli/option_values": {"code"},
    "contract/document/openapi": {"code"},
    "contract/request/parameters": {"code"},
    "config/read": {"error.code"},
    "config/contract_files": {"error.code"},
    "suite/preflight": {"code"},
    "distribution/master": {"error.code"},
    "config/contract_yaml": {"code"},
    "config/yaml_source": {"code"},
    "config/binding": {"error.code"},
    "config/environment": {"error.code"},
    "config/node": {"code"},
    "config/user_file": {"code"},
    "config/arrival_file": {"code"},
    "workload/user_ids": {"users"},
    "workload/schedule": {"stages"},
}
"""What is given instead of a text: the code of another error, or (in `workload`) no code at all."""
EXITS = {
    "PreflightError": PreflightError.exit_code,
    "NoRun": PreflightError.exit_code,
    "ResultError": ResultError.exit_code,
}

NAMES_CAUSE = {"Failure": 0, "Cause": 0, "AnswerFault": 0, "_failed": 1, "refused": 0, "_Unacceptable": 0}
"""Which argument of a call is the cause of a finding."""
CAUSE = re.compile(r"(?:connection|generator|protocol)/[a-z_]+")


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield path.relative_to(SOURCE).with_suffix("").as_posix(), ast.parse(path.read_text())


def arguments(tree: ast.Module, calls: dict[str, int]) -> Iterator[tuple[str, ast.expr]]:
    """Yield the name of each call of one of `calls`, and its argument that is asked for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in calls and len(node.args) > calls[name]:
                yield name, node.args[calls[name]]


def texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def preflight_codes(tree: ast.Module) -> set[str]:
    """Return the codes of the preflight, which stand in its tables."""
    return {text for text in texts(tree) if re.fullmatch(r"preflight-[a-z-]+[a-z]", text)}


def exits_in_source() -> dict[str, int]:
    """Return the exit code of each code that the source can raise."""
    exits: dict[str, int] = {}
    for module, tree in trees():
        if module in NOT_ERRORS:
            continue
        for call, argument in arguments(tree, RAISES):
            if isinstance(argument, ast.Constant):
                exits[str(argument.value)] = EXITS.get(call, InputError.exit_code)
        if module in PREFLIGHT:
            exits |= dict.fromkeys(preflight_codes(tree), PreflightError.exit_code)
    return exits


def sections(text: str) -> dict[str, str]:
    """Return the sections of the third level by their headings."""
    parts = re.split(r"^### (.+)$", text, flags=re.MULTILINE)
    return {
        heading: re.split(r"^## ", body, flags=re.MULTILINE)[0].strip()
        for heading, body in zip(parts[1::2], parts[2::2], strict=True)
    }


KNOWN = exits_in_source()
WRITTEN = sections(ERRORS)


def test_every_code_has_a_section_and_every_section_a_code() -> None:
    assert set(WRITTEN) == set(KNOWN)


@pytest.mark.parametrize("code", sorted(KNOWN))
def test_a_section_says_cause_cure_and_exit_code(code: str) -> None:
    """Exactly these three, in this order, and the exit code is that of the error's class."""
    items = re.split(r"^- ", WRITTEN[code], flags=re.MULTILINE)
    assert items[0] == ""
    cause, cure, end = items[1:]
    assert re.match(r"Cause: \S", cause)
    assert re.match(r"Cure: \S", cure)
    assert end == f"Exit code: {KNOWN[code]}"


def test_a_code_that_is_not_written_out_comes_from_a_place_that_is_listed() -> None:
    computed: dict[str, set[str]] = {}
    for module, tree in trees():
        if module not in NOT_ERRORS:
            for _, argument in arguments(tree, RAISES):
                if not isinstance(argument, ast.Constant):
                    computed.setdefault(module, set()).add(ast.unparse(argument))
    assert computed == PASSED_ON


def test_codes_are_kebab_case() -> None:
    assert not [code for code in KNOWN if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", code)]


# Findings


def causes_on_the_page() -> set[str]:
    return set(re.findall(r"^\| `([^`]+)`", FINDINGS, re.MULTILINE))


def causes_in_source() -> set[str]:
    """Return the causes that are written out as a text; the preflight makes codes of them."""
    causes: set[str] = set()
    for module, tree in trees():
        if module in PREFLIGHT:
            continue
        named = (argument for _, argument in arguments(tree, NAMES_CAUSE))
        causes |= {str(argument.value) for argument in named if isinstance(argument, ast.Constant)}
        if module.startswith(("generator/", "suite/", "failure_causes")):
            causes |= {text for text in texts(tree) if CAUSE.fullmatch(text)}
    return causes


def phases_of_timeouts() -> set[str]:
    """Return the keys of the sentences for a deadline that passed."""
    tree = ast.parse((SOURCE / "failure_causes.py").read_text())
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_TIMEOUTS":
            return set(ast.literal_eval(node.value))
    raise AssertionError("the sentences for a deadline are somewhere else")


BY_STATUS = ("status/NNN", "server_error/5NN", "rejected/401", "rejected/403", "throttled/429")
COMPUTED = {
    *(f"json/{kind}" for kind in JsonErrorKind),
    *(f"timeout/{phase}" for phase in phases_of_timeouts()),
    *(f"{cause}{part}" for cause in BY_STATUS for part in ("", "/body", "/header")),
    *(f"header/{kind}/NAME" for kind in ("missing", "json", "KEYWORD")),
    "body/KEYWORD/NAME",
    "trace/KEYWORD/NAME",
    "trace/json/KIND",
    "body/undecided",
    "other",
}
"""Causes that are put together at run time; `other` is where a measurement puts what is too much."""


def test_every_cause_has_a_row_and_every_row_a_cause() -> None:
    assert causes_on_the_page() == causes_in_source() | COMPUTED


def test_every_outcome_has_its_part() -> None:
    """A valid session is the one outcome without a cause."""
    assert set(sections(FINDINGS)) == {outcome.value for outcome in TurnOutcome} - {"ok"} | {"Any outcome"}


@pytest.mark.parametrize("cause", sorted(causes_in_source() - {"aborted"}))
def test_a_cause_is_in_the_part_of_its_outcome(cause: str) -> None:
    family = cause.partition("/")[0]
    outcome = {
        "aborted": "aborted",
        "connection": "connection_error",
        "generator": "connection_error",
        "protocol": "protocol_error",
        "turn/ended_early": "ended_early",
        "turn/dead_key": "dead_key",
    }
    known = outcome.get(family) or outcome.get(cause) or "contract_violation"
    assert f"| `{cause}` |" in sections(FINDINGS)[known]


def test_whatever_status_comes_back_its_cause_has_a_row() -> None:
    document, sha256 = read_contract(ROOT / "contracts" / "openapi.yaml")
    contract = Contract.from_document(
        document, Binding("startSession", filler="any"), file="contracts/openapi.yaml", sha256=sha256
    )
    page = causes_on_the_page()
    for status in range(1100):
        fault = contract.judge(status, "application/json", b"{}").failure
        assert fault is not None
        cause = re.sub(
            r"^status/\d+$", "status/NNN", re.sub(r"^server_error/5\d\d$", "server_error/5NN", fault.cause)
        )
        assert cause in page or re.fullmatch(r"body/\w+/\w+", cause), fault.cause


def test_the_causes_in_the_table_of_faults_exist() -> None:
    """What a run makes of each fault of the stub is an outcome with a cause of this page."""
    table = (ROOT / "docs" / "stub.md").read_text().partition("## Faults")[2].partition("## The ledger")[0]
    seen = [line.rpartition(" | ")[2] for line in table.splitlines() if line.count(" | ") == 2]
    causes = {cause for cell in seen for cause in re.findall(r"`([a-z_]+(?:/\w+)*)`", cell)}
    page = causes_on_the_page()
    usual = {
        "ok",
        "body/type",
        "body/required/sessionKey",
        "body/type/sessionKey",
        "status/307",
        "status/404",
        "server_error/503",
        "trace/required/type",
    }
    assert usual < causes
    assert causes - usual < page
