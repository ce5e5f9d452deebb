"""Targets and limits, read from the scenario that a result holds.

A run must be judged the same on any later day, so its targets and limits are those of the scenario in its own
result. This is the only place that reads them there. What a scenario does not say has the default that it has
in a file that people write. Errors quote nothing from the file, because anyone may have edited it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sessionload.units import parse_duration, parse_share
from sessionload.verdict.evidence import Limits
from sessionload.verdict.targets import Target, parse_target


class UnreadableTargetError(ValueError):
    """A target or a limit in a result cannot be read; the text says which."""


def targets_of(scenario: Mapping[str, Any]) -> tuple[Target, ...]:
    """Return the targets of a scenario in a result. Raises `UnreadableTargetError`."""
    written = scenario.get("targets", [])
    if not isinstance(written, list | tuple):
        raise UnreadableTargetError("the targets of its scenario are not a list")
    return tuple(_target(number, target) for number, target in enumerate(written, 1))


def limits_of(scenario: Mapping[str, Any]) -> Limits:
    """Return the limits of a scenario in a result. Raises `UnreadableTargetError`."""
    load, usual = scenario.get("load", {}), Limits()
    if isinstance(load, Mapping):
        with suppress(ValueError, TypeError, AttributeError):
            return Limits(
                lag_p99_ns=parse_duration(load["max_lag"]) if "max_lag" in load else usual.lag_p99_ns,
                cpu_share=parse_share(load["max_cpu"]) if "max_cpu" in load else usual.cpu_share,
                lost_share=parse_share(load["max_lost"]) if "max_lost" in load else usual.lost_share,
            )
    raise UnreadableTargetError("max_lag, max_cpu or max_lost of its scenario cannot be read")


def script_of(scenario: Mapping[str, Any]) -> int:
    """Return how many turns a conversation has by the scenario of a result; 0 where there are none."""
    turns = scenario.get("turns")
    said = turns.get("say") if isinstance(turns, Mapping) else None
    return len(said) if isinstance(said, list | tuple) else 0


def patience_of(scenario: Mapping[str, Any]) -> int:
    """Return the patience of a scenario in a result, in nanoseconds; 0 if it has none.

    Raises `UnreadableTargetError`.
    """
    load = scenario.get("load", {})
    with suppress(ValueError, TypeError, AttributeError):
        return parse_duration(load["patience"]) if "patience" in load else 0
    raise UnreadableTargetError("the patience of its scenario cannot be read")


def arrivals_text(written: object) -> str:
    """Return the `arrivals` of a load for people: `poisson`, `gamma 0.3`, `from arrivals.csv at 2x`."""
    if not isinstance(written, Mapping):
        return str(written) if written else ""
    if "gamma" in written:
        return f"gamma {written['gamma']}"
    speed = f" at {written['speed']}" if "speed" in written else ""
    return f"from {written.get('file', 'a file')}{speed}"


def _target(number: int, written: object) -> Target:
    with suppress(KeyError, ValueError, TypeError, AttributeError):
        if isinstance(written, str):
            return parse_target(written)
        if isinstance(written, Mapping) and isinstance(written.get("abort", False), bool):
            window = parse_duration(written["window"]) if "window" in written else None
            return parse_target(
                written["expr"], window_ns=window, abort=written.get("abort", False), stages=_stages(written)
            )
    raise UnreadableTargetError(f"target {number} of its scenario cannot be read")


def _stages(written: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the stages of a target. Raises `TypeError`."""
    names = [written["stage"]] if "stage" in written else written.get("stages", [])
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise TypeError("the stages of a target are not names")
    return tuple(names)
