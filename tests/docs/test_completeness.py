"""No key, metric, fault, outcome, option or exit code is left out of the documents, and none is invented."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sessionload.cli.cli import cli
from sessionload.config import (
    arrivals,
    environment,
    load,
    scale,
    scenario,
    slo,
    stages,
    tracing,
    turns,
    users,
)
from sessionload.metrics.exchange import ANSWERED, Outcome
from sessionload.report.csv import TIMELINE_COLUMNS
from sessionload.report.views import FORMATS
from sessionload.storage.run_folder import BASELINE, RESULT, SLICES
from sessionload.stub.arrival_ledger import ArrivalLedger
from sessionload.stub.faults import FaultKind
from sessionload.stub.turn_faults import TurnFault
from sessionload.verdict.targets import COUNTS, SHARES, VIEWS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


def text_of(name: str) -> str:
    return (ROOT / name).read_text()


SCENARIOS, RESULTS, STUB = (text_of(f"docs/{name}.md") for name in ("scenarios", "results", "stub"))


def rows(text: str) -> dict[str, list[str]]:
    """Return the rows of all tables by each code span in their first cell; cells as they are written."""
    table: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("| "):
            first, *cells = (cell.strip() for cell in line.removesuffix("|")[1:].split(" |"))
            table.update(dict.fromkeys(re.findall(r"`([^`]+)`", first), cells))
    return table


SCENARIO_KEYS = {
    *scenario.KEYS,
    *(f"load.trace.{key}" for key in tracing.TRACE_KEYS),
    *(f"users.{key}" for key in users.KEYS),
    *(f"users.id.{key}" for key in users.FILE_KEYS),
    *(f"users.returning.{key}" for key in users.RETURNING_KEYS),
    *(f"load.{key}" for key in load.KEYS),
    *(f"load.arrivals.{key}" for key in (*arrivals.GAMMA_KEYS, *arrivals.FILE_KEYS)),
    *(f"turns.{key}" for key in turns.KEYS),
    *(f"scale.{key}" for key in scale.KEYS),
    *(f"slo.{key}" for key in slo.KEYS),
    *(f"load.stages[].{key}" for key in stages.KEYS),
    *(f"targets[].{key}" for key in scenario.TARGET_KEYS),
}


def defaults(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the dotted path and the default, as JSON has it, of each key of a schema that has one."""
    for name, inner in schema.get("properties", {}).items():
        here = f"{path}.{name}".removeprefix(".")
        if "default" in inner:
            value = inner["default"]
            yield here, value if isinstance(value, str) else json.dumps(value)
        items = inner.get("items", {})
        for same in (inner, *inner.get("oneOf", ())):
            yield from defaults(same, here)
        for item in (items, *items.get("oneOf", ())):
            yield from defaults(item, f"{here}[]")


