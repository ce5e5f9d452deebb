"""Targets, which people write in a scenario: `p95 < 400ms`, `error_rate < 0.1%`.

The grammar is small, bounds carry their unit and are kept as exact fractions. What could be read in two ways
is refused, with what to write instead. A target that ends a run while it goes on needs a window, unless it is
on a count: a percentile of the first few arrivals says nothing.

    target    := metric op bound                  white space between the parts is free
    op        := "<" | "<=" | ">" | ">=" | "=="    "==" for counts and shares only
    metric    := [view "."] statistic             bound: a duration with unit
               | "error_rate"                     bound: a share in %; arrivals without a valid session
               | "achieved_rate"                  bound: a share in %; arrivals that were sent
               | "within(" duration ")"           bound: a share in %, a lower one; arrivals with a valid
                                                  session so long after they were due at most
               | count                            bound: a whole number, or a share of arrivals in %
               | "turn." of any of these, but achieved_rate: turns of conversations
    view      := "response" | "answered" | "service" | "lateness" | "lag" | "connect" | "tls" | "first_byte"
                                                                              (default: response)
    statistic := "p" number | "min" | "mean" | "max"                          (0 < number < 100)
    count     := "contract_violations" | "throttled" | "rejected" | "server_errors" | "timeouts"
               | "connection_errors" | "protocol_errors" | "unsent"
    of turns the views are "response" | "answered" | "service" | "lag" | "first_event" | "end_event",
    and there are two more counts, "dead_keys" | "ended_early"

Targets on how response times change over the run are in `over_time_metrics`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.errors import ValueProblem, nearest, quoted
from sessionload.metrics.turn_slices import TURN_VIEWS
from sessionload.units import NS, parse_duration, parse_share
from sessionload.verdict.missing_units import duration_without_unit, share_without_unit
from sessionload.verdict.over_time_metrics import Drift, OverTime, over_time

if TYPE_CHECKING:
    from collections.abc import Sequence

Names = tuple[str, ...]
VIEWS = ("response", "answered", "service", "lateness", "lag", "connect", "tls", "first_byte")
SHARES = ("error_rate", "achieved_rate")
COUNTS = (
    "contract_violations",
    "throttled",
    "rejected",
    "server_errors",
    "timeouts",
    "connection_errors",
    "protocol_errors",
    "unsent",
)

TURN = "turn."
"""How a metric of turns begins."""
TURN_COUNTS = (*COUNTS, "dead_keys", "ended_early")
_COMMON = ("p50", "p90", "p95", "p99", "p99.9", "min", "mean", "max")
_OPERATORS = ("<", "<=", ">", ">=", "==")
_UPPER = ("<", "<=")
_LOWER = (">", ">=")
_WITHIN = "within(400ms)"
_SYNONYMS = {
    "average": "mean",
    "avg": "mean",
    "median": "p50",
    "maximum": "max",
    "minimum": "min",
    "5xx": "server_errors",
    "429": "throttled",
    "dropped": "unsent",
    **dict.fromkeys(("apdex", "slo", "within"), _WITHIN),
    **dict.fromkeys(("errors", "failures", "failed", "failure_rate", "fail_rate"), "error_rate"),
    **dict.fromkeys(("latency", "duration", "response_time", "response", "answered", "service"), "p95"),
}
_MENDED = {"=<": "<=", "=>": ">=", "<<": "<", ">>": ">", "===": "=="}
_NUMBER = re.compile(r"[0-9]{1,30}(?:\.[0-9]{1,30})?|\.[0-9]{1,30}")
_PERCENTILE = re.compile(r"p([0-9]{1,30}(?:\.[0-9]{1,30})?)")
_WITHIN_FORM = re.compile(r"within\s*\((.*)\)")
_UNDERSCORED = re.compile(r"p([0-9]+)_([0-9]+)")


class BoundKind(StrEnum):
    """What a bound is made of."""

    DURATION = "duration"
    SHARE = "share"
    COUNT = "count"
    SHARE_PER_HOUR = "share per hour"


@dataclass(frozen=True, slots=True)
class TargetMetric:
    """What is looked at. `view` and `statistic` are empty for shares and counts."""

    name: str
    """As it was written: `p95`, `service.p99`, `error_rate`."""
    view: str = ""
    statistic: str = ""
    share: Fraction | None = None
    """The percentile as a fraction: 19/20 for p95."""
    within_ns: int | None = None
    """Of `within(400ms)`, how long after it was due an arrival may have its session."""
    over_time: OverTime | None = None
    """What it is where it is about a change over the run; then `view`, `statistic` and `share` are empty."""

    @property
    def of_turns(self) -> bool:
        """Whether it is about turns, not about session starts."""
        return self.name.startswith(TURN)

    @property
    def counted(self) -> str:
        """The name of a share or count, whatever it is of."""
        return self.name.removeprefix(TURN)


@dataclass(frozen=True, slots=True)
class Target:
    """A bound on a metric of the measured stages or some of them, or of every window there.

    `bound` is nanoseconds, a fraction of all arrivals, or a number of arrivals, as `kind` says.
    """

    expr: str
    metric: TargetMetric
    op: str
    kind: BoundKind
    bound: Fraction
    window_ns: int | None = None
    abort: bool = False
    stages: tuple[str, ...] = ()
    """The names of the stages that it is judged over; all that are measured, if there are none."""

    @property
    def name(self) -> str:
        """The target with its stages: `p95 < 400ms in stage spike`. It says which target ended a run."""
        return named_target(self.expr, self.stages)

    @property
    def bound_text(self) -> str:
        """The bound as it was written."""
        if self.metric.over_time is not None:
            return self.metric.over_time.bound_text
        return self.expr.rsplit(" ", 1)[-1]

    @property
    def window_s(self) -> int:
        """The window in seconds; 0 if there is none."""
        return (self.window_ns or 0) // NS

    @property
    def caps(self) -> bool:
        """Whether the bound is an upper one; `== 0` is `<= 0`."""
        return self.op in _UPPER or (self.op == "==" and not self.bound)

    @property
    def suffers_from_lag(self) -> bool:
        """Whether the generator's own lag can make it missed: lag serves nobody, and makes nothing faster."""
        if self.metric.name == "achieved_rate":
            return not self.caps
        return self.caps or self.is_within

    @property
    def is_within(self) -> bool:
        """Whether it is on the share of users who were served in time."""
        return self.metric.within_ns is not None


