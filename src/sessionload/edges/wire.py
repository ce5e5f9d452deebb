"""The hot path: one start-session over a kept connection, whatever the server does.

Law: one deadline covers connect, TLS, sending and the last byte; nothing is followed, retried or
sent twice; and every way it can end is one outcome of the closed set, so no exception of a socket,
TLS or parser library leaves this module. Idea: the request head is built once, llhttp frames
the answer, and a `Line` (one user's connection) is kept only after a clean end. Trap: a server may
close a kept connection, or write to it, while nobody is looking; a line is looked at before it is used.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, NamedTuple

import gevent
from gevent import socket, ssl

from sessionload.edges.framing import (
    EXTRA,
    HEAD_LIMIT,
    MALFORMED,
    TOO_LARGE_HEAD,
    Framing,
    NotHttp,
    Unacceptable,
)
from sessionload.edges.trust import ca_file
from sessionload.measure.exchange import Fault, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.inputs.environment import Environment

_CHUNK = 16 * 1024
_FRAMING = 8
"""How many bytes may frame one byte of a body: chunks of a single byte take six."""


class Reply(NamedTuple):
    """What came back: a whole response (`outcome` is None, the contract judges it), or how it failed."""

    outcome: Outcome | None
    fault: Fault | None = None
    status: int | None = None
    content_type: str | None = None
    body: bytes = b""

    def __repr__(self) -> str:
        # A body holds a session key.
        return f"Reply({self.outcome!r}, {self.fault!r}, {self.status!r}, a body of {len(self.body):,} bytes)"


class DeadlinePassed(BaseException):
    """The deadline of an exchange has passed; thrown into its greenlet by a timer, as GreenletExit is."""


def _failed(outcome: Outcome, cause: str, message: str, status: int | None = None) -> Reply:
    return Reply(outcome, Fault(cause, message), status)


class Wire:
    """What all lines of a process share: the address, the trust, the request head, and the deadline."""

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
        self.timeout_s = timeout_ns / 1e9
        self.reuse = reuse
        self.body_limit = environment.max_body
        self.most_bytes = HEAD_LIMIT + _FRAMING * environment.max_body
        """More than any response of such a body could take."""
        self.connections_opened = 0
        self._host = environment.host
        self._port = environment.port
        self._tls = _verifying(environment.ca_file) if environment.tls else None
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
        found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        self._addresses = [(family, address[:2]) for family, _, _, _, address in found]

    def request(self, body: bytes) -> bytes:
        """Return the bytes of a whole request with `body`."""
        return b"%b%d\r\n\r\n%b" % (self._head, len(body), body)

    def connect(self) -> socket.socket:
        """Open a connection, verified if the environment asks for TLS. Raises OSError."""
        if not self._addresses:
            self.resolve()
        trouble: OSError | None = None
        for family, address in self._addresses:
            line = socket.socket(family, socket.SOCK_STREAM)
            try:
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                line.connect(address)
                if self._tls is not None:
                    line = self._tls.wrap_socket(
                        line, server_hostname=self._host, do_handshake_on_connect=False
                    )
                    line.do_handshake()
            except OSError as error:
                trouble = error
                line.close()
            except BaseException:
                line.close()
                raise
            else:
                self.connections_opened += 1
                return line
        self._addresses = []  # it may have moved: the next connection looks it up again
        raise trouble or OSError(errno.EHOSTUNREACH, "no address")


def _verifying(named: str | None) -> ssl.SSLContext:
    # Not `create_default_context`: its sockets block the whole process where gevent has not patched it.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # which checks certificate and host name
    context.load_verify_locations(ca_file(named))
    return context


class _Attempt:
    """How far one exchange has come: what its failure is called depends on it."""

    __slots__ = ("clean", "ended", "fresh", "phase", "received", "response")

    def __init__(self) -> None:
        self.phase = "connect"
        self.fresh = True
        """Whether the connection was opened for this exchange."""
        self.received = self.ended = self.clean = False
        self.response: Framing | None = None

    def late(self) -> Reply:
        phase = "body" if self.received else self.phase
        return _failed(Outcome.TIMEOUT, f"timeout/{phase}", _LATE[phase], self._status())

    def closed(self) -> Reply:
        if self.fresh:
            message = "the server closed the connection without an answer"
            return _failed(Outcome.CONNECTION_ERROR, "connection/closed", message)
        message = "the server closed a kept connection just as it was used again"
        return _failed(Outcome.CONNECTION_ERROR, "connection/stale", message)

    def malformed(self) -> Reply:
        if self.response is not None and self.response.complete:
            return self.refused("protocol/extra_bytes", EXTRA)
        if self.ended:
            return self.refused("protocol/truncated", "the connection ended before the response did")
        return self.refused("protocol/malformed", MALFORMED)

    def refused(self, cause: str, message: str) -> Reply:
        return _failed(Outcome.PROTOCOL_ERROR, cause, message, self._status())

    def broken(self, error: OSError) -> Reply:
        cause, message = _cause_of(error)
        if cause == "connection/reset" and not self.fresh and not self.received:
            return self.closed()
        return _failed(Outcome.CONNECTION_ERROR, cause, message, self._status())

    def whole(self) -> Reply:
        response = self.response
        assert response is not None  # noqa: S101 -- for the type checker: a whole response is there
        status = int(response.get_code())
        encoding = response.content_encoding
        if encoding is not None and status < 300 and encoding.strip().lower() not in ("", "identity"):
            message = "the body is encoded, though only identity was asked for"
            return Reply(Outcome.CONTRACT_VIOLATION, Fault("content_encoding", message), status)
        return Reply(None, None, status, response.content_type, bytes(response.body))

    def _status(self) -> int | None:
        response = self.response
        return int(response.get_code()) if response is not None and response.head_done else None


class Line:
    """One user's connection to the server, opened when needed and kept only after a clean end."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._socket: socket.socket | None = None
        # A timer of our own, started again for each exchange, costs a tenth of gevent.Timeout.
        self._timer = gevent.get_hub().loop.timer(wire.timeout_s, wire.timeout_s)
        self._throw: Callable[..., object] = gevent.getcurrent().throw

    def exchange(self, request: bytes) -> Reply:
        """Send `request` and return what came back. Total: every ending is a `Reply`.

        Only the end of the greenlet itself (`GreenletExit`) passes through, with the connection closed.
        """
        attempt = _Attempt()
        self._timer.again(self._throw, DeadlinePassed)
        try:
            return self._converse(request, attempt)
        except DeadlinePassed:
            return attempt.late()
        except Unacceptable as fault:
            return attempt.refused(fault.cause, fault.message)
        except NotHttp:
            return attempt.malformed()
        except OSError as error:
            return attempt.broken(error)
        finally:
            self._timer.stop()
            if not (attempt.clean and self._wire.reuse):
                self.close()

    def _converse(self, request: bytes, attempt: _Attempt) -> Reply:
        line = self._socket
        if line is not None and _quiet(line):
            attempt.fresh = False
        else:
            self.close()
            line = self._socket = self._wire.connect()
        attempt.phase = "send"
        sent = line.send(request)  # a session start fits into the buffer, and sendall asks for its size first
        if sent < len(request):
            line.sendall(request[sent:])
        attempt.phase = "answer"
        response = attempt.response = Framing(self._wire.body_limit)
        size = 0
        while not response.complete and not attempt.ended:
            data = line.recv(_CHUNK)
            size += len(data)
            attempt.received = size > 0
            attempt.ended = not data
            if not attempt.received:
                return attempt.closed()
            response.feed(data)
            if size > HEAD_LIMIT:
                self._bound(response, size)
        attempt.clean = not attempt.ended and bool(response.should_keep_alive())
        return attempt.whole()

    def _bound(self, response: Framing, size: int) -> None:
        """Refuse what no response could need; let others run, as reading from a fast sender never waits."""
        if not response.head_done:
            raise Unacceptable("protocol/head_too_large", TOO_LARGE_HEAD)
        if size > self._wire.most_bytes:
            raise Unacceptable("protocol/body_too_large", _TOO_MANY_BYTES)
        gevent.sleep(0)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _quiet(line: socket.socket) -> bool:
    """Tell whether a kept connection is still open and silent."""
    line.settimeout(0.0)
    try:
        line.recv(1)
    except (BlockingIOError, ssl.SSLWantReadError):
        line.settimeout(None)
        return True
    except OSError:
        return False
    return False  # bytes nobody asked for, or the end of the stream


