"""The grammar of drift and recovery: what is read, and what is refused with the cure."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sessionload.errors import ValueProblem
from sessionload.units import NS
from sessionload.verdict.over_time_metrics import Drift, Recovery
from sessionload.verdict.targets import BoundKind, parse_target

P95 = Fraction(19, 20)


@pytest.mark.parametrize("written", ["drift.p95 < 5%/h", "  drift.p95<5 % / h "])
def test_a_drift_is_a_share_per_hour(written: str) -> None:
    target = parse_target(written, stages=("soak",))
    assert target.expr == "drift.p95 < 5%/h"
    assert target.metric.over_time == Drift(P95, "p95", Fraction(5, 100), "5%/h")
    assert (target.kind, target.bound, target.bound_text) == (
        BoundKind.SHARE_PER_HOUR,
        Fraction(5, 100),
        "5%/h",
    )
    assert target.stages == ("soak",)
    assert (target.metric.share, target.metric.view) == (None, "")


@pytest.mark.parametrize(
    "written",
    [
        "recovery.p95 <= 400ms within 1m30s after the (big) spike",
        " recovery.p95<=400 ms  within 1m 30s  after the (big) spike ",
    ],
)
def test_a_recovery_says_within_what_time_and_after_which_stage(written: str) -> None:
    target = parse_target(written)
    assert target.expr == "recovery.p95 <= 400ms within 1m30s after the (big) spike"
    assert target.metric.over_time == Recovery(
        P95, "p95", "p95 <= 400ms", 90 * NS, "the (big) spike", "1m30s"
    )
    assert (target.kind, target.bound, target.bound_text) == (BoundKind.DURATION, Fraction(90 * NS), "1m30s")
    assert parse_target(target.expr) == target


@pytest.mark.parametrize(
    ("written", "options", "message", "cure"),
    [
        ("drift", {}, "'drift' is not whole", "drift.p95 < 5%/h"),
        ("drift.mean < 5%/h", {}, "is not whole", "drift.p95 < 5%/h"),
        ("drift.p95 > 5%/h", {}, "has an upper bound", "drift.p95 < 5%/h"),
        ("drift.p100 < 5%/h", {}, "p100 is not between p0 and p100", "drift.p95"),
        ("drift.p95 < 5%", {}, "'5%' is no change per hour", "drift.p95 < 5%/h"),
        ("drift.p95 < 5%/min", {}, "'5%/min' is no change per hour", "drift.p95 < 5%/h"),
        ("drift.p95 < 5/h", {}, "", "5%"),
        ("drift.p95 < 5%/h", {"window_ns": NS}, "not at windows", "leave out window"),
        ("drift.p95 < 5%/h", {"abort": True}, "cannot abort", "leave out abort"),
        ("recovery.p95 < 400ms", {}, "within what time", "within 30s after spike"),
        ("recovery.p95 < 0ms within 30s after spike", {}, "nothing is below 0ms", "400ms"),
        ("recovery.p95 < 400 within 30s after spike", {}, "", "400s"),
        ("recovery.p95 < 400ms within 4s after spike", {}, "at least the 5s of its windows", "30s"),
        ("recovery.p95 < 400ms within 5500ms after spike", {}, "whole seconds", "30s"),
        ("recovery.p95 < 1s within 9s after x", {"stages": ("y",)}, "names its stage", "leave out stage"),
    ],
)
def test_what_is_refused(written: str, options: dict[str, object], message: str, cure: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        parse_target(written, **options)  # type: ignore[arg-type]
    assert message in caught.value.message
    assert cure in (caught.value.cure or "")
