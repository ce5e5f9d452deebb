"""Printed text that is lost causes no error, no other exit code and no waiting."""

from __future__ import annotations

import fcntl
import io
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from sessionload.cli.cli import cli
from sessionload.cli.console import columns_of_output

if TYPE_CHECKING:
    from collections.abc import Iterator

SPEAKS = """
import logging, sys
import click
from sessionload.cli.console import open_streams, say, show, warn
open_streams()
warn("a warning of 5 µs → now")
say("lag 5 µs")
show("MET: 5 µs")
click.echo("by click")
logging.error("by a library")
sys.stdout.write("no line end" * 10_000)
sys.exit(3)
"""


def speak(
    program: str = SPEAKS,
    prefix: str = "",
    variables: dict[str, str] | None = None,
    *,
    stdout: int = subprocess.PIPE,
    stderr: int = subprocess.PIPE,
) -> subprocess.CompletedProcess[bytes]:
    """Run a Python program; `prefix` is for the shell that starts it."""
    return subprocess.run(
        ["sh", "-c", f'exec "$0" -c "$1" {prefix}', sys.executable, program],
        env={**os.environ, "NO_COLOR": "1", **(variables or {})},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        timeout=60,
        check=False,
    )


@pytest.fixture
def nobody_reads() -> Iterator[int]:
    """A pipe without a reader."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


def test_what_is_said_arrives_where_it_can() -> None:
    ended = speak()
    assert ended.returncode == 3
    assert ended.stdout.decode().startswith("lag 5 µs\nMET: 5 µs\nby click\nno line end")
    assert ended.stderr.decode() == "a warning of 5 µs → now\nERROR:root:by a library\n"


@pytest.mark.parametrize(
    "prefix", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", ">/dev/full", "2>/dev/full", ">/dev/full 2>&1"]
)
def test_a_stream_that_takes_nothing_changes_no_exit_code(prefix: str) -> None:
    ended = speak(prefix=prefix)
    assert ended.returncode == 3
    assert b"Traceback" not in ended.stderr
    assert b"Exception" not in ended.stderr


def test_a_reader_that_has_gone_changes_no_exit_code(nobody_reads: int) -> None:
    assert speak(stderr=nobody_reads).returncode == 3
    ended = speak(stdout=nobody_reads)
    assert ended.returncode == 3
    assert b"Traceback" not in ended.stderr


@pytest.mark.parametrize("encoding", ["ascii", "ascii:strict", "latin-1", "cp437"])
def test_a_console_that_lacks_a_character_gets_another_spelling(encoding: str) -> None:
    ended = speak(variables={"PYTHONIOENCODING": encoding})
    assert ended.returncode == 3
    if encoding.startswith("ascii"):
        assert ended.stdout.startswith(b"lag 5 us\nMET: 5 us\n")
        assert ended.stderr.startswith(b"a warning of 5 us -> now\n")
    else:
        assert ended.stdout.startswith("lag 5 µs\n".encode(encoding))


@pytest.mark.parametrize("columns", ["0", "1", "-5", "x", "99999999999999", ""])
def test_a_width_that_cannot_be_drawn_is_ignored(columns: str) -> None:
    ended = speak(variables={"COLUMNS": columns, "FORCE_COLOR": "1", "NO_COLOR": ""})
    assert ended.returncode == 3
    assert "5 µs\n".encode() in ended.stdout


def test_a_file_of_ours_never_gets_the_number_of_a_closed_stream() -> None:
    program = """
import os, sys
from sessionload.cli.console import open_streams
open_streams()
with open(os.devnull) as file:
    sys.exit(file.fileno())
"""
    assert speak(program, "<&- >&- 2>&-").returncode > 2


def test_a_pipe_that_does_not_wait_is_waited_for() -> None:
    """Somebody else has made the pipe non-blocking, and reads late: not a byte is lost."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen([sys.executable, "-c", SPEAKS], stdout=writer, stderr=subprocess.DEVNULL)
        )
        os.close(writer)
        with os.fdopen(reader, "rb") as file:
            assert file.read().endswith(b"no line end")
        assert process.wait(30) == 3


PROGRESS = """
import sys, time
from sessionload.cli.console import ProgressStream, open_streams, say
open_streams()
began = time.monotonic()
with ProgressStream() as stream:
    for number in range(5000):
        stream.write(f"progress {number}" + "." * 200 + chr(10))
    written = time.monotonic() - began
say(f"{written:.3f}")
sys.exit(3)
"""


def full_pipe() -> tuple[int, int]:
    """Return a pipe that holds all that it can."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writer, b"x" * 4096)
    return reader, writer


def test_progress_does_not_wait_for_a_reader_that_stands_still() -> None:
    reader, writer = full_pipe()
    began = time.monotonic()
    ended = speak(PROGRESS, stderr=writer)
    os.close(writer)
    os.close(reader)
    assert ended.returncode == 3
    assert time.monotonic() - began < 30


def test_progress_arrives_in_order_where_it_is_read() -> None:
    ended = speak(PROGRESS.replace("range(5000)", "range(50)"))
    assert [int(line.split(".")[0].split()[1]) for line in ended.stderr.decode().splitlines()] == [*range(50)]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("columns", "used"), [("80", 80), ("200", 100), ("20", 60)])
def test_a_summary_is_as_wide_as_its_terminal_and_no_wider_than_100(
    monkeypatch: pytest.MonkeyPatch, columns: str, used: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(sys, "stdout", _Terminal())
    assert columns_of_output() == used


def test_a_summary_in_a_file_is_100_columns_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert columns_of_output() == 100


@pytest.mark.parametrize("command", [None, *cli.commands])
def test_help_takes_80_columns(command: str | None) -> None:
    asked = [command, "--help"] if command else ["--help"]
    ended = CliRunner().invoke(cli, asked, terminal_width=80)
    assert ended.exit_code == 0
    assert [line for line in ended.output.splitlines() if len(line) > 80] == []
