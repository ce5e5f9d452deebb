"""The same scenario under Locust's own command: the same numbers, folder, verdict and exit code."""

from __future__ import annotations

import json
import re
import signal
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from locust_command import WebUi, locust, result_of, wait_for
from world import free_port

from sessionload.units import duration_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

    from sessionload.stub.process import StubProcess

    Agrees = Callable[[StubProcess, dict[str, Any]], None]


def test_headless_it_keeps_the_schedule_and_the_verdict(world: World, agrees: Agrees) -> None:
    stub = world.stub(latency="1s")
    scenario = world.scenario("50/s", "3s")
    words = ("--scenario", scenario, "--out", "out", "--label", "release=1.4.2", "--label", "by=night")
    ended = world.run(program=locust("--headless", *words))
    result = result_of(world)
    assert ended.code == 0
    assert result["run"]["labels"] == {"release": "1.4.2", "by": "night"}
    assert result["arrivals"] == {"planned": 150, "sent": 150, "unsent": 0, "lost": 0}
    assert result["outcomes"]["ok"] == 150
    assert "MET: 150 measured arrivals at 50/s over 3 s: " in ended.out
    aggregated = re.findall(r"Aggregated +(\d+) +0\(0\.00%\)", ended.out + ended.err)
    assert aggregated[-1] == "150"
    agrees(stub, result)


@pytest.mark.variation
def test_headless_a_missed_target_is_exit_1_and_shows_in_locusts_failures(world: World) -> None:
    world.stub("missing_key every 10")
    ended = world.run(
        program=locust("--headless", "--scenario", world.scenario("100/s", "1s"), "--out", "out")
    )
    assert ended.code == 1
    assert result_of(world)["outcomes"]["contract_violation"] == 10
    assert re.search(r"10\s+POST start session: +contract_violation", ended.out + ended.err)


@pytest.mark.variation
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("SIGTERM", 143),
        *(pytest.param(*one, marks=pytest.mark.long) for one in [("SIGINT", 130), ("SIGHUP", 129)]),
    ],
)
def test_headless_a_signal_drains_and_reports(world: World, agrees: Agrees, name: str, code: int) -> None:
    stub = world.stub(latency="500ms")
    scenario = world.scenario("50/s", "30s")
    process = world.start(program=locust("--headless", "--scenario", scenario, "--out", "out"))
    wait_for(lambda: stub.ledger()["arrivals"] >= 60)
    process.send_signal(signal.Signals[name])
    ended = world.end(process, within=45)
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


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--headless"], "no-scenario"),
        (["--headless", "--scenario", "none.yaml"], "file-missing"),
        (["--headless", "--run-time", "5s", "--scenario", "SCENARIO"], "run-time"),
        (["--headless", "--host", "http://127.0.0.1", "--scenario", "SCENARIO"], "option-without-meaning"),
        (["--web-host", "0.0.0.0", "--scenario", "SCENARIO"], "web-host"),
        (["--headless", "--scenario", "SCENARIO", "--label", "1.4.2"], "bad-label"),
        (["--headless", "--scenario", "SCENARIO", "--grace", "0s"], "out-of-range"),
    ],
)
def test_what_it_cannot_do_is_refused_in_one_sentence(world: World, arguments: list[str], code: str) -> None:
    world.stub()
    scenario = world.scenario()
    ended = world.run(program=locust(*[scenario if word == "SCENARIO" else word for word in arguments]))
    assert ended.code == 2
    assert f"[{code}]" in ended.err


@pytest.mark.parametrize(
    ("out", "sentence"), [("", "it is empty"), ("VF.DM.0123456789abcdef.wxyz", "looks like an API key")]
)
def test_an_output_folder_that_has_no_name_or_a_key_for_one_is_refused(
    world: World, out: str, sentence: str
) -> None:
    world.stub()
    ended = world.run(program=locust("--headless", "--scenario", world.scenario(), "--out", out))
    assert ended.code == 2
    assert sentence in ended.err
    assert "0123456789" not in ended.err


