"""The process of the stub: how it starts, what it refuses, and that it always ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict
from http.client import HTTPSConnection
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import trustme

from sessionload.errors import InputError
from sessionload.secret import Secret
from sessionload.stub.launch import Launch
from sessionload.stub.process import StubProcess
from sessionload.stub.settings import DEFAULT_KEY, KEY_VARIABLE, StubSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CANARY = "VF.DM.canary.5a0e8be1"


@pytest.fixture
def by_hand() -> Iterator[Any]:
    """Start the module as a person would, with these settings; end it whatever happens."""
    started: list[subprocess.Popen[bytes]] = []

    def start(settings: str, **variables: str) -> tuple[subprocess.Popen[bytes], dict[str, Any]]:
        process = subprocess.Popen(
            [sys.executable, "-m", "sessionload.stub"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **variables},
        )
        started.append(process)
        assert process.stdin
        assert process.stdout
        process.stdin.write(settings.encode() + b"\n")
        process.stdin.flush()
        return process, json.loads(process.stdout.readline())

    yield start
    for process in started:
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()
        process.kill()
        process.wait()


WITHOUT_UVLOOP = """
import runpy, sys
sys.modules["uvloop"] = None
runpy.run_module("sessionload.stub", run_name="__main__")
"""


def test_without_uvloop_it_runs_on_the_loop_of_asyncio() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WITHOUT_UVLOOP], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(b'{"latency": "5ms", "faults": ["reset on 2"]}\n')
        process.stdin.flush()
        port = json.loads(process.stdout.readline())["port"]
        assert authorized(port, DEFAULT_KEY)
        with pytest.raises(ConnectionResetError):
            authorized(port, DEFAULT_KEY)
        process.terminate()
        assert process.wait(5) == 0


def test_out_of_descriptors_it_lets_connections_wait() -> None:
    """It says so once, closes none of them, and serves them when others have gone."""
    program = ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh", sys.executable, "-m", "sessionload.stub"]
    pipe = subprocess.PIPE
    with subprocess.Popen(program, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(b'{"lease": true}\n')
        process.stdin.flush()
        port = json.loads(process.stdout.readline())["port"]
        with ExitStack() as stack:
            socks = [
                stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
                for _ in range(100)
            ]
            assert b"the stub cannot accept a connection (Too many open files)" in process.stderr.readline()
            for sock in socks:
                sock.sendall(b"GET /ledger HTTP/1.1\r\nhost: stub\r\n\r\n")
            for first, last in ((0, 40), (40, 80), (80, 100)):
                for sock in socks[first:last]:
                    assert sock.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
                    sock.close()
        process.stdin.close()
        assert process.wait(10) == 0
        assert process.stderr.read() == b""


def is_listening(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once(by_hand: Any, number: signal.Signals) -> None:  # noqa: ANN401 - a factory
    process, ready = by_hand('{"latency": "60s"}')
    with socket.create_connection(("127.0.0.1", ready["port"]), timeout=5) as link:
        link.sendall(b"POST /v4/interact HTTP/1.1\r\ncontent-length: 0\r\n\r\n")  # waits for a minute
        time.sleep(0.1)
        process.send_signal(number)
        assert process.wait(2) == 0
    assert not is_listening(ready["port"])


SIGNAL_IN_THE_SHUTDOWN = """
import os, runpy, signal, sys, threading
for number in (signal.SIGTERM, signal.SIGINT):
    threading._register_atexit(os.kill, os.getpid(), number)
runpy.run_module("sessionload.stub", run_name="__main__")
"""


@pytest.mark.parametrize(("settings", "code"), [("{", 2), ("{}", 0)], ids=["refused", "served"])
def test_a_signal_while_the_interpreter_shuts_down_is_silent(settings: str, code: int) -> None:
    """That of its parent comes then when the stub has refused and is ending by itself."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", SIGNAL_IN_THE_SHUTDOWN], stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(settings + "\n")
        process.stdin.flush()
        process.stdout.readline()
        if not code:
            process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (code, "")


def test_it_ends_with_its_lease(by_hand: Any) -> None:  # noqa: ANN401 - a factory
    process, ready = by_hand('{"lease": true}')
    assert is_listening(ready["port"])
    process.stdin.close()
    assert process.wait(5) == 0


def test_without_a_lease_the_end_of_its_input_is_nothing(by_hand: Any) -> None:  # noqa: ANN401 - a factory
    process, ready = by_hand("{}")
    process.stdin.close()
    time.sleep(0.3)
    assert process.poll() is None
    assert is_listening(ready["port"])


