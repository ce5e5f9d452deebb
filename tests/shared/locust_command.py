"""Locust's own command as people start it, and its web UI as a browser asks it."""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from world import ROOT

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from world import World


def locust(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "locust", "-f", str(ROOT / "locustfile.py"), *arguments]


def wait_for(condition: Callable[[], object], within: float = 60.0) -> None:
    """Return when `condition` holds."""
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def result_of(world: World, out: str = "out") -> dict[str, Any]:
    data: dict[str, Any] = json.loads((world.folder / out / "result.json").read_text())
    return data


class WebUi:
    """Locust's web UI of a process, as a browser would ask it."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"
        end = time.monotonic() + 30
        while True:
            try:
                self.ask("/")
            except urllib.error.URLError:
                assert time.monotonic() < end, "no web UI"
                time.sleep(0.1)
            else:
                return

    def ask(self, path: str, data: str | None = None, **headers: str) -> tuple[dict[str, str], str]:
        request = urllib.request.Request(
            self.url + path, data.encode() if data is not None else None, headers
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return {name.lower(): text for name, text in answer.headers.items()}, answer.read().decode()
