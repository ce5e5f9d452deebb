"""`sessionload compare`: whether a candidate is slower than a base, in words, as a page and as an exit code.

Law: the answer is printed before anything is written, and the exit code says the same. Idea: both results
are read, compared once and turned into rows once, so that all views show the same numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.command.closing import add_to_step_summary
from sessionload.command.live import show
from sessionload.command.opening import REPORTS, new_run
from sessionload.edges.files import make_folder, write_whole
from sessionload.edges.folder import RunFolder
from sessionload.judge.comparison.answer import Answer
from sessionload.judge.comparison.answer import compare as compared
from sessionload.view.comparison import markdown, page, terminal
from sessionload.view.comparison.rows import prepare
from sessionload.words.errors import InputError, Place
from sessionload.words.units import parse_share

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

_EXIT_CODES = {Answer.NOT_SLOWER: 0, Answer.SLOWER: 1, Answer.CANNOT_SAY: 3}
_VIEWS = {"comparison.html": page.render, "comparison.md": markdown.render}


def compare(base: Path, candidate: Path, *, tolerance: str, seed: int, out: Path | None) -> int:
    """Compare two runs, their folders or the files of their results, and return the exit code.

    Prints the answer, and the folder of the pages last. The Markdown goes to the page of a step of GitHub
    Actions too, if there is one. Raises `SessionloadError`.
    """
    allowed = _tolerance(tolerance)
    one, other = (RunFolder.named(path).read() for path in (base, candidate))
    folder = out if out is not None else REPORTS / f"comparison-{new_run()[0]}"
    make_folder(folder)
    comparison = compared(one, other, tolerance=allowed, seed=seed)
    sheet = prepare(one, other, comparison)
    show(terminal.render(sheet))
    try:
        for name, render in _VIEWS.items():
            write_whole(folder / name, render(sheet))
    finally:
        add_to_step_summary(markdown.render(sheet))
    print(folder, flush=True)  # noqa: T201
    return _EXIT_CODES[comparison.answer]


def _tolerance(text: str) -> Fraction:
    try:
        return parse_share(text)
    except ValueError as fault:
        raise InputError("bad-tolerance", str(fault), place=Place("--tolerance")) from None
