"""Durations, rates and shares: read exactly, printed so that rounding never claims 0 % or 100 %.

A number with a unit becomes an exact `Fraction` or an integer of nanoseconds, never a float. `99.96 %` is
not printed as `100 %`, nor `0.004 %` as `0 %`: `share_text` adds digits until the difference shows.
"""

from __future__ import annotations

import re
from fractions import Fraction

from sessionload.errors import ValueProblem, quoted

NS = 1_000_000_000
"""Nanoseconds in a second."""

_NUMBER = r"(?:[0-9]{1,30}(?:\.[0-9]{1,30})?|\.[0-9]{1,30})"
_DURATION_NS = {"ns": 1, "us": 1_000, "µs": 1_000, "ms": 1_000_000, "s": NS, "m": 60 * NS, "h": 3600 * NS}
_RATE_SECONDS = {"s": 1, "min": 60, "m": 60, "h": 3600}
_PART = re.compile(rf"({_NUMBER})(ns|us|µs|ms|s|m|h)")
_RATE = re.compile(rf"({_NUMBER})\s*/\s*(s|min|m|h)")
_SHARE = re.compile(rf"({_NUMBER})\s*%")


def parse_duration(text: str, *, unit: str = "s") -> int:
    """Return the nanoseconds of `90s`, `1m30s`, `250ms` or `1.5h`.

    Raises `ValueProblem`, which suggests `unit` for a number without one.
    """
    compact = text.strip().replace(" ", "")
    parts = _PART.findall(compact)
    if not parts or "".join(number + unit for number, unit in parts) != compact:
        raise _not_a_quantity(text, "a duration", unit, "30s, 1m30s or 250ms")
    total = sum((Fraction(number) * _DURATION_NS[unit] for number, unit in parts), Fraction(0))
    if total.denominator != 1:
        raise ValueProblem(
            f"{quoted(text)} is finer than a nanosecond", "write whole nanoseconds, like 1500ns"
        )
    return total.numerator


def parse_rate(text: str) -> Fraction:
    """Return the arrivals per second of `200/s`, `90/min` or `0.5/s`.

    Raises `ValueProblem`.
    """
    match = _RATE.fullmatch(text.strip())
    if not match:
        raise _not_a_quantity(text, "a rate", "/s", "200/s or 90/min")
    return Fraction(match[1]) / _RATE_SECONDS[match[2]]


def parse_share(text: str) -> Fraction:
    """Return the fraction of `20%` or `0.1%`, from 0 to 1.

    Raises `ValueProblem`.
    """
    match = _SHARE.fullmatch(text.strip())
    if not match:
        bare = text.strip()
        if re.fullmatch(_NUMBER, bare) and 0 < Fraction(bare) < 1:
            percent = f"{float(Fraction(bare) * 100):.12g}"
            raise ValueProblem(f"{quoted(bare)} has no unit", f"did you mean {percent}%?")
        raise _not_a_quantity(text, "a share", "%", "20% or 0.1%")
    share = Fraction(match[1]) / 100
    if share > 1:
        raise ValueProblem(f"{quoted(text)} is more than 100%", "write a share from 0% to 100%")
    return share


def _not_a_quantity(text: str, what: str, unit: str, examples: str) -> ValueProblem:
    bare = text.strip()
    if re.fullmatch(_NUMBER, bare):
        return ValueProblem(f"{quoted(bare)} has no unit", f"did you mean {bare}{unit}?")
    if bare.startswith("-"):
        return ValueProblem(f"{quoted(bare)} is negative", f"{what} is written like {examples}")
    return ValueProblem(f"{quoted(bare)} is not {what}", f"write it like {examples}")


def duration_text(ns: int | None) -> str:
    """Return nanoseconds for people, to three digits: `412 ms`, `1.73 s`, `2 min`. `None` is `never`."""
    if ns is None:
        return "never"
    if ns < 0:
        return "-" + duration_text(-ns)
    for unit, size, limit in (("µs", 1_000, 1_000_000), ("ms", 1_000_000, NS), ("s", NS, 120 * NS)):
        if ns < limit - size // 2:  # what would round to the limit is said in the next unit
            return f"{significant(Fraction(ns, size))} {unit}"
    if ns < 2 * 3600 * NS:
        return f"{significant(Fraction(ns, 60 * NS))} min"
    return f"{significant(Fraction(ns, 3600 * NS))} h"


def significant(number: Fraction) -> str:
    """Return a non-negative number with three significant digits, without trailing zeros after a point."""
    if number >= 100:
        return f"{round(number):,}"
    decimals = 1 if number >= 10 else 2
    text = f"{float(number):.{decimals}f}".rstrip("0").rstrip(".")
    return "< 0.01" if text == "0" and number else text


def rate_text(per_second: Fraction) -> str:
    """Return a rate for people: `200/s`."""
    return f"{significant(per_second)}/s"


def share_text(count: int, total: int) -> str:
    """Return `count` of `total` in percent, which is `0 %` or `100 %` only when that is exact.

    Digits are added until it is: 1 of 100,000 is `0.001 %`, and 99,999 of
    100,000 is `99.999 %`. Nothing of nothing is a dash.
    """
    if not total:
        return "\N{EN DASH}"
    exact = Fraction(count * 100, total)
    if exact in (0, 100):
        return f"{exact} %"
    for decimals in range(2, 13):
        text = f"{float(exact):.{decimals}f}"
        if Fraction(text) not in (0, 100):
            return text.rstrip("0").rstrip(".") + " %"
    return "> 0 %" if exact < 50 else "< 100 %"
