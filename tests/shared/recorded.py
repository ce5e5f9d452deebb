"""Histograms, slices and measurements of what a test says, recorded and packed as in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.metrics.histogram_recorder import HistogramRecorder
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.slice_recorder import SliceRecorder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessionload.metrics.exchange import Exchange
    from sessionload.metrics.histogram import Histogram
    from sessionload.metrics.measurement import Measurement
    from sessionload.metrics.slices import Slice


def histogram(durations_ns: Iterable[int] = (), *, never: int = 0) -> Histogram:
    """Return the histogram of some durations."""
    return HistogramRecorder(durations_ns).raw().packed().with_never(never)


def slice_of(*exchanges: Exchange, unsent: int = 0) -> Slice:
    """Return the slice in which these exchanges were due."""
    recorder = SliceRecorder()
    recorder.record(*exchanges)
    recorder.unsent += unsent
    return recorder.raw(0, 0).packed()


def measurement(*exchanges: Exchange, stage: int = 0) -> Measurement:
    """Return what is measured of exchanges that were sent and are done."""
    recorder = MeasurementRecorder()
    for exchange in exchanges:
        recorder.record_sent(exchange.sent_ns)
        recorder.record_done(stage, exchange)
    return recorder.raw().packed()
