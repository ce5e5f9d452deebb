"""The generator, seen from the process that started it.

Every delta that the generator wrote whole is kept, even if it dies in the middle of the next one, and it
sends nothing before it has its inputs. It runs in a session of its own, so that Ctrl-C in a terminal
reaches only the command, which then asks for a drain. It is started before all else, because to import
Locust takes it a second. When its input ends it stops, so that it does not outlive the command.
"""

from __future__ import annotations

import contextlib
import os
import queue
import secrets
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Self

from sessionload.metrics.raw import read_line
from sessionload.stub.settings import KEY_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sessionload.config.run_spec import RunInputs
    from sessionload.metrics.delta import Delta
    from sessionload.metrics.worker_events import WorkerEvent

READY = b"ready\n"
"""What a generator writes when it can take its inputs."""
BEGIN = b"begin"
"""What a master is told when its workers are gathered and the load may begin."""
_START_S = 60.0
_END_S = 5.0
_STDERR_TAIL = 4000
TICK_S = 0.25
"""A wait without a timeout would keep signals from being handled on some systems."""


def run_variables() -> dict[str, str]:
    """Return the environment variables of a run: ours, and a key that only its own stub accepts."""
    return {**os.environ, KEY_VARIABLE: f"VF.DM.stub.{secrets.token_hex(16)}"}


class GeneratorProcess:
    """A running generator. Use as a context manager: it is ended on the way out, whatever happened."""

    def __init__(
        self, variables: Mapping[str, str], *, module: Sequence[str] = ("sessionload.generator.worker",)
    ) -> None:
        """Start a module that generates load; `variables` become its environment, the key among them."""
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-P", "-m", *module],  # -P: not from the current folder
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={
                **{name: text for name, text in variables.items() if not name.startswith("LOCUST_")},
                "PYTHONHASHSEED": "random",  # session keys are remembered by their hash
            },
            start_new_session=True,
        )
        self._started = False
        self._commands: list[bytes] = []
        self.lines: queue.Queue[bytes | None] = queue.Queue()
        """What it has written to standard output, and `None` where that has ended."""
        self._stderr_tail = bytearray()
        threading.Thread(target=self._read_lines, daemon=True, name="deltas").start()
        self._stderr_reader = threading.Thread(target=self._read_stderr, daemon=True, name="stderr")
        self._stderr_reader.start()

    def _read_lines(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  # it was opened as a pipe
        for line in self._process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def _read_stderr(self) -> None:
        assert self._process.stderr is not None  # noqa: S101  # it was opened as a pipe
        for line in self._process.stderr:
            self._stderr_tail = (self._stderr_tail + line)[-_STDERR_TAIL:]

    def is_ready(self) -> bool:
        """Wait until the generator can take its inputs; return whether it can."""
        end = time.monotonic() + _START_S
        while time.monotonic() < end:
            with contextlib.suppress(queue.Empty):
                return self.lines.get(timeout=TICK_S) == READY
        return False

    def start(self, inputs: RunInputs) -> None:
        """Write the inputs of the run, and what was commanded before; the generator begins at once."""
        self.write_inputs(inputs)
        self.release()

    def write_inputs(self, inputs: RunInputs) -> None:
        """Write the inputs of the run."""
        assert self._process.stdin is not None  # noqa: S101  # it was opened as a pipe
        with contextlib.suppress(OSError):  # it has ended: standard error says why
            for piece in inputs.pieces():
                self._process.stdin.write(piece)
            self._process.stdin.flush()

    def release(self, *commands: bytes) -> None:
        """Write `commands`, what was commanded before, and from now on each command at once."""
        self._started = True
        for command in (*commands, *self._commands):
            self._write_command(command)

    def _write_command(self, command: bytes) -> None:
        if not self._started:  # a signal handler can come before the inputs, or in the middle of them
            self._commands.append(command)
            return
        # Past Python's buffer, which a signal handler must not enter while it is in use.
        assert self._process.stdin is not None  # noqa: S101  # it was opened as a pipe
        with contextlib.suppress(OSError, ValueError):  # it has ended, or the pipe is closed
            os.write(self._process.stdin.fileno(), command + b"\n")

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def stop(self, grace_s: float | None = None) -> None:
        """Ask for a drain: nothing more is sent, and what is in flight may end.

        After `grace_s` seconds what is left is aborted and counted; else each exchange has its timeout.
        """
        self._write_command(b"stop" if grace_s is None else b"stop %.3f" % grace_s)

    def cut(self) -> None:
        """Ask for an end at once: what is in flight is aborted, and counted."""
        self._write_command(b"cut")

    def kill(self) -> None:
        """End it without a last delta: what it has not accounted for is lost."""
        self._process.kill()

    def was_killed(self) -> bool:
        """Whether it was ended by a signal, when it has said all that it will say."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(timeout=_END_S) < 0
        return False

    def deltas(self) -> Iterator[Delta | WorkerEvent]:
        """Yield deltas and events as they come, until the generator has ended.

        Signals are handled meanwhile.
        """
        while True:
            try:
                line = self.lines.get(timeout=TICK_S)
            except queue.Empty:
                continue
            if line is None:
                return
            if line == READY:
                continue
            with contextlib.suppress(ValueError):  # a line cut short by the generator's death
                yield read_line(line)

    def close_input(self) -> None:
        """Let it know that nothing follows."""
        assert self._process.stdin is not None  # noqa: S101  # it was opened as a pipe
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def wait(self, longest_s: float) -> None:
        """Wait for its end. Raises `subprocess.TimeoutExpired`."""
        self._process.wait(longest_s)

    @property
    def stderr_tail(self) -> str:
        """The end of what it wrote to standard error, after it has ended."""
        self._stderr_reader.join(timeout=2)
        return self._stderr_tail.decode(errors="replace").strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
