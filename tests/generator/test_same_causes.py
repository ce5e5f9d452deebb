"""What goes wrong has the same cause and the same sentence under load and in a single call."""

from __future__ import annotations

import datetime as dt
import errno
import socket
import ssl
import struct
import threading
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import gevent.socket
import pytest
import trustme

from sessionload import happy_eyeballs
from sessionload.config.environment import Environment
from sessionload.contract.document.binding import Binding
from sessionload.contract.document.placeholder import KEY
from sessionload.generator.connection import Connection
from sessionload.metrics.exchange import Failure, Outcome
from sessionload.suite.cases.case import CaseRequest
from sessionload.suite.http_client import send

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sessionload.generator.endpoint import Endpoint
    from sessionload.generator.failures import Response
    from sessionload.secret import Secret
    from sessionload.suite.expectation import Observed

    Handle = Callable[[Any], None]

SECOND = 1_000_000_000
BODY = b'{"sessionKey":"sk.1"}'
OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(BODY), BODY)
UNTIL_THE_END = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n" + BODY
RESET = struct.pack("ii", 1, 0)


class Server(threading.Thread):
    """Serves connections one after the other, with TLS if it has a context, in a thread of its own."""

    def __init__(self, handle: Handle, context: ssl.SSLContext | None = None) -> None:
        super().__init__(daemon=True)
        self._handle, self._context = handle, context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.start()

    def run(self) -> None:
        while True:
            try:
                link: socket.socket = self._socket.accept()[0]
            except OSError:
                return
            with suppress(OSError):
                link.settimeout(5)
                if self._context is not None:
                    link = self._context.wrap_socket(link, server_side=True)
                with closing(link):
                    self._handle(link)

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def read_request(link: Any) -> None:  # noqa: ANN401 -- with TLS or without
    """Read a whole request: what is closed with unread bytes in it is reset."""
    data = b""
    while not data.endswith(b"{}"):
        piece = link.recv(1 << 16)
        if not piece:
            return
        data += piece


def answer(data: bytes) -> Handle:
    """Answer with these bytes, and leave as TLS asks."""

    def handle(link: Any) -> None:  # noqa: ANN401 -- with TLS or without
        read_request(link)
        link.sendall(data)
        if isinstance(link, ssl.SSLSocket):
            with suppress(OSError):
                link.unwrap()

    return handle


def answer_and_break_off(data: bytes) -> Handle:
    """Answer with these bytes and close the connection below TLS."""

    def handle(link: Any) -> None:  # noqa: ANN401 -- with TLS or without
        read_request(link)
        link.sendall(data)
        socket.socket(fileno=link.detach()).close()

    return handle


def reset(link: Any) -> None:  # noqa: ANN401 -- with TLS or without
    link.recv(1 << 16)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


class Both(NamedTuple):
    """What came of the same exchange on both clients."""

    load: Response
    single: Observed

    @property
    def failure(self) -> Failure | None:
        """The failure, which is the same on both."""
        assert self.load.failure == self.single.failure
        return self.load.failure

    @property
    def cause(self) -> str | None:
        return self.failure.cause if self.failure else None


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(handle: Handle, context: ssl.SSLContext | None = None) -> Server:
        servers.append(Server(handle, context))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def exchange(
    endpoint_to: Callable[..., Endpoint], api_key: Secret, in_greenlet: Callable[..., Any]
) -> Callable[..., Both]:
    """Exchange with a port on both clients; keyword arguments are fields of the environment."""

    def run(port: int, *, host: str = "127.0.0.1", seconds: float = 5.0, **fields: object) -> Both:
        endpoint = endpoint_to(port, host=host, seconds=seconds, **fields)

        def under_load() -> Response:
            with closing(Connection(endpoint)) as connection:
                return connection.exchange(endpoint.request(b"{}"))

        known: dict[str, Any] = {"tls": False, "binding": Binding(None, "stub", "main"), "key": api_key}
        scheme = "https" if fields.get("tls") else "http"
        environment = Environment("here", f"{scheme}://{host}:{port}", host, port, **{**known, **fields})
        wanted = CaseRequest("POST", "/session", (("authorization", KEY),), b"{}")
        single = send(environment, wanted, timeout_ns=int(seconds * SECOND), agent="test/1")
        return Both(in_greenlet(under_load), single)

    return run


