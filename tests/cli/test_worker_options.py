"""Where a master and its workers meet: what is taken, and what is refused before any port is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sessionload.cli.worker_options import master_setup, worker_setup
from sessionload.distribution.curve_keys import write_keys
from sessionload.distribution.process_setup import MasterSetup, WorkerSetup
from sessionload.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.0.0.5", ("10.0.0.5", 5557)),
        ("10.0.0.5:6000", ("10.0.0.5", 6000)),
        ("loadgen.internal:6000", ("loadgen.internal", 6000)),
        ("::1", ("::1", 5557)),
        ("[fd00::5]", ("fd00::5", 5557)),
        ("[fd00::5]:6000", ("fd00::5", 6000)),
    ],
)
def test_an_address_has_a_port_of_its_own_or_the_usual_one(text: str, address: tuple[str, int]) -> None:
    setup = worker_setup(text, "10m", None, None)
    assert (setup.host, setup.port, setup.local, setup.wait_s) == (*address, False, 600)
    assert WorkerSetup.of(setup.text()) == setup


@pytest.mark.parametrize(
    "text",
    ["", ":5557", "a:b", "10.0.0.5:0", "10.0.0.5:70000", "[::1", "[::1]x", "http://a:1", "a b", "u@a:1"],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        worker_setup(text, "10m", None, None)
    assert caught.value.code == "bad-address"


def test_without_workers_there_is_no_master() -> None:
    assert master_setup(None, None, None, None, None) is None
    assert master_setup(1, None, None, None, None) is None
    assert master_setup(2, None, None, None, None) == MasterSetup(2)


@pytest.mark.parametrize(
    ("bind", "host"),
    [(None, "127.0.0.1"), ("localhost:1", "127.0.0.1"), ("127.0.0.7", "127.0.0.7"), ("::1", "::1")],
)
def test_loopback_needs_no_keys(bind: str | None, host: str) -> None:
    setup = master_setup(None, 3, bind, "90s", None)
    assert setup is not None
    assert (setup.workers, setup.host, setup.local, setup.wait_s, setup.keys) == (3, host, False, 90, None)
    assert MasterSetup.of(setup.text()) == setup


@pytest.mark.parametrize("bind", ["*", "0.0.0.0", "10.1.2.3:5000", "::", "[fd00::5]:5000"])
def test_any_other_address_needs_keys(bind: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        master_setup(None, 2, bind, None, None)
    assert caught.value.code == "bind-without-keys"
    master, worker = write_keys(tmp_path)
    setup = master_setup(None, 2, bind, None, master)
    assert setup is not None
    assert setup.keys == str(master)
    with pytest.raises(InputError) as caught:
        master_setup(None, 2, bind, None, worker)
    assert caught.value.code == "keys-of-other-side"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((2, 2, None, None), "workers-of-both-kinds"),
        ((None, None, "127.0.0.1", None), "no-workers-expected"),
        ((2, None, None, "5m"), "no-workers-expected"),
        ((None, 2, "example.com", None), "bad-address"),
        ((None, 2, None, "soon"), "bad-duration"),
        ((None, 2, None, "25h"), "out-of-range"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    options: tuple[int | None, int | None, str | None, str | None], code: str
) -> None:
    with pytest.raises(InputError) as caught:
        master_setup(*options, None)
    assert caught.value.code == code
