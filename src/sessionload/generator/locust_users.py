"""Locust starts and stops the users; a user is a plain Locust `User` whose one task executes arrivals.

Nothing is measured here. `runner.start` with a `spawn_rate` below the number of users sleeps between
batches, and a second call ends the first one half-way, so it is called once, and later users are spawned
without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import gevent
from locust import User, constant, task
from locust.runners import WorkerRunner

from sessionload.generator.cooperative import yield_to_loop

if TYPE_CHECKING:
    from collections.abc import Callable

    from locust.runners import Runner

    from sessionload.generator.engine import LoadEngine

_BATCH = 8
"""How many users are started together while there is load."""


class SessionUser(User):  # type: ignore[misc]  # Locust's classes have no types
    """A Locust user: one session in flight at a time, for as long as the engine has arrivals."""

    wait_time = constant(0)
    engine: ClassVar[LoadEngine]
    """Whose arrivals are executed; set before Locust starts users."""

    @task  # type: ignore[untyped-decorator]
    def start_sessions(self) -> None:
        """Execute arrivals until Locust stops this user."""
        engine = self.engine
        connection = engine.enter()
        try:
            while True:
                engine.execute(connection, engine.next_start())
        finally:
            engine.leave(connection)


def start_users_of(runner: Runner) -> Callable[[int], None]:
    """Return a function that makes `runner` have so many users and returns when it has."""

    def start_users(count: int) -> None:
        if not runner.user_count and not isinstance(runner, WorkerRunner):
            # Locust dispatches `spawn_rate` users at once and then sleeps for a second.
            runner.start(count, spawn_rate=count)
            runner.spawning_greenlet.join()
        while runner.user_count < count:
            # A few at a time: to dispatch thousands would block the loop for seconds.
            runner.spawn_users({SessionUser.__name__: min(_BATCH, count - runner.user_count)})
            yield_to_loop()
        gevent.sleep(0)

    return start_users
