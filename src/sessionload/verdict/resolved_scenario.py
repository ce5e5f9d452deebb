"""Targets and limits, read again from the scenario that a result holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sessionload.units import parse_duration, parse_share
from sessionload.verdict.targets import Target, parse_target
from sessionload.verdict.verdict import Limits

if TYPE_CHECKING:
    from collections.abc import Mapping


def targets_of(resolved: Mapping[str, Any]) -> tuple[Target, ...]:
    """Return the targets of a scenario in a result. Raises `KeyError`, `TypeError` or `ValueError`."""
    return tuple(_kept_target(target) for target in resolved["targets"])


def limits_of(resolved: Mapping[str, Any]) -> Limits:
    """Return the limits of a scenario in a result. Raises `KeyError`, `TypeError` or `ValueError`."""
    load = resolved["load"]
    return Limits(parse_duration(load["max_lag"]), parse_share(load["max_cpu"]))


def _kept_target(target: str | Mapping[str, Any]) -> Target:
    if isinstance(target, str):
        return parse_target(target)
    window = parse_duration(target["window"]) if "window" in target else None
    return parse_target(target["expr"], window_ns=window, abort=target.get("abort", False))
