"""The fenced blocks of a document, and its commands, run as a reader would run them.

Before a block, a comment in the document says what is special about it:

    <!-- exit 2: text -->                  the commands end with this code and print this text; else 0
    <!-- serves text -->                   the command prints this text, answers HTTP, and ends at Ctrl-C
    <!-- file NAME, where A is B -->       the block is a file for the commands after it, with B for A
    <!-- …; shortened: A is B -->          after any of these, or alone: B for A too, where time is short
    <!-- …; shortened: exit 3: text -->    they end otherwise there
    <!-- …; shortened: left out -->        they are not run there
"""

from __future__ import annotations

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
from typing import TYPE_CHECKING, NamedTuple, Self

import sessionload

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(
    r"(?:^<!-- (?P<comment>[^\n]*) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)
_SHORTENED = "shortened: "


class Block(NamedTuple):
    """A fenced block of a document, with the comment before it."""

    name: str
    """The document and the line of the fence."""
    language: str
    comment: str
    text: str
    shorter: str = ""
    """What is otherwise where time is short."""

    def shortened(self) -> Self | None:
        """Return the block as it is where time is short, if it is there."""
        if self.shorter == "left out":
            return None
        if self.shorter.startswith("exit "):
            return self._replace(comment=self.shorter, shorter="")
        return self._replace(text=_changed(self.name, self.text, self.shorter), shorter="")


def blocks_of(name: str, text: str) -> Iterator[Block]:
    """Yield the blocks of a document."""
    for match in _FENCE.finditer(text):
        line = text.count("\n", 0, match.end())
        said, _, shorter = f"; {match['comment'] or ''}".partition(f"; {_SHORTENED}")
        comment = said.removeprefix("; ")
        yield Block(f"{name}:{line}", match["language"], comment, match["text"], shorter)


def prose_of(text: str) -> str:
    """Return a document without its fenced blocks."""
    return _FENCE.sub("", text)


def _changed(name: str, text: str, changes: str) -> str:
    """Return a text with B for A, as `A is B and C is D` asks."""
    for change in filter(None, changes.split(" and ")):
        before, after = change.split(" is ")
        assert before in text, f"{name}: there is no {before} to be {after}"
        text = text.replace(before, after)
    return text


def make_world(folder: Path, *, eased: bool = True) -> Path:
    """Fill a folder with what commands need, and stand-ins for programs; `eased` makes `smoke` short."""
    for name in ("contracts", "scenarios"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("environments.yaml", "locustfile.py", "Makefile"):
        shutil.copy(ROOT / name, folder)
    if eased:
        smoke = folder / "scenarios" / "smoke.yaml"
        text = re.sub(r"duration: \w+", "duration: 1s", smoke.read_text())
        text = re.sub(r"max_lag: \w+", "max_lag: 10s", text)
        smoke.write_text(re.sub(r"- (p\d+) < \w+", r"- \1 < 10s", text))
    _add_programs(folder)
    return folder


def _add_programs(folder: Path) -> None:
    """Put stand-ins for the programs of an installed sessionload into a folder, in `.venv/bin`."""
    tools = folder / ".venv" / "bin"
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


def _variables(world: Path) -> dict[str, str]:
    """Return environment variables without any key, and with a free port for Locust's web UI."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    foreign = ("VF_", "GITHUB_", "LOCUST_", "SESSIONLOAD_", "PYTHON", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {
        **kept,
        "PATH": f"{world / '.venv' / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(Path(sessionload.__file__).parents[1]),
        "LOCUST_WEB_PORT": str(port),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # the one of this checkout is named, however it is installed
    }


def perform(block: Block, world: Path) -> str:
    """Write the file that a block is, or run its commands, as its comment says; return what they print."""
    if block.comment.startswith("file "):
        _write(block, world)
        return ""
    if block.comment.startswith("serves "):
        return _serve(block, world)
    assert not block.comment or block.comment.startswith("exit "), block.name
    return _run(block, world)


def _write(block: Block, world: Path) -> None:
    name, _, changes = block.comment.removeprefix("file ").partition(", where ")
    (world / name).write_text(_changed(block.name, block.text, changes))


@contextmanager
def _started(block: Block, world: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Start the commands of a block in a session of their own; yield them and the file that they print to."""
    log = world / "printed.txt"
    with log.open("w") as output:
        commands = subprocess.Popen(
            ["bash", "-ec", block.text],
            cwd=world,
            env=_variables(world),
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


_LONGEST_S = 900
"""The commands of a block take at most so long: a search for the capacity takes minutes."""


def expected_end(block: Block) -> tuple[int, str]:
    """Return the exit code of a block's commands, and a text that they print."""
    code, _, expected = (block.comment.removeprefix("exit ") or "0: ").partition(": ")
    return int(code), expected


def _run(block: Block, world: Path) -> str:
    """Run the commands of a block and compare their end with what its comment says."""
    code, expected = expected_end(block)
    with _started(block, world) as (commands, log):
        ended = commands.wait(_LONGEST_S)
        text = log.read_text()
    printed = f"{block.name}\n{text}"
    assert ended == code, printed
    assert expected in printed
    assert "Traceback" not in printed
    return text


def _serve(block: Block, world: Path) -> str:
    """Start a server, wait for an answer, and end it as Ctrl-C does."""
    with _started(block, world) as (server, log):
        _wait_for_answer(log, server)
        os.killpg(server.pid, signal.SIGINT)
        ended = server.wait(30)
        text = log.read_text()
    printed = f"{block.name}\n{text}"
    assert ended == 0, printed
    assert block.comment.removeprefix("serves ") in printed
    return text


def _wait_for_answer(log: Path, server: subprocess.Popen[bytes]) -> None:
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
