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
from sessionload.units import NS

if TYPE_CHECKING:
    from sessionload.contract.seen_keys import SeenKeys
    from sessionload.generator.endpoint import Endpoint
    from sessionload.generator.user_pool import UserPool


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


def test_garbage_is_collected_when_told_to_from_the_beginning_to_the_end() -> None:
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


def test_the_time_without_a_processor_is_told(process_metrics: ProcessMetrics) -> None:
    process_metrics.begin()
    report = GeneratorHealth()
    process_metrics.report(report)
    assert 0 <= report.longest_run_queue_wait_ns == report.run_queue_wait_ns < 60 * NS


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
