"""The process of the stub: settings in on the first line of standard input, one line out when it is ready.

    {"latency": "40ms", "faults": ["status 503 every 10"], "port": 0, "lease": true}
    {"port": 41367, "url": "http://127.0.0.1:41367"}
    {"error": {"code": "stub-port", "message": "...", "hint": "..."}}

Beside the fields of `StubSettings` there may be `lease`, `tls` (`cert` and `key`, paths of PEM files),
`document` (an OpenAPI document) and `operation` (the `operationId` in it whose body rule is kept).

With `lease` set, the stub ends when its standard input ends, so it never outlives its parent. SIGTERM and
SIGINT end it at once, with exit code 0; once it is ending they change nothing, because an exception in the
midst of the interpreter's own shutdown would be printed. The API key comes in the environment and never among
the settings, because settings may be printed.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import signal
import socket
import ssl
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from threading import Thread
from typing import TYPE_CHECKING, Any, NoReturn, Self

from sessionload.contract.binding import SESSION_KEY, USER_ID, Binding
from sessionload.contract.contract import Contract
from sessionload.errors import InputError, SessionloadError, ValueProblem, nearest
from sessionload.process_limits import allow_all_connections, forbid_core_dumps
from sessionload.secret import Secret
from sessionload.stub.connection import StubProtocol
from sessionload.stub.delayed_replies import DelayQueue
from sessionload.stub.listener import AMPLE, BACKLOG, Listener
from sessionload.stub.operation_route import OperationRoute
from sessionload.stub.request_rule import RequestRule
from sessionload.stub.routes import RequestHandler
from sessionload.stub.session_answer import SessionAnswer
from sessionload.stub.settings import DEFAULT_KEY, KEY_VARIABLE, StubSettings, is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable

    NewLoop = Callable[[], asyncio.AbstractEventLoop]

_ENDING = (signal.SIGTERM, signal.SIGINT)


def _new_loop() -> NewLoop | None:
    """Return how to make a loop of uvloop, or `None` (asyncio's own, half as fast) where there is none."""
    try:
        import uvloop  # noqa: PLC0415 - it exists on Unix only
    except ImportError:
        return None
    return uvloop.new_event_loop


@dataclass(frozen=True, slots=True)
class Launch:
    """The first line of standard input, understood."""

    settings: StubSettings
    handler: RequestHandler
    context: ssl.SSLContext | None
    lease: bool

    @classmethod
    def read(cls, line: bytes, key: Secret) -> Self:
        """Return what `line` asks for: a stub that accepts `key`. Raises `InputError`."""
        try:
            fields: Any = json.loads(line or b"{}")
        except ValueError:
            fields = None
        if not isinstance(fields, dict):
            raise InputError("stub-settings", "the settings of the stub are one line of JSON, an object")
        tls, document = fields.pop("tls", None), fields.pop("document", None)
        lease, asked = bool(fields.pop("lease", False)), fields.pop("binding", None) or {}
        settings = _settings(fields)
        contract = None
        if document is not None:
            binding = Binding(
                asked.get("operation"),
                settings.project,
                settings.environment,
                path=asked.get("path", {}),
                filler=settings.project,
                user=tuple(asked.get("user", USER_ID)),
                session_key=tuple(asked.get("session_key", SESSION_KEY)),
            )
            contract = Contract.from_document(document, binding, file="the stub's settings", sha256="")
        try:
            operation = OperationRoute.of(contract.request) if contract else None
            handler = RequestHandler(
                settings,
                key=key,
                rule=RequestRule(contract),
                operation=operation,
                answer=SessionAnswer(contract),
            )
        except ValueProblem as problem:
            raise InputError("stub-settings", problem.message, hint=problem.cure) from None
        return cls(settings, handler, _context(tls), lease)


def _settings(fields: dict[str, Any]) -> StubSettings:
    defaults = asdict(StubSettings())
    for name, value in fields.items():
        if name not in defaults:
            raise InputError(
                "stub-settings", f"the stub has no setting '{name}'", hint=nearest(name, defaults)
            )
        if type(value) is not (list if name == "faults" else type(defaults[name])):
            raise InputError("stub-settings", f"the setting '{name}' of the stub has the wrong type")
    faults = fields.get("faults", [])
    if not all(isinstance(fault, str) for fault in faults):
        raise InputError("stub-settings", "the setting 'faults' of the stub is a list of texts")
    settings = StubSettings(**{**fields, "faults": tuple(faults)})
    if not is_loopback(settings.host):
        raise InputError(
            "stub-host",
            f"the stub serves loopback only, not '{settings.host}'",
            hint="leave the host out, or use 127.0.0.1",
        )
    if not 0 <= settings.port <= 65_535:
        raise InputError(
            "stub-port",
            f"{settings.port} is no port",
            hint="choose one from 1 to 65535, or 0 for any free one",
        )
    return settings


def _context(tls: dict[str, str] | None) -> ssl.SSLContext | None:
    if not tls:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(tls["cert"], tls["key"])
    except (OSError, KeyError) as error:
        raise InputError("stub-settings", f"the certificate of the stub cannot be used ({error})") from None
    return context


async def _serve(launch: Launch) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in _ENDING:
        loop.add_signal_handler(number, stop.set)
    delays = DelayQueue(loop)

    def make_protocol() -> StubProtocol:
        return StubProtocol(launch.handler, delays, loop)

    host = "127.0.0.1" if launch.settings.host == "localhost" else launch.settings.host
    try:
        sock = socket.create_server(
            (host, launch.settings.port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
        if resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= AMPLE:
            await loop.create_server(make_protocol, sock=sock, backlog=BACKLOG, ssl=launch.context)
        else:
            Listener(loop, sock, make_protocol, launch.context).start()
    except OSError as error:
        raise InputError(
            "stub-port",
            f"the stub cannot listen on port {launch.settings.port} ({error})",
            hint="choose another port, or 0 for any free one",
        ) from None
    port = sock.getsockname()[1]
    scheme = "https" if launch.context else "http"
    _write_line({"port": port, "url": f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"})
    if launch.lease:
        Thread(target=_hold_lease, args=(loop, stop), daemon=True).start()
    gc.collect()
    gc.freeze()
    await stop.wait()
    for number in _ENDING:
        loop.remove_signal_handler(number)  # or closing the loop would do it, and undo the next line
        signal.signal(number, signal.SIG_IGN)


def _hold_lease(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Wait for the end of standard input. Read below Python's buffer, whose lock must be free at exit."""
    while os.read(0, 1 << 16):
        pass
    with suppress(RuntimeError):  # the loop has ended already
        loop.call_soon_threadsafe(stop.set)


def _write_line(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _exit(*_: object) -> NoReturn:
    raise SystemExit(0)


def main() -> int:
    """Serve until the end; return the exit code."""
    forbid_core_dumps()
    allow_all_connections()
    for number in _ENDING:
        signal.signal(number, _exit)
    try:
        key = Secret(os.environ.pop(KEY_VARIABLE, DEFAULT_KEY), name=KEY_VARIABLE)
        launch = Launch.read(sys.stdin.buffer.readline(), key)
        with asyncio.Runner(loop_factory=_new_loop()) as runner:
            runner.run(_serve(launch))
    except SessionloadError as error:
        _write_line({"error": {"code": error.code, "message": error.message, "hint": error.hint}})
        return error.exit_code
    finally:
        for number in _ENDING:
            signal.signal(number, signal.SIG_IGN)
    return 0


if __name__ == "__main__":
    sys.exit(main())
