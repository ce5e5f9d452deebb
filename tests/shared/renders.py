"""What views of tests are made by: the process that makes views imports it."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def good() -> Mapping[str, str | bytes]:
    return {"good.txt": "good", "charts/good.png": b"\x00" * 200_000}


def prints() -> Mapping[str, str | bytes]:
    os.write(1, b"drawing ...")
    return {"printed.txt": "good"}


def raises() -> Mapping[str, str | bytes]:
    raise ValueError("line 1\nline 2" + "x" * 1000)


def dies() -> Mapping[str, str | bytes]:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def leaves() -> Mapping[str, str | bytes]:
    raise SystemExit(7)


def is_silent() -> Mapping[str, str | bytes]:
    os._exit(0)


def hangs() -> Mapping[str, str | bytes]:
    time.sleep(600)
    return {}


def large() -> Mapping[str, str | bytes]:
    return {"large": "x" * 1_000_000}
