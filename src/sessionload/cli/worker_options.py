"""The options that say who the workers of a run are, and where a master and its workers meet.

What can be refused is refused here, before any process is started and any port is opened.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from sessionload.cli.option_values import duration_option
from sessionload.distribution.process_setup import LOCAL, MasterSetup, WorkerSetup
from sessionload.errors import InputError, Place
from sessionload.units import NS

if TYPE_CHECKING:
    from pathlib import Path

    from sessionload.config.environment import Environment

DEFAULT_PORT = 5557
"""Locust's own."""
DEFAULT_WAIT = "10m"
_LONGEST_WAIT_NS = 24 * 3600 * NS
_MOST_PORTS = 65_535
_NAMES = {"localhost": LOCAL, "*": "0.0.0.0"}  # noqa: S104 - everywhere, for who asks for it


def master_setup(
    workers: int | None, expected: int | None, bind: str | None, wait: str | None, keys: Path | None
) -> MasterSetup | None:
    """Return the master that the options of `run` ask for; `None` for one generator. Raises `InputError`."""
    if expected is None:
        for option, value in (("--bind", bind), ("--wait", wait), ("--keys", keys)):
            if value is not None:
                message = f"{option} is about workers on other machines, and none are expected"
                hint = "say how many with --expect-workers"
                raise InputError("no-workers-expected", message, place=Place(option), hint=hint)
        return MasterSetup(workers) if workers is not None and workers > 1 else None
    if workers is not None:
        message = "a run has workers of this machine or of others, not both"
        hint = "leave out --workers, and start `sessionload worker` on this machine as well"
        raise InputError("workers-of-both-kinds", message, place=Place("--workers"), hint=hint)
    host, port = _address(bind or LOCAL, "--bind")
    host = bind_host(host, keys, "--bind")
    return MasterSetup(
        expected,
        local=False,
        host=host,
        port=port,
        wait_s=_wait(wait or DEFAULT_WAIT),
        keys=None if keys is None else str(keys),
    )


def bind_host(host: str, keys: Path | None, option: str) -> str:
    """Return the address of this machine where a master may listen. Raises `InputError`.

    Loopback, or any with keys.
    """
    host = _own_address(host, option)
    if keys is not None:
        from sessionload.distribution.curve_keys import MASTER, read_keys  # noqa: PLC0415 - it takes a while

        read_keys(keys, MASTER)
    elif not ipaddress.ip_address(host).is_loopback:
        message = f"{host} can be reached from other machines, and without keys anybody there could take part"
        hint = "make keys with `sessionload keys new`, and name them with --keys"
        raise InputError("bind-without-keys", message, place=Place(option), hint=hint)
    return host


def worker_setup(master: str, wait: str, keys: Path | None, out: Path | None) -> WorkerSetup:
    """Return the worker that the options of `worker` ask for. Raises `InputError`."""
    host, port = _address(master, "--master")
    if keys is not None:
        from sessionload.distribution.curve_keys import WORKER, read_keys  # noqa: PLC0415 - it takes a while

        read_keys(keys, WORKER)
    return WorkerSetup(
        port,
        host,
        local=False,
        wait_s=_wait(wait),
        keys=None if keys is None else str(keys),
        out=None if out is None else str(out),
    )


def refuse_embedded(environment: Environment) -> None:
    """Refuse a stub that workers on other machines could not reach. Raises `InputError`."""
    if environment.stub is not None:
        message = f"'{environment.name}' is an embedded stub, which only this run on this machine can reach"
        hint = "take --workers, or start `sessionload stub` and give an environment its url"
        raise InputError("embedded-elsewhere", message, place=Place("--expect-workers"), hint=hint)


def _wait(text: str) -> float:
    return duration_option(text, "--wait", NS, _LONGEST_WAIT_NS, example=DEFAULT_WAIT) / NS


def _address(text: str, option: str) -> tuple[str, int]:
    """Return host and port of `HOST`, `HOST:PORT`, `IPV6` or `[IPV6]:PORT`."""
    host, port = text, str(DEFAULT_PORT)
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        port = rest.removeprefix(":") if rest.startswith(":") else port if closed and not rest else ""
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    good = bool(host) and host.isprintable() and not set(host) & set("/@ ")
    if not (good and port.isascii() and port.isdigit() and 0 < int(port) <= _MOST_PORTS):
        message = "this is no address with a port"
        hint = f"write it like {option} 10.0.0.5:{DEFAULT_PORT} or {option} [fd00::5]:{DEFAULT_PORT}"
        raise InputError("bad-address", message, place=Place(option), hint=hint)
    return host, int(port)


def _own_address(host: str, option: str) -> str:
    try:
        return str(ipaddress.ip_address(_NAMES.get(host, host)))
    except ValueError:
        message = "a master listens at an address of its machine, and this is a name"
        hint = "write the address, or * for all addresses of this machine"
        raise InputError("bad-address", message, place=Place(option), hint=hint) from None
