"""Which option was meant, when there is none of that name: the right one, or none.

Click suggests what has similar letters, so `--env` would be `--set`. The beginning of an option is that
option, a word of another tool is the one that does the same here, and else only a slip of a letter or two is
mended.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MEANT = {
    **dict.fromkeys(("--output", "--output-dir", "--report-dir", "--dir", "--folder"), "--out"),
    **dict.fromkeys(("--host", "--url", "--base-url", "--target"), "--environment"),
    **dict.fromkeys(("--environment-file", "--environments-file", "--env-file"), "--environments"),
    **dict.fromkeys(("--openapi", "--spec", "--schema", "--document"), "--contract"),
    **dict.fromkeys(("--override", "--param", "--var", "--rate", "--duration", "--users"), "--set"),
    **dict.fromkeys(("--processes", "--threads"), "--workers"),
    **dict.fromkeys(("--silent", "--no-progress"), "--quiet"),
    **dict.fromkeys(("--threshold", "--margin"), "--tolerance"),
    **dict.fromkeys(("--yes", "--force"), "--confirm"),
}


def option_meant(word: str, options: Iterable[str]) -> str:
    """Return the one of `options` that `word` stands for; nothing if that is not clear."""
    known = sorted(
        (option for option in options if option.startswith("--")), key=lambda each: (len(each), each)
    )
    begun = [option for option in known if len(word) > 3 and option.startswith(word)]
    if begun and all(option.startswith(begun[0]) for option in begun):  # --environment and --environments
        return begun[0]
    if _MEANT.get(word) in known:
        return _MEANT[word]
    close = get_close_matches(word, known, n=1, cutoff=0.8)
    return close[0] if close else ""
