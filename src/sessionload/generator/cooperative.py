"""A pause in long work, so that arrivals leave on time.

Trap: `gevent.sleep(0)` is none. The loop runs up to fifty callbacks before it looks at timers and sockets
again, and what calls it in a row is one of them each time.
"""

from __future__ import annotations

import gevent

_SHORTEST_S = 0.0005


def yield_to_loop() -> None:
    """Return after the loop has looked at its timers and sockets, and served them: about a millisecond."""
    gevent.sleep(_SHORTEST_S)
