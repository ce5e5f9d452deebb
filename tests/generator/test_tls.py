"""TLS is verified, always: who is trusted, and what is said about a server that is not."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

import gevent
import pytest
import trustme
from gevent.event import Event

from sessionload.generator.connection import Connection
from sessionload.metrics.exchange import Outcome
from sessionload.stub.process import StubProcess
from sessionload.stub.settings import StubSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sessionload.contract.contract import Contract
    from sessionload.generator.endpoint import Endpoint
    from sessionload.generator.failures import Response
    from sessionload.secret import Secret

    EndpointTo = Callable[..., Endpoint]
    InGreenlet = Callable[..., Any]

LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


class Authorities(NamedTuple):
    """An authority that is trusted, another one, and files for both."""

    trusted: trustme.CA
    trusted_file: str
    other_file: str
    folder: Path

    def certificate(self, *names: str, **terms: Any) -> dict[str, str]:  # noqa: ANN401 -- as trustme takes them
        """Return paths of a certificate for `names`, as a stub takes them."""
        issued = self.trusted.issue_cert(*names, **terms)
        cert, key = (self.folder / f"{names[0].replace(':', '_')}.{kind}" for kind in ("pem", "key"))
        issued.private_key_pem.write_to_path(key)
        cert.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
        return {"cert": str(cert), "key": str(key)}


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    folder = tmp_path_factory.mktemp("authorities")
    trusted, other = trustme.CA(), trustme.CA()
    for name, authority in (("trusted", trusted), ("other", other)):
        authority.cert_pem.write_to_path(folder / f"{name}.pem")
    return Authorities(trusted, str(folder / "trusted.pem"), str(folder / "other.pem"), folder)


@pytest.fixture(scope="module")
def stub(authorities: Authorities, api_key: Secret) -> Iterator[StubProcess]:
    with StubProcess.start(StubSettings(), api_key, tls=authorities.certificate("127.0.0.1")) as running:
        yield running


@pytest.fixture(scope="module")
def expired(authorities: Authorities, api_key: Secret) -> Iterator[StubProcess]:
    tls = authorities.certificate("localhost", not_before=LONG_AGO, not_after=LONG_AGO.replace(year=2021))
    with StubProcess.start(StubSettings(), api_key, tls=tls) as running:
        yield running


@pytest.fixture
def exchanges(contract: Contract, in_greenlet: InGreenlet) -> Callable[..., list[Response]]:
    """Do so many exchanges over a endpoint, on one connection."""

    def run(endpoint: Endpoint, count: int = 1) -> list[Response]:
        with closing(Connection(endpoint)) as connection:
            return [
                connection.exchange(endpoint.request(contract.request.body.to_bytes(f"user-{number}")))
                for number in range(count)
            ]

    return lambda endpoint, count=1: in_greenlet(run, endpoint, count)


def fact(response: Response) -> tuple[Outcome | None, str | None]:
    return response.outcome, response.failure.cause if response.failure else None


def test_a_server_of_a_trusted_authority_is_used_and_its_connection_kept(
    stub: StubProcess,
    authorities: Authorities,
    endpoint_to: EndpointTo,
    exchanges: Callable[..., list[Response]],
) -> None:
    endpoint = endpoint_to(stub.port, tls=True, ca_file=authorities.trusted_file)
    assert [response.status for response in exchanges(endpoint, 4)] == [200] * 4
    assert endpoint.connections_opened == 1


def test_an_earlier_session_is_taken_up_and_each_handshake_is_timed(
    stub: StubProcess,
    authorities: Authorities,
    endpoint_to: EndpointTo,
    in_greenlet: InGreenlet,
    contract: Contract,
) -> None:
    endpoint = endpoint_to(stub.port, tls=True, ca_file=authorities.trusted_file, reuse=False)

    def run() -> list[tuple[int | None, int | None]]:
        times = []
        with closing(Connection(endpoint)) as connection:
            for number in range(4):
                assert (
                    connection.exchange(
                        endpoint.request(contract.request.body.to_bytes(f"user-{number}"))
                    ).status
                    == 200
                )
                times.append((connection.connect_ns, connection.tls_ns))
        return times

    times = in_greenlet(run)
    assert all(connect and tls for connect, tls in times)
    assert (endpoint.connections_opened, endpoint.tls_resumed) == (4, 3)


def test_each_handshake_is_a_full_one_if_that_is_wanted(
    stub: StubProcess,
    authorities: Authorities,
    endpoint_to: EndpointTo,
    exchanges: Callable[..., list[Response]],
) -> None:
    endpoint = endpoint_to(stub.port, tls=True, ca_file=authorities.trusted_file, reuse=False, resume=False)
    assert [response.status for response in exchanges(endpoint, 4)] == [200] * 4
    assert (endpoint.connections_opened, endpoint.tls_resumed) == (4, 0)


def test_a_kept_connection_takes_no_time_to_open(
    stub: StubProcess,
    authorities: Authorities,
    endpoint_to: EndpointTo,
    in_greenlet: InGreenlet,
    contract: Contract,
) -> None:
    endpoint = endpoint_to(stub.port, tls=True, ca_file=authorities.trusted_file)

    def run() -> tuple[int | None, int | None]:
        with closing(Connection(endpoint)) as connection:
            for number in range(2):
                connection.exchange(endpoint.request(contract.request.body.to_bytes(f"user-{number}")))
            return connection.connect_ns, connection.tls_ns

    assert in_greenlet(run) == (None, None)


def test_a_server_of_an_unknown_authority_is_not_used(
    stub: StubProcess,
    authorities: Authorities,
    endpoint_to: EndpointTo,
    exchanges: Callable[..., list[Response]],
) -> None:
    context = ssl.create_default_context(cafile=authorities.trusted_file)
    before = stub.ledger(context)["arrivals"]
    for ca_file in (authorities.other_file, None):
        endpoint = endpoint_to(stub.port, tls=True, ca_file=ca_file)
        assert fact(exchanges(endpoint)[0]) == (Outcome.CONNECTION_ERROR, "connection/tls_no_issuer")
        assert endpoint.connections_opened == 0
    assert stub.ledger(context)["arrivals"] == before


def test_a_certificate_for_another_name_is_not_accepted(
    stub: StubProcess,
    authorities: Authorities,
    endpoint_to: EndpointTo,
    exchanges: Callable[..., list[Response]],
) -> None:
    endpoint = endpoint_to(stub.port, host="localhost", tls=True, ca_file=authorities.trusted_file)
    assert fact(exchanges(endpoint)[0]) == (Outcome.CONNECTION_ERROR, "connection/tls_wrong_host")


def test_a_certificate_that_has_expired_is_not_accepted(
    expired: StubProcess,
    authorities: Authorities,
    endpoint_to: EndpointTo,
    exchanges: Callable[..., list[Response]],
) -> None:
    endpoint = endpoint_to(expired.port, host="localhost", tls=True, ca_file=authorities.trusted_file)
    assert fact(exchanges(endpoint)[0]) == (Outcome.CONNECTION_ERROR, "connection/tls_expired")


def test_both_clients_trust_the_same(
    monkeypatch: pytest.MonkeyPatch,
    stub: StubProcess,
    authorities: Authorities,
    endpoint_to: EndpointTo,
    exchanges: Callable[..., list[Response]],
) -> None:
    """Where the environment names no file, the system's are trusted, as in the preflight."""
    monkeypatch.setenv("SSL_CERT_FILE", authorities.trusted_file)
    assert exchanges(endpoint_to(stub.port, tls=True))[0].status == 200


