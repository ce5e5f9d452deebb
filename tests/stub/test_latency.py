"""The latency grammar, and that what is drawn has the quantiles that the words promise."""

from __future__ import annotations

import math
import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.stub.latency import Latency

ALL = [
    "40ms",
    "uniform(10ms, 30ms)",
    "normal(mean=40ms, sd=5ms)",
    "normal(mean=1ms, sd=5ms)",
    "lognormal(p50=40ms, p99=180ms)",
    "exponential(mean=40ms)",
    "bimodal(10ms, 500ms, 5%)",
]


class Fixed(Random):
    """A source that always gives the same number."""

    def __init__(self, number: float) -> None:
        super().__init__(0)
        self.number = number

    def random(self) -> float:
        return self.number


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - samples are to be repeatable, not secret


@pytest.mark.parametrize(
    ("text", "share", "seconds"),
    [
        ("40ms", 0.01, 0.04),
        ("0ms", 0.5, 0.0),
        ("1m30s", 0.99, 90.0),
        ("uniform(10ms, 30ms)", 0.25, 0.015),
        ("uniform(low=10ms,high=30ms)", 0.25, 0.015),
        ("uniform(high=30ms, low=10ms)", 0.25, 0.015),
        ("uniform(20ms, 20ms)", 0.9, 0.02),
        ("normal(40ms, 5ms)", 0.5, 0.04),
        ("normal(mean=40ms, sd=5ms)", 0.8413447460685429, 0.045),
        ("normal(mean=1ms, sd=5ms)", 0.1, 0.0),
        ("lognormal(p50=40ms, p99=180ms)", 0.5, 0.04),
        ("lognormal(p50=40ms, p99=180ms)", 0.99, 0.18),
        ("lognormal(p50=40ms, p99=180ms)", 0.01, 0.04 * 40 / 180),
        ("lognormal(40ms, 40ms)", 0.999, 0.04),
        ("exponential(mean=40ms)", 0.5, 0.04 * math.log(2)),
        ("exponential(40ms)", 1 - math.exp(-1), 0.04),
        ("bimodal(10ms, 500ms, 5%)", 0.95, 0.01),
        ("bimodal(10ms, 500ms, 5%)", 0.951, 0.5),
        ("bimodal(fast=10ms, slow=500ms, share=0%)", 0.999, 0.01),
        ("bimodal(10ms, 500ms, 100%)", 0.001, 0.5),
        ("  uniform ( 10ms , 30ms )  ", 0.5, 0.02),
    ],
)
def test_quantiles_are_those_worked_out_by_hand(text: str, share: float, seconds: float) -> None:
    assert Latency.parse(text).quantile(share) == pytest.approx(seconds, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("text", ALL)
def test_samples_fall_below_each_quantile_as_often_as_they_should(text: str) -> None:
    """20,000 draws with a fixed seed: the share at or below q(p) is p within four standard errors.

    Where the distribution jumps (constants, the held zero, two modes) the share may only be larger.
    """
    latency = Latency.parse(text)
    source = seeded(7)
    samples = [latency.sample(source) for _ in range(20_000)]
    for share in (0.01, 0.25, 0.5, 0.75, 0.9, 0.99):
        bound = latency.quantile(share)
        below = sum(sample < bound for sample in samples) / len(samples)
        within = sum(sample <= bound for sample in samples) / len(samples)
        error = 4 * math.sqrt(share * (1 - share) / len(samples))
        assert below - error <= share <= within + error


@pytest.mark.parametrize(
    ("text", "mean", "sd"),
    [
        ("uniform(10ms, 30ms)", 0.02, 0.02 / math.sqrt(12)),
        ("normal(mean=40ms, sd=5ms)", 0.04, 0.005),
        ("exponential(mean=40ms)", 0.04, 0.04),
        ("bimodal(10ms, 500ms, 5%)", 0.0345, 0.49 * math.sqrt(0.05 * 0.95)),
    ],
)
def test_the_mean_of_many_samples_is_the_mean_of_the_distribution(text: str, mean: float, sd: float) -> None:
    """The mean of n = 20,000 draws has the standard error sd / sqrt(n); four of them are allowed."""
    latency = Latency.parse(text)
    source = seeded(11)
    measured = sum(latency.sample(source) for _ in range(20_000)) / 20_000
    assert measured == pytest.approx(mean, abs=4 * sd / math.sqrt(20_000))


@pytest.mark.parametrize("text", ALL)
def test_equal_seeds_give_equal_samples(text: str) -> None:
    first, second = seeded(3), seeded(3)
    latency = Latency.parse(text)
    assert [latency.sample(first) for _ in range(50)] == [latency.sample(second) for _ in range(50)]


@pytest.mark.parametrize("text", ALL)
@pytest.mark.parametrize("number", [0.0, 1 - 2.0**-53])
def test_the_ends_of_the_uniform_numbers_give_a_finite_latency(text: str, number: float) -> None:
    assert 0 <= Latency.parse(text).sample(Fixed(number)) < 10


@given(st.sampled_from(ALL), st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_a_larger_share_never_has_a_smaller_quantile(text: str, first: float, second: float) -> None:
    latency = Latency.parse(text)
    assert latency.quantile(min(first, second)) <= latency.quantile(max(first, second))


def test_only_a_constant_is_fixed() -> None:
    assert [Latency.parse(text).fixed for text in ALL] == [0.04, None, None, None, None, None, None]


def test_latencies_are_equal_when_their_words_are() -> None:
    assert Latency.parse(" 40ms ") == Latency.parse("40ms")
    assert Latency.parse("40ms") != Latency.parse("41ms")
    assert repr(Latency.parse("40ms")) == "Latency(text='40ms')"


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 2.0])
def test_a_quantile_needs_a_share_between_0_and_1(share: float) -> None:
    with pytest.raises(ValueError, match="is not between 0 and 1"):
        Latency.parse("40ms").quantile(share)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("40", "'40' has no unit; did you mean 40s?"),
        ("", "is not a duration"),
        ("-5ms", "is negative"),
        ("fast", "'fast' is not a latency (known here: "),
        ("gauss(1ms, 2ms)", "'gauss' is not a latency (known here: "),
        ("lognorm(1ms, 2ms)", "did you mean 'lognormal'?"),
        ("lognormal", "'lognormal' lacks its numbers; write it like lognormal(p50=40ms, p99=180ms)"),
        ("uniform(10ms)", "it takes 2 (low, high), not 1"),
        ("uniform(10ms, 20ms, 30ms)", "it takes 2 (low, high), not 3"),
        ("exponential()", "'' is not a duration"),
        ("uniform(30ms, 10ms)", "its low end is above its high end; write it like uniform(10ms, 30ms)"),
        ("uniform(10, 20ms)", "'10' has no unit"),
        ("normal(mean=40ms, mean=5ms)", "it has 'mean' twice"),
        ("normal(sd=40ms, 5ms)", "it has 'sd' twice"),
        ("normal(mu=40ms, sd=5ms)", "it has no 'mu'"),
        ("lognormal(p50=0ms, p99=180ms)", "it needs 0 < p50 <= p99"),
        ("lognormal(p50=200ms, p99=180ms)", "it needs 0 < p50 <= p99"),
        ("bimodal(500ms, 10ms, 5%)", "its fast answer is slower than its slow one"),
        ("bimodal(10ms, 500ms, 0.05)", "'0.05' has no unit; did you mean 5%?"),
        ("bimodal(10ms, 500ms, 105%)", "is more than 100%"),
    ],
)
def test_what_cannot_be_read_is_answered_by_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)) as caught:
        Latency.parse(text)
    assert "\n" not in str(caught.value)