@pytest.mark.parametrize(
    ("section", "known", "schema", "column"),
    [
        ("## Scenario", SCENARIO_KEYS, "scenario.schema.json", 1),
        ("## Environments", set(environment.KEYS), "environments.schema.json", 2),
    ],
)
def test_every_key_has_its_row_with_its_default(
    section: str, known: set[str], schema: str, column: int
) -> None:
    documented = rows(
        re.split(r"^## ", SCENARIOS.partition(f"{section}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    )
    assert set(documented) == known
    read = json.loads(text_of(f"scenarios/{schema}"))
    stated = dict(defaults(read.get("additionalProperties") or read))
    assert {key: cells[column] for key, cells in documented.items() if cells[column]} == {
        key: f"`{value}`" for key, value in stated.items()
    }


def test_every_metric_fault_and_key_of_the_ledger_has_its_row() -> None:
    metrics = set(rows(SCENARIOS.partition("## Targets")[2]))
    assert {*SHARES, *COUNTS} <= metrics
    assert all(f'"{view}"' in SCENARIOS for view in VIEWS)
    faults = {key.split()[0] for key in rows(STUB.partition("## Faults")[2].partition("## The ledger")[0])}
    assert {str(kind) for kind in (*FaultKind, *TurnFault)} <= faults
    assert set(rows(STUB.partition("## The ledger")[2])) == set(ArrivalLedger().page(live_sessions=0))


def test_every_outcome_says_whether_it_is_an_answer() -> None:
    documented = rows(text_of("docs/measurement.md").partition("closed:")[2])
    assert {name: cells[-1] for name, cells in documented.items() if name in set(Outcome)} == {
        outcome.value: "yes" if outcome in ANSWERED else "no" for outcome in Outcome
    }


def test_every_file_of_a_run_has_its_row() -> None:
    table = RESULTS.partition("## The folder")[2].partition("## Exit codes")[0]
    files = {BASELINE, RESULT, SLICES, *(form.file for form in FORMATS.values())}
    assert set(rows(table)) == files
    assert set(rows(text_of("reports/README.md"))) == files


def test_git_keeps_the_readme_of_the_folder_of_runs_and_no_run(tmp_path: Path) -> None:
    for name in (".gitignore", "reports/README.md", "reports/smoke-1/result.json", "reports/history.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text_of(name) if (ROOT / name).exists() else "")
    git = ["git", "-C", str(tmp_path), "-c", "core.excludesFile=/dev/null"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    listed = subprocess.run(
        [*git, "ls-files", "--others", "--exclude-standard"], check=True, capture_output=True, text=True
    )
    assert listed.stdout.split() == [".gitignore", "reports/README.md"]


def test_every_key_of_a_result_is_named() -> None:
    schema = json.loads(text_of("src/sessionload/verdict/result.schema.json"))
    parts = schema["$defs"]
    assert set(parts["result"]["properties"]) <= set(rows(RESULTS.partition("## result.json")[2]))
    named = set(re.findall(r"`([^`\s]+)`", RESULTS))
    for part in (
        "run",
        "contract",
        "stage",
        "arrivals",
        "figures",
        "finding",
        "generator",
        "verdict",
        "target",
        "slice",
        "turns",
        "turnSlice",
        "turnFinding",
        "byTurn",
    ):
        assert set(parts[part]["properties"]) <= named, part
    assert set(TIMELINE_COLUMNS) <= named


@pytest.mark.parametrize(
    ("command", "document"),
    [
        ("run", "scenarios"),
        ("plan", "scenarios"),
        ("stub", "stub"),
        ("report", "results"),
        ("compare", "compare"),
        ("capacity", "capacity"),
        ("history", "history"),
        ("check", "check"),
        ("worker", "scale"),
    ],
)
def test_every_option_is_named(command: str, document: str) -> None:
    options = [
        option
        for parameter in cli.commands[command].params
        for option in parameter.opts
        if option.startswith("--")
    ]
    assert options
    assert not [option for option in options if f"`{option}" not in text_of(f"docs/{document}.md")]


def test_every_option_for_locusts_command_is_named() -> None:
    """Read from the source: importing it would let Locust patch this process."""
    integration = text_of("src/sessionload/cli/locust_integration.py")
    options = re.findall(r'option\("(--[a-z]+)"', integration)
    assert options
    assert [option for option in rows(text_of("docs/locust.md")) if option.startswith("--")] == [
        f"{option} {shown}"
        for option, shown in zip(options, re.findall(r'metavar="([^"]+)"', integration), strict=True)
    ]


@pytest.mark.parametrize("name", ["README.md", "docs/results.md"])
def test_every_exit_code_has_its_row(name: str) -> None:
    codes = re.findall(r"^\| ([\d, ]+) \|", text_of(name), re.MULTILINE)
    assert {code for cell in codes for code in cell.split(", ")} == {
        "0",
        "1",
        "2",
        "3",
        "4",
        "5",
        "70",
        "129",
        "130",
        "143",
    }


def test_the_parts_and_doors_are_those_that_are_tested() -> None:
    tree = ast.parse(text_of("tests/test_floors.py"))
    known = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id in {"ORDER", "DOORS"}
    }
    section = text_of("CONTRIBUTING.md").partition("## The parts")[2].partition("\n## ")[0]
    parts, _, doors = section.partition("Each third-party package")
    named = [name.removesuffix("/").removesuffix(".py") for name in rows(parts)]
    assert named[: len(known["ORDER"])] == known["ORDER"]
    assert set(rows(doors)) == set(known["DOORS"])
