"""Our messages on a connection of Locust's: checked as they come, under names of their own as they go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sessionload.distribution.messages import data_of, name_of, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from locust.runners import DistributedRunner

    from sessionload.distribution.messages import Message


class Channel:
    """What one side says and hears, through its runner."""

    def __init__(
        self,
        runner: DistributedRunner,
        kinds: Iterable[type[Message]],
        take: Callable[[str, Message], object],
    ) -> None:
        """Call `take(who, message)` for each message of these `kinds`, in the loop that listens."""
        self._runner = runner
        for kind in kinds:
            runner.register_message(name_of(kind), _taker(kind, take))

    def send(self, message: Message, node: str | None = None) -> None:
        """Send to a worker, by its name among Locust's workers; a worker sends to its master."""
        self._runner.send_message(name_of(type(message)), data_of(message), node)


def _taker(kind: type[Message], take: Callable[[str, Message], object]) -> Callable[..., None]:
    def receive(environment: Any, msg: Any) -> None:  # noqa: ANN401, ARG001 - Locust calls it by keyword
        message = read(kind, msg.data)
        if message is not None:
            take(msg.node_id, message)

    return receive