@pytest.mark.long
def test_headless_a_hanging_server_is_not_waited_for_longer_than_the_grace(
    world: World, agrees: Agrees
) -> None:
    stub = world.stub("hang from 0s for 1h")
    scenario = world.scenario("20/s", "1m", timeout="1m")
    process = world.start(
        program=locust("--headless", "--scenario", scenario, "--out", "out", "--grace", "2s")
    )
    wait_for(lambda: stub.ledger()["arrivals"] >= 20)
    process.send_signal(signal.SIGTERM)
    assert world.end(process, within=45).code == 143
    result = result_of(world)
    assert result["outcomes"]["aborted"] == result["arrivals"]["sent"] >= 20
    agrees(stub, result)


@pytest.mark.sample(1)
@pytest.mark.parametrize(("faults", "code"), [((), 0), (("missing_key every 10",), 1)])
def test_beside_the_web_ui_it_starts_by_itself_and_ends_with_the_verdict(
    world: World, agrees: Agrees, faults: tuple[str, ...], code: int
) -> None:
    stub = world.stub(*faults)
    scenario = world.scenario("50/s", "1s")
    alone = ("--autostart", "--autoquit", "0", "--web-port", str(free_port()))
    ended = world.run(program=locust(*alone, "--scenario", scenario, "--out", "out"))
    assert ended.code == code
    assert result_of(world)["generator"]["users_started"] < 100
    agrees(stub, result_of(world))


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    ("broken", "result"),
    [
        ("locust_runs.finish_run", False),
        pytest.param("locust_load.OwnLoad.close", False, marks=pytest.mark.long),
        pytest.param("locust_load.OwnLoad.stop_users", True, marks=pytest.mark.long),
        ("LocalRunner.stop", True),
        pytest.param("LocalRunner.quit", True, marks=pytest.mark.long),
    ],
)
def test_a_defect_while_a_run_is_closed_ends_the_process(world: World, broken: str, result: bool) -> None:  # noqa: FBT001
    """It does not run on for ever, and its exit code is that of a defect; what was measured is kept."""
    world.stub()
    locustfile = world.folder / "broken.py"
    locustfile.write_text(
        "from locust import events\n"
        "from locust.runners import LocalRunner\n"
        "from sessionload.cli import locust_integration, locust_load, locust_runs\n"
        "def defect(*_, **__):\n"
        "    raise ZeroDivisionError\n"
        f"{broken} = defect\n"
        "locust_integration.install(events)\n"
        "SessionUser = locust_integration.SessionUser\n"
    )
    scenario = world.scenario("20/s", "1s")
    process = world.start(
        program=[*locust()[:4], str(locustfile), "--headless", "--scenario", scenario, "--out", "out"]
    )
    out, err = process.communicate(timeout=60)
    world.printed += [out, err]
    assert process.returncode == 70
    assert "ZeroDivisionError" in err
    assert "a defect of sessionload" in err
    assert (world.folder / "out" / "result.json").exists() is result


def template_args(page: str) -> dict[str, Any]:
    """Return what Locust's page is told."""
    found = re.search(r"window.templateArgs = (.*)$", page, re.MULTILINE)
    assert found is not None
    arguments: dict[str, Any] = json.loads(found[1])
    return arguments


