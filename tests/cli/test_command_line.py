"""The command line: what it offers is what there is, and what is given is handed on."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner

from sessionload.cli import cli as command_line
from sessionload.cli import history as history_module
from sessionload.cli.cli import FORMATS, cli
from sessionload.errors import InputError, ResultError
from sessionload.report import views
from sessionload.storage.run_folder import RESULT, RunFolder

if TYPE_CHECKING:
    from sessionload.report.history.model import RunRow


def test_the_formats_that_are_offered_are_those_that_there_are() -> None:
    """They are written out twice, because those of the folder take half a second to import."""
    assert tuple(views.FORMATS) == FORMATS
    assert set(views.AFTER_A_RUN) < set(FORMATS)


_HELP = """
import sys
from sessionload.cli.cli import cli
cli([sys.argv[1], "--help"], standalone_mode=False)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


@pytest.mark.parametrize("command", ["report", "history", "compare"])
def test_a_command_says_what_it_does_without_what_it_needs_to_do_it(command: str) -> None:
    done = subprocess.run([sys.executable, "-c", _HELP, command], capture_output=True, text=True, check=True)
    *help_text, imported = done.stdout.splitlines()
    assert max(map(len, help_text)) <= 100
    assert help_text[0].startswith("Usage: ")
    assert not {"numpy", "altair", "vl_convert", "jinja2", "rich"} & set(imported.split())


PATHS = [
    (name, parameter)
    for name, command in cli.commands.items()
    for parameter in command.params
    if isinstance(parameter.type, click.Path)
]


@pytest.mark.parametrize(("name", "parameter"), PATHS, ids=lambda value: getattr(value, "name", value))
def test_an_empty_path_is_a_mistake_and_not_the_current_folder(name: str, parameter: click.Parameter) -> None:
    """Such as `--out "$FOLDER"` with a variable that is not set."""
    positional = [each for each in cli.commands[name].params if isinstance(each, click.Argument)]
    arguments = ["" if each is parameter else "x" for each in positional]
    arguments += [] if parameter in positional else [parameter.opts[0], ""]
    ended = CliRunner().invoke(cli, [name, *arguments])
    assert ended.exit_code == 2
    assert "it is empty" in ended.stderr


@pytest.mark.parametrize("name", [name for name, parameter in PATHS if parameter.name == "out"])
def test_a_key_that_was_typed_in_place_of_a_new_folder_makes_none_and_is_not_shown(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    positional = [each for each in cli.commands[name].params if isinstance(each, click.Argument)]
    key = "VF.DM.0123456789abcdef.wxyz"
    ended = CliRunner().invoke(cli, [name, *("x" for _ in positional), "--out", key])
    assert ended.exit_code == 2
    assert "looks like an API key" in ended.stderr
    assert key[:14] not in ended.output
    assert not list(tmp_path.iterdir())


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    """What the command to compare was called with; it returns 3."""
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def compare(*arguments: Any, **options: Any) -> int:  # noqa: ANN401 - whatever it is called with
        calls.append((arguments, options))
        if options["tolerance"] == "many":
            raise InputError("bad-share", "'many' is not a share")
        if options["tolerance"] == "full":
            raise ResultError("result-unwritable", "no space left on device")
        return 3

    stand_in = ModuleType("sessionload.cli.compare")
    vars(stand_in)["compare"] = compare
    monkeypatch.setitem(sys.modules, stand_in.__name__, stand_in)
    return calls


def test_what_is_compared_is_handed_on(compared: list[Any]) -> None:
    ended = CliRunner().invoke(cli, ["compare", "a", "b"])
    assert ended.exit_code == 3
    arguments = ["compare", "a", "b/result.json", "--tolerance", "2%", "--seed", "7", "--out", "c"]
    assert CliRunner().invoke(cli, arguments).exit_code == 3
    assert compared == [
        (((Path("a"),), (Path("b"),)), {"tolerance": "5%", "seed": 0, "out": None}),
        (((Path("a"),), (Path("b/result.json"),)), {"tolerance": "2%", "seed": 7, "out": Path("c")}),
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["a", "b", "--against", "c", "d", "--seed", "1"],
        ["a", "b", "--seed", "1", "--against", "c", "d"],
        ["--seed", "1", "a", "b", "--against", "c", "--against", "d"],
    ],
)
def test_all_that_follows_against_is_a_candidate(compared: list[Any], arguments: list[str]) -> None:
    assert CliRunner().invoke(cli, ["compare", *arguments]).exit_code == 3
    sides = (Path("a"), Path("b")), (Path("c"), Path("d"))
    assert compared == [(sides, {"tolerance": "5%", "seed": 1, "out": None})]


