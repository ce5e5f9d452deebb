"""What all connections of a process share: addresses, TLS settings, and the head of requests.

TLS is verified, the host name included, and the API key is revealed only to build the request head. What
does not change from one exchange to the next is built once. A TLS 1.3 server sends its session ticket after
the handshake, with the first answer, so a session is remembered only after that.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

from gevent import monkey, socket, ssl

from sessionload.generator.deadlines import Deadlines
from sessionload.generator.http_response import HEAD_LIMIT
from sessionload.tls_trust import ca_file

if TYPE_CHECKING:
    from sessionload.config.environment import Environment

_Socket = monkey.get_original("socket", "SocketType")
Stream = Any
"""A socket that never waits: the system's own, or one of gevent's with TLS."""

_CHUNK = 16 * 1024
_FRAMING = 8
"""How many bytes may frame one byte of a body: chunks of a single byte take six."""


class Endpoint:
    """What all connections of a process share: the address, the trust, the request head, and the deadline."""

    def __init__(
        self,
        environment: Environment,
        path: str,
        *,
        key_header: str,
        timeout_ns: int,
        reuse: bool,
        agent: str,
    ) -> None:
        """Prepare requests for `path` of `environment`; `agent` names tool and run to the server's owner."""
        self.deadlines = Deadlines(timeout_ns)
        self.reuse = reuse
        self.body_limit = environment.max_body
        self.most_bytes = HEAD_LIMIT + _FRAMING * environment.max_body
        """More than any response of such a body could take."""
        self.view = memoryview(bytearray(_CHUNK))
        """Where all connections read to, one after the other: nothing stays in it once a read is parsed."""
        self.connections_opened = 0
        self.tls_resumed = 0
        """How many connections took up an earlier TLS session."""
        self._session: ssl.SSLSession | None = None
        self._host = environment.host
        self._port = environment.port
        self._tls = _client_context(environment.ca_file) if environment.tls else None
        self.tls = environment.tls
        self._addresses: list[tuple[int, tuple[str, int]]] = []
        name = f"[{environment.host}]" if ":" in environment.host else environment.host
        default_port = 443 if environment.tls else 80
        authority = name if environment.port == default_port else f"{name}:{environment.port}"
        key = environment.key.reveal() if environment.key else ""
        self._head = (
            f"POST {path} HTTP/1.1\r\nhost: {authority}\r\n{key_header}: {key}\r\nuser-agent: {agent}\r\n"
            "content-type: application/json\r\naccept: application/json\r\naccept-encoding: identity\r\n"
            f"{'' if reuse else 'connection: close' + chr(13) + chr(10)}content-length: "
        ).encode("ascii")

    def resolve(self) -> None:
        """Look the host up, so that the first arrivals need not. Raises OSError when it cannot be found."""
        resolved = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        self._addresses = [(family, address[:2]) for family, _, _, _, address in resolved]

    def request(self, body: bytes) -> bytes:
        """Return the bytes of a whole request with `body`."""
        return b"%b%d\r\n\r\n%b" % (self._head, len(body), body)

    def connect(self) -> socket.socket:
        """Open a TCP connection to the first address that takes one. Raises OSError."""
        if not self._addresses:
            self.resolve()
        failure: OSError | None = None
        for family, address in self._addresses:
            line = socket.socket(family, socket.SOCK_STREAM)
            try:
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                line.connect(address)
            except OSError as error:
                failure = error
                line.close()
            except BaseException:
                line.close()
                raise
            else:
                return line
        self._addresses = []  # it may have moved: the next connection looks it up again
        raise failure or OSError(errno.EHOSTUNREACH, "no address")

    @staticmethod
    def plain(line: socket.socket) -> Stream:
        """Return the connection as it is read and written without waiting, without gevent in between."""
        bare = _Socket(line.family, line.type, line.proto, fileno=line.detach())
        bare.settimeout(0.0)
        return bare

    def secure(self, line: socket.socket) -> Stream:
        """Return the connection verified and encrypted, an earlier session taken up. Raises OSError."""
        assert self._tls is not None  # noqa: S101 -- for the type checker
        try:
            secured = self._tls.wrap_socket(
                line, server_hostname=self._host, do_handshake_on_connect=False, session=self._session
            )
        except BaseException:
            line.close()
            raise
        try:
            secured.do_handshake()
        except BaseException:
            secured.close()
            raise
        self.tls_resumed += bool(secured.session_reused)
        secured.settimeout(0.0)
        return secured

    def remember(self, line: Stream) -> None:
        """Keep the TLS session of a connection that has been read from: only then has TLS 1.3 told it."""
        if self._tls is not None:
            self._session = line.session


def _client_context(named: str | None) -> ssl.SSLContext:
    # Not `create_default_context`: its sockets block the whole process where gevent has not patched it.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # which checks certificate and host name
    context.load_verify_locations(ca_file(named))
    return context
