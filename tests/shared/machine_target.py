"""The stub on an address of its own, for a network of machines; it writes down each arrival as it comes.

    python machine_target.py ADDRESS PORT CERTIFICATE RECORD LATENCY

The stub of the program serves loopback only, so this one is put together from its parts, as `stub_thread`
does. RECORD gets a line for each session start, `number instant`: the number of the user ID, and the instant
of the monotonic clock, which all namespaces of one machine share. A line `ready` is printed when it listens;
it ends when its standard input does. The key is in the stub's own variable.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sessionload.config.contract_files import read_contract
from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.secret import Secret
from sessionload.stub.arrival_ledger import number_in
from sessionload.stub.connection import StubProtocol
from sessionload.stub.delayed_replies import DelayQueue
from sessionload.stub.routes import RequestHandler
from sessionload.stub.settings import KEY_VARIABLE, StubSettings

if TYPE_CHECKING:
    from sessionload.stub.arrival_ledger import ArrivalLedger

_CONTRACT = Path(__file__).parents[2] / "contracts" / "openapi.yaml"


def write_down(ledger: ArrivalLedger, record: int) -> None:
    """Let a ledger write a line to the file descriptor `record` for each arrival."""
    count = ledger.arrive

    def arrive(user: bytes) -> int:
        os.write(record, b"%d %d\n" % (number_in(user) or 0, time.monotonic_ns()))
        return count(user)

    ledger.arrive = arrive  # type: ignore[method-assign]


async def serve(handler: RequestHandler, address: str, port: int, context: ssl.SSLContext) -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    delays = DelayQueue(loop)
    await loop.create_server(lambda: StubProtocol(handler, delays, loop), address, port, ssl=context)
    print("ready", flush=True)  # noqa: T201 - who started this waits for it
    ended = asyncio.Event()
    loop.add_reader(0, ended.set)
    await ended.wait()


def main(address: str, port: str, certificate: str, record: str, latency: str) -> None:
    """Serve the shipped contract over TLS."""
    document, _ = read_contract(_CONTRACT)
    bound = Binding("startSession", "stub", "main", serves=True)
    handler = RequestHandler(
        StubSettings(latency=latency),
        key=Secret(os.environ[KEY_VARIABLE], name=KEY_VARIABLE),
        contract=Contract.from_document(document, bound, file="", sha256=""),
    )
    write_down(handler.ledger, os.open(record, os.O_WRONLY | os.O_CREAT | os.O_APPEND))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    asyncio.run(serve(handler, address, int(port), context))


if __name__ == "__main__":
    main(*sys.argv[1:])