def contract_rows(ui: WebUi) -> dict[tuple[str, str], str]:
    """Return the values of the tab *Contract* by part and what they are."""
    (tab,) = json.loads(ui.ask("/stats/requests")[1])["extended_stats"]
    assert tab["key"] == "contract"
    return {(row["part"], row["what"]): row["value"] for row in tab["data"]}


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
    shown = template_args(page)
    assert shown["host"] == stub.url
    assert shown["hide_common_options"] is True
    assert [tab["title"] for tab in shown["extended_tabs"]] == ["Contract"]
    for name in ("userCount", "spawnRate", "host"):
        assert f'[name="{name}"]' in page.partition("</head>")[0]
    assert contract_rows(ui) == {("", ""): "no run yet"}
    assert not [name for name in headers if name.startswith("access-control-")]
    ui.ask("/swarm", form, origin=ui.url)
    wait_for(lambda: contract_rows(ui).get(("report", "")))
    rows = contract_rows(ui)
    assert rows["verdict", ""].startswith("MET")
    assert rows["report", ""] == "out/report.html"
    assert (world.folder / "out" / "report.html").exists()
    assert rows["arrivals", "planned"] == rows["outcomes", "ok"] == "150"
    result = result_of(world)
    agrees(stub, result)

    def total_of_locust() -> dict[str, Any]:
        total: dict[str, Any] = json.loads(ui.ask("/stats/requests")[1])["stats"][-1]
        return total

    wait_for(lambda: total_of_locust()["num_requests"] == 150)  # Locust answers from a copy for two seconds
    total = total_of_locust()
    assert total["num_requests"] == result["arrivals"]["sent"] == 150
    assert total["max_response_time"] == pytest.approx(result["latency_ms"]["response"]["max"], rel=0.01)
    assert total["max_response_time"] > 900
    p99 = result["latency_ms"]["response"]["p99"]
    assert rows["response", "p99"] == duration_text(round(p99 * 1_000_000))
    process.send_signal(signal.SIGINT)
    assert world.end(process, within=45).code == 0


def status_of(ui: WebUi, path: str, data: str | None = None, **headers: str) -> int:
    """Return the status of what the web UI answers."""
    try:
        ui.ask(path, data, **headers)
    except urllib.error.HTTPError as error:
        return error.code
    return 200


@pytest.mark.long
def test_runs_of_the_web_ui_are_started_one_at_a_time_and_cannot_be_edited(
    world: World, agrees: Agrees
) -> None:
    """Start is pressed three times, the number of users is edited, and a second run is stopped."""
    stub = world.stub()
    scenario = world.scenario("50/s", "2s")
    port = free_port()
    process = world.start(program=locust("--scenario", scenario, "--web-port", str(port)))
    ui = WebUi(process, port)
    assert status_of(ui, "/", host="[::1") == 400
    assert status_of(ui, "/swarm", "user_count=1&spawn_rate=1", origin="http://[::1") == 400
    assert status_of(ui, "/user", '{"user_class_name": "SessionUser", "engine": 1}') == 403
    form = "user_count=500&spawn_rate=500&run_time=1s&host=http://127.0.0.1:1"
    assert [status_of(ui, "/swarm", form) for _ in range(3)] == [200, 409, 409]
    wait_for(lambda: stub.ledger()["arrivals"] >= 20)
    assert status_of(ui, "/swarm", "user_count=1&spawn_rate=1") == 409
    reports = world.folder / "reports"
    wait_for(lambda: len(list(reports.glob("*/spectrum.hgrm"))) == 1)
    (first,) = (json.loads(path.read_text()) for path in reports.glob("*/result.json"))
    assert first["verdict"]["state"] == "met"
    assert first["arrivals"] == {"planned": 100, "sent": 100, "unsent": 0, "lost": 0}
    assert first["generator"]["users_started"] < 100
    agrees(stub, first)
    wait_for(lambda: status_of(ui, "/swarm", form) == 200)
    wait_for(lambda: stub.ledger()["arrivals"] >= 110)
    assert status_of(ui, "/stop", "") == 200
    wait_for(lambda: len(list(reports.glob("*/spectrum.hgrm"))) == 2)
    results = [json.loads(path.read_text()) for path in sorted(reports.glob("*/result.json"))]
    assert [result["run"]["interrupted"] for result in results] == [None, "the stop button"]
    process.send_signal(signal.SIGINT)
    assert world.end(process, within=45).code == 3
