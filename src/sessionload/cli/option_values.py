"""Values of options that click does not know: durations and rates, parsed or refused like those of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sessionload.errors import InputError, Place, ValueProblem
from sessionload.units import NS, duration_text, parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable

Value = TypeVar("Value")


def option_value(parse: Callable[[str], Value], text: str, code: str, option: str) -> Value:
    """Return what `parse` makes of the text of an option. Raises `InputError` with `code`."""
    try:
        return parse(text)
    except ValueProblem as problem:
        raise InputError(code, problem.message, place=Place(option), hint=problem.cure) from None


def duration_option(text: str, option: str, shortest_ns: int, longest_ns: int, *, example: str) -> int:
    """Return a duration in nanoseconds. Raises `InputError` (bad-duration, out-of-range)."""
    duration_ns = option_value(parse_duration, text, "bad-duration", option)
    if not shortest_ns <= duration_ns <= longest_ns:
        raise out_of_range(
            f"this goes from {duration_text(shortest_ns)} to {duration_text(longest_ns)}", option, example
        )
    return duration_ns


def grace_option(text: str) -> float:
    """Return how long an interrupted run may go on, in seconds. Raises `InputError`."""
    return duration_option(text, "--grace", NS, 3600 * NS, example="10s") / NS


def out_of_range(message: str, option: str, example: str) -> InputError:
    """Return the error of a value that is none of those that an option takes."""
    return InputError("out-of-range", message, place=Place(option), hint=f"write it like {option} {example}")
