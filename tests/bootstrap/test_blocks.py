"""Blocks of seconds: as long as seconds hang together, drawn the same way everywhere."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.bootstrap.blocks import Blocks, block_length

STAGES = st.lists(st.integers(1, 40), min_size=1, max_size=4).map(tuple)


def noise(seconds: int, seed: int = 1) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.random.Generator(np.random.PCG64(seed)).normal(size=seconds)


def chained(seconds: int, kept: float, seed: int = 1) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A series of which each value keeps so much of the one before."""
    fresh = noise(seconds, seed) * math.sqrt(1 - kept * kept)
    for number in range(1, seconds):
        fresh[number] += kept * fresh[number - 1]
    return fresh


# Lengths


@pytest.mark.parametrize(
    ("seconds", "length"), [(2, 2), (8, 2), (18, 3), (27, 3), (100, 5), (1000, 10), (3600, 15)]
)
def test_seconds_that_are_not_alike_are_cut_by_the_cube_root_of_their_number(
    seconds: int, length: int
) -> None:
    assert block_length(np.zeros(seconds), (seconds,)) == length
    assert block_length(noise(seconds, 2), (seconds,)) == length


def test_seconds_that_are_like_their_neighbours_stay_with_them() -> None:
    lengths = [block_length(chained(1000, kept), (1000,)) for kept in (0.0, 0.25, 0.8, 0.98)]
    assert lengths == [10, 20, 30, 30]


def test_half_of_the_seconds_in_chains_of_a_hundred_are_seen() -> None:
    """Small autocorrelations that add up: a chain of 0.5 under as much noise."""
    found = [block_length(chained(100, 0.5, seed) + noise(100, 100 + seed), (100,)) for seed in range(200)]
    assert np.mean(np.array(found) > 5) > 0.6


@pytest.mark.parametrize("seconds", [2, 12, 20, 30, 59, 60, 100, 101])
@pytest.mark.parametrize(
    "pattern", [(1.0, -1.0), (1.0, -2.0, 1.0), (1.0, 1.0, -1.0, -1.0), (0.0,) * 9 + (9.0,)]
)
def test_there_are_six_blocks_where_there_can_be(seconds: int, pattern: tuple[float, ...]) -> None:
    length = block_length(np.sort(np.tile(pattern, seconds)[:seconds]), (seconds,))
    assert 2 <= length <= max(2, seconds // 6)


def test_stages_are_looked_at_each_for_itself() -> None:
    """A step from stage to stage does not make neighbours alike: the means of stages are taken out."""
    stepped = noise(200, 3) + np.repeat((0.0, 50.0), 100)
    assert block_length(stepped, (100, 100)) == block_length(noise(200, 3), (100, 100)) == 6
    assert block_length(stepped, (200,)) == 18


# Draws


@given(STAGES, st.integers(1, 20), st.integers(0, 3))
def test_each_resampled_run_is_as_long_as_the_run_in_each_stage(
    stages: tuple[int, ...], length: int, seed: int
) -> None:
    blocks = Blocks(stages, length)
    weights = blocks.weights(30, seed)
    assert weights.shape == (30, sum(stages))
    for part, size in zip(np.split(weights, np.cumsum(stages)[:-1], axis=1), stages, strict=True):
        assert (part.sum(axis=1) == size).all()


def test_the_same_seed_gives_the_same_draws_for_ever() -> None:
    """Written down once: numpy's bits do not change from version to version."""
    blocks = Blocks((6,), 2)
    assert blocks.weights(3, 7).tolist() == blocks.weights(3, 7).tolist() == KNOWN
    assert blocks.weights(3, 8).tolist() != KNOWN


KNOWN = [[1, 0, 1, 2, 1, 1], [2, 3, 1, 0, 0, 0], [1, 2, 1, 0, 1, 1]]


def test_neighbours_are_drawn_together() -> None:
    """In blocks of 4 of 12, a second has its successor beside it three times of four."""
    weights = Blocks((12,), 4).weights(4000, 1).astype(float)
    together = np.corrcoef(weights, rowvar=False)
    assert together[3, 4] > 0.5
    assert together[0, 11] > 0.5  # round the end
    assert together[0, 6] < 0
    assert weights.mean(axis=0) == pytest.approx(np.ones(12), abs=0.06)


@pytest.mark.parametrize(
    ("stages", "length", "lengths", "freedom", "inflation"),
    [
        ((100,), 5, (5,), 19.0, math.sqrt(100 / 95)),
        ((100,), 1, (1,), 99.0, math.sqrt(100 / 99)),
        ((60, 6, 2), 10, (10, 2, 1), 5.0 + 2.0 + 1.0, math.sqrt(68 / 55)),
    ],
)
def test_what_is_left_of_certainty_is_counted_in_blocks(
    stages: tuple[int, ...], length: int, lengths: tuple[int, ...], freedom: float, inflation: float
) -> None:
    blocks = Blocks(stages, length)
    assert blocks.lengths == lengths
    assert blocks.freedom == freedom
    assert blocks.inflation == pytest.approx(inflation)


def test_a_mean_is_as_uncertain_as_its_seconds_make_it() -> None:
    """The standard error over resampled runs, widened, is that of theory: 1 / sqrt(n) for noise."""
    errors = []
    for seed in range(40):
        series = noise(200, seed)
        blocks = Blocks((200,), 6)
        errors.append((blocks.weights(500, seed) @ series / 200).std() * blocks.inflation)
    assert np.mean(np.square(errors)) == pytest.approx(1 / 200, rel=0.1)
