"""Why a worker does not take part in a run, or not to its end."""

from __future__ import annotations


class NoPartError(Exception):
    """A worker has no part in a run: the sentence says why, and `exit_code` what follows."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code
