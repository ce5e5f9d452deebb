"""How far an interval reaches, as tables and theory have it."""

from __future__ import annotations

import numpy as np
import pytest

from sessionload.bootstrap.critical_value import critical, student


@pytest.mark.parametrize(
    ("normal", "freedom", "quantile"),
    [
        (1.959964, 5, 2.5706),
        (1.959964, 20, 2.0860),
        (2.575829, 5, 4.0321),
        (2.575829, 10, 3.1693),
        (2.807034, 20, 3.1534),
        (2.807034, 1e6, 2.8070),
    ],
)
def test_few_blocks_widen_as_students_t_does(normal: float, freedom: float, quantile: float) -> None:
    """Two-sided quantiles for 5 %, 1 % and 0.5 %, as any table has them."""
    assert student(normal, freedom) == pytest.approx(quantile, rel=0.01)


def test_the_critical_value_knows_what_moves_together() -> None:
    """For one, 1.96; for two that are one, the same; for two of their own, 2.24 (1 - sqrt(0.95) on each)."""
    draws = np.random.Generator(np.random.PCG64(1)).normal(size=(3, 100_000))
    assert critical([draws[0]]) == pytest.approx(1.96, abs=0.02)
    assert critical([draws[0], draws[0]]) == critical([draws[0]])
    assert critical([draws[0], draws[1]]) == pytest.approx(2.24, abs=0.02)
    assert critical([]) == critical([np.zeros(10)]) == 1.959964
