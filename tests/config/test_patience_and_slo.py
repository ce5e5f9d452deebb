"""Patience and the service level objective of a scenario: what was written is kept, with its defaults."""

from __future__ import annotations

from typing import Any

import pytest

from sessionload.config.document import Document
from sessionload.config.scenario import Scenario
from sessionload.verdict.resolved_scenario import UnreadableTargetError, patience_of

SCENARIO: dict[str, Any] = {
    "name": "x",
    "users": {"id": "{n}"},
    "load": {"stages": [{"rate": "5/s", "duration": "1m"}]},
    "targets": ["p95 < 1s"],
}


def checked(**keys: Any) -> Scenario:  # noqa: ANN401 - as people write them
    return Scenario.check(Document({**SCENARIO, **keys}, "x.yaml", {}))


def test_patience_is_kept_and_is_no_default() -> None:
    patient = checked(load={**SCENARIO["load"], "patience": "5s"})
    assert patient.patience_ns == 5_000_000_000
    assert patience_of(patient.resolved) == 5_000_000_000
    assert checked().patience_ns is None
    assert "patience" not in checked().resolved["load"]
    assert patience_of(checked().resolved) == 0


@pytest.mark.parametrize("patience", ["soon", 5, None])
def test_a_patience_that_cannot_be_read_is_said(patience: object) -> None:
    with pytest.raises(UnreadableTargetError, match="the patience of its scenario cannot be read"):
        patience_of({"load": {"patience": patience}})


def test_an_objective_is_for_thirty_days_unless_it_says_otherwise() -> None:
    slo = {"within": "400ms", "share": "99.5%"}
    assert checked(slo=slo).resolved["slo"] == {**slo, "period": "30d"}
    assert checked(slo={**slo, "period": "7d"}).resolved["slo"]["period"] == "7d"
    assert "slo" not in checked().resolved