def test_three_runs_without_a_word_between_the_sides_are_not_guessed_at(compared: list[Any]) -> None:
    ended = CliRunner().invoke(cli, ["compare", "a", "b", "c"])
    assert "3 runs, and no --against before the candidates; name a BASE and a CANDIDATE" in ended.output
    assert not compared


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["a"], 2),
        (["a", "b", "c"], 2),
        (["a", "--against"], 2),
        (["--against", "a"], 2),
        (["a", "--against", "b", "--against", ""], 2),
        (["a", "b", "--seed", "-1"], 2),
        (["a", "b", "--seed", "x"], 2),
        (["a", "b", "--tolerance", "many"], 2),
        (["a", "b", "--tolerance", "full"], 5),
    ],
)
def test_what_cannot_be_compared_has_its_exit_code(
    compared: list[Any], arguments: list[str], code: int
) -> None:
    assert CliRunner().invoke(cli, ["compare", *arguments]).exit_code == code
    assert all(options["tolerance"] in {"many", "full"} for _, options in compared)


@pytest.mark.long
def test_the_history_reads_one_run_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A result is let go before the next is read: a folder may hold more of them than memory does."""

    class Held:
        """A result."""

    held: weakref.WeakSet[Held] = weakref.WeakSet()
    most = 0

    def read(_: RunFolder) -> Held:
        nonlocal most
        gc.collect()
        result = Held()
        held.add(result)
        most = max(most, len(held))
        return result

    def row(*_: object) -> RunRow:
        raise InputError("broken-result", "it is none")

    for number in range(5):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / RESULT).write_text("")
    monkeypatch.setattr(RunFolder, "read_responses", read)
    monkeypatch.setattr(history_module, "run_row", row)
    assert history_module.history(tmp_path) == 0
    assert {"history.html", "history.md"} < {file.name for file in tmp_path.iterdir()}
    assert most == 1


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (SystemExit(3), 3),
        (click.UsageError("no such option"), 2),
        (click.Abort(), 130),
        (BrokenPipeError(32, "broken pipe"), 70),
        (ZeroDivisionError(), 70),
        (MemoryError(), 70),
    ],
)
def test_no_end_of_a_command_has_the_exit_code_of_a_verdict_that_it_did_not_give(
    monkeypatch: pytest.MonkeyPatch, end: BaseException, code: int
) -> None:
    """Ctrl-C in `compare` is not "slower", and a pipe that breaks inside is a defect and not "missed"."""

    def command(*, standalone_mode: bool, **_: str) -> None:
        assert not standalone_mode
        raise end

    monkeypatch.setattr(command_line, "cli", command)
    monkeypatch.setattr(command_line, "open_streams", lambda: None)
    with pytest.raises(SystemExit) as raised:
        command_line.main()
    assert raised.value.code == code


@pytest.mark.parametrize("number", ["0", "65", "many", "", "2.5"])
def test_a_number_of_workers_that_is_none_is_refused(number: str) -> None:
    done = CliRunner().invoke(cli, ["run", "any.yaml", "--workers", number])
    assert done.exit_code == 2
    assert "--workers" in done.output
