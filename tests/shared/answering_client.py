"""A client of the suite without a server: what it sends is answered by what a test has prepared."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.config.environment import Environment
from sessionload.contract.document.binding import Binding
from sessionload.secret import Secret
from sessionload.suite.http_client import HttpClient, Pace

if TYPE_CHECKING:
    from sessionload.suite.cases.case import CaseRequest
    from sessionload.suite.expectation import Observed

KEY = Secret("VF.DM.canary.0123456789", name="X")


class AnsweringClient(HttpClient):
    """A client whose requests are answered by what was drawn, the same again and again."""

    def __init__(self, answers: list[Observed]) -> None:
        environment = Environment(
            "here", "http://h", "h", 80, tls=False, binding=Binding(project="p", environment="e"), key=KEY
        )
        now = [0.0]
        pace = Pace(
            Fraction(100), clock=lambda: now[0], sleep=lambda seconds: now.__setitem__(0, now[0] + seconds)
        )
        super().__init__(environment, agent="test", timeout_ns=1, pace=pace, budget=400)
        self._answers = answers

    def _send(self, request: CaseRequest, key: Secret | None) -> Observed:
        del request, key
        return self._answers[self.sent % len(self._answers)]
