"""The documents do what they say: their commands run, their files are checked, their links lead somewhere.

Before a fenced block, a comment in the document says what is special about it:

    <!-- exit 2: text -->                  the commands end with this code and print this text; else 0
    <!-- serves text -->                   the command prints this text, answers HTTP, and ends at Ctrl-C
    <!-- file NAME, where A is B -->       the block is a file for the commands after it, with B for A
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import sessionload
from sessionload.config import environment, scenario
from sessionload.config.document import Document
from sessionload.config.yaml_source import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
NAMES = (
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "reports/README.md",
    "deploy/README.md",
    *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
)
QUICK = (
    "README.md",
    "docs/check.md",
    "docs/contract.md",
    "docs/locust.md",
    "docs/messages.md",
    "docs/stub.md",
)
"""Their commands are run by `make test`, those of the others take longer and are left to `make test-long`."""
TEXTS = {name: (ROOT / name).read_text() for name in NAMES}

_FENCE = re.compile(
    r"(?:^<!-- (?P<comment>[^\n]*) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


class Block(NamedTuple):
    """A fenced block of a document, with the comment before it."""

    name: str
    """The document and the line of the fence."""
    language: str
    comment: str
    text: str


def blocks(name: str, *languages: str) -> Iterator[Block]:
    """Yield the blocks of a document in these languages, or those that are files."""
    text = TEXTS[name]
    for match in _FENCE.finditer(text):
        line = text.count("\n", 0, match.end())
        block = Block(f"{name}:{line}", match["language"], match["comment"] or "", match["text"])
        if block.language in languages or block.comment.startswith("file "):
            yield block


def prose(name: str) -> str:
    """Return a document without its fenced blocks."""
    return _FENCE.sub("", TEXTS[name])


# Commands


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A copy of what the commands need, with stand-ins on the path; `smoke` is short and easy."""
    for name in ("contracts", "scenarios"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("environments.yaml", "locustfile.py", "Makefile"):
        shutil.copy(ROOT / name, tmp_path)
    smoke = tmp_path / "scenarios" / "smoke.yaml"
    eased = re.sub(r"duration: \w+", "duration: 1s", smoke.read_text())
    eased = re.sub(r"max_lag: \w+", "max_lag: 10s", eased)
    smoke.write_text(re.sub(r"- (p\d+) < \w+", r"- \1 < 10s", eased))
    tools = tmp_path / ".venv" / "bin"
    tools.mkdir(parents=True)
    (tools / "activate").write_text(f"PATH='{tools}':$PATH\n")
    python = f"#!/bin/sh\nexec '{sys.executable}'"
    for name in ("sessionload", "locust"):
        (tools / name).write_text(f'{python} -m {name} "$@"\n')
    (tools / "python").write_text(f'{python} "$@"\n')
    (tools / "pytest").write_text(f'{python} -m pytest -p sessionload.pytest_plugin "$@"\n')
    (tools / "make").write_text('#!/bin/sh\nfor target; do grep -q "^$target:" Makefile || exit 2; done\n')
    for tool in tools.iterdir():
        tool.chmod(0o755)
    return tmp_path


def variables(world: Path) -> dict[str, str]:
    """Return environment variables without any key, and with a free port for Locust's web UI."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    foreign = ("VF_", "GITHUB_", "LOCUST_", "SESSIONLOAD_", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {
        **kept,
        "PATH": f"{world / '.venv' / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(Path(sessionload.__file__).parents[1]),
        "LOCUST_WEB_PORT": str(port),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # the one of this checkout is named, however it is installed
    }


def write(block: Block, world: Path) -> None:
    """Write the file that a block is."""
    name, _, changes = block.comment.removeprefix("file ").partition(", where ")
    text = block.text
    for change in filter(None, changes.split(" and ")):
        before, after = change.split(" is ")
        assert before in text, f"{block.name}: there is no {before} to be {after}"
        text = text.replace(before, after)
    (world / name).write_text(text)


@contextmanager
def started(block: Block, world: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Start the commands of a block in a session of their own; yield them and the file that they print to."""
    log = world / "printed.txt"
    with log.open("w") as output:
        commands = subprocess.Popen(
            ["bash", "-ec", block.text],
            cwd=world,
            env=variables(world),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield commands, log
    finally:
        with suppress(ProcessLookupError):
            os.killpg(commands.pid, signal.SIGKILL)
        commands.wait()


def run(block: Block, world: Path) -> None:
    """Run the commands of a block and compare their end with what its comment says."""
    code, _, expected = (block.comment.removeprefix("exit ") or "0: ").partition(": ")
    with started(block, world) as (commands, log):
        ended = commands.wait(90)
        printed = f"{block.name}\n{log.read_text()}"
    assert ended == int(code), printed
    assert expected in printed
    assert "Traceback" not in printed


def serve(block: Block, world: Path) -> None:
    """Start a server, wait for an answer, and end it as Ctrl-C does."""
    with started(block, world) as (server, log):
        wait_for_answer(log, server)
        os.killpg(server.pid, signal.SIGINT)
        ended = server.wait(30)
        printed = f"{block.name}\n{log.read_text()}"
    assert ended == 0, printed
    assert block.comment.removeprefix("serves ") in printed


def wait_for_answer(log: Path, server: subprocess.Popen[bytes]) -> None:
    """Return when whatever listens at the address in `log` has answered."""
    patience = time.monotonic() + 60
    while True:
        address = re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text())
        if address:
            link = HTTPConnection("127.0.0.1", int(address[1]), timeout=5)
            try:
                link.request("GET", "/")
                link.getresponse().read()
            except OSError:
                pass
            else:
                return
            finally:
                link.close()
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < patience, log.read_text()
        time.sleep(0.1)


@pytest.mark.parametrize(
    "name",
    [
        name if name in QUICK else pytest.param(name, marks=pytest.mark.long)
        for name in NAMES
        if any(blocks(name, "sh"))
    ],
)
def test_the_commands_of_a_document_end_as_it_says(name: str, world: Path) -> None:
    for block in blocks(name, "sh"):
        if block.comment.startswith("file "):
            write(block, world)
        elif block.comment.startswith("serves "):
            serve(block, world)
        else:
            assert not block.comment or block.comment.startswith("exit "), block.name
            run(block, world)


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    spans = re.findall(r"`make ([a-z -]+)`", "".join(map(prose, NAMES)))
    commands = re.findall(r"^make ([a-z -]+)$", "".join(TEXTS.values()), re.MULTILINE)
    named = {target for words in (*spans, *commands) for target in words.split()}
    assert {"demo", "test", "test-long"} <= named <= targets


# Files and links

GOOD: dict[str, Any] = {
    "name": "part",
    "users": {"id": "part-{n}"},
    "load": {"stages": [{"name": "steady", "rate": "100/s", "duration": "1m"}]},
    "targets": ["p95 < 400ms"],
}
VARIABLES = dict.fromkeys(("VF_PROJECT_ID", "VF_API_KEY", "LOCAL_KEY", "GATE_KEY"), "0123456789abcdef")
YAML = [block for name in NAMES for block in blocks(name, "yaml") if block.language == "yaml"]


@pytest.mark.parametrize("block", YAML, ids=lambda block: block.name)
def test_every_file_that_is_shown_is_accepted(block: Block) -> None:
    """A mapping of scenario keys is a scenario or a part of one; any other one is an environments file."""
    document = parse(block.text.encode(), block.name)
    if set(document.data) <= set(scenario.KEYS):
        complete = Document({**GOOD, **document.data}, document.file, document.places)
        assert scenario.Scenario.check(complete).targets
    else:
        for entry in document.data:
            assert environment.Environment.check(document, entry, VARIABLES).name == entry


def test_every_json_that_is_shown_is_json() -> None:
    shown = [block for name in NAMES for block in blocks(name, "json") if block.language == "json"]
    assert all(json.loads(block.text) for block in shown)


PROGRAMS = [block for name in NAMES for block in blocks(name) if block.language == "python"]


@pytest.mark.parametrize("block", PROGRAMS, ids=lambda block: block.name)
def test_every_program_that_is_shown_is_one_that_mypy_has_checked(block: Block) -> None:
    """`make check` looks at the files of `docs/programs`, strictly."""
    name = block.comment.removeprefix("file ")
    assert block.text == (ROOT / "docs" / "programs" / name).read_text()


def test_every_program_is_shown() -> None:
    shown = {block.comment.removeprefix("file ") for block in PROGRAMS}
    assert {path.name for path in (ROOT / "docs" / "programs").glob("*.py")} == shown


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


LINKS = sorted({(name, link) for name in NAMES for link in _LINK.findall(prose(name)) if "://" not in link})


@pytest.mark.parametrize(("name", "link"), LINKS)
def test_every_link_leads_somewhere(name: str, link: str) -> None:
    path, _, anchor = link.partition("#")
    target = (ROOT / name).parent / path if path else ROOT / name
    assert target.is_file()
    assert not anchor or anchor in anchors(target.read_text())


@pytest.mark.parametrize("name", NAMES)
def test_every_path_that_is_named_exists(name: str) -> None:
    named = re.findall(r"`((?:src|tests|docs|scenarios|contracts|benchmarks)/[^`\s]*)`", prose(name))
    assert not [path for path in named if not (ROOT / path).exists()]
