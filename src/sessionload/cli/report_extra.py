"""Pages with charts need the extra `report`, and an install without it says so in one sentence.

The program that draws is a third of an install, and a machine that only makes load has no use for it. What is
missing is seen without importing it, before a view is begun.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from sessionload.errors import InputError, Place
from sessionload.report.views import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessionload.report.views import View

INSTALL = "pip install 'sessionload[report]'"


def is_installed() -> bool:
    """Whether charts can be drawn with what is installed."""
    return find_spec("vl_convert") is not None


def divided(views: Iterable[View]) -> tuple[tuple[View, ...], tuple[str, ...]]:
    """Return the views that can be made with what is installed, and the names of the others."""
    every, drawing = tuple(views), is_installed()
    kept = tuple(view for view in every if drawing or not view.drawn)
    return kept, tuple(view.name for view in every if view not in kept)


def notes(undrawn: Iterable[str], then: str) -> list[str]:
    """Return a sentence on what was not drawn, if anything was not; `then` is what to do once it can be."""
    names = ", ".join(undrawn)
    return [f"note: no {names}: the program that draws is not installed; {INSTALL}, {then}"] if names else []


def refuse_drawn(formats: Iterable[str]) -> None:
    """Raise `InputError` (no-report-extra) if one of `formats` needs the extra and it is not installed."""
    drawn = [name for name in formats if FORMATS[name].drawn]
    if drawn and not is_installed():
        raise InputError(
            "no-report-extra",
            f"the program that draws is not installed, and {', '.join(drawn)} needs it",
            place=Place("--format"),
            hint=f"{INSTALL}, or ask for others: --format md,junit,csv,hgrm",
        )
