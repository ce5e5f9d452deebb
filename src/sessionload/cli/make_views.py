"""The process that makes views: `python -m sessionload.cli.make_views`, started by `cli/views`.

It reads the views from standard input, makes one after the other and writes what became of each to standard
output, so that a view that takes the process with it takes no view that was made before it.
"""

from __future__ import annotations

import os
import pickle
import struct
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Render = Callable[[], Mapping[str, str | bytes]]

SIZE = struct.Struct(">Q")
"""In front of each answer: how many bytes it has. An answer is a pickled pair (contents by file, reason)."""
_LONGEST_REASON = 200


def main() -> None:
    """Make all views that come in, and end at once when nobody reads any more."""
    answers = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)  # whatever a program that draws prints is no answer
    renders: list[Render] = pickle.load(sys.stdin.buffer)  # noqa: S301 -- from the process that started this one
    for render in renders:
        answer = _answer(render)
        try:
            answers.write(SIZE.pack(len(answer)) + answer)
            answers.flush()
        except OSError:
            break
    os._exit(0)  # without what a program that draws may wait for


def _answer(render: Render) -> bytes:
    try:
        return pickle.dumps((dict(render()), ""))
    except BaseException as fault:  # noqa: BLE001 -- whatever it is, it concerns this view alone
        reason = " ".join(f"{type(fault).__name__}: {fault}".split())[:_LONGEST_REASON]
        return pickle.dumps(({}, reason))


if __name__ == "__main__":
    main()
