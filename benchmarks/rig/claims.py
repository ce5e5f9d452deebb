"""What all claims have in common: `--quick`, a table that grows while they measure, and the exit code.

0: the claim holds. 1: it does not. 2: it could not be measured. 3: a program that it needs is missing.
"""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn

from rig import cores

BROKEN, MISSING = 2, 3
_NARROWEST = 9


def parser_of(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser that knows `--quick`; the docstring of the claim explains it."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--quick", action="store_true", help="a second or two at low rates: shows that the benchmark works"
    )
    return parser


def begin(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Read the arguments, and move to the server's processor, which all that is started inherits."""
    asked = parser.parse_args()
    cores.settle()
    return asked


class Table:
    """A table printed row by row; the first column is text, the others are figures."""

    def __init__(self, *headings: str, first: int = 8) -> None:
        """Print the headings; `first` is the width of the first column."""
        self._widths = [first, *(max(len(heading), _NARROWEST) for heading in headings[1:])]
        self.row(*headings)

    def row(self, *cells: str) -> None:
        """Print a row."""
        first, *others = (
            cell.ljust(width) if not place else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(cells, self._widths, strict=True))
        )
        print("  ".join((first, *others)).rstrip(), flush=True)

    def remark(self, first: str, text: str) -> None:
        """Print a row that has words where its figures would be."""
        print(f"{first.ljust(self._widths[0])}  {text}", flush=True)


def verdict(*, good: bool) -> str:
    """Return the last cell of a row."""
    return "holds" if good else "does not hold"


def ms(value: float | None) -> str:
    """Return milliseconds for a cell; `-` where there was nothing to measure."""
    return "-" if value is None else f"{value:.2f} ms"


def ms_of(value_ns: float) -> str:
    """Return nanoseconds as milliseconds for a cell."""
    return ms(value_ns / 1e6)


def missing(program: str, cure: str) -> NoReturn:
    """End the benchmark because a program that it needs is not there."""
    print(f"{program} is not installed: {cure}")
    raise SystemExit(MISSING)


def broken(reason: str) -> NoReturn:
    """End the benchmark because it could not measure."""
    print(reason, file=sys.stderr)
    raise SystemExit(BROKEN)