_TOO_MANY_BYTES = "the body is wrapped in far more bytes than it has"
_LATE = {
    "connect": "the deadline passed before a connection was open",
    "send": "the deadline passed before the request was sent",
    "answer": "the deadline passed before the first byte of an answer",
    "body": "the deadline passed before the whole answer had come",
}
_ERRNO_CAUSES = {
    errno.ECONNREFUSED: ("connection/refused", "the server refused the connection"),
    errno.ECONNRESET: ("connection/reset", "the server reset the connection"),
    errno.EPIPE: ("connection/reset", "the server reset the connection"),
    errno.ECONNABORTED: ("connection/reset", "the server reset the connection"),
    errno.EHOSTUNREACH: ("connection/unreachable", "the host cannot be reached"),
    errno.ENETUNREACH: ("connection/unreachable", "the host cannot be reached"),
    errno.ETIMEDOUT: ("connection/unreachable", "the host cannot be reached"),
    errno.EMFILE: ("generator/descriptors", "the generator has no file descriptor left for a connection"),
    errno.ENFILE: ("generator/descriptors", "the generator has no file descriptor left for a connection"),
    errno.EADDRNOTAVAIL: ("generator/ports", "the generator has no local port left for a connection"),
    errno.ENOBUFS: ("generator/buffers", "the generator has no socket buffer left"),
}


def _cause_of(error: OSError) -> tuple[str, str]:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "connection/tls_unverified", "the server's certificate could not be verified"
    if isinstance(error, ssl.SSLError):
        return "connection/tls", "the TLS connection failed"
    if isinstance(error, socket.gaierror):
        return "connection/dns", "the host name could not be resolved"
    return _ERRNO_CAUSES.get(error.errno or 0, ("connection/other", "the connection failed"))
