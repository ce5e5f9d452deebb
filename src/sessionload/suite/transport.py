"""How single calls connect and read with requests: as load does, with the same causes of failure.

A host is connected to as RFC 8305 asks. TLS is verified, shows the client certificate if there is one, and
a response that it cut short is not whole. What http.client would let pass is looked at once more: versions
in the status line, interim responses, lengths, transfer codings, folded fields, and the size of the head.
Errors are found in the chain of exceptions that requests and urllib3 put around them.
"""

from __future__ import annotations

import http.client
import re
import select
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, IncompleteRead, InvalidChunkLength
from urllib3.response import HTTPResponse
from urllib3.util.ssl_match_hostname import CertificateError

from sessionload import failure_causes as causes
from sessionload.happy_eyeballs import addresses_of, connect
from sessionload.tls_trust import load_certificates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessionload.config.environment import Environment
    from sessionload.failure_causes import Cause

_FOLD = re.compile(r"\r?\n[ \t]+")
_LENGTH = re.compile(r"\d{1,18}", re.ASCII)
_MOST_INTERIM = 100
"""How many interim responses may come before the final one."""
_MOST_CHUNK = 2**64 - 1
"""The largest size of a chunk; under load too, a larger one is malformed."""
_MOST_LINKS = 20
"""How far a chain of exceptions is followed."""


@dataclass
class Progress:
    """How far a call has come: it connects, waits for an answer, or reads the body."""

    phase: str = "connect"
    send_error: OSError | None = None
    """Why the request could not be sent, which urllib3 would forget."""


class Transport(HTTPAdapter):
    """Connects to an environment, for one call."""

    def __init__(
        self,
        environment: Environment,
        progress: Progress,
        *,
        expected_host: str | None = None,
        trusting: bool = True,
    ) -> None:
        """`expected_host` is whose certificate is wanted, if not that of the host; `trusting` authorities."""
        self.progress = progress
        self._expected_host = expected_host
        self._context = _Context(ssl.PROTOCOL_TLS_CLIENT)
        if environment.tls and trusting:
            load_certificates(
                self._context, environment.ca_file, environment.client_cert, environment.client_key
            )
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- as it is there
        """Make connections of our own kind."""
        super().init_poolmanager(
            *args, ssl_context=self._context, assert_hostname=self._expected_host, **kwargs
        )
        progress = self.progress

        class Response(_Response):
            call = progress

        class Plain(_Connecting, HTTPConnection):
            call, response_class = progress, Response

        class Secured(_Connecting, HTTPSConnection):
            call, response_class = progress, Response

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecuredPool(HTTPSConnectionPool):
            ConnectionCls = Secured

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecuredPool}

    def build_connection_pool_key_attributes(
        self,
        request: requests.PreparedRequest,
        _verify: object,
        cert: Any = None,  # noqa: ANN401 -- as it is there
    ) -> Any:  # noqa: ANN401 -- as it is there
        """Leave the choice of authorities to the context."""
        return super().build_connection_pool_key_attributes(request, True, cert)  # noqa: FBT003 -- as it is there

    def cert_verify(self, *_: object) -> None:
        """Add no authority to the context."""


class _Context(ssl.SSLContext):
    """A context whose connections report an end without close_notify."""

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:  # noqa: ANN401 -- as it is there
        kwargs["suppress_ragged_eofs"] = False
        return super().wrap_socket(*args, **kwargs)


class _Response(http.client.HTTPResponse):
    """A final response of HTTP/1.x; http.client would take HTTP/0.9, and 103 for the final status."""

    call: Progress

    def _read_status(self) -> tuple[str, int, str]:
        if self.fp.peek(1):
            self.call.phase = "body"
        for _ in range(_MOST_INTERIM):
            version, status, reason = super()._read_status()  # type: ignore[misc]  # there is no other way in
            if version not in ("HTTP/1.1", "HTTP/1.0"):
                raise http.client.BadStatusLine(version)
            if not 100 <= status < 200 or status == http.client.SWITCHING_PROTOCOLS:
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException("too many headers, of interim responses")


class _Body(HTTPResponse):
    """A body that is malformed, and not waited for, if a chunk of it has no possible size."""

    def _update_chunk_length(self) -> None:
        super()._update_chunk_length()
        if (self.chunk_left or 0) > _MOST_CHUNK:
            raise InvalidChunkLength(self, b"")


