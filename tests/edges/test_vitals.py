"""What the generator tells of itself, and of the machine it ran on."""

from __future__ import annotations

import gc
import os
import platform
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from sessionload.edges import machine
from sessionload.edges import vitals as vitals_module
from sessionload.edges.garbage import Garbage
from sessionload.edges.vitals import Vitals
from sessionload.measure.generator import Generator
from sessionload.words.units import NS

if TYPE_CHECKING:
    from sessionload.contract.keys import IssuedKeys
    from sessionload.edges.roster import Roster
    from sessionload.edges.wire import Wire


@pytest.fixture
def vitals() -> Vitals:
    return Vitals(
        cast("Wire", SimpleNamespace(connections_opened=3, tls_resumed=2)),
        cast("IssuedKeys", SimpleNamespace(checked=5, forgotten=1)),
        cast("Roster", SimpleNamespace(peak_in_flight=2)),
    )


def test_garbage_is_collected_when_told_to_from_the_beginning_to_the_end() -> None:
    garbage, first, second = Garbage(), Generator(), Generator()
    try:
        garbage.begin()
        assert not gc.isenabled()
        garbage.sweep()
        garbage.tell(first)
    finally:
        garbage.end()
    gc.collect()
    garbage.tell(second)
    assert gc.isenabled()
    assert first.gc_collections == 1
    assert 0 < first.gc_longest_ns == first.gc_ns
    assert (second.gc_collections, second.gc_ns, second.gc_longest_ns) == (0, 0, 0)
    garbage.end()  # a second time is no error


def test_the_time_without_a_processor_is_told(vitals: Vitals) -> None:
    vitals.begin()
    told = Generator()
    vitals.tell(told)
    assert 0 <= told.longest_held_up_ns == told.held_up_ns < 60 * NS


def test_where_the_system_does_not_tell_nothing_was_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vitals_module, "Path", lambda _: Path(os.devnull))
    assert vitals_module._held_up_ns() == 0
    monkeypatch.setattr(vitals_module, "Path", lambda _: Path("not/there"))
    assert vitals_module._held_up_ns() == 0


def test_a_worker_counts_once_and_counts_of_the_wire_and_the_keys_are_differences(vitals: Vitals) -> None:
    first, second = Generator(), Generator()
    vitals.tell(first)
    vitals.tell(second)
    assert (first.workers, first.connections_opened, first.keys_checked, first.keys_forgotten) == (1, 3, 5, 1)
    assert (second.workers, second.connections_opened, second.keys_checked) == (0, 0, 0)
    assert second.peak_in_flight == 2


def test_the_machine_is_described_without_its_name() -> None:
    told = machine.describe()
    assert told["python"] == platform.python_version()
    assert 1 <= int(told["processors"]) <= (os.cpu_count() or 1)
    assert {"system", "locust", "gevent", "httptools"} <= set(told)
    assert platform.node() not in " ".join(told.values()).split()
