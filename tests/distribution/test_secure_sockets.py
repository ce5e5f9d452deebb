"""Who has the key of a run is heard, and nobody else, whatever it sends; over real sockets."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

SETTING = """
import json, socket
import gevent
from locust.env import Environment
import msgpack, zmq.green as zmq
from sessionload.distribution.curve_keys import new_keys
from sessionload.distribution.guarded_runner import guarded
from sessionload.distribution.messages import Hello, data_of, name_of, read
from sessionload.distribution.patient_runner import KeyRefusedError, MasterAbsentError, PatientRunner
from sessionload.distribution.secure_sockets import secure_master

def master(keys, host="127.0.0.1"):
    secure_master(keys)
    return guarded(Environment(user_classes=[]).create_master_runner(host, 0))

def worker(runner, keys, host="127.0.0.1", wait_s=1.5):
    try:
        return PatientRunner(Environment(user_classes=[]), host, runner.server.port, keys, wait_s)
    except (KeyRefusedError, MasterAbsentError) as fault:
        return f"{type(fault).__name__}: {fault}"

ours, theirs = new_keys()
others, of_others = new_keys()
"""


def outcome(script: str) -> object:
    """Run a script in a process of its own, because Locust patches the one that imports it."""
    done = subprocess.run(
        [sys.executable, "-c", SETTING + script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("masters", "workers", "expected"),
    [
        ("None", "None", "PatientRunner"),
        ("ours", "theirs", "PatientRunner"),
        ("ours", "of_others", "MasterAbsentError: what listens there is no master of these keys"),
        ("ours", "theirs._replace(secret=of_others.secret)", "KeyRefusedError: "),
        ("ours", "None", "MasterAbsentError: what listens there is no master of these keys"),
        ("None", "theirs", "MasterAbsentError: what listens there is no master of these keys"),
    ],
)
def test_only_a_pair_of_keys_connects(masters: str, workers: str, expected: str) -> None:
    script = f"""
found = worker(master({masters}), {workers})
print(json.dumps(found if isinstance(found, str) else type(found).__name__))
"""
    assert str(outcome(script)).startswith(expected)


def test_an_address_of_version_6_is_one_too() -> None:
    script = """
print(json.dumps(type(worker(master(ours, "::1"), theirs, "::1")).__name__))
"""
    assert outcome(script) == "PatientRunner"


def test_a_wait_ends_where_there_is_nothing() -> None:
    """Nothing listens, what listens says nothing, and a name that nobody knows."""
    script = """
class Runner:
    class server:
        port = 0
silent = socket.socket()
silent.bind(("127.0.0.1", 0))
silent.listen()
found = [worker(Runner, theirs, "nowhere.invalid", 0.5)]
Runner.server.port = silent.getsockname()[1]
found += [worker(Runner, theirs, wait_s=0.5)]
silent.close()
found += [worker(Runner, theirs, wait_s=0.5)]
print(json.dumps(found))
"""
    assert outcome(script) == ["MasterAbsentError: "] * 3


def test_strangers_without_the_key_are_neither_heard_nor_answered() -> None:
    """Raw bytes, no key, and a wrong key, with messages that a worker could have sent; then a worker."""
    script = """
runner = master(ours)
heard = []
runner.register_message(name_of(Hello), lambda environment, msg: heard.append(read(Hello, msg.data).process))
hello = lambda number, who: msgpack.dumps([name_of(Hello), data_of(Hello("1", number)), who])
answers = []
for number, keys in enumerate((None, of_others, theirs._replace(secret=of_others.secret))):
    stranger = zmq.Context().socket(zmq.DEALER)
    if keys is not None:
        stranger.curve_secretkey, stranger.curve_publickey = keys.secret, keys.public
        stranger.curve_serverkey = keys.other
    stranger.setsockopt(zmq.IDENTITY, b"stranger")
    stranger.setsockopt(zmq.LINGER, 0)
    stranger.connect(f"tcp://127.0.0.1:{runner.server.port}")
    with gevent.Timeout(1, False):
        stranger.send(hello(number, "stranger"))
        stranger.send(msgpack.dumps(["locustfile", {"version": "2"}, "stranger"]))
        answers.append(stranger.recv().hex())
greeting = bytes.fromhex("ff00000000000000017f0301")
for line in (b"GET / HTTP/1.1\\r\\n\\r\\n", bytes(range(256)) * 50, greeting * 9):
    with socket.create_connection(("127.0.0.1", runner.server.port)) as raw:
        raw.sendall(line)
gevent.sleep(0.5)
before = list(heard)
ours_now = worker(runner, theirs)
ours_now.send_message(name_of(Hello), data_of(Hello("1", 77)))
gevent.sleep(0.5)
print(json.dumps([answers, before, heard]))
"""
    assert outcome(script) == [[], [], [77]]