def named_target(expr: str, stages: Sequence[str]) -> str:
    """Return a target with the stages that it is judged over."""
    return f"{expr} {stages_text(stages)}" if stages else expr


def stages_text(names: Sequence[str]) -> str:
    """Return `in stage spike`, `in stages ramp and peak`."""
    *first, last = names
    return f"in stages {', '.join(first)} and {last}" if first else f"in stage {last}"


def parse_target(
    expr: str, *, window_ns: int | None = None, abort: bool = False, stages: tuple[str, ...] = ()
) -> Target:
    """Return the target that `expr` says.

    Raises `ValueProblem`.
    """
    changing = _over_time(expr, windowed=window_ns is not None, abort=abort, stages=stages)
    if changing is not None:
        return changing
    name, op, written = _parts(expr.strip())
    metric = _metric(name)
    _check_op(expr.strip(), op, metric)
    kind, bound = _bound(metric, written, op)
    if metric.within_ns is not None and op == ">" and bound == 1:
        raise ValueProblem("nothing is above 100%", f"did you mean {name} >= {written}?")
    if op == "<" and not bound:
        raise ValueProblem(f"nothing is below {written}", f"did you mean {name} <= {written}?")
    expr = f"{metric.name} {op} {''.join(written.split())}"
    target = Target(expr, metric, op, kind, bound, window_ns, abort, stages)
    _check_window(window_ns)
    if metric.of_turns and (window_ns is not None or abort):
        raise ValueProblem(
            f"{metric.name} is about turns, which are judged over the whole run", "leave out window and abort"
        )
    if abort:
        _check_abort(target)
    return target


def _over_time(expr: str, *, windowed: bool, abort: bool, stages: tuple[str, ...]) -> Target | None:
    """Return a target on a change over the run; `None` if it is another. Raises `ValueProblem`."""
    written = over_time(expr)
    if written is None:
        return None
    name, metric = written.name, written.metric
    if windowed:
        raise ValueProblem(f"{name} looks at a stretch of the run, not at windows", "leave out window")
    if abort:
        raise ValueProblem(
            f"{name} is known when the run has ended, so it cannot abort it", "leave out abort"
        )
    if isinstance(metric, Drift):
        kind, bound = BoundKind.SHARE_PER_HOUR, metric.per_hour
    elif stages:
        raise ValueProblem(f"{name} names its stage after 'after'", "leave out stage and stages")
    else:
        kind, bound = BoundKind.DURATION, Fraction(metric.within_ns)
    return Target(written.expr, TargetMetric(name, over_time=metric), written.op, kind, bound, stages=stages)


def _parts(text: str) -> tuple[str, str, str]:
    name, *rest = re.split(r"([<>=!]+)", text)
    if not rest:
        raise ValueProblem(f"{quoted(text)} compares nothing", "write it like p95 < 400ms")
    if len(rest) > 2:
        raise ValueProblem(f"{quoted(text)} has more than one comparison", "write a target for each")
    op, bound = rest
    if not name.strip() or not bound.strip():
        raise ValueProblem(f"{quoted(text)} has nothing on one side of {op}", "write it like p95 < 400ms")
    return name.strip(), op, bound.strip()


