"""Whether a share is below what is allowed, beyond noise."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sessionload.capacity.hold import Shown
from sessionload.capacity.share_interval import shown_by

ALLOWED = Fraction(1, 20)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        ([(100, 0)] * 20, Shown.MET),
        ([(100, 4)] * 20, Shown.MET),
        ([(100, 5)] * 20, Shown.MET),
        ([(100, 6)] * 20, Shown.MISSED),
        ([(100, 100)] * 20, Shown.MISSED),
        ([(100, 0)] * 19 + [(100, 95)], Shown.UNSURE),  # one bad second says little of the next
        ([(100, 0), (100, 20)] * 10, Shown.MISSED),
        ([(0, 0)] * 20, Shown.UNSURE),
        ([], Shown.UNSURE),
        ([(100, 0)], Shown.UNSURE),
        ([(100, 0), (100, 0)], Shown.MET),
        ([(0, 0)] * 10 + [(100, 3)] * 10, Shown.MET),
    ],
)
def test_a_share_is_met_missed_or_unsure(seconds: list[tuple[int, int]], shown: Shown) -> None:
    assert shown_by(seconds, ALLOWED) is shown
