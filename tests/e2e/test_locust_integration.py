"""The same scenario under Locust's own command: the same numbers, folder, verdict and exit code."""

from __future__ import annotations

import json
import re
import signal
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from world import ROOT, free_port

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from world import World

    from sessionload.stub.process import StubProcess

    Agrees = Callable[[StubProcess, dict[str, Any]], None]


def locust(*words: str) -> list[str]:
    return [sys.executable, "-m", "locust", "-f", str(ROOT / "locustfile.py"), *words]


def result_of(world: World, out: str = "out") -> dict[str, Any]:
    data: dict[str, Any] = json.loads((world.folder / out / "result.json").read_text())
    return data


def test_headless_it_keeps_the_schedule_and_the_verdict(world: World, agrees: Agrees) -> None:
    stub = world.stub(latency="1s")
    scenario = world.scenario("50/s", "3s")
    ended = world.run(program=locust("--headless", "--scenario", scenario, "--out", "out"))
    result = result_of(world)
    assert ended.code == 0
    assert result["arrivals"] == {"planned": 150, "sent": 150, "unsent": 0, "lost": 0}
    assert result["outcomes"]["ok"] == 150
    assert "MET: held 50/s" in ended.out
    aggregated = re.findall(r"Aggregated +(\d+) +0\(0\.00%\)", ended.out + ended.err)
    assert aggregated[-1] == "150"
    agrees(stub, result)


def test_headless_a_missed_target_is_exit_1_and_shows_in_locusts_failures(world: World) -> None:
    world.stub("missing_key every 10")
    ended = world.run(
        program=locust("--headless", "--scenario", world.scenario("100/s", "1s"), "--out", "out")
    )
    assert ended.code == 1
    assert result_of(world)["outcomes"]["contract_violation"] == 10
    assert re.search(r"10\s+POST start session: +contract_violation", ended.out + ended.err)


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_headless_a_signal_drains_and_reports(world: World, agrees: Agrees, name: str, code: int) -> None:
    stub = world.stub(latency="500ms")
    scenario = world.scenario("50/s", "30s")
    process = world.start(program=locust("--headless", "--scenario", scenario, "--out", "out"))
    end = time.monotonic() + 30
    while stub.ledger()["arrivals"] < 60:
        assert time.monotonic() < end
        time.sleep(0.05)
    process.send_signal(signal.Signals[name])
    ended = world.end(process, within=20)
    result = result_of(world)
    assert ended.code == code
    assert result["run"]["interrupted"] == name
    assert result["outcomes"]["ok"] == result["arrivals"]["sent"] >= 60
    agrees(stub, result)


def test_a_failed_preflight_is_exit_4(world: World) -> None:
    stub = world.stub("status 401 always")
    ended = world.run(program=locust("--headless", "--scenario", world.scenario(), "--out", "out"))
    assert ended.code == 4
    assert "[preflight-key-rejected]" in ended.err
    assert stub.ledger()["arrivals"] == 0
    assert not (world.folder / "out").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--headless"], "no-scenario"),
        (["--headless", "--scenario", "none.yaml"], "file-missing"),
        (["--headless", "--run-time", "5s", "--scenario", "SCENARIO"], "run-time"),
        (["--web-host", "0.0.0.0", "--scenario", "SCENARIO"], "web-host"),
        (["--master", "--headless", "--scenario", "SCENARIO"], "one-process"),
    ],
)
def test_what_it_cannot_do_is_refused_in_one_sentence(world: World, words: list[str], code: str) -> None:
    world.stub()
    scenario = world.scenario()
    ended = world.run(program=locust(*[scenario if word == "SCENARIO" else word for word in words]))
    assert ended.code == 2
    assert f"[{code}]" in ended.err


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


def test_the_web_ui_is_on_loopback_shows_the_true_numbers_and_cannot_be_turned_on_others(
    world: World, agrees: Agrees
) -> None:
    """Somebody presses start, with another host in the form; another site tries the same and may not.

    The frozen second must show: Locust's maximum is the response time from the due instant.
    """
    stub = world.stub("stall from 1s for 1s")
    scenario = world.scenario("50/s", "3s")
    port = free_port()
    process = world.start(program=locust("--scenario", scenario, "--out", "out", "--web-port", str(port)))
    ui = WebUi(process, port)
    listening = {
        connection.laddr.ip
        for connection in psutil.Process(process.pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}
    form = "user_count=1&spawn_rate=1&host=http://127.0.0.1:1"
    for headers in ({"origin": "http://evil.example"}, {"host": "evil.example"}):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            ui.ask("/swarm", form, **headers)
    assert stub.ledger()["arrivals"] == 0
    headers, page = ui.ask("/")
    assert world.key not in page
    assert not [name for name in headers if name.startswith("access-control-")]
    ui.ask("/swarm", form, origin=ui.url)
    end = time.monotonic() + 30
    while not (world.folder / "out" / "report.html").exists():
        assert time.monotonic() < end
        time.sleep(0.1)
    _, stats = ui.ask("/stats/requests")
    total = json.loads(stats)["stats"][-1]
    result = result_of(world)
    agrees(stub, result)
    assert total["num_requests"] == result["arrivals"]["sent"] == 150
    assert total["max_response_time"] == pytest.approx(result["latency_ms"]["response"]["max"], rel=0.01)
    assert total["max_response_time"] > 900
    process.send_signal(signal.SIGINT)
    assert world.end(process, within=20).code == 0
