"""What tests with real sockets share: a key to look for, endpoints, plans, and servers besides the stub."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent
import pytest
from gevent.server import StreamServer

from sessionload.config.contract_files import read_contract
from sessionload.config.environment import Environment
from sessionload.config.run_spec import RunInputs, RunSpec, run_spec_of
from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.generator.endpoint import ConnectionPolicy, Endpoint
from sessionload.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
KEY = "VF.DM.canary.5a0e8be17c"
KEY_VARIABLE = "PARTS_API_KEY"
AGENT = "sessionload/1 (a test)"
MS = 1_000_000


START = Binding(None, "stub", "main")


@pytest.fixture(scope="session")
def api_key() -> Secret:
    """The key that stubs of these tests accept, and that must be seen nowhere else."""
    return Secret(KEY, name=KEY_VARIABLE)


@pytest.fixture(scope="session")
def contract_read() -> tuple[Any, str]:
    return read_contract(ROOT / "contracts" / "openapi.yaml")


@pytest.fixture(scope="session")
def contract(contract_read: tuple[Any, str]) -> Contract:
    document, sha256 = contract_read
    return Contract.from_document(document, START, file="openapi.yaml", sha256=sha256)


@pytest.fixture(scope="session")
def endpoint_to(api_key: Secret, contract: Contract) -> Callable[..., Endpoint]:
    """Make the endpoint to a port of this machine; further words are fields of the environment."""

    def make(
        port: int,
        *,
        host: str = "127.0.0.1",
        seconds: float = 1.0,
        reuse: bool = True,
        resume: bool = True,
        **fields: object,
    ) -> Endpoint:
        known: dict[str, Any] = {"tls": False, "binding": START, "key": api_key}
        return Endpoint(
            Environment("here", f"http://{host}:{port}", host, port, **{**known, **fields}),
            contract.request,
            timeout_ns=int(seconds * 1000) * MS,
            policy=ConnectionPolicy(reuse=reuse, resume=resume),
            agent=AGENT,
        )

    return make


@pytest.fixture(scope="session")
def in_greenlet() -> Callable[..., Any]:
    """Call a function in a greenlet of its own, as users are, and return what it returned."""

    def call(function: Callable[..., Any], *arguments: object, within: float = 30.0) -> object:
        return gevent.spawn(function, *arguments).get(timeout=within)

    return call


@pytest.fixture
def serve() -> Iterator[Callable[..., int]]:
    """Serve connections with a function of (socket, number of the connection); return the port."""
    servers: list[StreamServer] = []

    def start(handle: Callable[[Any, int], None], **options: object) -> int:
        accepted: list[object] = []

        def serve_one(link: Any, address: object) -> None:  # noqa: ANN401 -- gevent has no types
            accepted.append(address)
            try:
                handle(link, len(accepted))
            except OSError:
                pass  # the client has had enough
            finally:
                link.close()

        server = StreamServer(("127.0.0.1", 0), serve_one, **options)
        server.start()
        servers.append(server)
        port: int = server.server_port
        return port

    yield start
    for server in servers:
        server.stop(timeout=0)


@pytest.fixture(scope="session")
def read_request() -> Callable[[Any], bytes]:
    """Read one whole request from a socket; empty when the client has closed it."""

    def read(link: Any) -> bytes:  # noqa: ANN401 -- a socket of gevent or of the standard library
        data = b""
        while True:
            head, end, body = data.partition(b"\r\n\r\n")
            if end and len(body) >= int(head.rpartition(b"content-length: ")[2]):
                return data
            piece: bytes = link.recv(1 << 16)
            if not piece:
                return b""
            data += piece

    return read


@pytest.fixture(scope="session")
def plan_for(contract_read: tuple[Any, str]) -> Callable[..., tuple[RunInputs, RunSpec, dict[str, str]]]:
    """Return inputs, spec and environment variables of a run against a URL.

    `load` and `environment` are laid over the parts of the files that have these names, `more` over the whole
    scenario.
    """

    def plan(
        url: str,
        *,
        rate: str = "100/s",
        duration: str = "1s",
        load: dict[str, Any] | None = None,
        environment: dict[str, Any] | None = None,
        more: dict[str, Any] | None = None,
    ) -> tuple[RunInputs, RunSpec, dict[str, str]]:
        here = {"url": url, "project": "stub", "environment": "main", "api_key": f"${{{KEY_VARIABLE}}}"}
        stages = [{"name": "peak", "rate": rate, "duration": duration}]
        inputs = RunInputs(
            run_id="r1",
            started="2026-01-01T00:00:00+00:00",
            scenario={
                "name": "parts",
                "environment": "here",
                "users": {"id": "parts-{n}"},
                "load": {"stages": stages, "max_lag": "5s", **(load or {})},
                "targets": ["error_rate < 1%"],
                **(more or {}),
            },
            scenario_file="scenario.yaml",
            environments={"here": {**here, **(environment or {})}},
            environments_file="environments.yaml",
            environment="here",
            contract=contract_read[0],
            contract_file="openapi.yaml",
            contract_sha256=contract_read[1],
            machine={"processors": "2"},
        )
        variables = {**os.environ, KEY_VARIABLE: KEY}
        return inputs, run_spec_of(inputs, variables), variables

    return plan
