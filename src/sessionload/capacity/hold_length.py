"""How long a rate is held: until its targets have evidence.

A percentile needs samples beyond it, a share needs arrivals that could show it. So the length follows from
the targets and the rate, and a low rate is held for longer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.verdict.targets import BoundKind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

    from sessionload.verdict.targets import Target

BEYOND = 20
"""How many samples beyond a percentile make it a figure: of p99, one in a hundred of 2,000."""
_ALLOWED = 3
"""With so many allowed and none seen, a share is below its bound in 95 of 100 cases (the rule of three)."""
SHORTEST_S = 20
LONGEST_S = 600


def arrivals_needed(targets: Iterable[Target]) -> int:
    """Return how many arrivals the most demanding of the targets wants."""
    return max((_needed(target) for target in targets), default=0)


def seconds_needed(rate: Fraction, targets: Iterable[Target]) -> int:
    """Return for how many seconds a rate (arrivals per second) is held, within sensible ends."""
    seconds = -(-arrivals_needed(targets) * rate.denominator // rate.numerator)
    windows = max((target.window_s for target in targets), default=0)
    return min(max(seconds, SHORTEST_S, 2 * windows), max(LONGEST_S, 2 * windows))


def _needed(target: Target) -> int:
    share = target.metric.share
    if share is not None:
        return _ceil(BEYOND / (1 - share))
    if target.is_within and target.bound < 1:
        return _ceil(BEYOND / (1 - target.bound))
    if target.kind is BoundKind.SHARE and target.caps and target.bound:
        return _ceil(_ALLOWED / target.bound)
    return 0


def _ceil(number: Fraction) -> int:
    return -(-number.numerator // number.denominator)
