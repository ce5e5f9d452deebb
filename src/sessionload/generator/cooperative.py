"""A pause in long work, so that arrivals leave on time.

`gevent.sleep(0)` is no such pause: the loop runs up to fifty callbacks before it polls timers and sockets
again, and a greenlet that calls it in a row is one of them each time.
"""

from __future__ import annotations

import gevent

_SHORTEST_S = 0.0005


def yield_to_loop() -> None:
    """Return after the loop has polled timers and sockets and handled them: about a millisecond."""
    gevent.sleep(_SHORTEST_S)
