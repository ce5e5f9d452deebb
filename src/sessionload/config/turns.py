"""The `turns` of a scenario: which share of the arrivals converse, what they say, and how they think."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sessionload.config.mistakes import Mistakes
from sessionload.errors import ValueProblem, quoted
from sessionload.units import NS, parse_duration
from sessionload.workload.turns import FINEST_SHARE, MOST_TURNS, Turns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from sessionload.config.node import Node
    from sessionload.verdict.targets import Target
    from sessionload.workload.schedule import Schedule

KEYS = ("share", "say", "mode", "think", "timeout", "max_open")
MODES = ("stream", "whole")
EXAMPLE = '{share: 10%, say: [launch, "hello"]}'
MOST_OPEN = 10_000
_LONGEST_TEXT = 1_000
_LONGEST_NS = 300 * NS
_SHORTEST_TIMEOUT_NS = NS // 1_000


def check_turns(node: Node, schedule: Schedule | None) -> tuple[Turns, dict[str, Any]] | None:
    """Return the checked `turns` of a scenario, and them with every default. Raises `InputError`.

    Without a `schedule`, which has mistakes of its own, mistakes are looked for and nothing is returned.
    """
    node.names()  # else there is nothing to look into
    mistakes = Mistakes()
    with mistakes:
        node.mapping(KEYS)
    with mistakes:
        share_node = node.need("share", "10%")
        share = _share(share_node)
    with mistakes:
        say = _say(node.need("say", '[launch, "hello"]'))
    with mistakes:
        mode_node = node.get("mode")
        mode = mode_node.choice(MODES) if mode_node else MODES[0]
    with mistakes:
        think_node = node.get("think") or node.unwritten("think", "2s..8s")
        think_ns = think_node.parsed(parse_think, "bad-duration", "write it like 2s..8s, or 5s")
    with mistakes:
        timeout_node = node.get("timeout") or node.unwritten("timeout", "30s")
        timeout_ns = timeout_node.duration(_LONGEST_NS)
        if not _SHORTEST_TIMEOUT_NS <= timeout_ns <= _LONGEST_NS:
            raise timeout_node.out_of_range("1ms", "5m")
    with mistakes:
        open_node = node.get("max_open")
        max_open = open_node.integer(1, MOST_OPEN) if open_node else None
    mistakes.end()
    if schedule is None:
        return None
    turns = Turns(share, say, mode, think_ns, timeout_ns, max_open or 1)
    if max_open is None:
        usual = math.ceil(schedule.peak * share * turns.longest_ns / NS)
        turns = Turns(share, say, mode, think_ns, timeout_ns, max(1, min(MOST_OPEN, usual)))
    return turns, {
        "share": share_node.written,
        "say": list(say),
        "mode": mode,
        "think": think_node.written,
        "timeout": timeout_node.written,
        "max_open": turns.max_open,
    }


def parse_think(text: str) -> tuple[int, int]:
    """Return the nanoseconds of `2s..8s`, or of one duration twice. Raises `ValueProblem`."""
    low, dots, high = text.partition("..")
    shortest = parse_duration(low.strip())
    longest = parse_duration(high.strip()) if dots else shortest
    if longest < shortest:
        raise ValueProblem(f"{quoted(text)} ends before it begins", "write the shorter duration first")
    if longest > _LONGEST_NS:
        raise ValueProblem(f"{quoted(text)} is longer than 5m, the longest that is allowed", "shorten it")
    return shortest, longest


def _share(node: Node) -> Fraction:
    share = node.share()
    if not share:
        message = f"{node.name} must be more than 0%"
        raise node.refuse("out-of-range", message, "leave 'turns' out when nobody takes any")
    if FINEST_SHARE % share.denominator:
        message = f"{node.name} is finer than a hundredth of a percent"
        raise node.refuse("bad-share", message, "write at most two decimals, like 12.25%")
    return share


def _say(node: Node) -> tuple[str, ...]:
    items = node.items()
    if not 1 <= len(items) <= MOST_TURNS:
        message = f"{node.name} must have from 1 to {MOST_TURNS} turns, and has {len(items):,}"
        raise node.refuse("out-of-range", message, 'write them like [launch, "hello"]')
    texts, mistakes = [], Mistakes()
    for item in items:
        with mistakes:
            texts.append(item.text(most=_LONGEST_TEXT))
    mistakes.end()
    return tuple(texts)


def refuse_unmeasured(node: Node, targets: Sequence[Target], turns: Turns | None) -> None:
    """Refuse a target about turns that the scenario would have no sample for."""
    for item, target in zip(node.items(), targets, strict=True):
        if not target.metric.of_turns:
            continue
        name = target.metric.name
        if turns is None:
            message = f"{name} is about turns, and no arrival of this scenario takes any"
            raise item.refuse("bad-target", message, f"add turns: {EXAMPLE}, or remove the target")
        if not turns.streams and target.metric.view.endswith("_event"):
            message = f"{name} is about streams, and the turns of this scenario are answered as a whole"
            raise item.refuse("bad-target", message, "write mode: stream in 'turns', or remove the target")
