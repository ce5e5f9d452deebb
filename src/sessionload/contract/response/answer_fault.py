"""What is wrong with an answer."""

from __future__ import annotations

from typing import NamedTuple


class AnswerFault(NamedTuple):
    """A stable `cause`, and one clause; neither holds anything that a server chose."""

    cause: str
    message: str