def test_it_ends_when_its_parent_is_killed() -> None:
    parent = """
import time
from sessionload.stub.process import StubProcess
from sessionload.stub.settings import StubSettings
print(StubProcess.start(StubSettings()).port, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        assert process.stdout
        port = int(process.stdout.readline())
        assert is_listening(port)
        process.kill()
    deadline = time.monotonic() + 5
    while is_listening(port) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_listening(port)


def test_its_ready_line_says_where_it_is(by_hand: Any) -> None:  # noqa: ANN401 - a factory
    _, ready = by_hand('{"host": "localhost"}')
    assert ready["url"] == f"http://127.0.0.1:{ready['port']}"


def test_the_parent_knows_where_it_is_and_stops_it_once() -> None:
    stub = StubProcess.start(StubSettings(project="p", environment="e"))
    assert stub.url == f"http://127.0.0.1:{stub.port}"
    assert stub.ledger()["arrivals"] == 0
    assert stub.stop() == 0
    assert stub.stop() == 0
    assert not is_listening(stub.port)
    with pytest.raises(OSError, match="refused"):
        stub.ledger()


def test_ctrl_c_in_the_terminal_of_the_parent_does_not_reach_it() -> None:
    with StubProcess.start(StubSettings()) as stub:
        assert os.getpgid(stub.pid) != os.getpgid(0)


@pytest.mark.parametrize(
    ("settings", "code", "sentence"),
    [
        (StubSettings(host="0.0.0.0"), "stub-host", "loopback only, not '0.0.0.0'"),
        (StubSettings(host="example.com"), "stub-host", "loopback only"),
        (StubSettings(latency="40"), "stub-settings", "did you mean 40s?"),
        (StubSettings(faults=("closes always",)), "stub-settings", "did you mean 'close'?"),
        (StubSettings(concurrency=10_001), "stub-settings", "cannot serve 10001 requests at once"),
        (StubSettings(port=65_536), "stub-port", "65536 is no port"),
        (StubSettings(port=-1), "stub-port", "-1 is no port"),
    ],
)
def test_settings_that_cannot_be_served_are_refused(settings: StubSettings, code: str, sentence: str) -> None:
    line = json.dumps(asdict(settings)).encode()
    with pytest.raises(InputError) as caught:
        Launch.read(line, Secret(CANARY, name="X"), {})
    assert caught.value.code == code
    assert sentence in str(caught.value)


def test_the_parent_gets_the_refusal_of_the_stub() -> None:
    with pytest.raises(InputError, match="did you mean 40s") as caught:
        StubProcess.start(StubSettings(latency="40"))
    assert caught.value.code == "stub-settings"


def test_a_port_that_is_taken_is_named() -> None:
    with StubProcess.start(StubSettings()) as stub, pytest.raises(InputError) as caught:
        StubProcess.start(StubSettings(port=stub.port))
    assert caught.value.code == "stub-port"
    assert f"port {stub.port}" in caught.value.message


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("{", "one line of JSON"),
        ("[]", "one line of JSON"),
        ('{"latncy": "40ms"}', "no setting 'latncy'"),
        ('{"latency": 40}', "'latency'"),
        ('{"faults": "close always"}', "'faults'"),
        ('{"port": "80"}', "'port'"),
        ('{"port": true}', "'port'"),
        ('{"faults": ["close always", 7]}', "'faults'"),
        ('{"tls": {"cert": "/nowhere.pem", "key": "/nowhere.pem"}}', "certificate"),
        ('{"tls": {"cert": "/nowhere.pem"}}', "certificate"),
    ],
)
def test_a_line_that_is_no_settings_is_refused(line: str, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        Launch.read(line.encode(), Secret(CANARY, name="X"), {})
    assert caught.value.code == "stub-settings"
    assert sentence in caught.value.message


def test_a_refusal_is_one_line_of_json_and_exit_code_2(by_hand: Any) -> None:  # noqa: ANN401 - a factory
    process, answer = by_hand("{")
    assert answer["error"]["code"] == "stub-settings"
    assert process.wait(5) == 2


def test_a_document_without_the_operation_is_refused() -> None:
    line = {"document": {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {}}}
    with pytest.raises(InputError):
        Launch.read(json.dumps(line).encode(), Secret(CANARY, name="X"), {})


def test_a_child_that_dies_is_reported(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    with pytest.raises(InputError) as caught:
        StubProcess.start(StubSettings())
    assert caught.value.code == "stub-start"
    assert capfd.readouterr().err


def authorized(port: int, key: str) -> bool:
    body = b'{"userID":"ada"}'
    head = f"POST /v4/project/stub/session HTTP/1.1\r\nauthorization: {key}\r\n"
    head += "content-type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=5) as link:
        link.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        return link.recv(1 << 16).startswith(b"HTTP/1.1 200 ")


def test_it_accepts_the_key_that_it_was_given_and_no_other() -> None:
    with StubProcess.start(StubSettings(), Secret(CANARY, name="X")) as stub:
        assert authorized(stub.port, CANARY)
        assert not authorized(stub.port, DEFAULT_KEY)


def test_the_key_is_in_no_command_line() -> None:
    with StubProcess.start(StubSettings(), Secret(CANARY, name="X")) as stub:
        assert CANARY not in " ".join(psutil.Process(stub.pid).cmdline())


def test_a_key_that_cannot_be_a_header_is_refused_without_being_shown(by_hand: Any) -> None:  # noqa: ANN401 - a factory
    _, answer = by_hand("{}", **{KEY_VARIABLE: f"{CANARY} x"})
    assert answer["error"]["code"] == "bad-key"
    assert CANARY not in json.dumps(answer)


def test_it_speaks_tls_when_it_has_a_certificate(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    paths = {"cert": str(tmp_path / "cert.pem"), "key": str(tmp_path / "key.pem")}
    certificate.cert_chain_pems[0].write_to_path(paths["cert"])
    certificate.private_key_pem.write_to_path(paths["key"])
    context = ssl.create_default_context()
    authority.configure_trust(context)
    headers = {"authorization": DEFAULT_KEY, "content-type": "application/json"}
    with StubProcess.start(StubSettings(faults=("reset on 3",)), tls=paths) as stub:
        assert stub.url == f"https://127.0.0.1:{stub.port}"
        link = HTTPSConnection("127.0.0.1", stub.port, timeout=5, context=context)
        for _ in range(2):
            link.request("POST", "/v4/project/stub/session", '{"userID":"ada"}', headers)
            assert json.loads(link.getresponse().read())["sessionKey"]
        link.request("POST", "/v4/project/stub/session", '{"userID":"ada"}', headers)
        with pytest.raises(OSError):  # noqa: PT011 - reset or unexpected end, as the library sees it
            link.getresponse()
        link.close()
        assert stub.ledger(context)["arrivals"] == 3
