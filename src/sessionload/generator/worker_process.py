"""The generator, seen from the process that started it.

Law: what the generator has said is never lost, even if it dies in the middle of a word; and it sends nothing
before it is started. Idea: it is a process in a session of its own, so that Ctrl-C in a terminal reaches only
us and we ask it to drain; it is started before all else, because to import Locust takes it a second. Trap: a
generator whose starter is gone must not go on sending; it ends when its input ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Self

from sessionload.metrics.delta import Delta
from sessionload.stub.settings import KEY_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sessionload.config.run_spec import RunInputs

_LONGEST_COMPLAINT = 4000
_TICK_S = 0.25
"""A wait without an end would keep signals from being handled on some systems."""


def run_variables() -> dict[str, str]:
    """Return the environment variables of a run: ours, and a key that opens its own stub and nothing else."""
    return {**os.environ, KEY_VARIABLE: f"VF.DM.stub.{secrets.token_hex(16)}"}


class GeneratorProcess:
    """A running generator. Use as a context manager: it is ended on the way out, whatever happened."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        """Start a generator; `variables` become its environment, the key among them."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sessionload.generator.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={
                **{name: text for name, text in variables.items() if not name.startswith("LOCUST_")},
                "PYTHONHASHSEED": "random",  # session keys are remembered by their hash
            },
            start_new_session=True,
        )
        self._lines: queue.Queue[bytes | None] = queue.Queue()
        self._complaints = bytearray()
        threading.Thread(target=self._read_lines, daemon=True, name="deltas").start()
        self._complaining = threading.Thread(target=self._read_complaints, daemon=True, name="complaints")
        self._complaining.start()

    def _read_lines(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  # it was opened as a pipe
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _read_complaints(self) -> None:
        assert self._process.stderr is not None  # noqa: S101  # it was opened as a pipe
        for line in self._process.stderr:
            self._complaints = (self._complaints + line)[-_LONGEST_COMPLAINT:]

    def spec(self, inputs: RunInputs) -> None:
        """Tell it what to do; it begins at once."""
        text = json.dumps(inputs.to_json())
        assert self._process.stdin is not None  # noqa: S101  # it was opened as a pipe
        with contextlib.suppress(OSError):  # it has ended: its last words say so
            self._process.stdin.write(text.encode() + b"\n")
            self._process.stdin.flush()

    def _order(self, word: bytes) -> None:
        # Past Python's buffer, which a signal handler must not enter while it is in use.
        assert self._process.stdin is not None  # noqa: S101  # it was opened as a pipe
        with contextlib.suppress(OSError, ValueError):  # it has ended, or the pipe is closed
            os.write(self._process.stdin.fileno(), word + b"\n")

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def stop(self) -> None:
        """Ask for a drain: nothing more is sent, what is in flight may end."""
        self._order(b"stop")

    def cut(self) -> None:
        """Ask for an end at once: what is in flight is aborted, and counted."""
        self._order(b"cut")

    def deltas(self) -> Iterator[Delta]:
        """Yield deltas as they come, until the generator has ended. Signals are handled meanwhile."""
        while True:
            try:
                line = self._lines.get(timeout=_TICK_S)
            except queue.Empty:
                continue
            if line is None:
                return
            with contextlib.suppress(json.JSONDecodeError):  # a line cut short by the generator's death
                yield Delta.from_json(json.loads(line))

    @property
    def complaint(self) -> str:
        """The end of what it wrote to standard error, after it has ended."""
        self._complaining.join(timeout=2)
        return self._complaints.decode(errors="replace").strip()

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
