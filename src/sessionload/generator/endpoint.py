"""What all connections of a process share: addresses, TLS settings, and the head of requests.

TLS is verified, the host name included, and the API key is revealed only to build the request head. What
does not change from one exchange to the next is built once. A TLS 1.3 server sends its session ticket after
the handshake, with the first answer, so a session is remembered only after that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gevent import monkey, socket, ssl

from sessionload.contract.document.placeholder import fill
from sessionload.failure_causes import HEAD_LIMIT
from sessionload.generator.addresses import Addresses
from sessionload.generator.deadlines import Deadlines
from sessionload.generator.http_response import ResponseParser
from sessionload.tls_trust import load_certificates

if TYPE_CHECKING:
    from sessionload.config.environment import Environment
    from sessionload.contract.request.request_form import RequestForm
    from sessionload.secret import Secret

_Socket = monkey.get_original("socket", "SocketType")
Stream = Any
"""A socket that never waits: the system's own, or one of gevent's with TLS."""

_CHUNK = 16 * 1024
_MOST_OVERHEAD = 8
"""How many bytes may frame one byte of a body: chunks of a single byte take six."""


@dataclass(frozen=True, slots=True)
class ConnectionPolicy:
    """How connections are made and kept."""

    reuse: bool = True
    """Whether a connection serves one session start after the other, or one."""
    in_turn: bool = True
    """Whether connections begin with one address of the host after the other, or all with the first."""
    resume: bool = True
    """Whether a connection takes up an earlier TLS session."""


class Endpoint:
    """What all connections of a process share: the address, the trust, the request head, and the deadline."""

    def __init__(
        self,
        environment: Environment,
        request: RequestForm,
        *,
        timeout_ns: int,
        policy: ConnectionPolicy,
        agent: str,
        header_names: frozenset[str] = frozenset(),
        accept: str = "",
    ) -> None:
        """Prepare requests to `environment`; `agent` names tool and run to the server's owner.

        `header_names` are the fields of a response that the contract asks for, in lower case. `accept` is
        what to ask for, if that is not what the contract says.
        """
        self.header_names = header_names
        self.deadlines = Deadlines(timeout_ns)
        self.reuse = policy.reuse
        self.body_limit = environment.max_body
        self.most_bytes = HEAD_LIMIT + _MOST_OVERHEAD * environment.max_body
        """More than any response of such a body could take."""
        self.view = memoryview(bytearray(_CHUNK))
        """Where all connections read to, one after the other: nothing stays in it once a read is parsed."""
        self.send_until_ns: float = math.inf
        """A request that had to wait for its connection for longer is not sent (monotonic)."""
        self.connections_opened = 0
        self.tls_resumed = 0
        """How many connections took up an earlier TLS session."""
        self._session: ssl.SSLSession | None = None
        self._host = environment.host
        self._tls = _client_context(environment) if environment.tls else None
        self.tls = environment.tls
        self.addresses = Addresses(environment.host, environment.port, in_turn=policy.in_turn)
        self._resume = policy.resume
        name = f"[{environment.host}]" if ":" in environment.host else environment.host
        default_port = 443 if environment.tls else 80
        authority = name if environment.port == default_port else f"{name}:{environment.port}"
        first = f"{request.method} {request.path()} HTTP/1.1\r\nhost: {authority}\r\n"
        last = (
            f"user-agent: {agent}\r\n"
            f"content-type: application/json\r\naccept: {accept or request.accept}\r\n"
            "accept-encoding: identity\r\n"
            f"{'' if policy.reuse else 'connection: close' + chr(13) + chr(10)}content-length: "
        )

        def head_with(key: Secret | None) -> bytes:
            secrets = environment.binding.secrets
            fields = (f"{name}: {fill(value, key, secrets)}\r\n" for name, value in request.fields)
            return f"{first}{''.join(fields)}{last}".encode("ascii")

        self._head_with = head_with
        self._head = head_with(environment.key)

    def request(self, body: bytes) -> bytes:
        """Return the bytes of a whole request with `body`."""
        return b"%b%d\r\n\r\n%b" % (self._head, len(body), body)

    def request_with(self, key: Secret, body: bytes) -> bytes:
        """Return the bytes of a whole request that shows another key."""
        return b"%b%d\r\n\r\n%b" % (self._head_with(key), len(body), body)

    def request_named(self, fields: bytes, body: bytes) -> bytes:
        """Return the bytes of a whole request with further `fields`, each ended with CR and LF."""
        return b"%b%d\r\n%b\r\n%b" % (self._head, len(body), fields, body)

    def parser(self) -> ResponseParser:
        """Return a parser for the responses of one connection."""
        return ResponseParser(self.body_limit, self.header_names)

    def connect(self) -> socket.socket:
        """Open a TCP connection that does not block. Raises OSError when no address lets us in."""
        tcp = self.addresses.connect()
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return tcp

    @staticmethod
    def plain(tcp: socket.socket) -> Stream:
        """Return the connection as it is read and written without waiting, without gevent in between."""
        stream = _Socket(tcp.family, tcp.type, tcp.proto, fileno=tcp.detach())
        stream.settimeout(0.0)
        return stream

    def secure(self, tcp: socket.socket) -> Stream:
        """Return the connection verified and encrypted, an earlier session taken up. Raises OSError."""
        assert self._tls is not None  # noqa: S101 -- for the type checker
        tcp.settimeout(None)
        try:
            # Without `suppress_ragged_eofs` a response that TLS cut short would look like one that ended.
            stream = self._tls.wrap_socket(
                tcp,
                server_hostname=self._host,
                do_handshake_on_connect=False,
                suppress_ragged_eofs=False,
                session=self._session,
            )
        except BaseException:
            tcp.close()
            raise
        try:
            stream.do_handshake()
        except BaseException:
            stream.close()
            raise
        self.tls_resumed += bool(stream.session_reused)
        stream.settimeout(0.0)
        return stream

    def remember(self, stream: Stream) -> None:
        """Keep the TLS session of a connection that has been read from: only then has TLS 1.3 its ticket."""
        if self._tls is not None and self._resume:
            self._session = stream.session


def _client_context(environment: Environment) -> ssl.SSLContext:
    # Not `create_default_context`: its sockets block the whole process where gevent has not patched it.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # which checks certificate and host name
    load_certificates(context, environment.ca_file, environment.client_cert, environment.client_key)
    return context
