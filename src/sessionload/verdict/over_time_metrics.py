"""The grammar of targets on how response times change over a run: drift, and recovery after a stage.

    drift    := "drift.p" number ("<" | "<=") share "/h"
    recovery := "recovery.p" number ("<" | "<=") duration "within" duration "after" stage

Both are about the response of all arrivals. `targets` has the other metrics.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from sessionload.errors import ValueProblem, quoted
from sessionload.units import NS, parse_duration, parse_share

DRIFT = "drift.p95 < 5%/h"
RECOVERY = "recovery.p95 < 400ms within 30s after spike"
WINDOW_S = 5
"""A recovery is looked for in windows of so many seconds."""

_FAMILY = re.compile(r"\s*(drift|recovery)\b(.*)", re.DOTALL)
_STATISTIC = re.compile(r"\.p([0-9]{1,30}(?:\.[0-9]{1,30})?)\s*([<>=!]+)\s*(.*\S)\s*", re.DOTALL)
_PER_HOUR = re.compile(r"(.*?)\s*/\s*(\w+)")
_WITHIN = re.compile(r"(.*?)\s*\bwithin\s+(.*?)\s+after\s+(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Drift:
    """A percentile of the response, and by how much of itself it may rise in an hour."""

    share: Fraction
    percentile: str
    """As it was written: `p95`."""
    per_hour: Fraction
    bound_text: str


@dataclass(frozen=True, slots=True)
class Recovery:
    """A percentile of the response that is to be within a limit again, so long after a stage at most."""

    share: Fraction
    percentile: str
    limit: str
    """The target that each window after the recovery keeps: `p95 < 400ms`."""
    within_ns: int
    after: str
    """The name of the stage."""
    bound_text: str
    """How long it may take, as it was written."""


OverTime = Drift | Recovery


@dataclass(frozen=True, slots=True)
class Written:
    """A target as it is read: its metric, and the text that says the same without further spaces."""

    name: str
    op: str
    expr: str
    metric: OverTime


def over_time(text: str) -> Written | None:
    """Return the target on a change over the run that a text says; `None` if it is about something else.

    Raises `ValueProblem`.
    """
    family = _FAMILY.fullmatch(text)
    if family is None:
        return None
    word, example = family[1], DRIFT if family[1] == "drift" else RECOVERY
    parts = _STATISTIC.fullmatch(family[2])
    if parts is None:
        raise ValueProblem(f"{quoted(text.strip())} is not whole", f"write it like {example}")
    number, op, bound = parts.groups()
    share = Fraction(number) / 100
    if not 0 < share < 1:
        raise ValueProblem(f"p{number} is not between p0 and p100", f"write it like {example}")
    if op not in {"<", "<="}:
        raise ValueProblem(f"{word} has an upper bound, and {quoted(op)} is none", f"write it like {example}")
    read = _drift if word == "drift" else _recovery
    return read(f"p{number}", share, op, bound)


def _drift(percentile: str, share: Fraction, op: str, bound: str) -> Written:
    parts = _PER_HOUR.fullmatch(bound)
    if parts is None or parts[2] != "h":
        raise ValueProblem(f"{quoted(bound)} is no change per hour", f"write it like {DRIFT}")
    written = f"{''.join(parts[1].split())}/h"
    name = f"drift.{percentile}"
    metric = Drift(share, percentile, parse_share(parts[1]), written)
    return Written(name, op, f"{name} {op} {written}", metric)


def _recovery(percentile: str, share: Fraction, op: str, bound: str) -> Written:
    parts = _WITHIN.fullmatch(bound)
    if parts is None:
        raise ValueProblem(
            "a recovery says within what time and after which stage", f"write it like {RECOVERY}"
        )
    limit, within = ("".join(part.split()) for part in parts.groups()[:2])
    if not parse_duration(limit):
        raise ValueProblem(f"nothing is below {limit}", f"write it like {RECOVERY}")
    within_ns, after = parse_duration(within), parts[3]
    if within_ns < WINDOW_S * NS or within_ns % NS:
        message = f"a recovery takes whole seconds, and at least the {WINDOW_S}s of its windows"
        raise ValueProblem(message, f"write it like {RECOVERY}")
    name = f"recovery.{percentile}"
    expr = f"{name} {op} {limit} within {within} after {after}"
    metric = Recovery(share, percentile, f"{percentile} {op} {limit}", within_ns, after, within)
    return Written(name, op, expr, metric)
