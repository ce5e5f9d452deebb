"""The equations hold when every arrival is accounted for, and only then."""

from __future__ import annotations

import pytest

from sessionload.metrics.exchange import Outcome
from sessionload.metrics.measurement import Measurement
from sessionload.metrics.slices import Slice
from sessionload.verdict.accounting import Accounting


def measurement(sent: int, outcomes: dict[Outcome, int], unsent: int = 0) -> Measurement:
    """Half of it in a warm-up stage, as far as that goes."""
    return Measurement(sent=sent, slices={(0, 0): Slice(unsent=unsent), (1, 5): Slice(outcomes=outcomes)})


def test_errors_are_what_ended_without_a_session_and_what_was_never_sent() -> None:
    part = measurement(9, {Outcome.OK: 6, Outcome.TIMEOUT: 2, Outcome.CONTRACT_VIOLATION: 1}, 4)
    assert Accounting.of(part, planned=13, lost=0).errors == 2 + 1 + 4


@pytest.mark.parametrize(
    ("planned", "lost", "made", "closes", "sentence"),
    [
        (
            3000,
            0,
            measurement(3000, {Outcome.CONTRACT_VIOLATION: 30, Outcome.OK: 2970}),
            True,
            "planned 3,000 = sent 3,000 + unsent 0 + lost 0; sent 3,000 = ok 2,970 + contract_violation 30",
        ),
        (
            10,
            0,
            measurement(9, {Outcome.OK: 9}, 1),
            True,
            "planned 10 = sent 9 + unsent 1 + lost 0; sent 9 = ok 9",
        ),
        (0, 0, measurement(0, {}), True, "planned 0 = sent 0 + unsent 0 + lost 0; sent 0 = 0"),
        (
            5,
            2,
            measurement(3, {Outcome.OK: 3}),
            True,
            "planned 5 = sent 3 + unsent 0 + lost 2; sent 3 = ok 3",
        ),
        (
            5,
            0,
            measurement(3, {Outcome.OK: 3}),
            False,
            "planned 5 ≠ sent 3 + unsent 0 + lost 0; sent 3 = ok 3",
        ),
        (
            3,
            0,
            measurement(3, {Outcome.OK: 2}),
            False,
            "planned 3 = sent 3 + unsent 0 + lost 0; sent 3 ≠ ok 2",
        ),
    ],
)
def test_the_two_equations(
    planned: int, lost: int, made: Measurement, sentence: str, *, closes: bool
) -> None:
    ledger = Accounting.of(made, planned=planned, lost=lost)
    assert ledger.closes is closes
    assert ledger.sentence == sentence


def test_the_outcomes_are_the_whole_closed_set_in_its_order() -> None:
    ledger = Accounting.of(measurement(1, {Outcome.TIMEOUT: 1}), planned=1, lost=0)
    assert list(ledger.outcomes) == list(Outcome)
    assert ledger.outcomes[Outcome.TIMEOUT] == ledger.ended == 1
