"""`sessionload compare`: whether a candidate is slower than a base, in words, as a page and as an exit code.

Law: the answer is printed before anything is written, and the exit code says the same. Idea: both results
are read, compared once and turned into rows once, so that all views show the same numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.cli.finish_run import add_to_step_summary
from sessionload.cli.progress import show
from sessionload.cli.setup_run import REPORTS, new_run
from sessionload.comparison.compare import Conclusion
from sessionload.comparison.compare import compare as compared
from sessionload.errors import InputError, Place
from sessionload.report.comparison import markdown, page, terminal
from sessionload.report.comparison.model import build_comparison_model
from sessionload.storage.files import make_folder, write_whole
from sessionload.storage.run_folder import RunFolder
from sessionload.units import parse_share

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

_EXIT_CODES = {Conclusion.NOT_SLOWER: 0, Conclusion.SLOWER: 1, Conclusion.CANNOT_SAY: 3}
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
    model = build_comparison_model(one, other, comparison)
    show(terminal.render(model))
    try:
        for name, render in _VIEWS.items():
            write_whole(folder / name, render(model))
    finally:
        add_to_step_summary(markdown.render(model))
    print(folder, flush=True)  # noqa: T201
    return _EXIT_CODES[comparison.conclusion]


def _tolerance(text: str) -> Fraction:
    try:
        return parse_share(text)
    except ValueError as fault:
        raise InputError("bad-tolerance", str(fault), place=Place("--tolerance")) from None