class Certificates:
    """An authority, an intermediate one, and servers' contexts."""

    def __init__(self, folder: Path) -> None:
        self.authority, self.other = trustme.CA(), trustme.CA()
        self.intermediate = self.authority.create_child_ca()
        self.ca_file = str(folder / "ca.pem")
        self.authority.cert_pem.write_to_path(self.ca_file)
        self.client_cert, self.client_key = str(folder / "client.pem"), str(folder / "client.key")
        client = self.authority.issue_cert("client.example")
        client.cert_chain_pems[0].write_to_path(self.client_cert)
        client.private_key_pem.write_to_path(self.client_key)

    def context(
        self,
        issuer: trustme.CA | None = None,
        host: str = "127.0.0.1",
        *,
        whole: bool = True,
        **terms: Any,  # noqa: ANN401
    ) -> ssl.SSLContext:
        """Return the context of a server; `whole` is for the chain that it sends."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issued = (issuer or self.authority).issue_cert(host, **terms)
        if whole:
            issued.configure_cert(context)
        else:
            with issued.cert_chain_pems[0].tempfile() as cert, issued.private_key_pem.tempfile() as key:
                context.load_cert_chain(cert, key)
        return context

    def wants_clients(self, version: ssl.TLSVersion) -> ssl.SSLContext:
        context = self.context()
        context.maximum_version = version
        context.verify_mode = ssl.CERT_REQUIRED
        self.authority.configure_trust(context)
        return context


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


def with_root(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued = certificates.other.issue_cert("127.0.0.1")
    chain = trustme.Blob(issued.cert_chain_pems[0].bytes() + certificates.other.cert_pem.bytes())
    with chain.tempfile() as cert, issued.private_key_pem.tempfile() as key:
        context.load_cert_chain(cert, key)
    return context


def too_old(certificates: Certificates) -> ssl.SSLContext:
    """Return a server that speaks TLS 1.1 and nothing newer; the way to ask for that is deprecated."""
    context = certificates.context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


UNTRUSTED: dict[str, tuple[str, Callable[[Certificates], ssl.SSLContext]]] = {
    "expired": ("tls_expired", lambda c: c.context(not_before=NOW - 9 * DAY, not_after=NOW - DAY)),
    "not yet valid": (
        "tls_not_yet_valid",
        lambda c: c.context(not_before=NOW + DAY, not_after=NOW + 9 * DAY),
    ),
    "another host": ("tls_wrong_host", lambda c: c.context(host="other.example")),
    "another address": ("tls_wrong_host", lambda c: c.context(host="127.0.0.9")),
    "an unknown authority, sent along": ("tls_unknown_authority", with_root),
    "an unknown authority": ("tls_no_issuer", lambda c: c.context(c.other)),
    "a missing intermediate": ("tls_no_issuer", lambda c: c.context(c.intermediate, whole=False)),
    "a version that is too old": ("tls_version", too_old),
}


@pytest.mark.parametrize("name", UNTRUSTED)
def test_each_reason_not_to_trust_a_server_is_one_sentence(
    serve: Callable[..., Server], exchange: Callable[..., Both], certificates: Certificates, name: str
) -> None:
    expected, context = UNTRUSTED[name]
    server = serve(answer(OK), context(certificates))
    assert exchange(server.port, tls=True, ca_file=certificates.ca_file).cause == f"connection/{expected}"


def test_an_intermediate_that_is_sent_along_leads_to_the_trusted_authority(
    serve: Callable[..., Server], exchange: Callable[..., Both], certificates: Certificates
) -> None:
    server = serve(answer(OK), certificates.context(certificates.intermediate))
    both = exchange(server.port, tls=True, ca_file=certificates.ca_file)
    assert (both.load.status, both.single.status) == (200, 200)


@pytest.mark.parametrize(
    ("version", "expected"),
    [(ssl.TLSVersion.TLSv1_3, "tls_client_certificate"), (ssl.TLSVersion.TLSv1_2, "tls_refused")],
)
def test_a_server_that_wants_a_client_certificate_says_so_and_gets_it(
    serve: Callable[..., Server],
    exchange: Callable[..., Both],
    certificates: Certificates,
    version: ssl.TLSVersion,
    expected: str,
) -> None:
    server = serve(answer(OK), certificates.wants_clients(version))
    fields = {"tls": True, "ca_file": certificates.ca_file}
    assert exchange(server.port, **fields).cause == f"connection/{expected}"
    fields |= {"client_cert": certificates.client_cert, "client_key": certificates.client_key}
    both = exchange(server.port, **fields)
    assert (both.load.status, both.single.status) == (200, 200)


def test_a_port_without_tls_is_named_for_it(
    serve: Callable[..., Server], exchange: Callable[..., Both]
) -> None:

    def refuse(link: Any) -> None:  # noqa: ANN401 -- a plain socket
        link.recv(1 << 16)
        link.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")

    server = serve(refuse)
    assert exchange(server.port, tls=True).cause == "connection/not_tls"


def test_a_response_that_tls_cut_short_is_not_whole(
    serve: Callable[..., Server], exchange: Callable[..., Both], certificates: Certificates
) -> None:
    """Without a length only close_notify tells the end of a body from its loss (RFC 9112, section 9.8)."""
    fields = {"tls": True, "ca_file": certificates.ca_file}
    good = serve(answer(UNTIL_THE_END), certificates.context())
    assert exchange(good.port, **fields).single.body == BODY
    cut = serve(answer_and_break_off(UNTIL_THE_END), certificates.context())
    assert exchange(cut.port, **fields).cause == "protocol/truncated"
    silent = serve(answer_and_break_off(b""), certificates.context())
    assert exchange(silent.port, **fields).cause == "connection/closed"


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
DIGITS = b"9" * 5000
BYTES = {
    "HTTP/2.0": (b"HTTP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n", "protocol/malformed"),
    "HTTP/0.9": (b"HTTP/0.9 200 OK\r\ncontent-length: 0\r\n\r\n", "protocol/malformed"),
    "another protocol": (b"SSH-2.0-nothing\r\n\r\n", "protocol/malformed"),
    "nothing": (b"", "connection/closed"),
    "half a body": (OK[:-5], "protocol/truncated"),
    "a transfer coding": (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "protocol/transfer_encoding",
    ),
    "a transfer coding alone": (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n{}",
        "protocol/transfer_encoding",
    ),
    "a content coding": (OK.replace(b"\r\n\r\n", b"\r\ncontent-encoding: br\r\n\r\n"), "content_encoding"),
    "a head of 70,000 bytes": (
        OK.replace(b"\r\n\r\n", b"".join(b"\r\nx: %b" % (b"a" * 996) for _ in range(70)) + b"\r\n\r\n"),
        "protocol/head_too_large",
    ),
    "a length of 5,000 digits": (
        b"HTTP/1.1 200 OK\r\ncontent-length: %b\r\n\r\n{}" % DIGITS,
        "protocol/malformed",
    ),
    "a chunk of 5,000 digits": (CHUNKED + DIGITS + b"\r\n{}", "protocol/malformed"),
    "a chunk of 64 bits": (CHUNKED + b"f" * 16 + b"\r\n{}", "protocol/truncated"),
    "101 fields": (
        OK.replace(b"\r\n\r\n", b"\r\na: b" * 100 + b"\r\n\r\n"),
        "protocol/too_many_fields",
    ),
    "a body of 70,000 bytes": (
        b"HTTP/1.1 200 OK\r\ncontent-length: 70000\r\n\r\n" + b"a" * 70_000,
        "protocol/body_too_large",
    ),
}


@pytest.mark.parametrize("name", BYTES)
def test_what_is_no_response_is_named_the_same(
    serve: Callable[..., Server], exchange: Callable[..., Both], name: str
) -> None:
    data, expected = BYTES[name]
    assert exchange(serve(answer(data)).port).cause == expected


def test_a_reset_and_a_refusal_are_told_apart(
    serve: Callable[..., Server], exchange: Callable[..., Both]
) -> None:
    assert exchange(serve(reset).port).cause == "connection/reset"
    server = serve(reset)
    server.close()
    server.join(5)
    assert exchange(server.port).cause == "connection/refused"


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.EMFILE, "generator/descriptors"),
        (errno.EADDRNOTAVAIL, "generator/ports"),
        (errno.ENETUNREACH, "connection/unreachable"),
        (errno.EHOSTUNREACH, "connection/unreachable"),
        (errno.ETIMEDOUT, "connection/unreachable"),
    ],
)
def test_what_this_machine_lacks_has_another_cause_than_what_the_server_does(
    exchange: Callable[..., Both], monkeypatch: pytest.MonkeyPatch, number: int, expected: str
) -> None:
    def fail(*_: object) -> NoReturn:
        raise OSError(number, "whatever")

    monkeypatch.setattr(happy_eyeballs._Attempts, "begin", fail)
    assert exchange(9).cause == expected


def test_a_name_without_an_address_is_named_the_same(
    exchange: Callable[..., Both], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setattr(gevent.socket, "getaddrinfo", unknown)
    assert exchange(80, host="nothing.invalid").cause == "connection/dns"


@pytest.mark.long
def test_a_server_that_lets_nobody_in_is_no_slow_server(exchange: Callable[..., Both]) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)  # noqa: FBT003 -- the standard library has it so
            each.connect_ex(server.getsockname())
        assert exchange(server.getsockname()[1], seconds=5).cause == "timeout/connect"
        for each in waiting:
            each.close()


def test_the_second_address_of_a_name_is_tried(
    serve: Callable[..., Server], exchange: Callable[..., Both], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing listens at the first one."""

    def resolve(_: str, port: int, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.0.{n}", port)) for n in (2, 1)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(gevent.socket, "getaddrinfo", resolve)
    both = exchange(serve(answer(OK)).port, host="runtime.example")
    assert (both.load.status, both.single.status) == (200, 200)


@pytest.mark.parametrize("at", ["the start", "a later piece"])
def test_a_folded_field_is_one_field(
    serve: Callable[..., Server], exchange: Callable[..., Both], at: str
) -> None:
    """RFC 9112, section 5.2: each fold is replaced by a space."""
    fill = b"x: %b\r\n" % (b"a" * 20_000) if at == "a later piece" else b""
    folded = b"HTTP/1.1 200 OK\r\n" + fill + b"content-type:\r\n\tapplication/json;\r\n  charset=utf-8\r\n"
    both = exchange(serve(answer(folded + b"content-length: %d\r\n\r\n%b" % (len(BODY), BODY))).port)
    assert (both.load.outcome, both.load.status, both.single.status) == (None, 200, 200)
    for content_type in (both.load.content_type, both.single.content_type):
        assert content_type is not None
        assert content_type.split() == ["application/json;", "charset=utf-8"]
    assert both.load.body == both.single.body == BODY


def test_a_defect_of_ours_is_neither_a_time_out_nor_the_servers(
    exchange: Callable[..., Both], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> NoReturn:
        raise LookupError("VF.DM.secret")

    monkeypatch.setattr(happy_eyeballs._Attempts, "begin", fail)
    both = exchange(9)
    assert both.cause == "generator/defect"
    assert both.load.outcome is Outcome.CONNECTION_ERROR
    assert "secret" not in repr(both)
