"""The `load` of a scenario: the stages, and what the generator may do to keep up with them.

Every value has a unit, bounds, and a default that the result writes out: `Load.resolved` is the same load
as text, so that a result can be run again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sessionload.config.arrivals import Arrivals, check_arrivals
from sessionload.config.mistakes import Mistakes
from sessionload.config.scale import UNSCALED, Scale
from sessionload.config.stages import EXAMPLE, Stages, check_stages
from sessionload.config.tracing import check_tracing
from sessionload.config.tracing import resolved as resolved_tracing
from sessionload.errors import ValueProblem
from sessionload.units import NS
from sessionload.verdict.evidence import Limits
from sessionload.workload.recording import Recording
from sessionload.workload.schedule import Schedule

if TYPE_CHECKING:
    from fractions import Fraction

    from sessionload.config.arrivals import ReadInstants
    from sessionload.config.node import Node
    from sessionload.errors import Place
    from sessionload.workload.trace import Tracing

KEYS = (
    "arrivals",
    "stages",
    "timeout",
    "patience",
    "max_in_flight",
    "connections",
    "addresses",
    "tls_resumption",
    "max_lag",
    "max_cpu",
    "max_lost",
    "trace",
    "request_id",
)
CONNECTIONS = ("reuse", "per_session")
ADDRESSES = ("all", "first")
MOST_IN_FLIGHT = 10_000

_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent when, and the bounds of the generator."""

    schedule: Schedule
    timeout_ns: int
    patience_ns: int | None
    """How long an arrival waits to be sent before it gives up; `None` if it does not."""
    max_in_flight: int
    connections: str
    """`reuse` or `per_session`."""
    addresses: str
    """`all` or `first`: which addresses of the host's name get connections."""
    tls_resumption: bool
    """Whether a new connection may take up an earlier TLS session."""
    tracing: Tracing
    """Which headers name an arrival to the server."""
    limits: Limits
    peak_at: Place
    """Where the highest rate was written."""
    resolved: dict[str, Any]


def check_load(node: Node, *, seed: int, scale: Scale = UNSCALED, read: ReadInstants | None = None) -> Load:
    """Return the checked `load` of a scenario; `read` gets arrivals from a file. Raises `InputError`.

    Without `read`, a file stands for a single arrival.
    """
    node.names()  # else there is nothing to look into
    mistakes = Mistakes()
    with mistakes:
        node.mapping(KEYS)
    with mistakes:
        arrivals = check_arrivals(node.get("arrivals"), read)
    with mistakes:
        connections = _choice(node, "connections", CONNECTIONS)
    with mistakes:
        addresses = _choice(node, "addresses", ADDRESSES)
    with mistakes:
        resumption_node = node.get("tls_resumption")
        tls_resumption = resumption_node.boolean() if resumption_node else True
    stages: Stages | None = None
    with mistakes:
        stages = _stages(node, scale)
    with mistakes:
        timeout_ns, timeout = _duration(node, "timeout", "10s", (_MS, "1ms"), (300 * NS, "5m"))
    with mistakes:
        patience_ns, patience = None, {}
        if node.get("patience"):
            patience_ns, written = _duration(node, "patience", "5s", (10 * _MS, "10ms"), (3600 * NS, "1h"))
            patience = {"patience": written}
    with mistakes:
        lag_ns, max_lag = _duration(node, "max_lag", "10ms", (_MS, "1ms"), (10 * NS, "10s"))
    with mistakes:
        cpu, max_cpu = _cpu(node)
    with mistakes:
        lost_node = node.get("max_lost") or node.unwritten("max_lost", "0%")
        max_lost = lost_node.share()
    with mistakes:
        tracing = check_tracing(node)
    with mistakes:
        given = node.get("max_in_flight")
        in_flight = given.integer(1, MOST_IN_FLIGHT) if given else None
    mistakes.end()
    schedule = _schedule(node, stages, arrivals, seed, scale)
    usual = max(1, min(MOST_IN_FLIGHT, math.ceil(schedule.peak * timeout_ns / NS)))
    max_in_flight = usual if in_flight is None else in_flight
    resolved = {
        "arrivals": arrivals.written,
        **({"stages": stages.resolved} if stages else {}),
        "timeout": timeout,
        **patience,
        "max_in_flight": max_in_flight,
        "connections": connections,
        "addresses": addresses,
        "tls_resumption": tls_resumption,
        "max_lag": max_lag,
        "max_cpu": max_cpu,
        "max_lost": lost_node.written,
        **resolved_tracing(node),
    }
    return Load(
        schedule=schedule,
        timeout_ns=timeout_ns,
        patience_ns=patience_ns,
        max_in_flight=max_in_flight,
        connections=connections,
        addresses=addresses,
        tls_resumption=tls_resumption,
        peak_at=stages.peak_at if stages else node.need("arrivals", "").place,
        tracing=tracing,
        limits=Limits(lag_ns, cpu, max_lost),
        resolved=resolved,
    )


def _stages(node: Node, scale: Scale) -> Stages | None:
    """Return the stages; none where the arrivals come from a file."""
    arrivals = node.value.get("arrivals")
    if not isinstance(arrivals, dict) or "file" not in arrivals:
        return check_stages(node.need("stages", f"[{EXAMPLE}]"), scale)
    given = node.get("stages")
    if given:
        message = f"{node.name} has stages and arrivals from a file, and each says when people come"
        raise given.refuse("stages-and-file", message, "keep one of the two", at_key=True)
    return None


def _schedule(node: Node, stages: Stages | None, arrivals: Arrivals, seed: int, scale: Scale) -> Schedule:
    try:
        if stages:
            return Schedule(stages.stages, arrivals=arrivals.kind, seed=seed, shape=arrivals.shape)
        return Recording(arrivals.stage_name, arrivals.due(scale), warmup_ns=arrivals.warmup_ns)
    except ValueProblem as problem:
        where = node.need("stages" if stages else "arrivals", "")
        raise where.refuse("bad-schedule", problem.message, problem.cure) from None


def _choice(node: Node, key: str, options: tuple[str, ...]) -> str:
    chosen = node.get(key)
    return chosen.choice(options) if chosen else options[0]


def _duration(
    node: Node, key: str, usual: str, low: tuple[int, str], high: tuple[int, str]
) -> tuple[int, str]:
    """Return the nanoseconds of a duration between two bounds, and its text."""
    given = node.get(key) or node.unwritten(key, usual)
    ns = given.duration(high[0], usual.lstrip("0123456789"))
    if not low[0] <= ns <= high[0]:
        raise given.out_of_range(low[1], high[1])
    return ns, given.written


def _cpu(node: Node) -> tuple[Fraction, str]:
    given = node.get("max_cpu") or node.unwritten("max_cpu", "90%")
    share = given.share()
    if not share:
        raise given.out_of_range("1%", "100%")
    return share, given.written
