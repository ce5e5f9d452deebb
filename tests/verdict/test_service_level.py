"""What of an error budget a run used."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from recorded import slice_of

from sessionload.errors import ValueProblem
from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.slices import Slice
from sessionload.units import NS
from sessionload.verdict.service_level import ServiceLevel, budget_use, parse_period, service_level_of

MS = 1_000_000


def test_the_use_is_worked_out_by_hand() -> None:
    """10 of 1,000 are late where 5 may be: twice the pace. An hour of 30 days is 1/720 of them."""
    times = [*[30 * MS] * 990, *[900 * MS] * 6]
    measured = slice_of(*[Exchange(0, 0, 0, ns, Outcome.OK, 0, 201) for ns in times]) + Slice(unsent=4)
    use = budget_use(ServiceLevel(400 * MS, Fraction(995, 1000), 30), measured, 3600 * NS)
    assert use is not None
    assert (use.users, use.late, use.burn, use.used) == (1000, 10, Fraction(2), Fraction(2, 720))


def test_without_arrivals_nothing_is_known() -> None:
    assert budget_use(ServiceLevel(400 * MS, Fraction(1, 2), 30), Slice(), NS) is None


@pytest.mark.parametrize(("text", "days"), [("30d", 30), (" 1 d ", 1), ("366d", 366)])
def test_a_period_is_whole_days(text: str, days: int) -> None:
    assert parse_period(text) == days


@pytest.mark.parametrize("text", ["30", "0d", "367d", "1.5d", "1h", "month"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        parse_period(text)
    assert caught.value.cure == "write whole days, like 30d"


SLO = {"within": "400ms", "share": "99.5%", "period": "7d"}


@pytest.mark.parametrize(
    ("slo", "level"),
    [
        (SLO, ServiceLevel(400 * MS, Fraction(995, 1000), 7)),
        ({"within": "1s", "share": "90%"}, ServiceLevel(NS, Fraction(9, 10), 30)),
        (None, None),
        ({**SLO, "share": "100%"}, None),
        ({**SLO, "within": 400}, None),
        ({"share": "90%"}, None),
    ],
)
def test_it_is_read_from_the_scenario_of_a_result(slo: Any, level: ServiceLevel | None) -> None:  # noqa: ANN401
    assert service_level_of({"slo": slo}) == level
