"""Locust's master, deaf to what no worker of ours says.

Anybody on this machine can reach its port. In Locust one broken frame ends the loop that listens, and a
stranger may ask for its files. Here what cannot be read is left out, and so is every kind of message that a
run has no use for. The loop starts when the process first waits: a runner is guarded as soon as it is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from locust.exception import RPCError, RPCReceiveError

from sessionload.distribution.messages import FROM_WORKERS, name_of

if TYPE_CHECKING:
    from locust.runners import MasterRunner

_KNOWN = {"client_ready", "heartbeat", *(name_of(kind) for kind in FROM_WORKERS)}
"""What a worker says in a run: to Locust's runner that it is there, and ours."""


def guarded(runner: MasterRunner) -> MasterRunner:
    """Return the runner, which goes on listening whatever comes."""
    receive, handle = runner.server.recv_from_client, runner.handle_message

    def receive_what_can_be_read() -> tuple[str, Any]:
        try:
            return receive()  # type: ignore[no-any-return]
        except RPCError:
            raise
        except Exception as fault:
            raise RPCReceiveError("a frame that cannot be read") from fault

    def handle_what_is_known(client_id: str, message: Any) -> None:  # noqa: ANN401 - Locust has no types
        try:
            if message.node_id == client_id and message.type in _KNOWN:
                handle(client_id, message)
        except Exception:  # noqa: BLE001 - nothing that comes may end the loop
            return

    runner.server.recv_from_client = receive_what_can_be_read
    runner.handle_message = handle_what_is_known
    return runner
