"""`sessionload init`: a folder to begin with. What is there already stays as it is.

Each file is written whole or not at all, under a name that nothing has yet.
"""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from sessionload.cli.console import say
from sessionload.cli.option_values import option_value, out_of_range
from sessionload.cli.starter_files import starter_files
from sessionload.config.url import Url
from sessionload.errors import InputError
from sessionload.storage.files import make_folder, write_new
from sessionload.units import parse_rate

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

_FASTEST = 1_000_000


def init(folder: Path, *, url: str, peak: str, ci: str | None) -> int:
    """Write the files into `folder`, say which and what to do next, and return the exit code.

    Raises `InputError`, and `ResultError` for a file that could not be written.
    """
    option_value(Url.parse, url, "bad-url", "--url")
    files = list(starter_files(url, _peak(peak), ci))
    width = max(len(name) for name, _, _ in files)
    for name, text, purpose in files:
        path = folder / name
        if os.path.lexists(path):
            say(f"kept     {name:{width}}  it was there")
            continue
        _make(path.parent)
        write_new(path, text)
        say(f"written  {name:{width}}  {purpose}")
    say(_next(folder))
    return 0


def _peak(text: str) -> Fraction:
    peak = option_value(parse_rate, text, "bad-rate", "--peak")
    if not 0 < peak <= _FASTEST:
        raise out_of_range(f"a peak is above 0/s and at most {_FASTEST:,}/s", "--peak", "20/s")
    return peak


def _make(folder: Path) -> None:
    try:
        make_folder(folder)
    except InputError as error:
        hint = "name another folder: sessionload init DIR"
        raise InputError(error.code, error.message, place=error.place, hint=hint) from None


def _next(folder: Path) -> str:
    go = "" if str(folder) == "." else f"  cd {shlex.quote(str(folder))}\n"
    return f"""
Next, with no key and nothing to pay for:
{go}  sessionload plan smoke
  sessionload run smoke --environment stub

Then against staging:
  export VF_PROJECT_ID=...                    the ID of your project
  read -rs VF_API_KEY && export VF_API_KEY    paste the key: it belongs in no file
  sessionload check --environment staging
  sessionload plan launch
  sessionload run launch --environment staging"""
