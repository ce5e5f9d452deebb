"""The settings of a stub: plain values only, so an environment file can hold them and a pipe can carry them.

A stub serves loopback and nothing else. Host names other than `localhost` are never resolved, because a name
can look local and lead elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

KEY_VARIABLE = "SESSIONLOAD_STUB_KEY"
"""The environment variable that hands the stub the API key it accepts."""

DEFAULT_KEY = "VF.DM.stub.0123456789abcdef"
"""The API key of a stub that was not given one. Public: it opens nothing anywhere."""

MOST_CHANNELS = 10_000
"""The most requests that a stub serves at once, if there is a limit."""


@dataclass(frozen=True, slots=True)
class StubSettings:
    """How the stub behaves.

    `latency` and each of `faults` are texts in the grammar of their module; `seed` fixes the order of the
    latencies; `concurrency` is how many requests are served at once, with 0 as many as come; port 0 is any
    free port.
    """

    latency: str = "0ms"
    faults: tuple[str, ...] = ()
    seed: int = 0
    concurrency: int = 0
    project: str = "stub"
    environment: str = "main"
    host: str = "127.0.0.1"
    port: int = 0


def is_loopback(host: str) -> bool:
    """Tell whether `host` is `localhost` or an address in 127.0.0.0/8 or ::1."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
