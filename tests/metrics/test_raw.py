"""What a generator says in a line is read back as what it meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.raw import RawDelta, read_line
from sessionload.metrics.worker_events import WorkerLoss, event_line

COUNTS = st.integers(0, 2**53)


@given(COUNTS, COUNTS, COUNTS)
def test_a_loss_is_read_back(worker: int, at_ns: int, dealt_ns: int) -> None:
    assert read_line(event_line(WorkerLoss(worker, at_ns, dealt_ns))) == WorkerLoss(worker, at_ns, dealt_ns)


@given(COUNTS, COUNTS, st.booleans())
def test_a_delta_is_read_back(number: int, elapsed_ns: int, last: bool) -> None:  # noqa: FBT001 - drawn
    raw = RawDelta(1, number, elapsed_ns, 2, 3, elapsed_ns, last, MeasurementRecorder().raw())
    assert read_line(raw.line()) == raw.packed()


@pytest.mark.parametrize(
    "line", [b"", b"{}\n", b'{"type":"other"}\n', b'{"type":"loss","worker":-1}\n', b"ready\n"]
)
def test_what_no_generator_says_is_no_line(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_line(line)
