"""The stub on real sockets in a thread of this process, for facts that are not about its process."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING, Any, Self, cast
from urllib.request import urlopen

from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.secret import Secret
from sessionload.stub.connection import StubProtocol
from sessionload.stub.delayed_replies import DelayQueue
from sessionload.stub.routes import RequestHandler
from sessionload.stub.settings import DEFAULT_KEY, StubSettings

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping


class _Connection(StubProtocol):
    def __init__(
        self,
        opened: set[asyncio.Transport],
        handler: RequestHandler,
        delays: DelayQueue,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        super().__init__(handler, delays, loop)
        self._opened = opened

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._opened.add(cast("asyncio.Transport", transport))
        super().connection_made(transport)


class StubThread:
    """A running stub with an event loop of its own. Use it as a context manager, like `StubProcess`."""

    def __init__(
        self,
        *faults: str,
        latency: str = "0ms",
        key: Secret | None = None,
        document: Mapping[str, Any] | None = None,
        binding: Binding | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        bound = replace(binding or Binding("startSession", "stub", "main"), serves=True)
        contract = document and Contract.from_document(document, bound, file="", sha256="")
        settings = StubSettings(latency=latency, faults=faults, seed=1)
        self._handler = RequestHandler(
            settings,
            key=key or Secret(DEFAULT_KEY, name="X"),
            contract=contract or None,
        )
        self._open: set[asyncio.Transport] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True, name="stub")
        self._thread.start()
        self.port: int = asyncio.run_coroutine_threadsafe(self._listen(tls), self._loop).result(timeout=10)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    async def _listen(self, tls: ssl.SSLContext | None) -> int:
        delays = DelayQueue(self._loop)
        server = await self._loop.create_server(
            lambda: _Connection(self._open, self._handler, delays, self._loop), "127.0.0.1", 0, ssl=tls
        )
        port: int = server.sockets[0].getsockname()[1]
        self._server = server
        return port

    def ledger(self) -> dict[str, Any]:
        """Return what arrived at the stub so far."""
        with urlopen(f"http://127.0.0.1:{self.port}/ledger", timeout=10) as response:
            page: dict[str, Any] = json.loads(response.read())
        return page

    def stop(self) -> None:
        """End the stub and its connections."""

        async def close() -> None:
            self._server.close()
            for transport in self._open:
                transport.abort()
            await asyncio.sleep(0.01)  # for the loop to close their sockets

        asyncio.run_coroutine_threadsafe(close(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
