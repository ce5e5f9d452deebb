"""Reads what a run needs: scenario, environments, contract and user IDs, from files to inputs.

Everything is read once and checked before any traffic. Of this package only this file,
`contract_files`, `shipped_files`, `yaml_source` and `machine` touch the system.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sessionload.config import machine
from sessionload.config.arrival_file import instants_of
from sessionload.config.contract_files import places_shown, read_contract
from sessionload.config.document import Document
from sessionload.config.environment import Environment
from sessionload.config.excerpt import excerpt
from sessionload.config.guard import guard
from sessionload.config.run_spec import RunInputs, RunSpec, run_spec_of
from sessionload.config.scale import with_scale
from sessionload.config.scenario import Scenario
from sessionload.config.shipped_files import default_contract, default_environments, name_of
from sessionload.config.user_file import column_of, user_ids_of
from sessionload.config.yaml_source import LARGEST_BYTES, parse
from sessionload.errors import InputError, Place
from sessionload.storage.files import read_at_most, read_bytes, read_text, shown
from sessionload.verdict.run_labels import parse_labels, refuse_secrets

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sessionload.config.user_file import UserFile
    from sessionload.contract.request.further_property import FurtherProperty
    from sessionload.workload.text_list import TextList

_LARGEST_IDS = 256 * 1024 * 1024
_IDS = "the file of user IDs"
_LARGEST_ARRIVALS = 512 * 1024 * 1024
_ARRIVALS = "the file of arrivals"
_NEVER_SHOWN = {"literal-key", "bad-key"}
"""Mistakes whose lines hold a key."""


class Given(NamedTuple):
    """A value in place of a scenario's own, at a path like `load.stages`, and the option that it is from."""

    path: str
    value: Any
    place: Place


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a person asked for on a command line."""

    scenario: Path
    environment: str | None = None
    operation: str | None = None
    """The operation to call, before that of the environment."""
    environments: Path = field(default_factory=default_environments)
    contract: Path = field(default_factory=default_contract)
    overrides: Sequence[str] = field(default=())
    """`path=value`, as `--set` takes it."""
    scale: str | None = None
    """How the scenario is scaled, as `--scale` takes it."""
    confirmed: str | None = None
    """The environment's name, typed again."""
    labels: Sequence[str] = field(default=())
    """`name=value`, as `--label` takes it."""
    with_interact: bool = False
    """Whether turns were confirmed."""
    sends: bool = True
    """Whether anything will be sent: a plan needs no confirmation."""
    given: Sequence[Given] = field(default=())
    """What other options say in place of the scenario's own values."""


def read_run(
    request: RunRequest, *, run_id: str, started: str, variables: Mapping[str, str]
) -> tuple[RunInputs, RunSpec]:
    """Read and check what `request` names. Raises `InputError` with a place."""
    labels = parse_labels(request.labels)
    document = with_overrides(read_document(request.scenario), request.overrides)
    if request.scale is not None and isinstance(document.data, dict):
        document = with_scale(document, request.scale)
    if request.environment:
        document = document.with_override("environment", request.environment, place=Place("--environment"))
    for each in request.given:
        document = document.with_value(each.path.split("."), each.value, each.place)
    read: list[array[int]] = []

    def read_once(file: UserFile) -> array[int]:
        read.append(read_arrivals(file))
        return read[0]

    with lines_shown(document):
        scenario = Scenario.check(document, read_once)
    environments = read_document(request.environments)
    with lines_shown(document), lines_shown(environments, careful=True):
        environment = Environment.check(
            environments,
            scenario.environment,
            variables,
            operation=request.operation,
            asked_at=scenario.environment_at,
        )
        guard(
            scenario,
            environment,
            request.confirmed,
            with_interact=request.with_interact,
            sends=request.sends,
        )
    refuse_secrets(labels, environment.hide)
    contract, sha256 = read_contract(request.contract)
    ids: TextList | None = None
    columns: dict[str, TextList] = {}
    if scenario.user_file is not None:
        ids, columns = read_users(scenario.user_file, scenario.further)
    inputs = RunInputs(
        run_id=run_id,
        started=started,
        scenario=document.data,
        scenario_file=document.file,
        environments=environments.data,
        environments_file=environments.file,
        environment=scenario.environment,
        operation=request.operation,
        contract=contract,
        contract_file=name_of(request.contract),
        contract_sha256=sha256,
        machine=machine.describe(),
        labels=labels,
        ids=ids,
        columns=columns,
        instants=read[0] if read else None,
    )
    with lines_shown(document), places_shown(request.contract):
        return inputs, run_spec_of(inputs, variables, scenario=scenario, environment=environment)


def with_overrides(document: Document, overrides: Sequence[str]) -> Document:
    """Return a scenario with values in place of its own, each as `--set` takes it. Raises `InputError`."""
    for override in overrides:
        path, equals, text = override.partition("=")
        if not equals:
            raise InputError(
                "bad-override",
                "an override needs a path and a value",
                place=Place("--set"),
                hint="write it like --set load.timeout=5s",
            )
        document = document.with_override(path.strip(), text.strip())
    return document


def read_document(path: Path, what: str = "the file") -> Document:
    """Return a scenario or environments file as a document. Raises `InputError`."""
    raw = read_at_most(path, LARGEST_BYTES, what)
    with lines_shown(Document(None, str(path), {}, raw.decode(errors="replace")), careful=True):
        return parse(raw, str(path))


@contextmanager
def lines_shown(document: Document, *, careful: bool = False) -> Iterator[None]:
    """Show the lines of a document with the mistakes that are found in it; see `excerpt` for `careful`."""
    try:
        yield
    except InputError as error:
        for each in error.each:
            place = each.place
            if place is not None and place.file == document.file and each.code not in _NEVER_SHOWN:
                each.excerpt = each.excerpt or excerpt(document.text, place, careful=careful)
        raise


def read_users(
    file: UserFile, further: Sequence[FurtherProperty] = ()
) -> tuple[TextList, dict[str, TextList]]:
    """Return the user IDs of a file, and its columns that `further` properties are from, by their names.

    Raises `InputError`, which names lines and never IDs.
    """
    named = {each.column: each.written[0] for each in further if each.column is not None}
    with _lines_of(file, _LARGEST_IDS, _IDS) as lines:
        return user_ids_of(lines(), file), {
            name: column_of(lines(), file, name, place) for name, place in named.items()
        }


def read_arrivals(file: UserFile) -> array[int]:
    """Return the instants in a file of arrivals. Raises `InputError`, which names lines."""
    with _lines_of(file, _LARGEST_ARRIVALS, _ARRIVALS) as lines:
        return instants_of(lines(), file)


@contextmanager
def _lines_of(file: UserFile, limit: int, what: str) -> Iterator[Callable[[], io.TextIOWrapper]]:
    """Give the function that returns the lines of a file, again at each call."""
    path = Path(file.path)
    try:
        data = read_bytes(path, limit, what)
    except InputError as error:
        message = f"{error.message} ({shown(path)})"  # the cure is where the file was named
        raise InputError(error.code, message, place=file.place, hint=error.hint) from None
    # Spreadsheets begin a file with a byte order mark. CSV has line ends inside quotes, which are kept.
    newline = None if file.column is None else ""
    try:
        yield lambda: io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline=newline)
    except UnicodeDecodeError:
        read_text(path, limit, what)  # says in which line
        raise