class _Connecting:
    """What both kinds of connections do alike."""

    call: Progress
    response_class: Any

    def connect(self) -> None:
        """Connect, and note that the rest is up to the server."""
        super().connect()  # type: ignore[misc]  # a mixin
        self.call.phase = "answer"

    def send(self, data: Any) -> None:  # noqa: ANN401 -- as it is there
        """Send a part of the request; if that fails, find out why."""
        try:
            super().send(data)  # type: ignore[misc]  # a mixin
        except ssl.SSLError:
            self.sock.recv(1)  # type: ignore[attr-defined]  # raises the alert of the server, if it sent one
            raise
        except OSError as error:
            self.call.send_error = error
            raise

    def getresponse(self) -> Any:  # noqa: ANN401 -- as it is there
        """Return the response, with a body that knows which sizes of chunks are possible."""
        response = super().getresponse()  # type: ignore[misc]  # a mixin
        response.__class__ = _Body  # urllib3 lets nobody choose the class
        return response

    def _new_conn(self) -> socket.socket:
        host, port = self._dns_host.strip("[]"), self.port  # type: ignore[attr-defined]  # a mixin
        resolved = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        connected = connect(addresses_of(resolved), _wait, socket.socket).socket
        connected.settimeout(self.timeout)  # type: ignore[attr-defined]  # a mixin
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connected


def _wait(fds: Sequence[int], seconds: float | None) -> list[int]:
    poll = select.poll()
    for fd in fds:
        poll.register(fd, select.POLLOUT)
    return [fd for fd, _ in poll.poll(None if seconds is None else seconds * 1000)]


def fields_of(response: requests.Response) -> tuple[tuple[str, str], ...]:
    """Return the fields of a response, folded ones unfolded (RFC 9112, section 5.2)."""
    return tuple((name, _FOLD.sub(" ", value)) for name, value in response.raw.headers.items())


def refuse_head(response: requests.Response) -> Cause | None:
    """Return why the head of a response is refused, or `None`."""
    fields = fields_of(response)
    if sum(len(name) + len(value) + 4 for name, value in fields) > causes.HEAD_LIMIT:
        return causes.HEAD_TOO_LARGE
    codings = [value.strip().lower() for name, value in fields if name.lower() == "transfer-encoding"]
    if any(coding not in ("chunked", "identity") for coding in codings):
        return causes.TRANSFER_ENCODING
    lengths = [value.strip() for name, value in fields if name.lower() == "content-length"]
    if len(lengths) > 1 or not all(map(_LENGTH.fullmatch, lengths)):
        return causes.MALFORMED
    return None


def cause_of_call(error: Exception, progress: Progress) -> Cause:
    """Return the cause of a call that failed, by the errors in the chain of an exception."""
    chain, phase = _chain(error), progress.phase
    for link in chain:
        cause = _cause_of(link, progress)
        if cause is not None:
            return cause
    if any(isinstance(link, (TimeoutError, requests.Timeout)) for link in chain):
        return causes.timeout_of(phase)
    return causes.MALFORMED if phase != "connect" else causes.cause_of(OSError())


def _cause_of(link: BaseException, progress: Progress) -> Cause | None:
    """Return the cause that an exception of a chain stands for, or `None` if it only wraps another."""
    if isinstance(link, CertificateError):
        return causes.WRONG_HOST
    if isinstance(link, (http.client.HTTPException, IncompleteRead)):
        return _cause_of_response(link, progress)
    if not isinstance(link, OSError) or isinstance(link, (requests.RequestException, HTTPError)):
        return None
    if causes.is_truncation(link) and progress.phase != "connect":
        return causes.CLOSED if progress.phase == "answer" else causes.TRUNCATED
    return causes.cause_of(link) if link.errno or isinstance(link, ssl.SSLError) else None


def _cause_of_response(error: Exception, progress: Progress) -> Cause:
    if isinstance(error, http.client.RemoteDisconnected):
        return causes.cause_of(progress.send_error) if progress.send_error else causes.CLOSED
    if isinstance(error, InvalidChunkLength):
        return causes.MALFORMED
    if isinstance(error, (http.client.IncompleteRead, IncompleteRead)):
        return causes.TRUNCATED
    if isinstance(error, http.client.LineTooLong):
        return causes.HEAD_TOO_LARGE
    return causes.TOO_MANY_FIELDS if "headers" in str(error) else causes.MALFORMED


def _chain(error: BaseException) -> list[BaseException]:
    """Return an error with its causes, those that urllib3 keeps in `reason` and `args` too."""
    links: list[BaseException] = []
    following: list[object] = [error]
    while following and len(links) < _MOST_LINKS:
        link = following.pop()
        if isinstance(link, BaseException) and link not in links:
            links.append(link)
            following += [link.__cause__, link.__context__, getattr(link, "reason", None), *link.args]
    return links
