"""The stub as its parent sees it: start it, read its ledger, stop it.

No stub outlives its parent: the parent holds the stub's standard input open, and the operating system closes
it however the parent ends. Ctrl-C reaches every process of a terminal, so the stub has a session of its own
and goes on answering while a run drains.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from http.client import HTTPConnection, HTTPSConnection
from queue import Empty, SimpleQueue
from signal import Signals
from threading import Thread
from typing import TYPE_CHECKING, Any, Self

from sessionload.errors import InputError, Place
from sessionload.stub.binding_line import fields_of, variables_of
from sessionload.stub.settings import DEFAULT_KEY, KEY_VARIABLE, StubSettings

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping
    from types import TracebackType

    from sessionload.contract.document.binding import Binding
    from sessionload.secret import Secret

_READY_SECONDS = 20.0
_STOP_SECONDS = 5.0


class StubProcess:
    """A running stub. Use it as a context manager: it ends with the block."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, host: str, port: int) -> None:
        self._process = process
        self._host = host
        self.url = url
        self.port = port

    @classmethod
    def start(
        cls,
        settings: StubSettings,
        key: Secret | None = None,
        *,
        document: Mapping[str, Any] | None = None,
        binding: Binding | None = None,
        tls: Mapping[str, str] | None = None,
    ) -> Self:
        """Start a stub and return when it listens.

        It accepts `key`, or `DEFAULT_KEY`, and serves the operation of `document`, an OpenAPI document, that
        `binding` names; without a document any text is a user ID. `tls` has the paths `cert` and `key` of PEM
        files. Raises `InputError` with the message of the stub when it refuses.
        """
        line = {**asdict(settings), "lease": True}
        if document is not None:
            line |= {"document": document, "binding": fields_of(binding) if binding else {}}
        line |= {"tls": dict(tls)} if tls else {}
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "sessionload.stub"],  # -P: not from the current folder
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={
                **os.environ,
                **variables_of(binding),
                KEY_VARIABLE: key.reveal() if key else DEFAULT_KEY,
            },
            start_new_session=True,
        )
        stub = cls(process, "", settings.host, 0)
        try:
            ready = _first_line(process, json.dumps(line).encode() + b"\n")
        except BaseException:
            stub.stop()
            raise
        stub.url, stub.port = ready["url"], ready["port"]
        return stub

    @property
    def pid(self) -> int:
        """The process ID of the stub."""
        return self._process.pid

    @property
    def death(self) -> str | None:
        """How the stub ended without `stop`, in words, or `None` while it runs."""
        code = self._process.poll()
        if code is None:
            return None
        return f"killed by {Signals(-code).name}" if code < 0 else f"exit code {code}"

    def wait(self) -> None:
        """Wait until the stub has ended by itself; signals are handled meanwhile."""
        self._process.wait()

    def ledger(self, context: ssl.SSLContext | None = None) -> dict[str, Any]:
        """Return what arrived at the stub so far; `context` is needed to trust the certificate of a TLS stub.

        Raises `OSError` when the stub does not answer.
        """
        if context:
            connection: HTTPConnection = HTTPSConnection(
                self._host, self.port, timeout=_STOP_SECONDS, context=context
            )
        else:
            connection = HTTPConnection(self._host, self.port, timeout=_STOP_SECONDS)
        try:
            connection.request("GET", "/ledger")
            page: dict[str, Any] = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return page

    def stop(self) -> int:
        """End the stub and return its exit code. Stopping twice is once."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(OSError):  # what it had not read yet is lost with it
                    pipe.close()
        if self._process.poll() is None:
            self._process.terminate()
        try:
            return self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _first_line(process: subprocess.Popen[bytes], settings: bytes) -> dict[str, Any]:
    """Send the settings and return the line that the stub writes. Raises `InputError` when it refuses."""
    lines: SimpleQueue[bytes] = SimpleQueue()

    def exchange() -> None:
        try:
            if process.stdin and process.stdout:
                process.stdin.write(settings)
                process.stdin.flush()
                lines.put(process.stdout.readline())
        except OSError:
            lines.put(b"")

    Thread(target=exchange, daemon=True).start()
    try:
        line = lines.get(timeout=_READY_SECONDS)
    except Empty:
        process.kill()
        line = b""
    if not line:
        raise InputError(
            "stub-start",
            f"the stub ended, or was silent for {_READY_SECONDS:g} s, before it was ready",
            hint="what it printed, if anything, stands above",
        )
    message: dict[str, Any] = json.loads(line)
    if "error" in message:
        part = message["error"].pop("part")
        place = None if part is None else Place("the document", part=tuple(part))
        raise InputError(**message["error"], place=place)
    return message
