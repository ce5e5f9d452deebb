"""What to say about a bound without its unit."""

from __future__ import annotations

from fractions import Fraction

from sessionload.errors import ValueProblem, quoted


def duration_without_unit(written: str) -> ValueProblem:
    """Return the problem: below 1 it is seconds, from 10 on milliseconds, and between them who knows."""
    message = f"{quoted(written)} has no unit"
    if 1 <= Fraction(written) < 10:
        return ValueProblem(message, f"write {written}s or {written}ms, whichever is meant")
    return ValueProblem(message, f"did you mean {written}{'s' if Fraction(written) < 1 else 'ms'}?")


def share_without_unit(written: str) -> ValueProblem:
    """Return the problem: up to 1 it may be a share or percent."""
    message = f"{quoted(written)} has no unit"
    if 0 < Fraction(written) <= 1:
        percent = f"{float(Fraction(written) * 100):g}"
        return ValueProblem(message, f"write {percent}% or {written}%, whichever is meant")
    return ValueProblem(message, f"did you mean {written}%?")
