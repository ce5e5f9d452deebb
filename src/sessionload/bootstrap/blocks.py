"""Which seconds a resampled run is made of.

A run is put together again from blocks of neighbouring seconds, drawn within each stage (circular block
bootstrap; Politis and Romano 1992, after Carlstein 1986 and Künsch 1989), so that what hangs together in time
stays together: a pause of the server makes several seconds slow, and drawing seconds one by one would take
them for several independent observations. Short blocks claim too much certainty; with long ones there are too
few of them to say anything. The same seed gives the same draws on any machine and with any version of numpy.

A block is n^(1/3) of the n seconds, the order in which the variance over resampled runs is nearest to the
truth (Hall, Horowitz and Jing 1995), and two or three times that where seconds are like their neighbours. How
much they are is measured by the variance ratio (Cochrane 1988; Lo and MacKinlay 1988): by how much more the
mean of 2 n^(1/3) neighbours varies than that of as many independent seconds would. Other rules (Politis and
White 2004) look at one autocorrelation after the other, and miss many small ones, which add up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STEPS = ((2.0, 3), (1.2, 2), (-math.inf, 1))
"""From which variance ratio on a block is how many times n^(1/3)."""
SHORTEST = 2
"""Seconds to a block at least."""
_FEWEST = 6
"""So many blocks at least, where they have two seconds."""
_CHUNK = 250
_FEWEST_IN_STAGE = 3
"""A block is at most a third of its stage."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """How a run of `stages` (their lengths in seconds) is cut."""

    stages: tuple[int, ...]
    length: int
    """Seconds to a block, where the stage is long enough."""

    @property
    def lengths(self) -> tuple[int, ...]:
        """Seconds to a block, by stage."""
        return tuple(min(self.length, max(1, stage // _FEWEST_IN_STAGE)) for stage in self.stages)

    @property
    def freedom(self) -> float:
        """Degrees of freedom of a variance over the blocks, as if they did not overlap."""
        return sum(stage / length - 1 for stage, length in zip(self.stages, self.lengths, strict=True))

    @property
    def inflation(self) -> float:
        """By how much a standard error over resampled blocks is too small.

        Blocks are drawn around their own mean, as if a variance were divided by n and not by n - 1.
        """
        return math.sqrt(sum(self.stages) / (sum(self.stages) - sum(self.lengths)))

    def weights(self, replicates: int, seed: int) -> NDArray[np.uint16]:
        """Return how often each second stands in each resampled run: a row for each of them.

        They are made from the raw bits of numpy's generator: numpy keeps those the same, and may change its
        distributions.
        """
        bits = np.random.PCG64(seed)
        drawn = [
            _draws(stage, length, replicates, bits)
            for stage, length in zip(self.stages, self.lengths, strict=True)
        ]
        return np.concatenate(drawn, axis=1)


def _draws(size: int, length: int, replicates: int, bits: np.random.PCG64) -> NDArray[np.uint16]:
    blocks = -(-size // length)
    raw = np.asarray(bits.random_raw(replicates * blocks), np.uint64)
    starts = (raw % np.uint64(size)).astype(np.int64).reshape(replicates, blocks)
    ends = starts + length
    ends[:, -1] -= blocks * length - size  # so that a run is as long as it was
    weights = np.empty((replicates, size), np.uint16)
    for start in range(0, replicates, _CHUNK):
        chunk = slice(start, start + _CHUNK)
        steps = np.zeros((len(starts[chunk]), 2 * size + 1), np.int32)
        row = np.arange(len(steps))[:, None]
        np.add.at(steps, (row, starts[chunk]), 1)
        np.add.at(steps, (row, ends[chunk]), -1)
        counts = steps.cumsum(axis=1)
        weights[chunk] = counts[:, :size] + counts[:, size : 2 * size]  # a block may go round the end
    return weights


def block_length(series: NDArray[np.float64], stages: tuple[int, ...]) -> int:
    """Return the length of a block in seconds, for `series`: a value for each second of each stage."""
    seconds = len(series)
    root = math.cbrt(seconds)
    ratio = _variance_ratio(series, stages, round(2 * root))
    times = next(times for least, times in _STEPS if ratio >= least)
    return max(SHORTEST, min(round(times * root), seconds // _FEWEST))


def _variance_ratio(series: NDArray[np.float64], stages: tuple[int, ...], reach: int) -> float:
    """Return the variance of the mean of `reach` neighbours, by that of as many independent seconds."""
    gap = np.zeros(reach)  # so that no lag reaches from one stage to the next
    parts = []
    for stage in np.split(series, np.cumsum(stages)[:-1]):
        parts += [stage - stage.mean(), gap]
    spread = np.concatenate(parts)
    covariance = np.array([spread[: len(spread) - lag] @ spread[lag:] for lag in range(reach)])
    if not covariance[0] or len(series) <= reach:
        return 1.0
    taper = 1 - np.arange(1, reach) / reach
    ratio = 1 + 2 * (taper @ covariance[1:]) / covariance[0]
    return float(ratio * len(series) / (len(series) - reach))
