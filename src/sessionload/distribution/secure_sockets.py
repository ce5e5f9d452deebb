"""Locust's sockets, with libzmq's CURVE: both sides prove who they are, and what they say is encrypted.

Locust makes a socket and connects it in one constructor, and keys have to be set between the two. So there
are sockets of our own in the places where its runners look for them. They have to be put there before a
runner is made, and stay there, because a runner that lost its connection makes another. Without keys they
are like Locust's, but for a limit on what is received.
"""

from __future__ import annotations

import contextlib
import socket
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import gevent
import zmq.green as zmq
from locust import runners
from locust.exception import RPCError
from locust.rpc import zmqrpc
from zmq.utils import z85
from zmq.utils.monitor import recv_monitor_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.distribution.curve_keys import CurveKeys

_LARGEST_FRAME = 64 * 1024 * 1024
"""A delta has at most a few megabytes; the inputs of a run only go to workers."""
_FAREWELL_MS = 2000
_ZAP = "inproc://zeromq.zap.01"
_DOMAIN = b"sessionload"
_REQUEST = 7
"""Frames of a request for a key: version, id, domain, address, identity, mechanism, key (RFC 27)."""
_FAILURES = {
    zmq.EVENT_HANDSHAKE_FAILED_AUTH,
    zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL,
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL,
}
KEY_REFUSED = "the master does not let this worker's key in"
NO_HANDSHAKE = "what listens there is no master of these keys"


def secure_master(keys: CurveKeys | None) -> None:
    """Let masters that are made from now on hear only workers that have the key."""
    _use("Server", lambda host, port: MasterSocket(host, port, keys))


def secure_worker(keys: CurveKeys | None, failed: Callable[[str], object] = lambda _: None) -> None:
    """Let workers that are made from now on speak only to the master that has the key.

    `failed(why)` is called when a master was reached that does not want to be spoken to.
    """
    _use("Client", lambda host, port, identity: WorkerSocket(host, port, identity, keys, failed))


def _use(side: str, make: Callable[..., zmqrpc.BaseSocket]) -> None:
    places = {"Server": runners.rpc.Server, "Client": runners.rpc.Client, side: make}
    runners.rpc = SimpleNamespace(**places)


class MasterSocket(zmqrpc.Server):  # type: ignore[misc]  # Locust has no types
    """Listens for workers, and asks for their key if there are keys."""

    def __init__(self, host: str, port: int, keys: CurveKeys | None) -> None:
        """Listen to an address of this machine, at any free port if it is 0. Raises `RPCError`."""
        zmqrpc.BaseSocket.__init__(self, zmq.ROUTER, ":" not in host)
        self._gate: gevent.Greenlet | None = None
        self.socket.setsockopt(zmq.MAXMSGSIZE, _LARGEST_FRAME)
        self.socket.setsockopt(zmq.ROUTER_HANDOVER, 1)  # a worker whose link was cut comes back by its name
        if keys is not None:
            gate = self.socket.context.socket(zmq.REP)
            gate.bind(_ZAP)
            self._gate = gevent.spawn(_ask, gate, keys.other)
            self.socket.zap_domain = _DOMAIN
            self.socket.curve_server = True
            self.socket.curve_secretkey = keys.secret
        try:
            self.socket.bind(f"tcp://{_bracketed(host)}:{port or '*'}")
        except zmq.ZMQError as fault:
            self.close(linger=0)
            raise RPCError(f"Socket bind failure: {fault}") from fault
        self.port = int(self.socket.getsockopt(zmq.LAST_ENDPOINT).rpartition(b":")[2])

    def close(self, linger: int | None = None) -> None:
        """Close the socket; what was sent goes out within `linger` milliseconds, if that is said."""
        super().close(linger)
        if self._gate is not None:
            self._gate.kill()


def _ask(gate: Any, allowed: bytes) -> None:  # noqa: ANN401 - a socket of zmq.green, which has no types
    """Answer libzmq's questions whether a key may come in (https://rfc.zeromq.org/spec/27/)."""
    key = z85.decode(allowed)
    try:
        while True:
            frames = gate.recv_multipart()
            known = len(frames) == _REQUEST and frames[5] == b"CURVE" and frames[6] == key
            status = (b"200", b"OK") if known else (b"400", b"not a key of this run")
            gate.send_multipart([b"1.0", frames[1] if len(frames) > 1 else b"", *status, b"", b""])
    finally:
        gate.close(linger=0)


class WorkerSocket(zmqrpc.Client):  # type: ignore[misc]  # Locust has no types
    """Speaks to a master, and proves its key if there are keys."""

    def __init__(
        self,
        host: str,
        port: int,
        identity: str,
        keys: CurveKeys | None,
        failed: Callable[[str], object],
    ) -> None:
        zmqrpc.BaseSocket.__init__(self, zmq.DEALER, _only_ipv4(host, port))
        self.socket.setsockopt(zmq.IDENTITY, identity.encode())
        if keys is not None:
            self.socket.curve_secretkey = keys.secret
            self.socket.curve_publickey = keys.public
            self.socket.curve_serverkey = keys.other
        self._watch = gevent.spawn(_watch, self.socket.get_monitor_socket(sum(_FAILURES)), failed)
        self.socket.connect(f"tcp://{_bracketed(host)}:{port}")

    def send(self, message: Any) -> None:  # noqa: ANN401 - Locust has no types
        """Send a message, if there is room. Locust would wait for room and then end whoever has sent.

        What has to arrive is sent again until the master says that it has.
        """
        with contextlib.suppress(zmq.ZMQError):
            self.socket.send(message.serialize(), zmq.NOBLOCK)

    def close(self, linger: int | None = None) -> None:
        """Close the socket; what was sent goes out within `linger` milliseconds, if that is said."""
        self._watch.kill()
        super().close(linger)


def hang_up(users: Any, connection: zmqrpc.BaseSocket) -> None:  # noqa: ANN401 - Locust has no types
    """End the greenlets that use a connection, and close it when all that was said is on its way."""
    users.kill()
    connection.close(linger=_FAREWELL_MS)
    connection.socket.context.term()


def _watch(events: Any, failed: Callable[[str], object]) -> None:  # noqa: ANN401 - a socket of zmq.green
    """Tell why a master that was reached does not listen."""
    try:
        while True:
            event = recv_monitor_message(events)["event"]
            if event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
                failed(KEY_REFUSED)
            elif event in _FAILURES:
                failed(NO_HANDSHAKE)
    finally:
        events.close(linger=0)


def _only_ipv4(host: str, port: int) -> bool:
    """Tell whether a name has no IPv6 address; of one that is not known yet nobody knows."""
    try:
        addresses = socket.getaddrinfo(host, port, proto=socket.IPPROTO_TCP)
    except OSError:
        return False
    return all(family is not socket.AF_INET6 for family, *_ in addresses)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
