"""Slices in a file are those that were put there, and their sums are those of the slices."""

from __future__ import annotations

import errno
import io
import pickle
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import histogram

from sessionload.metrics.exchange import Outcome
from sessionload.metrics.measurement import Measurement
from sessionload.metrics.slices import Slice
from sessionload.metrics.spooled_slices import SpooledSlices
from sessionload.metrics.stage_sums import ended, over

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _typeshed import ReadableBuffer


class File(io.BytesIO):
    """A file that takes and gives a few bytes at a time, and has room for so many."""

    def __init__(self, room: int = 1 << 20) -> None:
        super().__init__()
        self._room = room

    def write(self, data: ReadableBuffer, /) -> int:
        data = memoryview(data)
        if self.tell() + len(data) > self._room:
            raise OSError(errno.ENOSPC, "no space left")
        return super().write(data[:7])

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 5))


def part(*durations: int, unsent: int = 0) -> Slice:
    return Slice({Outcome.OK: len(durations)}, {200: len(durations)}, unsent, valid=histogram(durations))


places = st.tuples(st.integers(0, 2), st.integers(0, 4))
parts = st.builds(part, st.integers(1, 10**9), st.integers(1, 10**9), unsent=st.integers(0, 3))


def agree(spooled: SpooledSlices, slices: Mapping[tuple[int, int], Slice]) -> None:
    assert list(spooled) == list(slices)
    assert len(spooled) == len(slices)
    assert dict(spooled) == slices
    for keep in (lambda _: True, lambda stage: stage == 1):
        expected = over(Measurement(dict(slices)), keep)
        assert over(Measurement(spooled), keep) == expected
    assert ended(Measurement(spooled)) == ended(Measurement(dict(slices)))


@given(st.lists(st.tuples(places, parts | st.none()), max_size=12), st.integers(0, 1_000))
def test_it_is_a_dict_whatever_is_done_to_it_and_whatever_the_file_takes(
    steps: list[tuple[tuple[int, int], Slice | None]], room: int
) -> None:
    spooled, slices = SpooledSlices(File(room)), dict[tuple[int, int], Slice]()
    for place, step in steps:
        if step is not None:
            spooled[place] = slices[place] = step
        elif place in slices:
            del spooled[place], slices[place]
    agree(spooled, slices)


def test_an_empty_histogram_is_shared() -> None:
    spooled = SpooledSlices(File())
    spooled[0, 0] = part(5)
    assert spooled[0, 0].served is Slice().served


@pytest.mark.parametrize(("stages", "known"), [(64, True), (65, False)])
def test_sums_are_kept_for_so_many_stages(stages: int, *, known: bool) -> None:
    spooled = SpooledSlices(File())
    for stage in range(stages + 3 * (not known)):
        spooled[stage, stage] = part(5, unsent=1)
    assert (spooled.sums is not None) is known
    assert ended(Measurement(spooled))[1] == len(spooled)


def test_a_full_file_is_not_tried_again_and_what_it_holds_stays() -> None:
    file = File(room=400)
    spooled = SpooledSlices(file)
    slices = {(0, second): part(second + 1, second + 2) for second in range(12)}
    spooled.update(slices)
    size = len(file.getvalue())
    assert 0 < size <= 400
    file._room = 1 << 20
    spooled[0, 12] = slices[0, 12] = part(9)
    assert len(file.getvalue()) == size
    agree(spooled, slices)


def test_in_another_process_it_is_a_dict() -> None:
    spooled = SpooledSlices(File())
    spooled[0, 0], spooled[1, 7] = part(5), part(6, unsent=2)
    assert pickle.loads(pickle.dumps(spooled)) == {(0, 0): part(5), (1, 7): part(6, unsent=2)}  # noqa: S301 - ours


def test_a_file_that_was_cut_is_an_error() -> None:
    file = File()
    spooled = SpooledSlices(file)
    spooled[0, 0] = part(5)
    file.truncate(10)
    with pytest.raises(OSError, match="was cut"):
        spooled[0, 0]


def test_the_file_is_closed_with_the_mapping() -> None:
    file = File()
    spooled = SpooledSlices(file)
    spooled[0, 0] = part(5)
    assert not file.closed
    del spooled
    assert file.closed