def test_tls_to_a_plain_server_fails_at_once(
    endpoint_to: EndpointTo, api_key: Secret, exchanges: Callable[..., list[Response]]
) -> None:
    with StubProcess.start(StubSettings(), api_key) as plain:
        began = time.monotonic()
        response = exchanges(endpoint_to(plain.port, tls=True, seconds=10))[0]
        assert time.monotonic() - began < 5
        page = plain.ledger()
    assert fact(response) == (Outcome.CONNECTION_ERROR, "connection/not_tls")
    assert page["arrivals"] == 0


def test_plain_to_a_tls_server_fails_at_once(
    stub: StubProcess, endpoint_to: EndpointTo, exchanges: Callable[..., list[Response]]
) -> None:
    """Servers close, or answer with an alert, which is no HTTP."""
    began = time.monotonic()
    response = exchanges(endpoint_to(stub.port, seconds=10))[0]
    assert time.monotonic() - began < 5
    assert response.outcome in {Outcome.CONNECTION_ERROR, Outcome.PROTOCOL_ERROR}


@pytest.mark.parametrize("how", ["deadline", "kill"])
def test_a_handshake_that_is_never_answered_ends_and_leaves_no_connection_behind(
    serve: Callable[..., int], endpoint_to: EndpointTo, in_greenlet: InGreenlet, how: str
) -> None:
    begun, gone = Event(), Event()

    def handle(link: Any, _: int) -> None:  # noqa: ANN401 -- a socket of gevent
        link.recv(1 << 16)
        begun.set()
        while link.recv(1 << 16):
            pass
        gone.set()

    endpoint = endpoint_to(serve(handle), tls=True, seconds=0.3 if how == "deadline" else 30)

    def exchange() -> tuple[Response, float]:
        began = time.monotonic()
        return Connection(endpoint).exchange(endpoint.request(b"{}")), time.monotonic() - began

    def run() -> object:
        user = gevent.spawn(exchange)
        assert begun.wait(5)
        if how == "kill":
            user.kill()
        value: object = user.get(timeout=5)
        assert gone.wait(5)
        return value

    value = in_greenlet(run)
    if how == "kill":
        assert isinstance(value, gevent.GreenletExit)
    else:
        assert isinstance(value, tuple)
        on_time = fact(value[0]) == (Outcome.TIMEOUT, "timeout/connect")
        assert on_time or (value[1] > 0.34 and fact(value[0])[1] == "generator/late_deadline")
        assert 0.29 < value[1] < 1.3
    assert endpoint.connections_opened == 0


def test_ipv6_works(
    authorities: Authorities,
    api_key: Secret,
    endpoint_to: EndpointTo,
    exchanges: Callable[..., list[Response]],
) -> None:
    """With and without TLS; a machine without ::1 has nothing to show here."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        return
    for fields in ({}, {"tls": True, "ca_file": authorities.trusted_file}):
        tls = authorities.certificate("::1") if fields else None
        with StubProcess.start(StubSettings(host="::1"), api_key, tls=tls) as running:
            responses = exchanges(endpoint_to(running.port, host="::1", **fields), 2)
        assert [response.status for response in responses] == [200] * 2
