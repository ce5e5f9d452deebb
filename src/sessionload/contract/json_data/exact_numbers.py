"""Arithmetic of JSON numbers as they are written: in decimal, exact, and without bounds."""

from __future__ import annotations

from fractions import Fraction


def is_number(value: object) -> bool:
    """Tell whether a JSON value is a number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def exact(number: float) -> Fraction:
    """Return the number that the shortest decimal form of `number` is."""
    return Fraction(number) if isinstance(number, int) else Fraction(repr(number))


def is_multiple(number: float, step: float) -> bool:
    """Tell whether `number` is a multiple of `step`, which is above zero."""
    if isinstance(number, int) and isinstance(step, int):
        return number % step == 0
    return (exact(number) / exact(step)).denominator == 1