def _metric(name: str) -> TargetMetric:
    if name.startswith(TURN):
        return _named(name, name.removeprefix(TURN), TURN_VIEWS, SHARES[:1], TURN_COUNTS, TURN)
    if within := _WITHIN_FORM.fullmatch(name):
        return _within(within[1].strip())
    return _named(name, name, VIEWS, SHARES, COUNTS)


def _named(
    name: str, known: str, views: Names, shares: Names, counts: Names, family: str = ""
) -> TargetMetric:
    """Return a metric that is `known` in its family."""
    if known in shares or known in counts:
        return TargetMetric(name)
    view, dot, statistic = known.partition(".")
    if not dot or _PERCENTILE.fullmatch(known):
        view, statistic = views[0], known
    underscored = _UNDERSCORED.fullmatch(statistic)
    if underscored:
        raise ValueProblem(
            f"{quoted(name)} is not a percentile", f"did you mean p{underscored[1]}.{underscored[2]}?"
        )
    percentile = _PERCENTILE.fullmatch(statistic)
    if not percentile and statistic not in ("min", "mean", "max"):
        synonym = _SYNONYMS.get(statistic, statistic)
        further = () if family else (_WITHIN,)
        hint = nearest(synonym, (*_COMMON, *shares, *counts, *further))
        raise ValueProblem(f"{quoted(name)} is not a metric", hint)
    if view not in views:
        raise ValueProblem(f"{quoted(view)} is not a view of the durations", nearest(view, views))
    if not percentile:
        return TargetMetric(name, family + view, statistic)
    share = Fraction(percentile[1]) / 100
    if not 0 < share < 1:
        end = "max" if share >= 1 else "min"
        raise ValueProblem(
            f"{quoted(statistic)} is not between p0 and p100", f"for the end itself write {end}"
        )
    return TargetMetric(name, family + view, "percentile", share)


def _within(written: str) -> TargetMetric:
    if _NUMBER.fullmatch(written):
        raise duration_without_unit(written)
    within_ns = parse_duration(written)
    if not within_ns:
        raise ValueProblem("nobody is served within no time", f"write it like {_WITHIN} >= 99%")
    return TargetMetric(f"within({''.join(written.split())})", within_ns=within_ns)


def _check_op(text: str, op: str, metric: TargetMetric) -> None:
    if op == "=":
        cure = "<=" if metric.view else "=="
        raise ValueProblem(f"{quoted(text)} has a single =", f"did you mean {cure}?")
    if op not in _OPERATORS:
        hint = f"did you mean {_MENDED[op]}?" if op in _MENDED else f"known here: {' '.join(_OPERATORS)}"
        raise ValueProblem(f"{quoted(op)} is not a comparison", hint)
    if metric.within_ns is not None and op not in _LOWER:
        message = f"{metric.name} is the share of users served in time, and has a lower bound"
        raise ValueProblem(message, f"did you mean {metric.name} >= …?")
    if op == "==" and metric.view:
        raise ValueProblem("no duration is met to the nanosecond", f"did you mean {metric.name} <= …?")


def _bound(metric: TargetMetric, written: str, op: str) -> tuple[BoundKind, Fraction]:
    if metric.view:
        if _NUMBER.fullmatch(written):
            raise duration_without_unit(written)
        if written.endswith("%"):
            raise ValueProblem(
                f"{metric.name} is a duration, not a share", f"write it like {metric.name} {op} 400ms"
            )
        return BoundKind.DURATION, Fraction(parse_duration(written))
    is_share = metric.counted in SHARES or metric.within_ns is not None
    if is_share and _NUMBER.fullmatch(written):
        raise share_without_unit(written)
    if is_share or written.endswith("%"):
        return BoundKind.SHARE, parse_share(written)
    if not re.fullmatch(r"[0-9]{1,18}", written):
        raise ValueProblem(
            f"{quoted(written)} is not a count", "write a whole number of arrivals, or a share like 0.1%"
        )
    return BoundKind.COUNT, Fraction(written)


def _check_window(window_ns: int | None) -> None:
    if window_ns is not None and (window_ns < NS or window_ns % NS):
        raise ValueProblem("a window is a whole number of seconds, at least 1s", "write it like 30s")


def _check_abort(target: Target) -> None:
    name = target.metric.name
    if name == "achieved_rate":
        raise ValueProblem(
            "achieved_rate cannot abort a run: it is low whenever a run begins", "leave out abort"
        )
    if not target.caps and not target.is_within:
        raise ValueProblem("only an upper bound can abort a run", f"write {name} < … or leave out abort")
    if target.kind is not BoundKind.COUNT and target.window_ns is None:
        raise ValueProblem(
            f"{quoted(target.expr)} needs a window to abort a run, or its first samples would",
            "add window: 30s",
        )
