"""What the generator reports of itself, and of the machine it ran on."""

from __future__ import annotations

import gc
import os
import platform
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from msgspec import UNSET

from sessionload.config import machine
from sessionload.generator import process_metrics as process_metrics_module
from sessionload.generator.gc_control import GcControl
from sessionload.generator.process_metrics import ProcessMetrics
from sessionload.metrics.generator_health import GeneratorHealth

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.contract.response.seen_keys import SeenKeys
    from sessionload.generator.endpoint import Endpoint
    from sessionload.generator.user_pool import UserPool

MS = 1_000_000


@pytest.fixture
def process_metrics() -> ProcessMetrics:
    return ProcessMetrics(
        cast(
            "Endpoint",
            SimpleNamespace(
                connections_opened=3, tls_resumed=2, addresses=SimpleNamespace(used={"127.0.0.1": 3})
            ),
        ),
        cast("SeenKeys", SimpleNamespace(checked=5, forgotten=1)),
        cast("UserPool", SimpleNamespace(peak_in_flight=2)),
    )


def test_garbage_is_collected_when_asked_for_from_the_beginning_to_the_end() -> None:
    gc_control, first, second = GcControl(), GeneratorHealth(), GeneratorHealth()
    try:
        gc_control.begin()
        assert not gc.isenabled()
        gc_control.sweep()
        gc_control.report(first)
    finally:
        gc_control.end()
    gc.collect()
    gc_control.report(second)
    assert gc.isenabled()
    assert first.gc_collections == 1
    assert 0 < first.gc_longest_ns == first.gc_ns
    assert (second.gc_collections, second.gc_ns, second.gc_longest_ns) == (0, 0, 0)
    gc_control.end()  # a second time is no error


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[int, int, int], None]:
    """Set the processor time, the wall time and the wait for a processor of this process, in milliseconds."""
    schedule = tmp_path / "schedstat"

    def at(cpu_ms: int, wall_ms: int, waited_ms: int) -> None:
        schedule.write_text(f"123456789 {waited_ms * MS} 42\n")
        time = SimpleNamespace(process_time_ns=lambda: cpu_ms * MS, monotonic_ns=lambda: wall_ms * MS)
        monkeypatch.setattr(process_metrics_module, "time", time)

    monkeypatch.setattr(process_metrics_module, "Path", lambda _: schedule)
    return at


def test_a_report_has_the_times_since_the_one_before(
    process_metrics: ProcessMetrics, clocks: Callable[[int, int, int], None]
) -> None:
    first, second = GeneratorHealth(), GeneratorHealth()
    clocks(700, 5_000, 90)
    process_metrics.begin()
    clocks(950, 6_000, 97)
    process_metrics.report(first)
    clocks(1_250, 7_000, 107)
    process_metrics.report(second)
    assert (first.cpu_ns, first.wall_ns, first.peak_cpu_permille) == (250 * MS, 1_000 * MS, 250)
    assert (second.cpu_ns, second.wall_ns, second.peak_cpu_permille) == (300 * MS, 1_000 * MS, 300)
    assert first.run_queue_wait_ns == first.longest_run_queue_wait_ns == 7 * MS
    assert second.run_queue_wait_ns == second.longest_run_queue_wait_ns == 10 * MS


def test_half_a_second_is_too_short_for_a_peak_and_what_preceded_the_load_counts_for_nothing(
    process_metrics: ProcessMetrics, clocks: Callable[[int, int, int], None]
) -> None:
    before, short = GeneratorHealth(), GeneratorHealth()
    clocks(700, 5_000, 90)
    process_metrics.report(before)
    process_metrics.begin()
    clocks(1_200, 5_500, 90)
    process_metrics.report(short)
    assert (before.cpu_ns, before.wall_ns, before.run_queue_wait_ns) == (0, 0, 0)
    assert (short.cpu_ns, short.wall_ns, short.peak_cpu_permille) == (500 * MS, 500 * MS, 0)


@pytest.mark.parametrize("path", [os.devnull, "not/there"])
def test_where_the_system_does_not_say_so_or_descriptors_ran_out_what_was_known_stands(
    monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """What is reported is a difference, and a count below 0 would be refused by its reader."""
    monkeypatch.setattr(process_metrics_module, "Path", lambda _: Path(path))
    assert process_metrics_module._run_queue_wait_ns(7) == 7


def test_a_worker_counts_once_and_counts_of_the_endpoint_and_the_keys_are_differences(
    process_metrics: ProcessMetrics,
) -> None:
    first, second = GeneratorHealth(), GeneratorHealth()
    process_metrics.report(first)
    process_metrics.report(second)
    assert (first.workers, first.connections_opened, first.keys_checked, first.keys_forgotten) == (1, 3, 5, 1)
    assert (second.workers, second.connections_opened, second.keys_checked) == (0, 0, 0)
    assert second.peak_in_flight == 2
    assert (first.addresses, second.addresses) == ({"127.0.0.1": 3}, UNSET)


def test_the_machine_is_described_without_its_name() -> None:
    report = machine.describe()
    assert report["python"] == platform.python_version()
    assert 1 <= int(report["processors"]) <= (os.cpu_count() or 1)
    assert {"system", "locust", "gevent", "httptools"} <= set(report)
    assert platform.node() not in " ".join(report.values()).split()


@pytest.mark.parametrize(
    "intervals",
    [
        [(305, 1_000), (120, 130)],
        [(90, 100), (80, 100), (305, 1_000), (1, 499)],
        [(333, 1_001), (333, 1_001), (333, 999)],
        [(10, 1_000), (499, 499), (499, 499)],
    ],
)
def test_the_busiest_second_is_never_below_the_mean_of_all(
    process_metrics: ProcessMetrics,
    clocks: Callable[[int, int, int], None],
    intervals: list[tuple[int, int]],
) -> None:
    cpu_ms, wall_ms, run = 0, 0, GeneratorHealth()
    clocks(cpu_ms, wall_ms, 0)
    process_metrics.begin()
    for used_ms, length_ms in intervals:
        cpu_ms, wall_ms = cpu_ms + used_ms, wall_ms + length_ms
        clocks(cpu_ms, wall_ms, 0)
        report = GeneratorHealth()
        process_metrics.report(report)
        run += report
    assert run.cpu_ns == cpu_ms * MS
    assert run.peak_cpu_permille >= run.cpu_share * 1000
