"""A signal may come in the middle of an import, which must not be left half done."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from sessionload.cli.interruption import SIGNALS, Interrupted, Interruption

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIGNALS_ITSELF = """
import os, signal, time
os.kill(os.getpid(), signal.SIGTERM)
time.sleep(0.05)  # the handler has looked several times by then
WHOLE = True
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module that is hit by SIGTERM while it is imported."""
    name = "hit_by_a_signal"
    (tmp_path / f"{name}.py").write_text(SIGNALS_ITSELF)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, name, raising=False)
    return name


@pytest.fixture(autouse=True)
def own_handlers() -> Iterator[None]:
    """An interrupted command keeps its handlers until its process ends; this process goes on."""
    before = {number: signal.getsignal(number) for number in (*SIGNALS, signal.SIGALRM)}
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in before.items():
        signal.signal(number, handler)


def test_an_import_is_completed_before_a_signal_unwinds(module: str) -> None:
    interruption = Interruption()

    def command() -> None:
        with interruption:
            __import__(module)
            for _ in range(500):  # the next look comes within milliseconds
                time.sleep(0.01)

    with pytest.raises(Interrupted):
        command()
    assert interruption.name == "SIGTERM"
    assert sys.modules[module].WHOLE


def test_no_load_begins_after_a_signal_that_waited(module: str) -> None:
    started: list[str] = []

    def command() -> None:
        with Interruption() as interruption:
            signal.signal(signal.SIGALRM, signal.SIG_IGN)  # no further look
            __import__(module)
            interruption.under_load(lambda _: None, lambda: None, lambda: None)
            started.append("load")

    with pytest.raises(Interrupted):
        command()
    assert not started


def test_elsewhere_a_signal_unwinds_at_once() -> None:
    after: list[str] = []

    def command() -> None:
        with Interruption():
            os.kill(os.getpid(), signal.SIGTERM)
            after.append("more")

    with pytest.raises(Interrupted):
        command()
    assert not after
