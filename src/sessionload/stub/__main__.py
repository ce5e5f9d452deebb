"""The process of the stub: settings in on the first line of standard input, one line out when it is ready.

    {"latency": "40ms", "faults": ["status 503 every 10"], "port": 0, "lease": true}
    {"port": 41367, "url": "http://127.0.0.1:41367"}
    {"error": {"code": "stub-port", "message": "...", "hint": "...", "part": null}}

`launch` says what else the first line may hold. With `lease` set, the stub ends when its standard input ends,
so it never outlives its parent. SIGTERM and SIGINT end it at once, with exit code 0; once it is ending they
are blocked: an exception in the midst of the interpreter's own shutdown would be printed, and so would a
signal that comes just as its handler changes. The API key comes in the environment and never among the
settings, because settings may be printed.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, NoReturn

from sessionload.errors import InputError, SessionloadError
from sessionload.process_limits import allow_all_connections, forbid_core_dumps
from sessionload.secret import Secret
from sessionload.stub.connection import StubProtocol
from sessionload.stub.delayed_replies import DelayQueue
from sessionload.stub.launch import Launch
from sessionload.stub.listener import AMPLE, BACKLOG, Listener
from sessionload.stub.settings import DEFAULT_KEY, KEY_VARIABLE

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
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)


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
        launch = Launch.read(sys.stdin.buffer.readline(), key, os.environ)
        with asyncio.Runner(loop_factory=_new_loop()) as runner:
            runner.run(_serve(launch))
    except SessionloadError as error:
        part = error.place.part if error.place else None
        fields = {"code": error.code, "message": error.message, "hint": error.hint, "part": part}
        _write_line({"error": fields})
        return error.exit_code
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    return 0


if __name__ == "__main__":
    sys.exit(main())
